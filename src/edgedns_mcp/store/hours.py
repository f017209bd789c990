"""Hour cells in, many at a time and as columns: what a log says, stored as `cells.apply` would store it."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import count
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from edgedns_mcp.domain.cells import DAY_S, HOUR_S
from edgedns_mcp.models import Environment
from edgedns_mcp.store import running, sheets
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.cells import find_endpoints
from edgedns_mcp.store.keys import find_keys
from edgedns_mcp.store.packed import Sums, nothing
from edgedns_mcp.store.running import DAY_H
from edgedns_mcp.store.sheets import ENVIRONMENTS, Sheet

BITS = 40  # errors stand that high above requests, so that both are added at once
REQUESTS = (1 << BITS) - 1
Place: TypeAlias = tuple[str, str, Environment]  # key id, endpoint, environment of a cell
Numbers: TypeAlias = tuple[int, int, int]  # the same as the tables have it


class Hour(NamedTuple):
    """The cells of an hour as columns; `start` and `last` in epoch seconds, `places` as indexes of all places."""

    start: int
    places: Sequence[int]
    requests: Sequence[int]
    errors: Sequence[int]
    last: Sequence[int]


class Hours(NamedTuple):
    """Cells of hours in their order, none twice, no place twice in one."""

    places: list[Place]
    hours: list[Hour]

    def requests(self) -> int:
        """Count all."""
        return sum(sum(hour.requests) for hour in self.hours)

    def requests_at(self, wanted: set[int]) -> int:
        """Count those of some places."""
        return sum(
            requests
            for hour in self.hours
            for place, requests in zip(hour.places, hour.requests, strict=True)
            if place in wanted
        )


class Gains:
    """What each member of a group gained up to the same hour; the last of it is told last."""

    def __init__(self) -> None:
        self.figures: dict[int, int] = defaultdict(int)
        self.last: dict[int, int] = {}

    def sums(self) -> Sums:
        """Give them as columns."""
        figures = self.figures.values()
        return Sums(
            list(self.figures),
            [figure & REQUESTS for figure in figures],
            [figure >> BITS for figure in figures],
            [self.last[member] for member in self.figures],
        )


def add(account: Account, found: Hours) -> None:
    """Add cells, however late they come, and carry them through the running sums."""
    keys = find_keys(account, {key_id for key_id, _, _ in found.places})
    paths = find_endpoints(account.tx, {endpoint for _, endpoint, _ in found.places})
    numbers = [(keys[key_id], paths[endpoint], ENVIRONMENTS[kind]) for key_id, endpoint, kind in found.places]
    sheets.add(account.tx, _sheets(found.hours, numbers))
    _carry(account, found.hours, numbers)


def _sheets(hours: list[Hour], numbers: list[Numbers]) -> dict[sheets.Heading, Sheet]:
    """Lay the cells of each hour behind those of the hours before, key by key."""
    by_key = sorted(range(len(numbers)), key=lambda place: (numbers[place][0], numbers[place][2], numbers[place][1]))
    rank = dict(zip(by_key, count(), strict=False))
    places = [numbers[place] for place in by_key]
    key_nos = [key_no for key_no, _, _ in places]
    found: dict[sheets.Heading, list[list[int]]] = defaultdict(lambda: [[] for _ in Sheet._fields])
    for hour in hours:
        ranks, columns = _ordered(hour, rank, places)
        end = 0
        while end < len(ranks):
            start, key_no = end, key_nos[ranks[end]]
            end = bisect_left(ranks, bisect_right(key_nos, key_no), start)
            for column, more in zip(found[hour.start // DAY_S, key_no], columns, strict=True):
                column.extend(more[start:end])
    return {heading: Sheet(*columns) for heading, columns in found.items()}


def _ordered(hour: Hour, rank: dict[int, int], places: list[Numbers]) -> tuple[list[int], list[list[int]]]:
    """Give the ranks of an hour's places in their order, and the columns of a sheet in that order."""
    ranks = [rank[place] for place in hour.places]
    order = sorted(range(len(ranks)), key=ranks.__getitem__)
    ranks = [ranks[at] for at in order]
    first_slot = hour.start % DAY_S // HOUR_S * sheets.KINDS
    return ranks, [
        [first_slot + places[at][2] for at in ranks],
        [places[at][1] for at in ranks],
        [hour.requests[at] for at in order],
        [hour.errors[at] for at in order],
        [hour.last[at] - hour.start for at in order],
    ]


def _carry(account: Account, hours: list[Hour], numbers: list[Numbers]) -> None:
    key_of, endpoint_of = ([number[column] for number in numbers].__getitem__ for column in (0, 1))
    by_key: dict[int, Sums] = {}
    by_endpoint: dict[int, Sums] = {}
    by_place: dict[int, Gains] = defaultdict(Gains)
    for hour in hours:
        cells = sorted(zip(hour.last, hour.places, hour.requests, hour.errors, strict=True), key=itemgetter(0))
        last, places, requests, errors = zip(*cells, strict=True)
        end = hour.start // HOUR_S + 1
        of_day, of_keys, of_endpoints = by_place[-(-end // DAY_H) * DAY_H], Gains(), Gains()
        key_nos, endpoint_nos = list(map(key_of, places)), list(map(endpoint_of, places))
        for gains, members in ((of_day, places), (of_keys, key_nos), (of_endpoints, endpoint_nos)):
            gains.last.update(zip(members, last, strict=True))
        each, keys, endpoints = of_day.figures, of_keys.figures, of_endpoints.figures
        for place, key_no, endpoint_no, some, wrong in zip(
            places, key_nos, endpoint_nos, requests, errors, strict=True
        ):
            figure = some + (wrong << BITS)
            each[place] += figure
            keys[key_no] += figure
            endpoints[endpoint_no] += figure
        by_key[end], by_endpoint[end] = of_keys.sums(), of_endpoints.sums()
    running.carry(account.tx, running.keys_of(account.number), by_key)
    running.carry(account.tx, running.endpoints_of(account.number), by_endpoint)
    for key_no, sums in sorted(_of_each_key(by_place, numbers).items()):
        running.carry(account.tx, running.endpoints_of_key(key_no), sums)


def _of_each_key(by_place: dict[int, Gains], numbers: list[Numbers]) -> dict[int, dict[int, Sums]]:
    found: dict[int, dict[int, Sums]] = defaultdict(lambda: defaultdict(nothing))
    for day_end, gains in by_place.items():
        members: dict[int, Gains] = defaultdict(Gains)
        for place, last in sorted(gains.last.items(), key=itemgetter(1)):
            key_no, endpoint_no, _ = numbers[place]
            members[key_no].figures[endpoint_no] += gains.figures[place]
            members[key_no].last[endpoint_no] = last
        for key_no, one in members.items():
            found[key_no][day_end] = one.sums()
    return found
