"""One key doing the work of several services: groups of endpoints that are used at other times than each other.

A gateway calls many groups of endpoints too, but at the same times: its groups follow the rhythm of its users. So
groups whose hours of the day and days of the week overlap by three tenths or more belong together, directly or through
others, and only what is left apart counts as several.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import combinations
from typing import NamedTuple

from edgedns_mcp.domain.cells import DAY_S, HOUR_S
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.report import share
from edgedns_mcp.models import Cell, Reason, Tally

LEAST_PERCENT, LEAST_REQUESTS, LEAST_DAYS = 20.0, 200, 4  # of each service
MOST_NAMED = 3  # groups of a service
TOGETHER = 0.3  # overlap of two groups that belong together; office hours share 0.4 with use around the clock


class Rhythm(NamedTuple):
    """When a group of endpoints is used: requests by hour of the day, by day of the week, and on which days at all.

    Days of the week are only compared with each other, so they count from any.
    """

    requests: int
    hours: Mapping[int, int]
    weekdays: Mapping[int, int]
    days: frozenset[int]


def group_of(path: str) -> str:
    """Give the group of an endpoint: its path up to the first part that is no version: /v1/dns of /v1/dns/dnssec."""
    parts = path.strip("/").split("/")
    depth = next((at for at, part in enumerate(parts) if not _is_prefix(part)), len(parts) - 1)
    return "/" + "/".join(parts[: depth + 1])


def may_be_several(paths: Mapping[str, Tally]) -> bool:
    """Tell whether a key calls two groups of endpoints enough for its hours to be worth a look."""
    sums: Counter[str] = Counter()
    for path, tally in paths.items():
        sums[group_of(path)] += tally.requests
    whole = sum(sums.values())
    return sum(count >= LEAST_REQUESTS and share(count, whole) >= LEAST_PERCENT for count in sums.values()) > 1


def several_services(cells: Iterable[Cell]) -> Reason | None:
    """Find two services or more, each with a fifth of the requests, 200 of them, on four days at least."""
    rhythms = _rhythms(cells)
    whole = sum(one.requests for one in rhythms.values())
    if not whole:
        return None
    services = [some for some in _apart(rhythms) if _is_service([rhythms[name] for name in some], whole)]
    if len(services) < 2:  # noqa: PLR2004 - one service is what a key is for
        return None
    shares = [share(sum(rhythms[name].requests for name in some), whole) for some in services]
    said = [f"{percent} % {_shown(some)}" for some, percent in zip(services, shares, strict=True)]
    sums = [_sum(rhythms, some) for some in services]
    most = max(overlap(one, other) for one, other in combinations(sums, 2))
    return Reason("several_services", number=len(services), percent=round(100 * most, 1), words=tuple(said))


def overlap(one: Rhythm, other: Rhythm) -> float:
    """Give how much of the use of two groups falls on the same hours, or on the same weekdays, whichever is less."""
    return min(_shared(one.hours, other.hours), _shared(one.weekdays, other.weekdays))


def _is_prefix(part: str) -> bool:
    return part in ("", "api") or (part[:1] in "vV" and part[1:].isdecimal())


def _rhythms(cells: Iterable[Cell]) -> dict[str, Rhythm]:
    """Sum the hours of each group; counts of longer stretches tell no hours."""
    hours: dict[str, Counter[int]] = defaultdict(Counter)
    weekdays: dict[str, Counter[int]] = defaultdict(Counter)
    days: dict[str, set[int]] = defaultdict(set)
    for cell in cells:
        if cell.endpoint and cell.requests and cell.end - cell.start <= HOUR_S:
            name, day = group_of(cell.endpoint), cell.start // DAY_S
            hours[name][cell.start // HOUR_S % 24] += cell.requests
            weekdays[name][day % 7] += cell.requests
            days[name].add(day)
    return {name: Rhythm(hours[name].total(), hours[name], weekdays[name], frozenset(days[name])) for name in hours}


def _apart(rhythms: Mapping[str, Rhythm]) -> list[list[str]]:
    """Put groups together that are used at the same times; the most used first."""
    left = sorted(rhythms, key=lambda name: (-rhythms[name].requests, name))
    found: list[list[str]] = []
    while left:
        some = [left.pop(0)]
        for name in some:  # grows while it is walked
            near = [other for other in left if overlap(rhythms[name], rhythms[other]) >= TOGETHER]
            left = [other for other in left if other not in near]
            some += near
        found.append(some)
    return sorted(found, key=lambda some: (-sum(rhythms[name].requests for name in some), some[0]))


def _is_service(some: Sequence[Rhythm], whole: int) -> bool:
    requests = sum(one.requests for one in some)
    days = frozenset[int]().union(*(one.days for one in some))
    return requests >= LEAST_REQUESTS and share(requests, whole) >= LEAST_PERCENT and len(days) >= LEAST_DAYS


def _shown(some: Sequence[str]) -> str:
    named = [visible(name) for name in some[:MOST_NAMED]]
    return " ".join([*named, f"and {len(some) - len(named)} more"] if len(some) > len(named) else named)


def _sum(rhythms: Mapping[str, Rhythm], some: Sequence[str]) -> Rhythm:
    hours, weekdays = Counter[int](), Counter[int]()
    for name in some:
        hours.update(rhythms[name].hours)
        weekdays.update(rhythms[name].weekdays)
    return Rhythm(hours.total(), hours, weekdays, frozenset())


def _shared(one: Mapping[int, int], other: Mapping[int, int]) -> float:
    first, second = sum(one.values()), sum(other.values())
    return sum(min(one[at] / first, other.get(at, 0) / second) for at in one)
