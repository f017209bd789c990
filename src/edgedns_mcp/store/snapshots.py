"""Cumulative totals that files of counters stated, and the cells that their differences are."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from edgedns_mcp.domain.cells import DAY_S, HOUR_S
from edgedns_mcp.domain.counters import Snapshot, cells_between
from edgedns_mcp.models import Cell
from edgedns_mcp.store import cells, sheets
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.keys import find_keys
from edgedns_mcp.store.upkeep import fold_day

FOREVER = 2**62
OTHER_TOTAL = "another total than stated before for that moment"


class Taken(NamedTuple):
    """What new snapshots changed."""

    requests: int  # more than before; fewer where a late snapshot shows that a counter started again
    spans: list[tuple[int, int]]  # epoch seconds between the first and the last snapshot of each key
    refused: list[tuple[int, str]]  # line, why


def take(account: Account, lines: Sequence[tuple[int, str, Snapshot]]) -> Taken:
    """Keep snapshots, by line number and key, in any order and however late; give what their differences changed."""
    keys = find_keys(account, {key_id for _, key_id, _ in lines})
    by_key: dict[str, list[tuple[int, Snapshot]]] = defaultdict(list)
    for line, key_id, snapshot in lines:
        by_key[key_id].append((line, snapshot))
    before: list[Cell] = []
    after: list[Cell] = []
    done = Taken(0, [], [])
    for key_id, stated in by_key.items():
        chain = _Chain(account, keys[key_id], [snapshot.at for _, snapshot in stated])
        before += chain.cells(key_id)
        done.refused.extend((line, OTHER_TOTAL) for line, one in stated if not chain.add(one))
        after += chain.cells(key_id)
        done.spans.append(chain.keep())
    replace(account, before, after)
    more = sum(cell.requests for cell in after) - sum(cell.requests for cell in before)
    return done._replace(requests=more, refused=sorted(done.refused))


def replace(account: Account, old: Iterable[Cell], new: Iterable[Cell]) -> None:
    """Put cells in the place of others.

    What is taken out is added negatively, so that every sum follows; a last activity never needs to shrink, because
    the parts of a stretch begin no earlier than it does.
    """
    gone, come = Counter(old), Counter(new)
    gone, come = gone - come, come - gone
    taken = list(gone.elements())
    cells.apply(account, [one._replace(requests=-one.requests, errors=-one.errors) for one in taken])
    _drop_empty(account, taken)
    cells.apply(account, list(come.elements()))
    for day in _overdrawn(account, taken):  # its hours were folded: what was taken out is in the day now
        fold_day(account.tx, day)


def _overdrawn(account: Account, taken: Sequence[Cell]) -> list[int]:
    """List the days in which an hour has less than nothing."""
    keys = find_keys(account, {cell.key_id for cell in taken})
    by_day: dict[int, set[int]] = defaultdict(set)
    for cell in taken:
        by_day[cell.start // DAY_S].add(keys[cell.key_id])
    return [
        day
        for day, key_nos in sorted(by_day.items())
        if any(min(*sheet.requests, *sheet.errors) < 0 for _, sheet in sheets.read(account.tx, day, key_nos))
    ]


class _Chain:
    """A key's snapshots around some moments: with their neighbours, and whole hours, which small cells share."""

    def __init__(self, account: Account, key_no: int, moments: Sequence[int]) -> None:
        self._tx = account.tx
        self._key_no = key_no
        first, last = min(moments) - min(moments) % HOUR_S, max(moments) - max(moments) % HOUR_S + HOUR_S
        asked = """
            SELECT at, requests, errors FROM snapshot WHERE key_no = ?1
                AND at >= coalesce((SELECT max(at) FROM snapshot WHERE key_no = ?1 AND at < ?2), 0)
                AND at <= coalesce((SELECT min(at) FROM snapshot WHERE key_no = ?1 AND at > ?3), ?4)
        """
        known = self._tx.rows(asked, (key_no, first, last, FOREVER))
        self._links = {at: Snapshot(at, requests, errors) for at, requests, errors in known}
        self._known = set(self._links)

    def cells(self, key_id: str) -> list[Cell]:
        chain = [self._links[at] for at in sorted(self._links)]
        return [cell for one, other in pairwise(chain) for cell in cells_between(key_id, one, other)]

    def add(self, snapshot: Snapshot) -> bool:
        """Add a snapshot; tell whether it fits what is known of its moment."""
        return self._links.setdefault(snapshot.at, snapshot) == snapshot

    def keep(self) -> tuple[int, int]:
        """Keep what is new; give the time that is now observed."""
        self._tx.many(
            "INSERT INTO snapshot(key_no, at, requests, errors) VALUES(?, ?, ?, ?)",
            ((self._key_no, *self._links[at]) for at in sorted(set(self._links) - self._known)),
        )
        return min(self._links), max(self._links)


def _drop_empty(account: Account, taken: Iterable[Cell]) -> None:
    """Take out the cells and spans of which nothing is left."""
    taken = list(taken)
    keys = find_keys(account, {cell.key_id for cell in taken})
    none = cells.find_endpoints(account.tx, {""})[""]
    spans, hours = set[tuple[int, ...]](), set[tuple[int, int, int]]()
    for cell in taken:
        is_lower = int(cell.bound == "lower")
        spans.add((account.number, cells.class_of(cell.end - cell.start), cell.end, keys[cell.key_id], none, is_lower))
        hours.add((cell.start // HOUR_S, keys[cell.key_id], none))
    account.tx.many(
        "DELETE FROM span WHERE account_no = ? AND class = ? AND end = ? AND key_no = ? AND endpoint_no = ? "
        "AND is_lower = ? AND requests = 0 AND errors = 0",
        spans,
    )
    sheets.drop_empty(account.tx, hours)
