"""Random counts from the standard library: Poisson, negative binomial, binomial, and a split over weights."""

from collections.abc import Mapping
from math import log, log1p, sqrt
from random import Random

EXACT_BELOW = 30.0  # of the mean or the variance; above it a rounded normal draw differs too little to matter


def poisson(draw: Random, mean: float) -> int:
    """Draw a count whose variance is its mean."""
    if mean >= EXACT_BELOW:
        return max(0, round(draw.gauss(mean, sqrt(mean))))
    count, waited = -1, 0.0
    while waited < mean:
        waited -= log(1.0 - draw.random())
        count += 1
    return max(0, count)


def negative_binomial(draw: Random, mean: float, dispersion: float) -> int:
    """Draw a count whose variance is mean + dispersion * mean^2 (a Poisson count around a gamma mean)."""
    if mean <= 0.0:
        return 0
    return poisson(draw, draw.gammavariate(1.0 / dispersion, dispersion * mean))


def binomial(draw: Random, tries: int, chance: float) -> int:
    """Draw how many of `tries` succeed."""
    if chance > 0.5:
        return tries - binomial(draw, tries, 1.0 - chance)
    variance = tries * chance * (1.0 - chance)
    if variance >= EXACT_BELOW:
        return min(tries, max(0, round(draw.gauss(tries * chance, sqrt(variance)))))
    if variance <= 0.0:
        return 0
    per_try, count, left = log1p(-chance), -1, tries
    while left >= 0:
        left -= 1 + int(log(1.0 - draw.random()) / per_try)
        count += 1
    return count


def split(draw: Random, count: int, weights: Mapping[str, float]) -> dict[str, int]:
    """Split `count` over names by weight, at random; the parts sum to it."""
    parts: dict[str, int] = {}
    left = sum(weights.values())
    for name, weight in weights.items():
        parts[name] = binomial(draw, count, min(1.0, weight / left)) if count and left > weight else count
        count -= parts[name]
        left -= weight
    return parts


def log_uniform(draw: Random, low: float, high: float) -> float:
    """Draw between two bounds, each power of ten alike."""
    return low * (high / low) ** draw.random()
