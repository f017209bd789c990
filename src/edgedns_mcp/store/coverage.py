"""Which stretches of time the feeds observed, so that no data is never shown as zero."""

from collections.abc import Iterable
from typing import NamedTuple, TypeAlias

from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.store.accounts import Account

Stretch: TypeAlias = tuple[int, int]  # epoch seconds of the first and the last moment observed


class Unread(NamedTuple):
    """Lines of a file that could not be read, and between which moments of epoch seconds they stood."""

    start: int
    end: int
    lines: int


def observe(account: Account, feed: str, start: int, end: int) -> None:
    """Note that `feed` observed everything from `start` to `end`."""
    observe_all(account, feed, [(start, end)])


def observe_all(account: Account, feed: str, observed: Iterable[Stretch]) -> None:
    """Note that `feed` observed each of these stretches, given in any order."""
    tx, whose = account.tx, (account.number, feed)
    had = tx.rows("SELECT start, end FROM coverage WHERE account_no = ? AND feed = ?", whose)
    tx.run("DELETE FROM coverage WHERE account_no = ? AND feed = ?", whose)
    merged = merge([*had, *observed])
    tx.many("INSERT INTO coverage VALUES(?, ?, ?, ?)", ((*whose, *stretch) for stretch in merged))


def stretches(account: Account) -> list[Stretch]:
    """List what any feed observed, in order and apart: touching stretches are merged."""
    return merge(account.tx.rows("SELECT start, end FROM coverage WHERE account_no = ?", (account.number,)))


def by_feed(account: Account) -> list[tuple[str, Stretch]]:
    """List what each feed observed."""
    asked = "SELECT feed, start, end FROM coverage WHERE account_no = ? ORDER BY feed, start"
    return [(feed, (start, end)) for feed, start, end in account.tx.rows(asked, (account.number,))]


def overlapping(account: Account, start: int, end: int) -> list[str]:
    """List the feeds that observed the same time within this window as another one did."""
    asked = """
        SELECT DISTINCT one.feed FROM coverage AS one JOIN coverage AS other
            ON other.account_no = one.account_no AND other.feed <> one.feed
            AND max(one.start, other.start, ?2) < min(one.end, other.end, ?3)
        WHERE one.account_no = ?1 ORDER BY one.feed
    """
    return [feed for (feed,) in account.tx.rows(asked, (account.number, start, end))]


def note_unread(account: Account, unread: Iterable[Unread]) -> None:
    """Note where lines could not be read."""
    account.tx.many(
        "INSERT INTO rejected VALUES(?, ?, ?, ?) ON CONFLICT DO UPDATE SET lines = lines + excluded.lines",
        ((account.number, *one) for one in unread),
    )


def unread(account: Account, start: int, end: int) -> list[Unread]:
    """List where lines could not be read between `start` and `end`, touched hours included."""
    found = "SELECT start, end, lines FROM rejected WHERE account_no = ? AND start < ? AND end >= ? ORDER BY start, end"
    return [Unread(*row) for row in account.tx.rows(found, (account.number, end, start))]


def hour_of(at: int) -> int:
    """Round down to the full hour."""
    return at - at % HOUR_S


def merge(stretches: Iterable[Stretch]) -> list[Stretch]:
    """Join stretches that meet in one hour or in neighbouring ones: a quiet minute between two files is no gap."""
    merged: list[Stretch] = []
    for start, end in sorted(stretches):
        if merged and start < hour_of(merged[-1][1]) + 2 * HOUR_S:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged
