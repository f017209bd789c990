"""Which stretches of time the feeds observed, so that no data is never shown as zero."""

from collections.abc import Iterable
from typing import TypeAlias

from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.store.database import Transaction

Stretch: TypeAlias = tuple[int, int]  # epoch seconds of the first and the last moment observed


def observe(tx: Transaction, feed: str, start: int, end: int) -> None:
    """Note that `feed` observed everything from `start` to `end`."""
    had = tx.rows("SELECT start, end FROM coverage WHERE feed = ?", (feed,))
    tx.run("DELETE FROM coverage WHERE feed = ?", (feed,))
    merged = _merge([*had, (start, end)])
    tx.many("INSERT INTO coverage VALUES(?, ?, ?)", ((feed, *stretch) for stretch in merged))


def stretches(tx: Transaction) -> list[Stretch]:
    """List what any feed observed, in order and apart: touching stretches are merged."""
    return _merge(tx.rows("SELECT start, end FROM coverage"))


def hour_of(at: int) -> int:
    """Round down to the full hour."""
    return at - at % HOUR_S


def _merge(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Join stretches that meet in one hour or in neighbouring ones: a quiet minute between two files is no gap."""
    merged: list[Stretch] = []
    for start, end in sorted(stretches):
        if merged and start < hour_of(merged[-1][1]) + 2 * HOUR_S:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
