"""Hour cells, packed: a sheet for each key and UTC day, whose columns run through the hours of the day.

Sheets and spans are all that is known of requests; every other sum is made of them. A cell takes about six bytes of a
sheet, and a key's day is found at one place.
"""

import json
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import chain
from operator import add as add_up
from typing import NamedTuple, TypeAlias

from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.models import Environment
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.packed import Sums, columns, first_column, first_rows, pack_columns, summed
from edgedns_mcp.store.running import DAY_H
from edgedns_mcp.store.transaction import Transaction

ENVIRONMENTS: Mapping[Environment, int] = {"unknown": 0, "live": 1, "test": 2}  # the kind of a cell
ENVIRONMENT_OF: Mapping[int, Environment] = {kind: name for name, kind in ENVIRONMENTS.items()}
KINDS = len(ENVIRONMENTS)
_SECONDS = [slot // KINDS * HOUR_S for slot in range(DAY_H * KINDS)]  # of the day, at which the hour of a slot begins
Heading: TypeAlias = tuple[int, int]  # day (since 1970), key_no: what a sheet is of
Spot: TypeAlias = tuple[int, int]  # slot, endpoint_no
Figures: TypeAlias = tuple[int, int, int]  # requests, errors, last_s
Row: TypeAlias = tuple[int, int, int, int, int, int, int]  # hour, key_no, endpoint_no, kind, requests, errors, last_s

_READ = """
    SELECT key_no, body FROM json_each(?2) AS each CROSS JOIN sheet WHERE day = ?1 AND key_no = each.value
"""
_WRITE = "INSERT INTO sheet VALUES(?, ?, ?) ON CONFLICT DO UPDATE SET body = excluded.body"
_BETWEEN = """
    SELECT day, key_no, key_id, body FROM sheet JOIN key USING(key_no)
    WHERE account_no = ?1 AND day >= ?2 AND day < ?3 ORDER BY day, key_id
"""
_KINDS = "SELECT key_no, body FROM sheet JOIN key USING(key_no) WHERE account_no = ?1 AND day >= ?2 AND day < ?3"
_KINDS_OF_KEYS = """
    SELECT key_no, body FROM sheet WHERE day >= ?2 AND day < ?3 AND key_no IN (SELECT value FROM json_each(?1))
"""
_REACH = "SELECT min(day), max(day) FROM sheet WHERE key_no IN (SELECT key_no FROM key WHERE account_no = ?)"


class Sheet(NamedTuple):
    """The cells of one key and day as columns, in the order of their spots, none twice."""

    slots: Sequence[int]  # hour of the day * KINDS + kind
    endpoints: Sequence[int]
    requests: Sequence[int]
    errors: Sequence[int]
    last: Sequence[int]  # seconds into the hour

    def rows(self, heading: Heading) -> Iterator[Row]:
        """Give each cell."""
        day, key_no = heading
        for slot, endpoint_no, requests, errors, last_s in zip(*self, strict=True):
            hour, kind = divmod(slot, KINDS)
            yield day * DAY_H + hour, key_no, endpoint_no, kind, requests, errors, last_s

    def sums(self, day: int) -> Sums:
        """Sum each endpoint; a cell without use tells of no request."""
        first = day * DAY_H * HOUR_S
        last = map(add_up, map(_SECONDS.__getitem__, self.slots), self.last)
        rows = zip(self.endpoints, self.requests, self.errors, last, strict=True)
        found = summed(row for row in rows if row[1] or row[2]) if 0 in self.requests else summed(rows)
        return Sums(found.members, found.requests, found.errors, [first + last_s for last_s in found.last])


def kinds(account: Account, first: int, end: int, key_nos: Sequence[int] | None = None) -> dict[int, int]:
    """Tell which kinds of cells each key, or each of these, has on some days, a bit each; only slots are read."""
    slots: dict[int, set[int]] = defaultdict(set)
    whose = (_KINDS, account.number) if key_nos is None else (_KINDS_OF_KEYS, json.dumps(key_nos))
    for key_no, body in account.tx.rows(whose[0], (whose[1], first, end)):
        slots[key_no].update(first_column(body, len(Sheet._fields)))
    return {key_no: sum({1 << slot % KINDS for slot in found}) for key_no, found in slots.items()}


def sheets_of(rows: Iterable[Row]) -> dict[Heading, Sheet]:
    """Put rows, in any order, on sheets."""
    spots: dict[Heading, list[tuple[Spot, Figures]]] = defaultdict(list)
    for hour, key_no, endpoint_no, kind, requests, errors, last_s in rows:
        day, hour_of_day = divmod(hour, DAY_H)
        spots[day, key_no].append(((hour_of_day * KINDS + kind, endpoint_no), (requests, errors, last_s)))
    return {heading: _sheet(some) for heading, some in spots.items()}


def add(tx: Transaction, found: Mapping[Heading, Sheet]) -> None:
    """Add sheets to those that are stored."""
    stored = _stored(tx, found)
    _write(tx, {of: _merged(stored[of], more) if of in stored else more for of, more in sorted(found.items())})


def drop_empty(tx: Transaction, cells: Collection[tuple[int, int, int]]) -> None:
    """Take out those of these cells (hour, key_no, endpoint_no) of which nothing is left."""
    stored = _stored(tx, {(hour // DAY_H, key_no) for hour, key_no, _ in cells})
    rows = (row for heading, sheet in stored.items() for row in sheet.rows(heading))
    tx.many("DELETE FROM sheet WHERE day = ? AND key_no = ?", stored)
    _write(tx, sheets_of(row for row in rows if any(row[4:6]) or row[:3] not in cells))


def read(tx: Transaction, day: int, key_nos: Iterable[int]) -> Iterator[tuple[int, Sheet]]:
    """Give what is stored of a day, for those of these keys that have a sheet."""
    for key_no, body in tx.rows(_READ, (day, json.dumps(list(key_nos)))):
        yield key_no, _unpacked(body)


def until(tx: Transaction, day: int, hour: int, key_nos: Iterable[int]) -> Iterator[tuple[int, Sheet]]:
    """Give the cells before an hour of a day, for those of these keys that have a sheet."""
    for key_no, body in tx.rows(_READ, (day, json.dumps(list(key_nos)))):
        rows = bisect_left(first_column(body, len(Sheet._fields)), hour * KINDS)
        yield key_no, Sheet(*first_rows(body, len(Sheet._fields), rows))


def of_day(tx: Transaction, day: int) -> list[tuple[int, int, Sheet]]:
    """List what is stored of a day in all accounts: account_no, key_no, sheet."""
    asked = "SELECT account_no, key_no, body FROM sheet JOIN key USING(key_no) WHERE day = ? ORDER BY key_no"
    return [(account_no, key_no, _unpacked(body)) for account_no, key_no, body in tx.rows(asked, (day,))]


def between(account: Account, first: int, until: int) -> Iterator[tuple[Heading, str, Sheet]]:
    """Give every sheet of an account from one day to before another, by day and key id, with both."""
    for day, key_no, key_id, body in account.tx.each(_BETWEEN, (account.number, first, until)):
        yield (day, key_no), key_id, _unpacked(body)


def days(account: Account) -> range:
    """Give the days between the first and the last sheet of an account."""
    first, last = account.tx.row(_REACH, (account.number,))
    return range(0) if first is None else range(first, last + 1)


def oldest_day(tx: Transaction) -> int | None:
    """Give the first day that has a sheet in any account."""
    return tx.value("SELECT min(day) FROM sheet")


def _stored(tx: Transaction, headings: Iterable[Heading]) -> dict[Heading, Sheet]:
    by_day: dict[int, list[int]] = defaultdict(list)
    for day, key_no in headings:
        by_day[day].append(key_no)
    return {(day, key_no): sheet for day, key_nos in by_day.items() for key_no, sheet in read(tx, day, key_nos)}


def _write(tx: Transaction, found: Mapping[Heading, Sheet]) -> None:
    tx.many(_WRITE, ((*heading, pack_columns(sheet)) for heading, sheet in found.items()))


def _unpacked(body: bytes) -> Sheet:
    return Sheet(*columns(body, len(Sheet._fields), slice(None)))


def _merged(stored: Sheet, more: Sheet) -> Sheet:
    """Add two sheets; only the slots that both reach into are looked at cell by cell."""
    start, end = bisect_left(stored.slots, more.slots[0]), bisect_right(more.slots, stored.slots[-1])
    both = _sheet(chain(_spots(stored, slice(start, None)), _spots(more, slice(end))))
    parts = zip(stored, both, more, strict=True)
    return Sheet(*([*before[:start], *between, *behind[end:]] for before, between, behind in parts))


def _spots(sheet: Sheet, part: slice) -> Iterator[tuple[Spot, Figures]]:
    slots, endpoints, requests, errors, last = (column[part] for column in sheet)
    return zip(zip(slots, endpoints, strict=True), zip(requests, errors, last, strict=True), strict=True)


def _sheet(spots: Iterable[tuple[Spot, Figures]]) -> Sheet:
    """Sum what was seen at each spot, and put the spots in their order."""
    cells: dict[Spot, Figures] = {}
    for spot, figures in spots:
        had = cells.get(spot)
        if had is None:
            cells[spot] = figures
        else:
            cells[spot] = had[0] + figures[0], had[1] + figures[1], max(had[2], figures[2])
    laid = zip(*(spot + figures for spot, figures in sorted(cells.items())), strict=True)
    return Sheet(*laid) if cells else Sheet((), (), (), (), ())
