"""What is usual for a key in a bucket, by what it did before; told only where somebody can know."""

from edgedns_mcp.domain.anomalies.search import Search
from edgedns_mcp.domain.anomalies.spikes import HISTORY_DAYS
from edgedns_mcp.domain.anomalies.watched import Watched


def usual_range(search: Search, key: Watched, at: int) -> tuple[int, int] | None:
    """Give the counts between which 95 % of such buckets lie.

    There is none for a bucket that was observed in part or planned, for a young key, and for days on which months begin
    and end: those have a usual of their own, which no baseline tells.
    """
    calendar = key.calendar
    is_ordinary = calendar.whole[at] and not calendar.boundary[at] and at not in key.planned
    if at < key.born or not is_ordinary or key.history_days(at) < HISTORY_DAYS:
        return None
    learnt = search.detector.learnt(key, at)
    return learnt.span(calendar.bins[at]) if learnt else None
