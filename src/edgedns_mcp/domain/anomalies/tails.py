"""How rare a figure is: upper tails of the negative binomial and of Student's t, without a library."""

from math import exp, lgamma, log, log1p, sqrt
from statistics import NormalDist

TINY = 1e-300
PRECISION = 1e-14
MOST_STEPS = 10_000


def at_least(count: int, mean: float, dispersion: float) -> float:
    """Give P(Y >= count) of a negative binomial with this mean and variance mean + dispersion * mean^2.

    The tail is the regularised incomplete beta function I_x(count, 1 / dispersion) at
    x = dispersion * mean / (1 + dispersion * mean).
    """
    if count <= 0:
        return 1.0
    product = dispersion * mean
    return _beta(count, 1 / dispersion, product / (1 + product), 1 / (1 + product))


def at_most(count: int, mean: float, dispersion: float) -> float:
    """Give P(Y <= count) of the same distribution."""
    product = dispersion * mean
    return _beta(1 / dispersion, count + 1, 1 / (1 + product), product / (1 + product))


def above(value: float, freedom: float) -> float:
    """Give P(T > value) of Student's t with these degrees of freedom."""
    square = value * value
    both = _beta(freedom / 2, 0.5, freedom / (freedom + square), square / (freedom + square))
    return both / 2 if value >= 0 else 1 - both / 2


def range_of(mean: float, dispersion: float, outside: float = 0.05) -> tuple[int, int]:
    """Give the counts between which 1 - `outside` of a negative binomial lies."""
    return _quantile(outside / 2, mean, dispersion), _quantile(1 - outside / 2, mean, dispersion)


def _quantile(part: float, mean: float, dispersion: float) -> int:
    """Give the smallest count that is not exceeded with probability `part`."""
    low = high = _near(part, mean, dispersion)
    step = 1
    while at_most(high, mean, dispersion) < part:
        low, high, step = high, high + step, 2 * step
    while low == high or (low >= 0 and at_most(low, mean, dispersion) >= part):
        low, high, step = max(low - step, -1), low, 2 * step
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if at_most(middle, mean, dispersion) >= part else (middle, high)
    return high


def _near(part: float, mean: float, dispersion: float) -> int:
    """Guess that count by a gamma distribution with the same mean and variance (Wilson and Hilferty, 1931)."""
    ninth = (1 / mean + dispersion) / 9
    root = 1 - ninth + NormalDist().inv_cdf(part) * sqrt(ninth)
    return int(mean * max(root, 0.0) ** 3)


def _beta(a: float, b: float, x: float, rest: float) -> float:
    """Give the regularised incomplete beta function I_x(a, b); `rest` is 1 - x, which may be tiny."""
    if x <= 0:
        return 0.0
    if rest <= 0:
        return 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * (log1p(-x) if x < 0.5 else log(rest)))  # noqa: PLR2004 - whichever is exact
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, rest) / b


def _fraction(a: float, b: float, x: float) -> float:
    """Sum the continued fraction by Lentz's method (DLMF 8.17.22)."""
    c, d = 1.0, 1 / _not_zero(1 - (a + b) * x / (a + 1))
    found = d
    for m in range(1, MOST_STEPS):
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        for numerator in (even, odd):
            d = 1 / _not_zero(1 + numerator * d)
            c = _not_zero(1 + numerator / c)
            found *= c * d
        if abs(c * d - 1) < PRECISION:
            break
    return found


def _not_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY
