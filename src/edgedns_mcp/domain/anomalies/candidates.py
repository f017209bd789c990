"""A cheap look at a key's counts: which buckets could be a spike, before anything is learnt of the key."""

from edgedns_mcp.domain.anomalies.watched import Watched

WEEK_DAYS = 7


def candidates(key: Watched, first: int, end: int, excess: int, times: float) -> list[int]:
    """List the buckets that pass what costs nothing: `excess` requests, and `times` those of a week, two, ... before.

    The highest of those is left out: an old burst, which is no record, was on one of them at most.
    """
    found: list[int] = []
    for at in range(max(first, key.born), end):
        count = key.counts[at]
        if count is None or count < excess:
            continue
        if count > times * _second(
            key.every if key.calendar.boundary[at] else key.everyday, key, key.since(at), at, at
        ):
            found.append(at)
    return found


def may_have_begun(key: Watched, lead_in: int, first: int, excess: int, times: float) -> int:
    """Give the first bucket from `lead_in` on in which a spike that lasts until `first` may have begun.

    Each bucket of it is above the record from before it began, and so above a part of what that record is made of.
    """
    since = key.since(first)
    for at in range(first, lead_in - 1, -1):
        count = key.counts[at]
        if count is None or count < excess or count <= times * _second(key.everyday, key, since, lead_in, at):
            return at + 1
    return lead_in


def _second(counts: list[int], key: Watched, since: int, until: int, at: int) -> int:
    """Give the second highest of the counts at the same hour of the same weekday as `at`."""
    week = WEEK_DAYS * key.calendar.per_day
    alike = sorted(counts[since + (at - since) % week : until : week])
    return alike[-2] if len(alike) > 1 else 0
