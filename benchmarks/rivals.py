"""The simple detectors that people build: one-sided, from the past alone, without any knowledge of the product."""

from collections.abc import Callable, Iterator, Sequence
from math import exp, log1p, sqrt
from statistics import median
from typing import NamedTuple, TypeAlias

Series: TypeAlias = Sequence[int | None]
Surprises: TypeAlias = dict[int, float]

LEAST_HISTORY = 7  # observed slots; before that no rival speaks
MAD_TO_SIGMA = 1.4826  # scales a median absolute deviation to a normal standard deviation
TINY = 1e-9  # keeps a division by a spread of nothing finite
WEEK = 7


class Rival(NamedTuple):
    """A measure of surprise, the threshold that is usual for it, and others to choose from by tuning."""

    name: str
    surprises: Callable[[Series, int], Surprises]
    threshold: float
    candidates: Sequence[float] = ()

    def flags(self, series: Series, first: int) -> set[int]:
        """Tell the slots from `first` on whose surprise is above the threshold; None is a slot not observed."""
        return {slot for slot, surprise in self.surprises(series, first).items() if surprise > self.threshold}


def ratio_to_mean(window: int) -> Callable[[Series, int], Surprises]:
    """Compare with the mean of the last `window` observed slots."""

    def surprises(series: Series, first: int) -> Surprises:
        return {
            slot: count / max(sum(past) / len(past), TINY) for slot, count, past in _with_past(series, first, window)
        }

    return surprises


def rolling_z(window: int) -> Callable[[Series, int], Surprises]:
    """Count standard deviations above the mean of the last `window` observed slots."""

    def surprises(series: Series, first: int) -> Surprises:
        return {slot: _z(count, past) for slot, count, past in _with_past(series, first, window)}

    return surprises


def mad_z(series: Series, first: int) -> Surprises:
    """Count robust standard deviations above the median of the last 30 slots."""
    found: Surprises = {}
    for slot, count, past in _with_past(series, first, 30):
        middle = median(past)
        spread = MAD_TO_SIGMA * median([abs(each - middle) for each in past])
        found[slot] = (count - middle) / max(spread, TINY)
    return found


def ewma(weight: float) -> Callable[[Series, int], Surprises]:
    """Count standard deviations above an exponentially weighted mean, both learned from the past."""

    def surprises(series: Series, first: int) -> Surprises:
        found: Surprises = {}
        mean = variance = 0.0
        seen = 0
        for slot, count in enumerate(series):
            if count is None:
                continue
            if slot >= first and seen >= LEAST_HISTORY:
                found[slot] = (count - mean) / max(sqrt(variance), TINY)
            off = count - mean if seen else 0.0
            mean = mean + weight * off if seen else float(count)
            variance = (1 - weight) * (variance + weight * off * off)
            seen += 1
        return found

    return surprises


def holt_winters_log(level_weight: float, season_weight: float) -> Callable[[Series, int], Surprises]:
    """Count standard deviations above a level and a weekly season of log(1 + count)."""

    def surprises(series: Series, first: int) -> Surprises:
        begin = next((slot for slot, count in enumerate(series) if count is not None), len(series))
        logs = [None if count is None else log1p(count) for count in series]
        opening = [each for each in logs[begin : begin + 2 * WEEK] if each is not None]
        level = sum(opening) / max(1, len(opening))
        season, variance = _opening_season(logs, begin, level), 0.25
        found: Surprises = {}
        for slot in range(begin + 2 * WEEK, len(series)):
            seen = logs[slot]
            if seen is None:
                continue
            off = seen - level - season[slot % WEEK]
            if slot >= first:
                found[slot] = off / max(sqrt(variance), 0.05)
            level += level_weight * off
            season[slot % WEEK] += season_weight * off
            variance += 0.1 * (off * off - variance)
        return found

    return surprises


def _opening_season(logs: Sequence[float | None], begin: int, level: float) -> list[float]:
    season = [0.0] * WEEK
    for weekday in range(WEEK):
        values = [
            each
            for slot in range(begin, min(begin + 2 * WEEK, len(logs)))
            if slot % WEEK == weekday and (each := logs[slot]) is not None
        ]
        season[weekday] = sum(values) / len(values) - level if values else 0.0
    return season


def _with_past(series: Series, first: int, window: int) -> Iterator[tuple[int, int, list[int]]]:
    past: list[int] = []
    for slot, count in enumerate(series):
        if count is None:
            continue
        if slot >= first and len(past) >= LEAST_HISTORY:
            yield slot, count, past[-window:]
        past.append(count)


def _z(count: int, past: Sequence[int]) -> float:
    mean = sum(past) / len(past)
    spread = sqrt(sum((each - mean) ** 2 for each in past) / (len(past) - 1))
    return (count - mean) / max(spread, TINY)


DEVIATIONS = tuple(2 * exp(step / 8) for step in range(36))  # 2 to 160 standard deviations

HOURLY_RIVALS = (Rival("rolling z of 168 hours, tuned", rolling_z(168), 3, DEVIATIONS),)
RIVALS = (
    Rival("> 3 x 7-day mean", ratio_to_mean(7), 3),
    Rival("> 2 x 30-day mean", ratio_to_mean(30), 2),
    Rival("rolling z > 3", rolling_z(30), 3),
    Rival("rolling z, tuned", rolling_z(30), 3, DEVIATIONS),
    Rival("MAD z > 3.5", mad_z, 3.5),
    Rival("EWMA 0.1, tuned", ewma(0.1), 3, DEVIATIONS),
    Rival("EWMA 0.3, tuned", ewma(0.3), 3, DEVIATIONS),
    Rival("Holt-Winters on log, weekly season, tuned", holt_winters_log(0.2, 0.1), 3, DEVIATIONS),
)
