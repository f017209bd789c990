"""Retention: hours that were kept long enough become days, and what only served to keep hours exact goes."""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import TypeAlias

from edgedns_mcp.domain.cells import DAY_S, HOUR_S
from edgedns_mcp.store import running
from edgedns_mcp.store.cells import LONGEST_CLASS, class_of
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.packed import Sums, sums_of
from edgedns_mcp.store.running import DAY_H, QUARTER_H, Group, Level
from edgedns_mcp.store.transaction import Transaction

Ended: TypeAlias = tuple[int, int, int, int, int, int, int]  # account, hour, key, endpoint, requests, errors, last
_OF_DAY = "hour >= :first AND hour < :first + 24"
_FOLD = f"""
    INSERT INTO span
    SELECT account_no, :class, (:first + 24) * 3600, key_no, endpoint_no, cell.environment, 86400, 0,
        sum(requests), sum(errors), max(hour * 3600 + last_s)
    FROM cell JOIN key USING(key_no) WHERE {_OF_DAY} GROUP BY account_no, key_no, endpoint_no, cell.environment
    ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, errors = errors + excluded.errors,
        last_activity = max(last_activity, excluded.last_activity)
"""  # noqa: S608 - our own constants
_TOUCHED = f"SELECT DISTINCT account_no, key_no FROM cell JOIN key USING(key_no) WHERE {_OF_DAY}"  # noqa: S608 - same
_ENDED_INSIDE = """
    SELECT account_no, (end + 3599) / 3600, key_no, endpoint_no, sum(requests), sum(errors), max(last_activity)
    FROM span WHERE account_no IN (SELECT account_no FROM account) AND class IN (SELECT value FROM json_each(:classes))
        AND end > :first * 3600 AND end <= (:first + 23) * 3600 GROUP BY 1, 2, 3, 4
"""


_HAS_OLD_IDS = "SELECT 1 FROM event WHERE account_no IN (SELECT account_no FROM account) AND day < ? LIMIT 1"
_DROP_OLD_IDS = "DELETE FROM event WHERE account_no IN (SELECT account_no FROM account) AND day < ?"
_CLASSES = json.dumps(list(range(LONGEST_CLASS + 1)))


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
    while (day := database.read(_oldest_day)) is not None and day < until:
        database.write(lambda tx, day=day: fold_day(tx, day))
        folded += 1
    return folded


def fold_day(tx: Transaction, day: int) -> None:
    """Make one cell of the hours of a UTC day (days since 1970) per key, endpoint and environment."""
    first: dict[str, object] = {"first": day * DAY_H}
    touched = tx.rows(_TOUCHED, first)
    groups = {running.endpoints_of_key(key_no) for _, key_no in touched}
    groups |= {of(account_no) for account_no, _ in touched for of in (running.keys_of, running.endpoints_of)}
    tx.many(
        "DELETE FROM running WHERE kind = ? AND owner = ? AND step = ? AND hour > ? AND hour < ?",
        (
            (group.kind, group.owner, level.step, day * DAY_H, day * DAY_H + DAY_H)
            for group in sorted(groups)
            for level in _within_days(group)
        ),
    )
    tx.run(_FOLD, first | {"class": class_of(DAY_S)})
    tx.run(f"DELETE FROM cell WHERE {_OF_DAY}", first)  # noqa: S608 - our own constants
    for group, gains in _still_inside(tx.rows(_ENDED_INSIDE, first | {"classes": _CLASSES})):
        if group in groups:
            running.carry(tx, group._replace(levels=_within_days(group)), gains)


def _within_days(group: Group) -> tuple[Level, ...]:
    return tuple(level for level in group.levels if level.step < DAY_H)


def _still_inside(ended: Iterable[Ended]) -> Iterator[tuple[Group, Mapping[int, Sums]]]:
    """Give what spans that ended within the day add to the sums within it."""
    sums: dict[Group, dict[int, dict[int, list[int]]]] = defaultdict(lambda: defaultdict(dict))
    for account_no, hour, key_no, endpoint_no, *figures in ended:
        quarter = -(-hour // QUARTER_H) * QUARTER_H
        places = (
            (running.keys_of(account_no), hour, key_no),
            (running.endpoints_of(account_no), hour, endpoint_no),
            (running.endpoints_of_key(key_no), quarter, endpoint_no),
        )
        for group, at, member in places:
            requests, errors, last = sums[group][at].get(member, (0, 0, 0))
            sums[group][at][member] = [requests + figures[0], errors + figures[1], max(last, figures[2])]
    for group, by_hour in sums.items():
        yield group, {hour: sums_of(members) for hour, members in by_hour.items()}


def _oldest_day(tx: Transaction) -> int | None:
    hour = tx.value("SELECT min(hour) FROM cell")
    return None if hour is None else hour // DAY_H


def _first_kept(now: datetime, keep_hours: int) -> int:
    """Give the first UTC day that did not end `keep_hours` ago."""
    return (int(now.timestamp()) - keep_hours * HOUR_S) // DAY_S
