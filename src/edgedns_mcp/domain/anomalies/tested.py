"""How far each kind of finding could be looked for: which keys were tested, and why the others were not."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from edgedns_mcp.domain.anomalies.dormancy import ASLEEP_DAYS, STEADY_DAYS
from edgedns_mcp.domain.anomalies.failing import ENOUGH_DAYS, ENOUGH_REQUESTS
from edgedns_mcp.domain.anomalies.incidents import Kind
from edgedns_mcp.domain.anomalies.looks import busy, steady
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

    @property
    def window(self) -> range:
        """Give the buckets that were searched."""
        return range(self.first, self.search.keys.buckets)


class _Alike(NamedTuple):
    """What keys have in common: days of history, and whether all of the window was planned for them."""

    days: int
    is_planned: bool = False


def tested(reach: Reach, kinds: Sequence[Kind], key_ids: Collection[str]) -> tuple[Tested, ...]:
    """Count for each kind the keys that were tested, and say why the others could not be."""
    found: list[Tested] = []
    for kind, why in zip(kinds, _reasons(reach, kinds, key_ids), strict=True):
        count = why.pop("", 0)
        said = ", ".join(f"{keys} {reason}" for reason, keys in sorted(why.items(), key=lambda one: (-one[1], one[0])))
        found.append(Tested(kind=kind, keys=count, untested_keys=sum(why.values()), why=said))
    return tuple(found)


def why_not(reach: Reach, kinds: Sequence[Kind], key_id: str) -> list[str]:
    """Say for each kind why a key could not be tested for it; nothing where it was."""
    return [next(iter(why)) for why in _reasons(reach, kinds, [key_id])]


def _reasons(reach: Reach, kinds: Sequence[Kind], key_ids: Collection[str]) -> list[Counter[str]]:
    """Count for each kind the keys by why they could not be tested; those that were have no reason."""
    roll, window, unused = reach.search.keys, reach.window, _unused(reach, key_ids)
    used = [key_id for key_id in key_ids if key_id not in unused] if unused else key_ids
    planned = {one for one in roll.odd if roll[one].planned.issuperset(window)}
    groups: dict[tuple[int, bool], list[str]] = defaultdict(list)
    for key_id, days in zip(used, roll.history_days(used, (window.start + window.stop) // 2), strict=True):
        groups[days, key_id in planned].append(key_id)
    of_all = Counter(unused.values())
    alike = [(_Alike(*what), some) for what, some in groups.items()]
    return [sum((_lacking(reach, kind, *one) for one in alike), of_all) for kind in kinds]


def _unused(reach: Reach, key_ids: Iterable[str]) -> dict[str, str]:
    """Say of keys that could be tested for nothing why not."""
    roll, first = reach.search.keys, reach.first
    is_blind = {*roll.blind}.issuperset(reach.window)
    found: dict[str, str] = {}
    for key_id in key_ids:
        row, key = roll.requests[key_id], roll[key_id] if key_id in roll.odd else None
        if not any(row) and (key is None or key.born >= roll.buckets):
            found[key_id] = "never used"
        elif (is_blind or key) and not any(row[first:]) and (key is None or _is_unseen(key, first)):
            found[key_id] = UNOBSERVED
    return found


def _is_unseen(key: Watched, first: int) -> bool:
    window = key.counts[first:]
    return window.count(None) == len(window) and not key.gaps


UNOBSERVED = "not observed in the window"
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


def _lacking(reach: Reach, kind: Kind, alike: _Alike, key_ids: Sequence[str]) -> Counter[str]:
    """Count keys that are alike by what they lack."""
    if alike.is_planned and kind not in UNPLANNED:
        return Counter({PLANNED: len(key_ids)})
    if kind in DAILY_ONLY and reach.search.per_day > 1:
        return Counter({"searched for by days only": len(key_ids)})
    if alike.days < _LEAST_DAYS[kind]:
        return Counter({f"with less than {_LEAST_DAYS[kind]} days of history": len(key_ids)})
    if kind == "spike" and alike.days < HISTORY_DAYS:
        return Counter({YOUNG: len(key_ids)})
    if kind == "environment":
        return _of_environments(reach, key_ids)
    able, lacking = _able(reach, kind, key_ids)
    return Counter({lacking: len(key_ids) - len(able)}) + Counter({"": len(able)})


def _able(reach: Reach, kind: Kind, key_ids: Sequence[str]) -> tuple[Collection[str], str]:
    """Give those that have what it takes beside history, and say what the others lack."""
    search, last = reach.search, reach.window.stop
    known = reach.known.get(kind, ())
    match kind:
        case "error_burst":
            few = f"with fewer than {ENOUGH_DAYS} times {ENOUGH_REQUESTS} requests"
            return busy(search.keys, search.errors, key_ids, last - 1), few
        case "endpoint_shift":
            return [key_id for key_id in key_ids if key_id in known], "without known endpoints"
        case "budget":
            return [key_id for key_id in key_ids if key_id in known], "without a budget"
        case "silence":
            return steady(search.keys, key_ids, range(max(reach.first, STEADY_DAYS), last)), "not used every day"
        case _:
            return key_ids, ""


def _of_environments(reach: Reach, key_ids: Sequence[str]) -> Counter[str]:
    known, roll = reach.known.get("environment", ()), reach.search.keys
    keys = [reach.keys[key_id] for key_id in key_ids]
    meant = [key.key_id for key in keys if key.environment != "unknown" or declared(key) != "unknown"]
    others = [key_id for key_id in meant if key_id not in known]
    used = [one for one in others if any(roll.requests[one][reach.first :]) or (one in roll.odd and roll[one].gaps)]
    return +Counter(
        {
            "": len(meant) - len(others),
            "without a declared environment": len(key_ids) - len(meant),
            "without requests that name an environment": len(used),
            "without requests in the window": len(others) - len(used),
        }
    )
