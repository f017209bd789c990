"""Cells in: hour cells and longer spans as rows, and beside them the running sums that windows are read from."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from edgedns_mcp.domain.cells import DAY_S, HOUR_S, latest
from edgedns_mcp.models import Cell, Environment, Tally
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.database import Transaction
from edgedns_mcp.store.keys import find_keys

EVERY_ENDPOINT = 0
LONGEST_CLASS = 20  # 3600 s * 2^20 is a century
ENVIRONMENTS: Mapping[Environment, int] = {"unknown": 0, "live": 1, "test": 2}
Pair: TypeAlias = tuple[int, int]  # key_no, endpoint_no
Row: TypeAlias = tuple[int, ...]

_ADD_CELL = """
    INSERT INTO cell VALUES(?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, errors = errors + excluded.errors,
        last_s = max(last_s, excluded.last_s)
"""
_ADD_SPAN = """
    INSERT INTO span VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, errors = errors + excluded.errors,
        last_activity = max(last_activity, excluded.last_activity)
"""


def apply(account: Account, cells: Iterable[Cell]) -> None:
    """Add cells, however late they come, and carry them through the day sums."""
    tx, cells = account.tx, list(cells)
    keys = find_keys(account, {cell.key_id for cell in cells})
    paths = find_endpoints(tx, {cell.endpoint for cell in cells})
    days: dict[Pair, dict[int, Tally]] = defaultdict(dict)
    hours: list[Row] = []
    spans: list[Row] = []
    for cell in cells:
        pair = keys[cell.key_id], paths[cell.endpoint]
        if is_hour(cell):
            hours.append(_hour_row(cell, pair))
        else:
            spans.append(_span_row(cell, pair))
        for place in (pair, (pair[0], EVERY_ENDPOINT)):
            _grow(days[place], (cell.end - 1) // DAY_S, Tally(cell.requests, cell.errors, cell.last_activity))
    tx.many(_ADD_CELL, hours)
    tx.many(_ADD_SPAN, spans)
    carry(tx, days)


def is_hour(cell: Cell) -> bool:
    """Tell whether a cell is one UTC hour, exactly known."""
    return cell.end - cell.start == HOUR_S and not cell.start % HOUR_S and cell.bound == "exact"


def class_of(length_s: int) -> int:
    """Give the smallest n with length_s <= 3600 * 2^n."""
    return (max(length_s - 1, 0) // HOUR_S).bit_length()


def carry(tx: Transaction, days: Mapping[Pair, Mapping[int, Tally]]) -> None:
    """Add to the running sums of each pair what each day gained."""
    tx.many("INSERT OR IGNORE INTO pair VALUES(?, ?)", days.keys())
    tx.many(
        "INSERT OR REPLACE INTO day_sum VALUES(?, ?, ?, ?, ?, ?)",
        (row for pair, more in days.items() for row in _carried(tx, pair, more)),
    )


def find_endpoints(tx: Transaction, paths: Collection[str]) -> dict[str, int]:
    """Give each path its number, a new one where it is new."""
    tx.many("INSERT OR IGNORE INTO endpoint(path) VALUES(?)", ((path,) for path in sorted(paths)))
    return {path: no for no, path in tx.rows("SELECT endpoint_no, path FROM endpoint")}


def stored_requests(account: Account) -> int:
    """Count every request stored."""
    newest = """
        SELECT max(requests) FROM key JOIN day_sum USING(key_no) WHERE account_no = ? AND endpoint_no = 0
        GROUP BY key_no
    """
    return sum(requests for (requests,) in account.tx.rows(newest, (account.number,)))


def _hour_row(cell: Cell, pair: Pair) -> Row:
    last_s = cell.last_activity - cell.start
    return (cell.start // HOUR_S, *pair, ENVIRONMENTS[cell.environment], cell.requests, cell.errors, last_s)


def _span_row(cell: Cell, pair: Pair) -> Row:
    length_s = cell.end - cell.start
    environment, is_lower = ENVIRONMENTS[cell.environment], int(cell.bound == "lower")
    figures = (cell.requests, cell.errors, cell.last_activity)
    return (class_of(length_s), cell.end, *pair, environment, length_s, is_lower, *figures)


def _grow(days: dict[int, Tally], day: int, more: Tally) -> None:
    had = days.get(day)
    days[day] = more if had is None else _sum(had, more)


def _sum(one: Tally, other: Tally) -> Tally:
    return Tally(
        one.requests + other.requests,
        (one.errors or 0) + (other.errors or 0),
        latest(one.last_activity, other.last_activity),
    )


def _carried(tx: Transaction, pair: Pair, more: Mapping[int, Tally]) -> Iterable[tuple[int | None, ...]]:
    """Give the pair's running sums from the first changed day on."""
    where = "FROM day_sum WHERE key_no = ? AND endpoint_no = ? AND day"
    columns = "requests, errors, last_activity"
    first = min(more)
    old = tx.row(f"SELECT {columns} {where} < ? ORDER BY day DESC LIMIT 1", (*pair, first))
    later = {day: Tally(*sums) for day, *sums in tx.rows(f"SELECT day, {columns} {where} >= ?", (*pair, first))}
    before, added = Tally(*old) if old else Tally(0, 0, None), Tally(0, 0, None)
    for day in sorted({*later, *more}):
        before = later.get(day, before)
        added = _sum(added, more[day]) if day in more else added
        yield (*pair, day, *_sum(before, added)[:3])
