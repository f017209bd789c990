"""Hour cells in, many at a time and as columns: what a log says, stored as `cells.apply` would store it."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.models import Environment
from edgedns_mcp.store import running
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.cells import ENVIRONMENTS, add_cells, find_endpoints
from edgedns_mcp.store.keys import find_keys
from edgedns_mcp.store.packed import Sums, nothing
from edgedns_mcp.store.running import QUARTER_H

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
    add_cells(account.tx, chain.from_iterable(_rows(hour, numbers) for hour in found.hours))
    _carry(account, found.hours, numbers)


def _rows(hour: Hour, numbers: list[Numbers]) -> Iterator[tuple[int, ...]]:
    """Give the rows in the order of the table, where neighbours go to the same page."""
    number, start = hour.start // HOUR_S, hour.start
    for place, requests, errors, last in sorted(zip(map(numbers.__getitem__, hour.places), *hour[2:], strict=True)):
        yield number, *place, requests, errors, last - start


def _carry(account: Account, hours: list[Hour], numbers: list[Numbers]) -> None:
    key_of, endpoint_of = ([number[column] for number in numbers].__getitem__ for column in (0, 1))
    by_key: dict[int, Sums] = {}
    by_endpoint: dict[int, Sums] = {}
    by_place: dict[int, Gains] = defaultdict(Gains)
    for hour in hours:
        cells = sorted(zip(hour.last, hour.places, hour.requests, hour.errors, strict=True), key=itemgetter(0))
        last, places, requests, errors = zip(*cells, strict=True)
        end = hour.start // HOUR_S + 1
        quarter, of_keys, of_endpoints = by_place[-(-end // QUARTER_H) * QUARTER_H], Gains(), Gains()
        key_nos, endpoint_nos = list(map(key_of, places)), list(map(endpoint_of, places))
        for gains, members in ((quarter, places), (of_keys, key_nos), (of_endpoints, endpoint_nos)):
            gains.last.update(zip(members, last, strict=True))
        each, keys, endpoints = quarter.figures, of_keys.figures, of_endpoints.figures
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
    for quarter, gains in by_place.items():
        members: dict[int, Gains] = defaultdict(Gains)
        for place, last in sorted(gains.last.items(), key=itemgetter(1)):
            key_no, endpoint_no, _ = numbers[place]
            members[key_no].figures[endpoint_no] += gains.figures[place]
            members[key_no].last[endpoint_no] = last
        for key_no, one in members.items():
            found[key_no][quarter] = one.sums()
    return found
