"""Retention: hours that were kept long enough become days, and what only served to keep hours exact goes."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

from edgedns_mcp.domain.cells import DAY_S, HOUR_S
from edgedns_mcp.store import cells, running, sheets
from edgedns_mcp.store.cells import CLASSES, class_of
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.packed import Row, Sums, summed
from edgedns_mcp.store.running import DAY_H, Group, Level
from edgedns_mcp.store.sheets import Sheet
from edgedns_mcp.store.transaction import Transaction

Ended: TypeAlias = tuple[int, int, int, int, int, int, int]  # account, hour, key, endpoint, requests, errors, last
_ENDED_INSIDE = """
    SELECT account_no, (end + 3599) / 3600, key_no, endpoint_no, sum(requests), sum(errors), max(last_activity)
    FROM span WHERE account_no IN (SELECT account_no FROM account) AND class IN (SELECT value FROM json_each(:classes))
        AND end > :first * 3600 AND end <= (:first + 23) * 3600 GROUP BY 1, 2, 3, 4
"""
_HAS_OLD_IDS = "SELECT 1 FROM event WHERE account_no IN (SELECT account_no FROM account) AND day < ? LIMIT 1"
_DROP_OLD_IDS = "DELETE FROM event WHERE account_no IN (SELECT account_no FROM account) AND day < ?"


def keep_up(database: Database, now: datetime, keep_hours: int) -> int:
    """Do what retention asks for, in small steps that let others read and write; give how many days were folded.

    With `keep_hours` 0 every hour is kept for ever. The ids of events go with the hours that they were counted in.

    Raises:
        StoreError: the database cannot be written; the days folded before are folded.
    """
    if not keep_hours:
        return 0
    folded = fold(database, now, keep_hours)
    until = _first_kept(now, keep_hours)
    if database.read(lambda tx: tx.row(_HAS_OLD_IDS, (until,))):
        database.write(lambda tx: tx.run(_DROP_OLD_IDS, (until,)))
    return folded


def fold(database: Database, now: datetime, keep_hours: int) -> int:
    """Make one cell of a day's hours, for the UTC days that ended at least `keep_hours` ago; give how many there were.

    Sums of whole days and every last activity stay what they were; a window that ends within a folded day has slack.
    """
    until, folded = _first_kept(now, keep_hours), 0
    while (day := database.read(sheets.oldest_day)) is not None and day < until:
        database.write(lambda tx, day=day: fold_day(tx, day))
        folded += 1
    return folded


def fold_day(tx: Transaction, day: int) -> None:
    """Make one cell of the hours of a UTC day (days since 1970) per key, endpoint and environment."""
    found = sheets.of_day(tx, day)
    groups = {of(account_no) for account_no, _, _ in found for of in (running.keys_of, running.endpoints_of)}
    tx.many(
        "DELETE FROM running WHERE kind = ? AND owner = ? AND step = ? AND hour > ? AND hour < ?",
        (
            (group.kind, group.owner, level.step, day * DAY_H, day * DAY_H + DAY_H)
            for group in sorted(groups)
            for level in _within_days(group)
        ),
    )
    cells.add_spans(
        tx, (row for account_no, key_no, sheet in found for row in _of_whole_day(account_no, key_no, day, sheet))
    )
    tx.run("DELETE FROM sheet WHERE day = ?", (day,))
    ended = {"first": day * DAY_H, "classes": CLASSES}
    for group, gains in _still_inside(tx.rows(_ENDED_INSIDE, ended)):
        if group in groups:
            running.carry(tx, group._replace(levels=_within_days(group)), gains)


def _of_whole_day(account_no: int, key_no: int, day: int, sheet: Sheet) -> Iterator[tuple[int, ...]]:
    """Give the spans that a sheet becomes."""
    end = (day + 1) * DAY_S
    sums: dict[tuple[int, int], list[int]] = {}
    for hour, _, endpoint_no, kind, requests, errors, last_s in sheet.rows((day, key_no)):
        had = sums.setdefault((endpoint_no, kind), [0, 0, 0])
        had[:] = had[0] + requests, had[1] + errors, hour * HOUR_S + last_s  # the hours come in their order
    for (endpoint_no, kind), figures in sums.items():
        yield account_no, class_of(DAY_S), end, key_no, endpoint_no, kind, DAY_S, 0, *figures


def _within_days(group: Group) -> tuple[Level, ...]:
    return tuple(level for level in group.levels if level.step < DAY_H)


def _still_inside(ended: Iterable[Ended]) -> Iterator[tuple[Group, Mapping[int, Sums]]]:
    """Give what spans that ended within the day add to the sums within it."""
    rows: dict[Group, dict[int, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for account_no, hour, key_no, endpoint_no, requests, errors, last in ended:
        rows[running.keys_of(account_no)][hour].append((key_no, requests, errors, last))
        rows[running.endpoints_of(account_no)][hour].append((endpoint_no, requests, errors, last))
    for group, by_hour in rows.items():
        yield group, {hour: summed(some) for hour, some in by_hour.items()}


def _first_kept(now: datetime, keep_hours: int) -> int:
    """Give the first UTC day that did not end `keep_hours` ago."""
    return (int(now.timestamp()) - keep_hours * HOUR_S) // DAY_S
