"""What is usual for a key: a robust level, a rhythm of weekdays or hours, and how much it scatters.

Counts are taken as negative binomial around level times rhythm. Old buckets weigh less, the rhythm is shrunk towards
none where there is little to learn it from, and one pass gives less weight to what stands out (after Noufaily et al.,
An improved algorithm for outbreak detection, 2013: residuals above 2.58 weigh (2.58 / residual)^2).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import sqrt
from operator import mul
from statistics import median
from typing import NamedTuple, TypeAlias

from edgedns_mcp.domain.anomalies.tails import range_of

OUTSTANDING = 2.58
RHYTHM_VARIANCE = 0.3  # how far, squared, weekdays differ from one another in general
LEAST_MEAN = 0.1
LEAST_FACTOR = 0.05
FIRST_DISPERSION = 0.1
DISPERSIONS = (0.01, 50.0)


@dataclass(frozen=True, eq=False)
class Rhythm:
    """How buckets repeat: `bins` kinds of them, learnt from `window` buckets back, the weight halved by `half_life`.

    The last `lately` buckets tell of a new level.
    """

    bins: int
    window: int
    half_life: int
    lately: int

    @cached_property
    def weights(self) -> list[float]:
        """Give the weight of a bucket by its age."""
        return [0.5 ** (age / self.half_life) for age in range(self.window + 1)]

    def weight(self, age: int) -> float:
        """Give the weight of a bucket of this age."""
        return self.weights[age]


Point: TypeAlias = tuple[float, int, int]  # a bucket to learn from: weight, bin and requests
DAILY = Rhythm(bins=7, window=84, half_life=28, lately=14)
HOURLY = Rhythm(bins=48, window=28 * 24, half_life=14 * 24, lately=7 * 24)


class Baseline(NamedTuple):
    """What is usual: `level` is the mean over all bins, `factors` what a bin has of it."""

    level: float
    factors: Sequence[float]
    dispersion: float
    points: int  # buckets learnt from

    def mean(self, bin_: int) -> float:
        """Give what is expected in a bucket of this bin."""
        return max(LEAST_MEAN, self.level * self.factors[bin_])

    def span(self, bin_: int, times: float = 1.0) -> tuple[int, int]:
        """Give the range in which 95 % of such buckets lie, `times` the usual."""
        return range_of(self.mean(bin_) * times, self.dispersion)


def learn(points: Sequence[Point], rhythm: Rhythm) -> Baseline | None:
    """Learn what is usual from buckets, the oldest first; nothing where there are none."""
    if not points:
        return None
    weights, bins, counts = zip(*points, strict=True)
    every, opinions = _by_bin(points, rhythm.bins), [1.0] * len(points)
    level, factors = _level(every, FIRST_DISPERSION)
    dispersion = _dispersion(counts, opinions, _means(level, factors, bins))
    opinions = _opinions(points, dispersion, _means(level, factors, range(rhythm.bins)))
    if min(opinions) < 1:
        every = _by_bin(zip(map(mul, weights, opinions), bins, counts, strict=True), rhythm.bins)
    level, factors = _level(every, dispersion)
    dispersion = _dispersion(counts, opinions, _means(level, factors, bins))
    dispersion = sqrt(dispersion * _succession(points, opinions, factors))
    return Baseline(max(level, _lately(points, factors, dispersion, rhythm.lately)), factors, dispersion, len(points))


class _Bins(NamedTuple):
    """What there is to learn from, by bin: the sum of weights, of weighted counts, and how many counts."""

    weight: Sequence[float]
    weighted: Sequence[float]
    number: Sequence[int]


def _means(level: float, factors: Sequence[float], bins: Iterable[int]) -> list[float]:
    return list(map([max(LEAST_MEAN, level * factor) for factor in factors].__getitem__, bins))


def _lately(points: Sequence[Point], factors: Sequence[float], dispersion: float, lately: int) -> float:
    """Give the level of the last buckets by their median, which a short spike does not move.

    The mean of a gamma distribution is about 1 + dispersion / 3 times its median.
    """
    last = [count / factors[bin_] for _, bin_, count in points[-lately:]]
    return median(last) * (1 + min(dispersion, 1.0) / 3) if len(last) == lately else 0.0


def _by_bin(points: Iterable[Point], bins: int) -> _Bins:
    weight, weighted, number = [0.0] * bins, [0.0] * bins, [0] * bins
    for trust, bin_, count in points:
        weight[bin_] += trust
        weighted[bin_] += trust * count
        number[bin_] += 1
    return _Bins(weight, weighted, number)


def _level(every: _Bins, dispersion: float) -> tuple[float, Sequence[float]]:
    """Give level and factors by turns: each needs the other."""
    weight, weighted, number = every
    whole = sum(weighted)
    level = whole / sum(weight)
    factors: list[float] = [1.0] * len(number)
    for _ in range(2):
        noise = 1 / max(level, LEAST_FACTOR) + dispersion
        for bin_ in range(len(number)):
            if not number[bin_] or not level:
                factors[bin_] = 1.0
                continue
            certain = number[bin_] * RHYTHM_VARIANCE
            raw = weighted[bin_] / weight[bin_] / level
            factors[bin_] = max(LEAST_FACTOR, 1 + certain / (certain + noise) * (raw - 1))
        level = whole / sum(one * factor for one, factor in zip(weight, factors, strict=True))
    return level, factors


def _dispersion(counts: Sequence[int], opinions: Sequence[float], means: Sequence[float]) -> float:
    """Find the dispersion by how far counts lie from what was expected."""
    rows = zip(opinions, counts, means, strict=True)
    above = sum([opinion * ((far := count - mean) * far - mean) for opinion, count, mean in rows])
    return _held(above, sum([opinion * mean * mean for opinion, mean in zip(opinions, means, strict=True)]))


def _succession(points: Sequence[Point], opinions: Sequence[float], factors: Sequence[float]) -> float:
    """Find the dispersion by how far each count lies from the one before, which a slow change does not move."""
    levels = [count / factors[bin_] for _, bin_, count in points]
    noises = [level / factors[bin_] for level, (_, bin_, _) in zip(levels, points, strict=True)]
    both, pairs = list(map(mul, opinions, opinions[1:])), list(pairwise(levels))
    rows = zip(both, pairs, noises, noises[1:], strict=False)
    above = sum(
        [trust * ((far := one - other) * far - noise - unrest) / 2 for trust, (one, other), noise, unrest in rows]
    )
    return _held(above, sum([trust * one * other for trust, (one, other) in zip(both, pairs, strict=True)]))


def _held(above: float, below: float) -> float:
    return min(max(above / below if below > 0 else DISPERSIONS[1], DISPERSIONS[0]), DISPERSIONS[1])


def _opinions(points: Sequence[Point], dispersion: float, means: Sequence[float]) -> list[float]:
    """Weigh each count: less, the further it lies above the mean of its bin."""
    spreads = [sqrt(mean + dispersion * mean * mean) for mean in means]
    bars = [mean + OUTSTANDING * spread for mean, spread in zip(means, spreads, strict=True)]
    return [
        1.0 if count <= bars[bin_] else (OUTSTANDING * spreads[bin_] / (count - means[bin_])) ** 2
        for _, bin_, count in points
    ]
