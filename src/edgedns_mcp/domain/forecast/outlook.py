"""What is still to come: the mean of each open day, and the range of their sum.

The variance of a sum is that of its days (negative binomial), and that of the levels, which are never quite known, may
change, and change together. The constants were tuned on made-up organisations, and judged on others, so that the end of
the period lies between `low` and `high` in 9 of 10 cases (docs/benchmarks.md); use rises further than it falls, so the
range reaches further up.
"""

from collections.abc import Iterable, Sequence
from math import exp, log1p, sqrt
from typing import NamedTuple

from edgedns_mcp.domain.forecast.habits import Days, Habit, grown

BELOW, ABOVE = 1.64, 2.8  # standard deviations
# Relative deviations of one level: as it is known now, and by a day, growing with the root of time.
OWN_LEVEL, OWN_DRIFT = 0.1, 0.04
ALL_LEVEL, ALL_DRIFT, ALL_DAY = 0.05, 0.02, 0.15  # of all levels together, and of all on a single day


class Open(NamedTuple):
    """A day of which `part` was not counted: it lies ahead, or nobody observed it; `at` is its place among the days."""

    at: int
    part: float


class Outlook(NamedTuple):
    """What one key, or several together, will do on each open day; `swing` is what its level decides of it."""

    means: Sequence[float]
    variances: Sequence[float]
    swing: Sequence[float]
    doubt: float


class Range(NamedTuple):
    """Between which two a sum lies, and its mean."""

    low: float
    mid: float
    high: float


def outlook(habit: Habit | None, days: Days, history: int, still_open: Sequence[Open]) -> Outlook:
    """Say what to expect after `history` days; of a key that has stopped nothing, though it may come back."""
    if habit is None:
        none = [0.0] * len(still_open)
        return Outlook(none, none, none, 0.0)
    means: list[float] = []
    variances: list[float] = []
    for at, part in still_open:
        factor = habit.month_ends.get(days.places[at])
        usual = habit.level * habit.weekdays[days.weekdays[at]] * grown(habit.growth, at - history + 1)
        mean = usual * (factor.times if factor else 1.0)
        means.append(part * mean)
        variances.append(part * (mean + (habit.scatter + (factor.doubt if factor else 0.0)) * mean * mean))
    if habit.stopped:
        none = [0.0] * len(still_open)
        return Outlook(none, none, means, ABOVE**-2)
    return Outlook(means, variances, means, habit.doubt)


def paths(outlooks: Iterable[Outlook], still_open: Sequence[Open]) -> list[Range]:
    """Give the range of the sum up to each open day, for several at once; it never falls."""
    every, found, lasted = list(outlooks), [Range(0.0, 0.0, 0.0)], 0.0
    means, variances, swings = 0.0, 0.0, [0.0] * len(every)
    for day, (_, part) in enumerate(still_open):
        lasted += part
        means += sum(one.means[day] for one in every)
        variances += sum(one.variances[day] for one in every)
        swings = [swing + one.swing[day] for swing, one in zip(swings, every, strict=True)]
        own = OWN_LEVEL**2 + OWN_DRIFT**2 * lasted
        shared = ALL_LEVEL**2 + ALL_DRIFT**2 * lasted + ALL_DAY**2 / lasted if lasted else 0.0
        levels = sum(swing * swing * (one.doubt + own) for swing, one in zip(swings, every, strict=True))
        low, mid, high = _range(means, sqrt(variances + levels + means * means * shared))
        found.append(Range(max(low, found[-1].low), mid, max(high, found[-1].high)))
    return found[1:]


def _range(mean: float, deviation: float) -> Range:
    """Take a sum as log-normal above, and as normal below, where the logarithm would promise too much."""
    low = max(mean - BELOW * deviation, 0.0)
    if not mean:
        return Range(low, mean, ABOVE * deviation)
    return Range(low, mean, mean * exp(ABOVE * sqrt(log1p((deviation / mean) ** 2))))
