"""Keys that wake after a long sleep, and keys that always call and stop: silence told apart from missing data.

Both are looked for by days only: every bucket here is a day.
"""

from collections.abc import Callable, Sequence
from math import log, log1p
from typing import NamedTuple

from edgedns_mcp.domain.anomalies.baseline import Baseline
from edgedns_mcp.domain.anomalies.watched import Counts, Watched

ASLEEP_DAYS = 30
LONGER = 4.0  # times its longest pause before, for a key that pauses
ALSO_LONGER, RARE = 1.5, 1e-5  # or a little longer, and rarer than this for as often as it was used
MONTH_DAYS, FEW_DAYS = 35, 8  # a job that runs once a month rests as long
JOB_DAYS = 3
STEADY_DAYS = 28
SILENT_CHANCE = 1e-8
LEAST_MEAN = 5.0
NEWS_DAYS = 7
LEAST_SILENT_DAYS = 2  # one day without a request may be a holiday, or a slip


class Sleep(NamedTuple):
    """How long a key slept before a day; `longest` is the longest pause it had made before."""

    at: int
    last: int  # the day it was last used on
    quiet_days: int
    longest_days: int


class Silence(NamedTuple):
    """Buckets in which a key that always calls did not."""

    first: int
    last: int
    mean: float  # expected in one of them


def sleeps(key: Watched, first: int, end: int) -> list[Sleep]:
    """List the days from `first` on, on which a key woke."""
    used = _used(key)
    found: list[Sleep] = []
    longest = 0
    for place in range(1, len(used)):
        at, last = used[place], used[place - 1]
        if at >= end:
            break
        quiet = key.observed[at] - key.observed[last + 1]
        if at >= first and quiet >= ASLEEP_DAYS and _is_long(key, used[:place], quiet, longest):
            found.append(Sleep(at, last, quiet, longest))
        longest = max(longest, quiet)
    return found


def may_wake(key: Watched, first: int, end: int) -> bool:
    """Tell whether `sleeps` may list a bucket from `first` on, by days; sooner than it lists them."""
    if key.gaps or key.planned:
        return True
    checks = range(max(first - 1, 0), end, ASLEEP_DAYS)  # a pause that is long enough holds one of these
    return any(not key.counts[at] and wakes(key.counts, at, end) for at in checks)


def wakes(counts: Counts, at: int, end: int) -> bool:
    """Tell whether a bucket without use lies in a pause between two uses that is long enough."""
    begun, over = at, at
    while begun and not counts[begun - 1]:
        begun -= 1
    while over < end and not counts[over]:
        over += 1
    return 0 < begun <= over - ASLEEP_DAYS and over < end


def silences(key: Watched, learn: Callable[[int], Baseline | None], first: int, end: int) -> list[Silence]:
    """List the stretches in which a key that always calls stopped calling, by days.

    What began more than a week before `first` is no news. `learn` gives what was usual before a bucket. Days that
    nobody observed, or in part, tell nothing.
    """
    found: list[Silence] = []
    for begun in range(max(key.born + STEADY_DAYS, first - NEWS_DAYS + 1), end):
        if key.counts[begun] != 0 or begun in key.planned or not is_steady(key, begun):
            continue
        last = next((at - 1 for at in range(begun, end) if key.counts[at]), end - 1)
        if key.counts[begun : last + 1].count(0) < LEAST_SILENT_DAYS:
            continue
        learnt = learn(begun) if last >= first else None
        if learnt and _log_chance(key, learnt, begun, last) < log(SILENT_CHANCE):
            found.append(Silence(begun, last, learnt.mean(key.calendar.bins[begun])))
    return found


def is_steady(key: Watched, at: int) -> bool:
    """Tell whether a key was used on each of the last days that were observed."""
    lately = key.counts[at - STEADY_DAYS : at]
    if key.planned:
        lately = [None if day in key.planned else count for day, count in enumerate(lately, at - STEADY_DAYS)]
    return are_steady([count for count in lately if count is not None])


def are_steady(counts: Sequence[int]) -> bool:
    """Tell whether these counts of the last days, of those that were observed, are many and none is 0."""
    enough = len(counts) * 4 >= STEADY_DAYS * 3 and sum(counts) >= LEAST_MEAN * len(counts)
    return enough and 0 not in counts


def _log_chance(key: Watched, learnt: Baseline, first: int, last: int) -> float:
    """Give the logarithm of the chance that whole days pass without a request: of each, (1 + a m)^(-1 / a)."""
    days = (at for at in range(first, last + 1) if key.every[at] == 0)
    return -sum(log1p(learnt.dispersion * learnt.mean(key.calendar.bins[at])) / learnt.dispersion for at in days)


def _used(key: Watched) -> list[int]:
    """List the buckets in which a key was used unplanned; of buckets counted together, which may be any, the ends."""
    together = {at for gap in key.gaps if gap.requests for at in (gap.first, gap.last)}
    return sorted(together.union(at for at, count in enumerate(key.counts) if count) - key.planned)


def _is_long(key: Watched, used: list[int], quiet: int, longest: int) -> bool:
    """Tell whether a pause is longer than the key's habits explain."""
    begun, last = used[0], used[-1]
    if quiet <= MONTH_DAYS and len(used) <= FEW_DAYS and _run_days(used) <= JOB_DAYS:
        return False
    since = max(begun, last - 4 * ASLEEP_DAYS)
    observed = max(key.observed[last + 1] - key.observed[since], 1)
    part = min(len([at for at in used if at >= since]) / observed, 1.0)
    return quiet >= LONGER * longest or (quiet >= ALSO_LONGER * longest and (1 - part) ** quiet < RARE)


def _run_days(used: list[int]) -> int:
    """Count the days of the last run of use, short breaks included."""
    first = used[-1]
    for at in reversed(used[:-1]):
        if first - at > JOB_DAYS:
            break
        first = at
    return used[-1] - first + 1
