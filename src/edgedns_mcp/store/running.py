"""Running sums: what each member of a group did up to an hour, kept so that any window is a difference of few rows.

A group is the keys of an account, the endpoints of an account, or the endpoints of one key. Its rows stand at full
hours, and each holds what ended since the next larger mark before it: at any hour since the sixth hour, at a sixth hour
since midnight, at midnight since the sixteenth midnight, and there since ever. A row is missing where nothing ended
since the row before. So the sum up to an hour is four rows, and requests that come late change at most five rows of six
hours, three of a day, fifteen of sixteen days, and one for each sixteen days since. The endpoints of a key have no rows
within a day; there the key's sheet is read instead.
"""

import json
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import NamedTuple, TypeAlias

from edgedns_mcp.store.packed import COLUMNS, Sums, first_column, nothing, pack, unpack, unpack_figures
from edgedns_mcp.store.transaction import Transaction

QUARTER_H = 6
DAY_H = 24
SPELL_H = 16 * DAY_H
EVER, NEVER = -(1 << 40), 1 << 40  # before and after any hour
Row: TypeAlias = tuple[int, int, int, int, bytes]
Place: TypeAlias = tuple[int, int]  # step and hour: which of a group's rows


class Level(NamedTuple):
    """Rows at every `step` hours, each since the `whole` hours before; none where a higher level has one."""

    step: int
    whole: int | None

    def base(self, hour: int) -> int:
        """Give the hour since which a row at `hour` sums."""
        return hour - hour % self.whole if self.whole else EVER


HOURS, QUARTERS, DAYS = Level(1, QUARTER_H), Level(QUARTER_H, DAY_H), Level(DAY_H, SPELL_H)
SPELLS = Level(SPELL_H, None)


class Group(NamedTuple):
    """Whose sums, and the levels they are kept at."""

    kind: int
    owner: int
    levels: tuple[Level, ...] = (HOURS, QUARTERS, DAYS, SPELLS)


class Mark(NamedTuple):
    """Where the sum of a level is found: in its last row after `base` and not after `hour`."""

    step: int
    base: int
    hour: int


def keys_of(account_no: int) -> Group:
    """Give the group of all keys of an account."""
    return Group(0, account_no)


def endpoints_of(account_no: int) -> Group:
    """Give the group of all endpoints of an account."""
    return Group(1, account_no)


def endpoints_of_key(key_no: int) -> Group:
    """Give the group of a key's endpoints."""
    return Group(2, key_no, (DAYS, SPELLS))


def marks(levels: Iterable[Level], hour: int) -> list[Mark]:
    """Give what adds up to the sum at `hour`, the sum since ever first."""
    found: list[Mark] = []
    for level in levels:
        at = hour - hour % level.step
        if level.base(at) < at:
            found.append(Mark(level.step, level.base(at), at))
    return found[::-1]


_LAST = """
    SELECT owner, hour, body FROM json_each(?2) AS each CROSS JOIN running
    WHERE kind = ?1 AND owner = each.value AND step = ?3 AND hour = (
        SELECT max(hour) FROM running AS last
        WHERE last.kind = ?1 AND last.owner = each.value AND last.step = ?3 AND last.hour > ?4 AND last.hour <= ?5
    )
"""
# The rows from ?5 on, and the last one before.
_FROM = """
    SELECT hour, body FROM running WHERE kind = ?1 AND owner = ?2 AND step = ?3 AND hour < ?6 AND hour >= coalesce(
        (SELECT max(hour) FROM running WHERE kind = ?1 AND owner = ?2 AND step = ?3 AND hour > ?4 AND hour < ?5), ?5
    )
"""
_UP_TO = """
    SELECT hour, body FROM running WHERE kind = ? AND owner = ? AND step = ? AND hour > ? AND hour <= ? ORDER BY hour
"""
_MEMBERS = """
    SELECT each.value, (
        SELECT body FROM running WHERE kind = ?1 AND owner = each.value AND step = ?3 AND hour <= ?4
        ORDER BY hour DESC LIMIT 1
    ), (
        SELECT body FROM running WHERE kind = ?1 AND owner = each.value AND step = ?3 AND hour <= ?5
        ORDER BY hour DESC LIMIT 1
    ) FROM json_each(?2) AS each
"""
_NEWEST = "SELECT hour, body FROM running WHERE kind = ? AND owner = ? AND step = ? ORDER BY hour DESC LIMIT 1"


def differences(tx: Transaction, groups: Iterable[Group], start: int, end: int) -> dict[int, Sums]:
    """Sum what ended in these hours, per member of each group of one kind, by owner; `last` is that before the end.

    Only the levels that the groups are kept at count: the caller adds what ended since the last row there can be.
    """
    groups = list(groups)
    found: dict[int, Sums] = {}
    for mark in marks(groups[0].levels, end) if groups else ():
        for owner, hour, body in _rows_at(tx, groups, mark):
            if owner in found:
                found[owner].add(unpack(body, hour))
            else:
                found[owner] = unpack(body, hour)
    for mark in marks(groups[0].levels, start) if groups else ():
        for owner, _, body in _rows_at(tx, groups, mark):
            found[owner].take(unpack_figures(body))
    return found


def standing(tx: Transaction, group: Group, hours: Sequence[int]) -> list[dict[Place, bytes]]:
    """Give the bodies of the rows that add up to the sum at each of these hours."""
    levels = [(level, list(tx.rows(_UP_TO, _reach(group, level, hours)))) for level in group.levels[::-1]]
    found: list[dict[Place, bytes]] = []
    for hour in hours:
        at_hour: dict[Place, bytes] = {}
        for level, rows in levels:
            last = bisect_right(rows, hour, key=itemgetter(0)) - 1
            if last >= 0 and rows[last][0] > level.base(hour - hour % level.step):
                at_hour[level.step, rows[last][0]] = rows[last][1]
        found.append(at_hour)
    return found


def members_of_keys(
    tx: Transaction, key_nos: Iterable[int], start: int, end: int
) -> Iterator[tuple[int, Sequence[int], Sequence[int]]]:
    """Give each key, its endpoints some days before `start`, and those some days after `end`."""
    kind, until = endpoints_of_key(0).kind, -(-end // SPELL_H) * SPELL_H
    for key_no, before, after in tx.rows(_MEMBERS, (kind, json.dumps(list(key_nos)), SPELL_H, start, until)):
        if after is not None:
            yield key_no, () if before is None else first_column(before, COLUMNS), first_column(after, COLUMNS)


def newest(tx: Transaction, group: Group) -> Sums:
    """Sum all there is, per member of a group."""
    row = tx.row(_NEWEST, (group.kind, group.owner, SPELL_H))
    return unpack(row[1], row[0]) if row else nothing()


def carry(tx: Transaction, group: Group, gains: Mapping[int, Sums]) -> None:
    """Add what ended in each hour to the running sums of a group, however long ago that was."""
    tx.many(
        "INSERT OR REPLACE INTO running VALUES(?, ?, ?, ?, ?)",
        (row for level in group.levels for row in _carried(tx, group, level, gains)),
    )


def clear(tx: Transaction, group: Group) -> None:
    """Take the running sums of a group away."""
    tx.run("DELETE FROM running WHERE kind = ? AND owner = ?", (group.kind, group.owner))


def _reach(group: Group, level: Level, hours: Sequence[int]) -> tuple[int, ...]:
    first, last = min(hours, default=0), max(hours, default=0)
    return group.kind, group.owner, level.step, level.base(first - first % level.step), last


def _rows_at(tx: Transaction, groups: list[Group], mark: Mark) -> list[tuple[int, int, bytes]]:
    """Give the owner, the hour and the body of the rows that count at a mark."""
    return tx.rows(_LAST, (groups[0].kind, json.dumps([group.owner for group in groups]), *mark))


def _carried(tx: Transaction, group: Group, level: Level, gains: Mapping[int, Sums]) -> Iterator[Row]:
    """Give the rows of a level that change, from the first one on."""
    place, more = (group.kind, group.owner, level.step), _rounded(level, gains)
    first, last = min(more, default=0), max(more, default=0)
    reach = (level.base(first), first, level.base(last) + level.whole if level.whole else NEVER)
    rows = dict(tx.rows(_FROM, (*place, *reach)) if more else ())
    base, sums, added = NEVER, nothing(), nothing()
    for hour in sorted({*rows, *more}):
        if level.base(hour) != base:
            base, sums, added = level.base(hour), nothing(), nothing()
        if hour in more:
            added.add(more[hour])
        if hour in rows:
            sums = unpack(rows[hour], hour)
        sums.add(added if hour in rows else more[hour])
        if added.members:
            yield (*place, hour, pack(sums, hour))


def _rounded(level: Level, gains: Mapping[int, Sums]) -> dict[int, Sums]:
    """Give what is new at each row of a level."""
    more: dict[int, Sums] = defaultdict(nothing)
    for hour, sums in gains.items():
        at = -(-hour // level.step) * level.step
        if level.base(at) < at:
            more[at].add(sums)
    return more
