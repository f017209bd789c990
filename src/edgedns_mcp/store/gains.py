"""What each member of a group gained in each of a row of buckets: differences of running sums, column by column."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import repeat
from operator import add, itemgetter, sub
from typing import NamedTuple, TypeAlias

from edgedns_mcp.store import running
from edgedns_mcp.store.packed import COLUMNS, columns, first_bytes, first_column
from edgedns_mcp.store.running import Group, Place
from edgedns_mcp.store.transaction import Transaction

Column: TypeAlias = Sequence[int]  # a figure of each member that was asked for, in their order, and 0 behind them
FIGURES = slice(1, 3)  # of the columns of sums: requests and errors


class Gained(NamedTuple):
    """What was gained in a bucket."""

    requests: Column
    errors: Column


class _Order(NamedTuple):
    """How to lay a column of `size` members, or of the first of these, in the order that was asked for."""

    size: int
    laid: Callable[[Column], Column]

    def figures(self, body: bytes) -> Gained:
        found = columns(body, COLUMNS, FIGURES)
        return Gained(*(self.laid(column + (0,) * (self.size + 1 - len(column))) for column in found))


def gains(tx: Transaction, group: Group, hours: Sequence[int], members: Sequence[int]) -> Iterator[Gained]:
    """Sum what ended between each two of these hours, which ascend, for each of `members`, in their order.

    Rows that both hours have in common cancel out, so that few have to be added.
    """
    standing = running.standing(tx, group, hours)
    orders = _orders({place: body for rows in standing for place, body in rows.items()}, members)
    nothing = Gained(*repeat((0,) * (len(members) + 1), 2))
    before: dict[Place, Gained] | None = None
    for rows in standing:
        now = {place: (before or {}).get(place) or orders[place].figures(body) for place, body in rows.items()}
        if before is not None:
            yield _gained(before, now, nothing)
        before = now


def _gained(before: Mapping[Place, Gained], now: Mapping[Place, Gained], nothing: Gained) -> Gained:
    more = [sums for place, sums in now.items() if place not in before] or [nothing]
    requests, errors = more[0]
    for other in more[1:]:
        requests, errors = list(map(add, requests, other.requests)), list(map(add, errors, other.errors))
    for place, sums in before.items():
        if place not in now:
            requests, errors = list(map(sub, requests, sums.requests)), list(map(sub, errors, sums.errors))
    return Gained(requests, errors)


def _orders(rows: Mapping[Place, bytes], members: Sequence[int]) -> dict[Place, _Order]:
    """Find the order of each row: members that are new come last, so the longest of a run tells that of all."""
    found: dict[Place, _Order] = {}
    longest, order = b"", None
    for place in sorted(rows, reverse=True):
        body = rows[place]
        mine = body[:1] + first_bytes(body, COLUMNS)
        if order is None or not longest.startswith(mine):
            longest, order = mine, _order(first_column(body, COLUMNS), members)
        found[place] = order
    return found


def _order(held: Sequence[int], members: Sequence[int]) -> _Order:
    """Find where each member stands; nobody stands behind the last."""
    places, size = {member: at for at, member in enumerate(held)}, len(held)
    return _Order(size, itemgetter(*map(places.get, members, repeat(size)), size))
