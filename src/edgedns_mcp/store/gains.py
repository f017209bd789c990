"""What each member of a group gained in each of a row of buckets: differences of running sums, column by column."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import pairwise, repeat
from operator import add, itemgetter, sub
from typing import NamedTuple, TypeAlias

from edgedns_mcp.store import running
from edgedns_mcp.store.packed import COLUMNS, FIGURES, columns, first_bytes, first_column, without
from edgedns_mcp.store.running import Group, Place
from edgedns_mcp.store.transaction import Transaction

Column: TypeAlias = Sequence[int]  # a figure of each member that was asked for, in their order, and 0 behind them
KEPT = 8  # rows whose figures may be asked for again: those at neighbouring hours


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
    bodies = {place: body for rows in standing for place, body in rows.items()}
    orders = _orders(bodies, members)

    @lru_cache(maxsize=KEPT)
    def figures(place: Place) -> Gained:
        return orders[place].figures(bodies[place])

    nothing = Gained(*repeat((0,) * (len(members) + 1), 2))
    for before, now in pairwise(standing):
        more, less = [[*one.keys() - other.keys()] for one, other in ((now, before), (before, now))]
        alike = without(bodies[more[0]], bodies[less[0]], COLUMNS, FIGURES) if len(more) == len(less) == 1 else None
        if alike:  # the usual case, and soon done
            yield orders[more[0]].figures(alike)
        else:
            yield _gained([figures(place) for place in more] or [nothing], map(figures, less))


def _gained(more: Sequence[Gained], less: Iterable[Gained]) -> Gained:
    requests, errors = more[0]
    for other in more[1:]:
        requests, errors = list(map(add, requests, other.requests)), list(map(add, errors, other.errors))
    for other in less:
        requests, errors = list(map(sub, requests, other.requests)), list(map(sub, errors, other.errors))
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
