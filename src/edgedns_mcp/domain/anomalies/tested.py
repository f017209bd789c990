"""How far each kind of finding could be looked for: which keys were tested, and why the others were not."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple

from edgedns_mcp.domain.anomalies.dormancy import ASLEEP_DAYS, STEADY_DAYS, is_steady
from edgedns_mcp.domain.anomalies.failing import ENOUGH_DAYS, ENOUGH_REQUESTS
from edgedns_mcp.domain.anomalies.incidents import Kind
from edgedns_mcp.domain.anomalies.misplaced import declared
from edgedns_mcp.domain.anomalies.search import Search
from edgedns_mcp.domain.anomalies.spikes import HISTORY_DAYS, YOUNG_DAYS
from edgedns_mcp.domain.anomalies.watched import Watched
from edgedns_mcp.models import Key, Tested


class Reach(NamedTuple):
    """What a search had: the keys, the first bucket of the window, and who had what it takes beside counts."""

    search: Search
    keys: Mapping[str, Key]
    first: int
    known: Mapping[Kind, Collection[str]]


def tested(reach: Reach, kinds: Sequence[Kind], key_ids: Collection[str]) -> tuple[Tested, ...]:
    """Count for each kind the keys that were tested, and say why the others could not be."""
    reasons = [why_not(reach, kinds, key_id) for key_id in key_ids]
    found: list[Tested] = []
    for at, kind in enumerate(kinds):
        why = Counter(map(itemgetter(at), reasons))
        count = why.pop("", 0)
        said = ", ".join(f"{keys} {reason}" for reason, keys in sorted(why.items(), key=lambda one: (-one[1], one[0])))
        found.append(Tested(kind=kind, keys=count, untested_keys=sum(why.values()), why=said))
    return tuple(found)


def why_not(reach: Reach, kinds: Sequence[Kind], key_id: str) -> list[str]:
    """Say for each kind why a key could not be tested for it; nothing where it was."""
    key = reach.search.keys[key_id]
    end = len(key.counts)
    if key.born >= end:
        return ["never used"] * len(kinds)
    window = key.counts[reach.first :]
    if window.count(None) == len(window) and not key.gaps:
        return ["not observed in the window"] * len(kinds)
    days = key.history_days((reach.first + end) // 2)
    if key.planned and key.planned.issuperset(range(reach.first, end)):
        return [_lacking(reach, kind, key, days) if kind in UNPLANNED else PLANNED for kind in kinds]
    return [_lacking(reach, kind, key, days) for kind in kinds]


YOUNG = f"young ({YOUNG_DAYS} to {HISTORY_DAYS} days) against its record only"
PLANNED = "planned for all of the window"
DAILY_ONLY: Collection[Kind] = ("dormant", "silence")
_LEAST_DAYS: Mapping[Kind, int] = {
    "spike": YOUNG_DAYS,
    "dormant": ASLEEP_DAYS,
    "environment": 0,
    "error_burst": ENOUGH_DAYS,
    "endpoint_shift": HISTORY_DAYS,
    "silence": STEADY_DAYS,
    "budget": 0,
}
UNPLANNED: Collection[Kind] = ("environment", "budget")  # no plan makes these right


def _lacking(reach: Reach, kind: Kind, key: Watched, days: int) -> str:
    if kind in DAILY_ONLY and key.calendar.per_day > 1:
        return "searched for by days only"
    if days < _LEAST_DAYS[kind]:
        return f"with less than {_LEAST_DAYS[kind]} days of history"
    end, has_more = len(key.counts), key.key_id in reach.known.get(kind, ())
    match kind:
        case "spike":
            return "" if days >= HISTORY_DAYS else YOUNG
        case "dormant":
            return ""
        case "environment":
            if declared(reach.keys[key.key_id]) == "unknown":
                return "without a declared environment"
            return "" if has_more else _without_environment(reach, key)
        case "error_burst":
            is_busy = reach.search.errors.has_enough(key, end - 1)
            return "" if is_busy else f"with fewer than {ENOUGH_DAYS} times {ENOUGH_REQUESTS} requests"
        case "endpoint_shift" | "budget":
            return "" if has_more else "without known endpoints" if kind == "endpoint_shift" else "without a budget"
        case "silence":
            tests = range(max(reach.first, STEADY_DAYS), end)
            return "" if any(is_steady(key, at) for at in tests) else "not used every day"


def _without_environment(reach: Reach, key: Watched) -> str:
    if any(key.counts[reach.first :]) or key.gaps:
        return "without requests that name an environment"
    return "without requests in the window"
