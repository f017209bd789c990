"""A cheap look at a key's counts: which buckets could be a spike, before anything is learnt of the key."""

from edgedns_mcp.domain.anomalies.watched import Watched

WEEK_DAYS = 7
OFTEN = 0.5  # of the buckets that were observed
ROUNDED = 1 - 1e-9  # a count times a factor, divided by it, may be a little less


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


def may_be_record(key: Watched, at: int, begun: int, bars: tuple[float, float]) -> bool:
    """Tell whether a bucket may be above the record from before `begun`, whatever will be learnt of the key.

    The bars are for regular and for irregular keys; the record of a regular one is at least that of the same bin.
    """
    count = key.counts[at] or 0
    if count > bars[1] * max(max(key.before(begun), default=0), 0):
        return True
    if not is_used_often(key, begun):
        return False
    ordinary = key.ordinary(begun)
    bins = key.calendar.bins[begun - len(ordinary) : begun]
    alike = [one for one, bin_ in zip(ordinary, bins, strict=True) if bin_ == key.calendar.bins[at]]
    return count > bars[0] * max(max(alike, default=0), 0) * ROUNDED


def is_used_often(key: Watched, at: int) -> bool:
    """Tell whether a key was used in many of the last buckets before one; who is not, is irregular."""
    lately = [count for count in key.before(at)[-key.calendar.rhythm.window :] if count >= 0]
    return len(lately) - lately.count(0) >= OFTEN * len(lately)


def _second(counts: list[int], key: Watched, since: int, until: int, at: int) -> int:
    """Give the second highest of the counts at the same hour of the same weekday as `at`."""
    week = WEEK_DAYS * key.calendar.per_day
    alike = sorted(counts[since + (at - since) % week : until : week])
    return alike[-2] if len(alike) > 1 else 0
