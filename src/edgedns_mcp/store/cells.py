"""Cells in: hour cells on sheets, longer spans as rows, and beside them the running sums that windows are read from."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import TypeAlias

from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.models import Cell
from edgedns_mcp.models.work import Far, Tell, tell_nobody
from edgedns_mcp.store import packed, running, sheets
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.keys import find_keys
from edgedns_mcp.store.packed import summed
from edgedns_mcp.store.running import DAY_H
from edgedns_mcp.store.sheets import ENVIRONMENTS, Row
from edgedns_mcp.store.transaction import Transaction

LONGEST_CLASS = 20  # 3600 s * 2^20 is a century
CLASSES = json.dumps(list(range(LONGEST_CLASS + 1)))  # of spans, as a query takes them
REBUILT_AT_ONCE_D = 14
Ended: TypeAlias = tuple[int, int, int, int, int, int]  # hour of the end, key_no, endpoint_no, requests, errors, last
ByHour: TypeAlias = "dict[int, list[packed.Row]]"

_ADD_SPAN = """
    INSERT INTO span VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, errors = errors + excluded.errors,
        last_activity = max(last_activity, excluded.last_activity)
"""
_ENDED_SPANS = """
    SELECT (end + 3599) / 3600, key_no, endpoint_no, requests, errors, last_activity FROM span
    WHERE account_no = ?1 AND end > (?2 - 1) * 3600 AND end <= (?3 - 1) * 3600
"""
_REACH = "SELECT min((end + 3599) / 3600), max((end + 3599) / 3600) FROM span WHERE account_no = ?"


def apply(account: Account, cells: Iterable[Cell]) -> None:
    """Add cells, however late they come, and carry them through the running sums."""
    cells = list(cells)
    keys = find_keys(account, {cell.key_id for cell in cells})
    paths = find_endpoints(account.tx, {cell.endpoint for cell in cells})
    hours: list[Row] = []
    spans: list[tuple[int, ...]] = []
    for start, end, key_id, endpoint, environment, requests, errors, last, bound in cells:
        key_no, endpoint_no, kind = keys[key_id], paths[endpoint], ENVIRONMENTS[environment]
        if end - start == HOUR_S and not start % HOUR_S and bound == "exact":
            hours.append((start // HOUR_S, key_no, endpoint_no, kind, requests, errors, last - start))
        else:
            place = (account.number, class_of(end - start), end, key_no, endpoint_no, kind, end - start)
            spans.append((*place, int(bound == "lower"), requests, errors, last))
    sheets.add(account.tx, sheets.sheets_of(hours))
    add_spans(account.tx, spans)
    _carry(account, chain(_ended_hours(hours), _ended_spans(spans)))


def add_spans(tx: Transaction, rows: Iterable[tuple[int, ...]]) -> None:
    """Add rows to the spans, and to nothing else."""
    tx.many(_ADD_SPAN, rows)


def class_of(length_s: int) -> int:
    """Give the smallest n with length_s <= 3600 * 2^n."""
    return (max(length_s - 1, 0) // HOUR_S).bit_length()


def rebuild_sums(account: Account, tell: Tell = tell_nobody) -> None:
    """Make the running sums of an account anew from its cells and spans, whatever became of those."""
    tx = account.tx
    for (key_no,) in tx.rows("SELECT key_no FROM key WHERE account_no = ?", (account.number,)):
        running.clear(tx, running.endpoints_of_key(key_no))
    running.clear(tx, running.keys_of(account.number))
    running.clear(tx, running.endpoints_of(account.number))
    days = sheets.days(account)
    for first in days[::REBUILT_AT_ONCE_D]:
        tell(Far("Summing hours again", first - days.start, len(days), "days"))
        some = sheets.between(account, first, first + REBUILT_AT_ONCE_D)
        _carry(account, _ended_hours(row for heading, _, sheet in some for row in sheet.rows(heading)))
    start, end = tx.row(_REACH, (account.number,))
    if start is None:
        return
    for hour in range(start, end + 1, REBUILT_AT_ONCE_D * DAY_H):
        tell(Far("Summing days again", (hour - start) // DAY_H, (end - start) // DAY_H, "days"))
        _carry(account, tx.rows(_ENDED_SPANS, (account.number, hour, hour + REBUILT_AT_ONCE_D * DAY_H)))


def find_endpoints(tx: Transaction, paths: Collection[str]) -> dict[str, int]:
    """Give each path its number, a new one where it is new."""
    tx.many("INSERT OR IGNORE INTO endpoint(path) VALUES(?)", ((path,) for path in sorted(paths)))
    asked = "SELECT path, endpoint_no FROM endpoint WHERE path IN (SELECT value FROM json_each(?))"
    return dict(tx.rows(asked, (json.dumps(list(paths)),)))


def stored_requests(account: Account) -> int:
    """Count every request stored."""
    return sum(running.newest(account.tx, running.keys_of(account.number)).requests)


def _ended_hours(hours: Iterable[Row]) -> Iterator[Ended]:
    for hour, key_no, endpoint_no, _, requests, errors, last_s in hours:
        yield hour + 1, key_no, endpoint_no, requests, errors, hour * HOUR_S + last_s


def _ended_spans(spans: Iterable[tuple[int, ...]]) -> Iterator[Ended]:
    for _, _, end, key_no, endpoint_no, _, _, _, requests, errors, last in spans:
        yield -(-end // HOUR_S), key_no, endpoint_no, requests, errors, last


def _carry(account: Account, ended: Iterable[Ended]) -> None:
    by_key: ByHour = defaultdict(list)
    by_endpoint: ByHour = defaultdict(list)
    of_keys: dict[int, ByHour] = defaultdict(lambda: defaultdict(list))
    for hour, key_no, endpoint_no, requests, errors, last in ended:
        if not (requests or errors):  # an hour without use, or a bound alone, tells of no request
            continue
        of_endpoint = endpoint_no, requests, errors, last
        by_key[hour].append((key_no, requests, errors, last))
        by_endpoint[hour].append(of_endpoint)
        of_keys[key_no][-(-hour // DAY_H) * DAY_H].append(of_endpoint)
    groups = {running.keys_of(account.number): by_key, running.endpoints_of(account.number): by_endpoint}
    groups |= {running.endpoints_of_key(key_no): by_day for key_no, by_day in sorted(of_keys.items())}
    for group, rows in groups.items():
        running.carry(account.tx, group, {hour: summed(some) for hour, some in rows.items()})
