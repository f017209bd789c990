"""Hour cells in, many at a time and as columns: what a log says, stored as `cells.apply` would store it."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from edgedns_mcp.domain.cells import DAY_S, HOUR_S
from edgedns_mcp.models import Environment
from edgedns_mcp.store import running, sheets
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.cells import find_endpoints
from edgedns_mcp.store.keys import find_keys
from edgedns_mcp.store.packed import Row, Sums, summed
from edgedns_mcp.store.running import DAY_H
from edgedns_mcp.store.sheets import ENVIRONMENTS, Sheet

Place: TypeAlias = tuple[str, str, Environment]  # key id, endpoint, environment of a cell
Numbers: TypeAlias = tuple[int, int, int]  # the same as the tables have it


class Hour(NamedTuple):
    """The cells of an hour as columns; `start` and `last` in epoch seconds, `places` by their numbers."""

    start: int
    places: Sequence[int]
    requests: Sequence[int]
    errors: Sequence[int]
    last: Sequence[int]


class Hours(NamedTuple):
    """Cells of hours in their order, none twice, no place twice in one."""

    places: Mapping[int, Place]
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


class Laid(NamedTuple):
    """Cells as they are stored: on sheets, and summed by key and by endpoint up to the end of each hour."""

    on_sheets: dict[sheets.Heading, Sheet]
    by_key: dict[int, Sums]
    by_endpoint: dict[int, Sums]


def add(account: Account, found: Hours) -> None:
    """Add cells, however late they come, and carry them through the running sums."""
    keys = find_keys(account, {key_id for key_id, _, _ in found.places.values()})
    paths = find_endpoints(account.tx, {endpoint for _, endpoint, _ in found.places.values()})
    numbers = {
        place: (keys[key_id], paths[endpoint], ENVIRONMENTS[kind])
        for place, (key_id, endpoint, kind) in found.places.items()
    }
    laid = _laid(found.hours, numbers)
    sheets.add(account.tx, laid.on_sheets)
    running.carry(account.tx, running.keys_of(account.number), laid.by_key)
    running.carry(account.tx, running.endpoints_of(account.number), laid.by_endpoint)
    of_each_key: dict[int, dict[int, Sums]] = defaultdict(dict)
    for (day, key_no), sheet in laid.on_sheets.items():
        of_each_key[key_no][(day + 1) * DAY_H] = sheet.sums(day)
    for key_no, by_day in sorted(of_each_key.items()):
        running.carry(account.tx, running.endpoints_of_key(key_no), by_day)


def _laid(hours: list[Hour], numbers: Mapping[int, Numbers]) -> Laid:
    """Lay the cells of each hour behind those of the hours before, key by key."""
    by_key = sorted(numbers, key=lambda place: (numbers[place][0], numbers[place][2], numbers[place][1]))
    rank = {place: at for at, place in enumerate(by_key)}
    columns = list(zip(*(numbers[place] for place in by_key), strict=True))
    found: dict[sheets.Heading, list[list[int]]] = defaultdict(lambda: [[] for _ in Sheet._fields])
    laid = Laid({}, {}, {})
    for hour in hours:
        day, hour_end = hour.start // DAY_S, hour.start // HOUR_S + 1
        ranks, cells = _ordered(hour, rank, columns)
        of_keys: list[Row] = []
        end = 0
        while end < len(ranks):
            start, key_no = end, columns[0][ranks[end]]
            end = bisect_left(ranks, bisect_right(columns[0], key_no), start)
            of_key = [column[start:end] for column in cells]
            _, _, requests, errors, last = of_key
            of_keys.append((key_no, sum(requests), sum(errors), hour.start + max(last)))
            for column, more in zip(found[day, key_no], of_key, strict=True):
                column.extend(more)
        laid.by_key[hour_end], laid.by_endpoint[hour_end] = summed(of_keys), cells.sums(day)
    laid.on_sheets.update((heading, Sheet(*figures)) for heading, figures in found.items())
    return laid


def _ordered(hour: Hour, rank: Mapping[int, int], columns: Sequence[Sequence[int]]) -> tuple[Sequence[int], Sheet]:
    """Give the ranks of an hour's places in their order, and the cells in that order."""
    ranks = [rank[place] for place in hour.places]
    order = sorted(range(len(ranks)), key=ranks.__getitem__)
    ranks, requests, errors, last = (_picked(column, order) for column in (ranks, *hour[2:]))
    _, endpoints, kinds = (_picked(column, ranks) for column in columns)
    first_slot = hour.start % DAY_S // HOUR_S * sheets.KINDS
    slots, last_s = [first_slot + kind for kind in kinds], [moment - hour.start for moment in last]
    return ranks, Sheet(slots, endpoints, requests, errors, last_s)


def _picked(column: Sequence[int], order: Sequence[int]) -> Sequence[int]:
    """Give figures in an order; of one alone the library would make no tuple."""
    return itemgetter(*order)(column) if len(order) > 1 else [column[at] for at in order]
