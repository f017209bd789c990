"""Cells in, sums of windows out.

A window's sum is a difference of two running sums: the sum up to `end` minus the sum up to `start`. Each is the last
day sum before that day plus the hour cells of the day itself, so an answer costs what it shows, however much is stored.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import TypeAlias

from edgedns_mcp.domain.cells import DAY_S, latest
from edgedns_mcp.models import Cell, Tally, Window
from edgedns_mcp.store.database import Transaction
from edgedns_mcp.store.keys import find_keys

EVERY_ENDPOINT = 0
Pair: TypeAlias = tuple[int, int]  # key_no, endpoint_no

# CROSS JOIN keeps the few pairs outside and the many days inside, whatever the planner believes.
_UP_TO = """
    SELECT key_no, endpoint_no, :sign{n} * requests AS requests, :sign{n} * errors AS errors,
           iif(:sign{n} > 0, last_activity, NULL) AS last_activity
    FROM pair CROSS JOIN day_sum USING(key_no, endpoint_no)
    WHERE {pairs} AND day = (
        SELECT max(day) FROM day_sum AS before
        WHERE before.key_no = pair.key_no AND before.endpoint_no = pair.endpoint_no AND before.day < :day{n}
    )
    UNION ALL
    SELECT key_no, {endpoint_no}, :sign{n} * requests, :sign{n} * errors, iif(:sign{n} > 0, last_activity, NULL)
    FROM cell WHERE start >= :day{n} * 86400 AND start < :until{n} AND {cells}
"""


def _window_sums(group: str, *, pairs: str, endpoint_no: str = "endpoint_no", cells: str = "true") -> str:
    parts = (_UP_TO.format(n=n, pairs=pairs, endpoint_no=endpoint_no, cells=cells) for n in (0, 1))
    sums = "sum(requests), sum(errors), max(last_activity)"
    return f"SELECT {group}, {sums} FROM ({' UNION ALL '.join(parts)}) GROUP BY {group}"  # noqa: S608 - our own constants


_IN_KEYS = "key_no IN (SELECT value FROM json_each(:keys))"
_IN_ENDPOINTS = "endpoint_no IN (SELECT value FROM json_each(:endpoints))"
_TOTALS = _window_sums("key_no", pairs="endpoint_no = 0", endpoint_no="0")
_TOTALS_OF_ENDPOINTS = _window_sums("key_no", pairs=_IN_ENDPOINTS, cells=_IN_ENDPOINTS)
_ENDPOINTS = _window_sums("key_no, endpoint_no", pairs=f"endpoint_no > 0 AND {_IN_KEYS}", cells=_IN_KEYS)
_TOP = _window_sums("endpoint_no", pairs=f"endpoint_no > 0 AND {_IN_KEYS}", cells=_IN_KEYS)

_ADD_CELL = """
    INSERT INTO cell VALUES(?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, errors = errors + excluded.errors,
        last_activity = max(last_activity, excluded.last_activity)
"""


def apply(tx: Transaction, cells: Iterable[Cell]) -> None:
    """Add cells, however late they come, and carry them through the day sums."""
    cells = list(cells)
    keys = find_keys(tx, {cell.key_id for cell in cells})
    paths = _find_endpoints(tx, {cell.endpoint for cell in cells})
    days: dict[Pair, dict[int, Tally]] = defaultdict(dict)
    rows: list[tuple[int, int, int, int, str, int, int, int]] = []
    for cell in cells:
        key_no, endpoint_no = keys[cell.key_id], paths[cell.endpoint]
        rows.append((cell.start, key_no, endpoint_no, cell.end, cell.environment, *cell[5:]))
        for pair in ((key_no, endpoint_no), (key_no, EVERY_ENDPOINT)):
            _grow(days[pair], cell.start // DAY_S, Tally(*cell[5:]))
    tx.many(_ADD_CELL, rows)
    tx.many("INSERT OR IGNORE INTO pair VALUES(?, ?)", days.keys())
    tx.many(
        "INSERT OR REPLACE INTO day_sum VALUES(?, ?, ?, ?, ?, ?)",
        (row for pair, more in days.items() for row in _carried(tx, pair, more)),
    )


def totals(tx: Transaction, window: Window, endpoint: str = "") -> dict[str, Tally]:
    """Sum a window per key id; with `endpoint`, over the endpoints whose path contains it."""
    names = dict(tx.rows("SELECT key_no, key_id FROM key"))
    ends = _ends(window)
    if endpoint:
        wanted = [no for no, path in _paths(tx).items() if endpoint.lower() in path.lower()]
        rows = tx.rows(_TOTALS_OF_ENDPOINTS, ends | {"endpoints": json.dumps(wanted)})
    else:
        rows = tx.rows(_TOTALS, ends)
    return {names[key_no]: Tally(*sums) for key_no, *sums in rows}


def endpoints(tx: Transaction, window: Window, key_ids: Collection[str]) -> dict[str, dict[str, Tally]]:
    """Sum a window per endpoint of each of these keys; endpoints without requests in it are left out."""
    wanted = _numbers(tx, key_ids)
    names = {no: key_id for key_id, no in wanted.items()}
    paths = _paths(tx)
    found: dict[str, dict[str, Tally]] = defaultdict(dict)
    for key_no, endpoint_no, *sums in tx.rows(_ENDPOINTS, _ends(window) | _key_list(wanted)):
        if sums[0]:
            found[names[key_no]][paths[endpoint_no]] = Tally(*sums)
    return dict(found)


def top_endpoints(tx: Transaction, window: Window, key_ids: Collection[str], most: int) -> dict[str, int]:
    """Sum a window per endpoint over these keys, and give the `most` used ones, most requests first."""
    paths = _paths(tx)
    rows = tx.rows(_TOP, _ends(window) | _key_list(_numbers(tx, key_ids)))
    sums = {paths[endpoint_no]: requests for endpoint_no, requests, *_ in rows if requests}
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0]))[:most])


def stored_requests(tx: Transaction) -> int:
    """Count every request stored."""
    return sum(
        requests for (requests,) in tx.rows("SELECT max(requests) FROM day_sum WHERE endpoint_no = 0 GROUP BY key_no")
    )


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
        yield (*pair, day, *_sum(before, added))


def _find_endpoints(tx: Transaction, paths: Collection[str]) -> dict[str, int]:
    tx.many("INSERT OR IGNORE INTO endpoint(path) VALUES(?)", ((path,) for path in sorted(paths)))
    return {path: no for no, path in _paths(tx).items()}


def _paths(tx: Transaction) -> dict[int, str]:
    return dict(tx.rows("SELECT endpoint_no, path FROM endpoint"))


def _numbers(tx: Transaction, key_ids: Collection[str]) -> dict[str, int]:
    wanted = json.dumps(list(key_ids))
    return dict(tx.rows("SELECT key_id, key_no FROM key WHERE key_id IN (SELECT value FROM json_each(?))", (wanted,)))


def _key_list(numbers: Mapping[str, int]) -> dict[str, str]:
    return {"keys": json.dumps(list(numbers.values()))}


def _ends(window: Window) -> dict[str, int | str]:
    start, end = int(window.start.timestamp()), int(window.end.timestamp())
    return {
        "sign0": 1, "day0": end // DAY_S, "until0": end,
        "sign1": -1, "day1": start // DAY_S, "until1": start,
    }  # fmt: skip
