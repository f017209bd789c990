"""Keys that nobody uses: never, no more, not in what was observed, or not known; these are never mixed."""

from typing import Literal, NamedTuple

from edgedns_mcp.domain.cells import DAY_S, HOUR_S
from edgedns_mcp.domain.governance.subject import Situation, Subject
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.models import Reason

State = Literal["used", "young", "never_used", "dormant", "zero_in_window", "unknown"]


class Use(NamedTuple):
    """Whether a key is used; `quiet_days` are observed days without a request, since the moment `since`."""

    state: State
    quiet_days: int = 0
    since: int = 0


def use_of(one: Subject, given: Situation) -> Use:
    """Tell whether a key is used.

    A day that nobody observed is no quiet day. A key younger than the days that make one dormant is young, used or not.
    """
    if one.is_used:
        return Use("used")
    if one.last_used is not None:
        return _since_last(one.last_used, given)
    born = one.key.created_at
    if born and (given.now - born).days < given.dormant_days:
        return Use("young")
    quiet = _never(int(born.timestamp()) if born else None, given)
    return quiet if quiet.quiet_days >= given.dormant_days else quiet._replace(state="unknown")


def unused(one: Subject, given: Situation) -> Reason | None:
    """Never used, dormant, or without a request in all that was observed, for the days asked about."""
    use = use_of(one, given)
    match use.state:
        case "never_used":
            return Reason("never_used", at=one.key.created_at, days=use.quiet_days)
        case "dormant" | "zero_in_window" as kind:
            return Reason(kind, at=moment(use.since), days=use.quiet_days)
        case "used" | "young" | "unknown":
            return None


def _never(born: int | None, given: Situation) -> Use:
    """Count the quiet days of a key of which no request is known."""
    begun = given.observed[0][0] if given.observed else given.until
    since = begun if born is None else max(born, begun)
    quiet_s = given.observed_s(since)
    is_whole = born is not None and given.until - born - quiet_s < HOUR_S
    return Use("never_used" if is_whole else "zero_in_window", quiet_s // DAY_S, since)


def _since_last(last: int, given: Situation) -> Use:
    quiet_s = given.until - last if given.states_last_use else given.observed_s(last)
    quiet = Use("used", quiet_s // DAY_S, last)
    if quiet.quiet_days >= given.dormant_days:
        return quiet._replace(state="dormant")
    is_long_ago = (given.now - moment(last)).days >= given.dormant_days
    return quiet._replace(state="unknown") if is_long_ago else quiet
