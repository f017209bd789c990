"""How much of a key's use fails, and how much of all use one key carries."""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from edgedns_mcp.domain.governance.subject import Situation, Subject
from edgedns_mcp.domain.naming import PATH_LENGTH, visible
from edgedns_mcp.domain.report import percent, share
from edgedns_mcp.models import Reason, Tally

ENOUGH_REQUESTS, ENOUGH_ERRORS, HEAVY_PERCENT = 100, 20, 10.0
CULPRIT_PERCENT, WORSE = 50.0, 1.5  # of all errors, and times the share of all that fail, to name an endpoint
CONCENTRATED_PERCENT, FEWEST_KEYS = 40.0, 5


class Spread(NamedTuple):
    """How the requests are spread over the used keys; `hhi` is the sum of squared shares in percent."""

    used: int
    top: Subject | None
    hhi: int
    equal_keys: float | None


def error_heavy(one: Subject, given: Situation) -> Reason | None:
    """Fails in a tenth of its requests or more; 100 requests and 20 errors at least."""
    del given
    failed = percent(one.errors, one.requests)
    if one.errors is None or failed is None or one.requests < ENOUGH_REQUESTS or one.errors < ENOUGH_ERRORS:
        return None
    if failed < HEAVY_PERCENT:
        return None
    return Reason("error_heavy", number=one.errors, percent=failed, words=_culprit(one.paths, one.errors))


def _culprit(paths: Mapping[str, Tally], errors: int) -> tuple[str, ...]:
    """Name the endpoint that fails most, if it fails more than the rest: its errors, and its own share of failures."""
    worst = max(paths, key=lambda path: (paths[path].errors or 0, path), default="")
    if not worst:
        return ()
    lost, whole = paths[worst].errors, sum(one.requests for one in paths.values())
    failing = percent(lost, paths[worst].requests)
    if not lost or failing is None or share(lost, errors) < CULPRIT_PERCENT:
        return ()
    return (visible(worst, PATH_LENGTH), str(lost), str(failing)) if failing >= WORSE * share(errors, whole) else ()


def spread(every: Sequence[Subject]) -> Spread:
    """Measure how the requests are spread over keys."""
    used = [one for one in every if one.requests]
    whole = sum(one.requests for one in used)
    if not whole:
        return Spread(0, None, 0, None)
    squares = sum(one.requests**2 for one in used)
    top = min(used, key=lambda one: (-one.requests, one.key_id))
    hhi = (20_000 * squares + whole**2) // (2 * whole**2)
    return Spread(len(used), top, hhi, (20 * whole**2 + squares) // (2 * squares) / 10)


def concentration(one: Subject, given: Situation) -> Reason | None:
    """Carries two fifths of all requests or more, where five keys or more are used."""
    carried = share(one.requests, given.total)
    if given.used_keys < FEWEST_KEYS or carried < CONCENTRATED_PERCENT:
        return None
    return Reason("concentration", number=given.used_keys, percent=carried)
