"""Which stretches of time the feeds observed, and where lines could not be read."""

from collections import defaultdict
from collections.abc import Sequence
from itertools import combinations

from edgedns_mcp.clickhouse.ledger import COMMITTED, Snapshot
from edgedns_mcp.store.coverage import Stretch, Unread, merge

_OBSERVED = f"SELECT DISTINCT feed, start, end FROM $coverage WHERE org = {{org:String}} AND {COMMITTED}"  # noqa: S608 - our own constants
_UNREAD = f"""
    SELECT start, end, sum(lines) FROM $unread
    WHERE org = {{org:String}} AND {COMMITTED} AND start < {{end:Int64}} AND end >= {{start:Int64}}
    GROUP BY start, end ORDER BY start, end
"""  # noqa: S608 - our own constants


def by_feed(snapshot: Snapshot) -> dict[str, list[Stretch]]:
    """Give what each feed observed, in order and apart."""
    found: dict[str, list[Stretch]] = defaultdict(list)
    for feed, start, end in snapshot.rows(_OBSERVED):
        found[feed].append((start, end))
    return {feed: merge(stretches) for feed, stretches in found.items()}


def overlapping(feeds: dict[str, list[Stretch]], start: int, end: int) -> list[str]:
    """List the feeds that observed the same time between two moments as another one did."""
    doubled = {
        feed for pair in combinations(feeds, 2) if _meet(feeds[pair[0]], feeds[pair[1]], (start, end)) for feed in pair
    }
    return sorted(doubled)


def unread(snapshot: Snapshot, start: int, end: int) -> list[Unread]:
    """List where lines could not be read between `start` and `end`, touched hours included."""
    return [Unread(*row) for row in snapshot.rows(_UNREAD, {"start": start, "end": end})]


def _meet(ones: Sequence[Stretch], others: Sequence[Stretch], within: Stretch) -> bool:
    start, end = within
    return any(max(one[0], other[0], start) < min(one[1], other[1], end) for one in ones for other in others)
