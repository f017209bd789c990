"""Batches in, each whole or not at all, whatever breaks off and however often it is sent.

The rows of a batch carry the number of the attempt to write it, and count from the moment at which the ledger names
that attempt. Each try is another attempt; of the attempts that the ledger names for one batch, the last one counts.
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from secrets import randbits
from time import time_ns
from typing import Any, NamedTuple, TypeAlias

from edgedns_mcp.clickhouse import ledger
from edgedns_mcp.clickhouse.connection import Asking, Insert
from edgedns_mcp.domain.cells import FIRST_ERROR_STATUS, HOUR_S
from edgedns_mcp.errors import SourceError
from edgedns_mcp.models import Cell, Event
from edgedns_mcp.store.coverage import Stretch, Unread

AT_ONCE = 100_000  # rows in one insert
_LOW_BITS = 20  # of an attempt's number are drawn, so that no two writers share one; those above are milliseconds
_USAGE = ("org", "attempt", "key_id", "endpoint", "environment")
_FIGURES = ("requests", "errors", "last")
_SUMS = "(SELECT (sum(requests), sum(errors)) FROM ${} WHERE org = {{org:String}} AND attempt = {{attempt:UInt64}})"
_ARRIVED = f"SELECT {', '.join(map(_SUMS.format, ('cell_hour', 'cell_day', 'key_day', 'span')))}"


Kinds: TypeAlias = "tuple[list[Cell], list[Cell]]"  # exact hours, and other cells


class Batch(NamedTuple):
    """What counts together or not at all; one of the same name takes the place of an earlier one."""

    name: str
    digest: str  # of its content
    cells: Sequence[Cell] = ()
    events: Sequence[Event] = ()
    observed: Sequence[tuple[str, Stretch]] = ()  # by feed
    unread: Sequence[Unread] = ()
    rejected: int = 0  # lines


def commit(asking: Asking, org: str, batch: Batch) -> bool:
    """Write a batch and let it count; False: it is there already.

    Raises:
        SourceError: it could not be written whole, so nothing of it counts; it may be sent again.
    """
    if ledger.known(asking, org, batch.name).get(batch.name) == batch.digest:
        return False
    attempt = attempt_at(time_ns() / 1e9) | randbits(_LOW_BITS)
    kinds = by_kind(batch.cells)
    for insert in inserts(org, attempt, batch, kinds):
        asking.insert(insert)
    _check(asking, org, attempt, (*kinds, batch.events))
    requests = sum(cell.requests for cell in batch.cells) + len(batch.events)
    columns = ("org", "batch", "digest", "attempt", "committed_at", "requests", "rejected")
    row = (org, batch.name, batch.digest, attempt, time_ns() // 1_000, requests, batch.rejected)
    asking.insert(Insert("ledger", columns, [row], f"{org}:{attempt}:ledger"))
    return True


def attempt_at(moment_s: float) -> int:
    """Give the lowest number of an attempt that is begun at a moment, in epoch seconds."""
    return int(moment_s * 1_000) << _LOW_BITS


def is_hour(cell: Cell) -> bool:
    """Tell whether a cell is an exact hour, which can be summed into days."""
    return cell.end - cell.start == HOUR_S and not cell.start % HOUR_S and cell.bound == "exact"


def inserts(org: str, attempt: int, batch: Batch, kinds: Kinds) -> Iterator[Insert]:
    """Give the rows of a batch; what the engine makes of them itself is not among them."""
    place = org, attempt
    hours, spans = kinds
    yield from _pieces(
        "event",
        (*_USAGE, "at", "status"),
        ((*place, e.key_id, e.endpoint, e.environment, e.at, e.status) for e in batch.events),
    )
    yield from _pieces(
        "cell_hour", (*_USAGE, "start", *_FIGURES), ((*place, *one[2:5], one.start, *one[5:8]) for one in hours)
    )
    yield from _pieces(
        "span",
        (*_USAGE, "start", "end", "is_lower", *_FIGURES),
        ((*place, *one[2:5], one.start, one.end, int(one.bound == "lower"), *one[5:8]) for one in spans),
    )
    yield from _pieces(
        "coverage", ("org", "attempt", "feed", "start", "end"), ((*place, feed, *ends) for feed, ends in batch.observed)
    )
    yield from _pieces("unread", ("org", "attempt", "start", "end", "lines"), ((*place, *one) for one in batch.unread))


def by_kind(cells: Iterable[Cell]) -> Kinds:
    """Give the exact hours, which are summed into days, and the other cells."""
    hours, spans = list[Cell](), list[Cell]()
    for cell in cells:
        (hours if is_hour(cell) else spans).append(cell)
    return hours, spans


def _pieces(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Iterator[Insert]:
    rows = iter(rows)
    for number in range(1 << 30):
        piece = list(islice(rows, AT_ONCE))
        if not piece:
            return
        org, attempt = piece[0][:2]
        yield Insert(table, columns, piece, f"{org}:{attempt}:{table}:{number}")


def _check(asking: Asking, org: str, attempt: int, sent: tuple[list[Cell], list[Cell], Sequence[Event]]) -> None:
    """Compare what arrived with what was sent, before it may count.

    Raises:
        SourceError: a block is missing, or came twice.
    """
    hours, spans, events = sent
    failed = sum(event.status >= FIRST_ERROR_STATUS for event in events)
    of_hours = sum(cell.requests for cell in hours) + len(events), sum(cell.errors for cell in hours) + failed
    of_spans = sum(cell.requests for cell in spans), sum(cell.errors for cell in spans)
    arrived = asking.rows(_ARRIVED, {"org": org, "attempt": attempt})[0]
    if [tuple(sums) for sums in arrived] != [of_hours, of_hours, of_hours, of_spans]:
        raise SourceError(
            f"ClickHouse at {asking.where} holds other sums than were sent, so nothing of this batch counts; try again."
        )
