"""Keys that are not what they are called, are where they do not belong, or belong to nobody."""

from collections import defaultdict
from collections.abc import Iterable, Mapping

from edgedns_mcp.domain.anomalies.misplaced import declared, wrong_environments
from edgedns_mcp.domain.environments import ENVIRONMENTS
from edgedns_mcp.domain.governance.subject import Situation, Subject
from edgedns_mcp.domain.naming import shown_name, visible
from edgedns_mcp.domain.teams import BETWEEN, UNASSIGNED
from edgedns_mcp.models import Environment, Reason


def wrong_environment(one: Subject, given: Situation) -> Reason | None:
    """Seen in an environment that is neither its own nor allowed."""
    del given
    wrong = wrong_environments(one.key, one.seen)
    return Reason("wrong_environment", words=(declared(one.key), *sorted(wrong))) if wrong else None


def name_conflict(one: Subject, given: Situation) -> Reason | None:
    """Named like one environment and declared for the other."""
    del given
    named, mine = named_environment(one.key.name), declared(one.key)
    if "unknown" in (named, mine) or named == mine or named in one.key.allowed_environments:
        return None
    return Reason("name_conflict", words=(named, mine))


def named_environment(name: str) -> Environment:
    """Give the environment that a part of a name says; unknown where none, or more than one, is said."""
    said: set[Environment] = {ENVIRONMENTS[part] for part in BETWEEN.split(name.lower()) if part in ENVIRONMENTS}
    return said.pop() if len(said) == 1 else "unknown"


def no_owner(one: Subject, given: Situation) -> Reason | None:
    """In use, and of no team, where other keys have one."""
    if not given.has_teams or one.team != UNASSIGNED or not one.is_used:
        return None
    return Reason("no_owner", number=one.requests)


def duplicate_names(every: Iterable[Subject]) -> Mapping[str, Reason]:
    """Find keys that share a name and an environment; who is used most keeps the name.

    A key and its successor may share one: that is what a rotation looks like.
    """
    alike: dict[tuple[str, Environment], list[Subject]] = defaultdict(list)
    for one in every:
        if one.key.name != one.key_id:
            alike[shown_name(one.key).casefold(), one.key.environment].append(one)
    found: dict[str, Reason] = {}
    for some in alike.values():
        keeper, *others = sorted(some, key=lambda one: (-one.requests, one.key_id))
        for one in others:
            if not _is_rotation(one, some):
                found[one.key_id] = Reason("duplicate_name", number=len(others), words=(visible(keeper.key_id),))
    return found


def _is_rotation(one: Subject, some: Iterable[Subject]) -> bool:
    return any(one.key_id == other.key.replaced_by or one.key.replaced_by == other.key_id for other in some)
