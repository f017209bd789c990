"""What a key, or several together, do on a day: level, weekdays, month ends, growth, and how much it scatters.

Counts are taken as negative binomial around level x weekday x month end x growth. Weekdays are those of
`anomalies.baseline` (shrunk means); the level is an exponentially weighted mean of days without their weekday (Brown,
1956), in which no day counts for more than some times the median of the fortnight around it, so that a spike of three
days is not taken for a level, and a new level is. Growth is a weighted regression of the logarithms of weeks, shrunk by
its own error and damped (Gardner & McKenzie, Forecasting trends in time series, 1985).
"""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from math import exp, log, sqrt
from typing import NamedTuple

from edgedns_mcp.domain.anomalies.baseline import DAILY, learn

WINDOW_DAYS = 84
WEEKDAYS_KNOWN = 14  # observed days, below which every weekday counts alike
HALF_LIFE = 21  # days
AROUND = 15  # days whose median tells what is ordinary there
MOST_TIMES = 3.0  # that median, and twice as many for a key that scatters
BLOCK = 10  # days within which scatter is measured, so that growth does not pass for it
SCATTER = (0.005, 50.0)
WEEK, FEWEST_WEEKS, MOST_WEEKS = 7, 4, 12
WEEK_NOISE = 0.002  # squared, of the logarithm: no week is more certain
SHRINKAGE = 4.0  # errors, squared, that growth must exceed to count
MOST_GROWTH = 0.03  # of the logarithm, a day
DAMPING = 0.98  # of growth, a day
NEAR_DAYS, FEWEST_NEAR = 10, 5  # ordinary days around a month's end, which it is compared with
PLACES = (-2, -1, 1)  # days of a month that may be unlike others: the last two, and the first
MONTH_END_DEVIATIONS = 2.0  # a month's end counts where it differs by so many
MONTH_END_PRIOR = 0.5  # month ends like any other day, which experience has to outweigh
MONTH_END_DOUBT = 0.4  # of the factor, after one
QUIET_DAYS, STOPPED_CHANCE, TRUST = 7, 1e-3, 0.9
LEAST_LEVEL = 0.05


class Days(NamedTuple):
    """A row of days: of each its weekday, and its place at a month's end (-2, -1, 1), 0 for all others."""

    weekdays: Sequence[int]
    places: Sequence[int]


class Factor(NamedTuple):
    """How many times the usual a day at a month's end has, and how doubtful that is (a relative variance)."""

    times: float = 1.0
    doubt: float = 0.0


class Habit(NamedTuple):
    """What is usual: `level` a day when the history ends, `growth` of its logarithm a day.

    `doubt` is the relative variance of the level. Who has `stopped` was quiet for longer than its habits explain.
    """

    level: float
    weekdays: Sequence[float]
    month_ends: Mapping[int, Factor]
    growth: float
    scatter: float
    doubt: float
    stopped: bool


def days_of(dates: Sequence[date]) -> Days:
    """Describe days by what is known of them beforehand."""
    return Days([day.weekday() for day in dates], [_place(day) for day in dates])


def habit_of(counts: Sequence[int | None], days: Days) -> Habit | None:
    """Learn from one count for each day, the last one yesterday's, None where nobody observed; None without any use."""
    born = next((at for at, count in enumerate(counts) if count), len(counts))
    seen = {at: count for at, count in enumerate(counts) if count is not None and at >= born}
    late = [at for at in seen if at >= len(counts) - WINDOW_DAYS]
    ordinary = [at for at in late if not days.places[at]] or late
    if not ordinary:
        return None
    points = [(DAILY.weight(len(counts) - at), days.weekdays[at], seen[at]) for at in ordinary]
    usual = learn(points, DAILY)
    assert usual  # noqa: S101 - there are points
    weekdays = usual.factors if len(seen) >= WEEKDAYS_KNOWN else [1.0] * DAILY.bins
    parts = {at: weekdays[days.weekdays[at]] for at in seen}
    levels = _capped({at: seen[at] / parts[at] for at in ordinary}, usual.dispersion)
    scatter = _scatter(levels, parts)
    level, weight, age = _level(levels, parts, len(counts))
    growth = _growth(levels, parts, len(counts))
    return Habit(
        level * exp(growth * age),  # which lags behind
        weekdays,
        _month_ends(seen, levels, parts, days, scatter),
        growth,
        scatter,
        (scatter + 1 / max(level, LEAST_LEVEL)) / weight,
        _has_stopped(seen),
    )


def grown(growth: float, ahead: int) -> float:
    """Give how many times the level a day has that lies so many days after the history; growth is damped there."""
    if ahead <= 0:
        return exp(growth * ahead)
    return exp(growth * DAMPING * (1 - DAMPING**ahead) / (1 - DAMPING))


def _place(day: date) -> int:
    return next((place for place in PLACES if (day - timedelta(days=min(place, 0))).day == 1), 0)


def _capped(levels: Mapping[int, float], dispersion: float) -> dict[int, float]:
    """Let no day count for more than some times the median of the days around it."""
    values, most = list(levels.values()), MOST_TIMES * (1 + 2 * sqrt(min(dispersion, 1.0)))
    found: dict[int, float] = {}
    for place, at in enumerate(levels):
        first = max(0, min(place - AROUND // 2, len(values) - AROUND))
        around = sorted(values[first : first + AROUND])
        middle = around[len(around) // 2]
        found[at] = min(values[place], most * middle) if middle else values[place]
    return found


def _mean(levels: Mapping[int, float], parts: Mapping[int, float], where: Sequence[int]) -> float:
    return sum(levels[at] * parts[at] for at in where) / sum(parts[at] for at in where)


def _scatter(levels: Mapping[int, float], parts: Mapping[int, float]) -> float:
    """Find the dispersion by how far days lie from the mean of the days beside them."""
    above = below = 0.0
    days = list(levels)
    for first in range(0, len(days), BLOCK):
        block = days[first : first + BLOCK]
        if len(block) < FEWEST_WEEKS:
            continue
        mean, freedom = _mean(levels, parts, block), len(block) / (len(block) - 1)
        above += freedom * sum((parts[at] * (levels[at] - mean)) ** 2 - mean * parts[at] for at in block)
        below += sum((mean * parts[at]) ** 2 for at in block)
    return min(max(above / below if below else SCATTER[1], SCATTER[0]), SCATTER[1])


def _level(levels: Mapping[int, float], parts: Mapping[int, float], end: int) -> tuple[float, float, float]:
    """Give the weighted mean, how many days it is worth, and how old it is."""
    weights = {at: parts[at] * 0.5 ** ((end - 1 - at) / HALF_LIFE) for at in levels}
    whole = sum(weights.values())
    level = sum(weights[at] * levels[at] for at in levels) / whole
    age = sum(weights[at] * (end - 1 - at) for at in levels) / whole
    return level, whole * whole / sum(weight * weight for weight in weights.values()), age


def _growth(levels: Mapping[int, float], parts: Mapping[int, float], end: int) -> float:
    """Find how the logarithms of weeks grow a day, as far as it is more than noise."""
    weeks: list[tuple[float, float, float]] = []
    for last in range(end, end - WEEK * MOST_WEEKS, -WEEK):
        days = [at for at in range(last - WEEK, last) if at in levels]
        whole = sum(parts[at] for at in days)
        mean = _mean(levels, parts, days) if whole > 2 else 0.0  # noqa: PLR2004 - of seven days
        if mean and min(levels) <= last - WEEK:
            when = sum(days) / len(days) - end
            weeks.append((when, log(mean), whole * DAILY.weight(round(-when))))
    return _slope(weeks) if len(weeks) >= FEWEST_WEEKS else 0.0


def _slope(points: Sequence[tuple[float, float, float]]) -> float:
    """Give the slope of y over x in (x, y, weight), shrunk by its error."""
    whole = sum(weight for *_, weight in points) / len(points)
    rows = [(x, y, weight / whole) for x, y, weight in points]
    middle, height = (sum(row[2] * row[axis] for row in rows) / len(rows) for axis in (0, 1))
    spread = sum(weight * (x - middle) ** 2 for x, _, weight in rows)
    slope = sum(weight * (x - middle) * (y - height) for x, y, weight in rows) / spread
    left = sum(weight * (y - height - slope * (x - middle)) ** 2 for x, y, weight in rows)
    error = (left + WEEK_NOISE) / (len(rows) - 2) / spread
    shrunk = slope * max(0.0, 1 - SHRINKAGE * error / (slope * slope)) if slope else 0.0
    return max(-MOST_GROWTH, min(MOST_GROWTH, shrunk))


def _month_ends(
    seen: Mapping[int, int],
    levels: Mapping[int, float],
    parts: Mapping[int, float],
    days: Days,
    scatter: float,
) -> dict[int, Factor]:
    """Compare each day at a month's end with the ordinary days around it."""
    made: dict[int, list[tuple[int, float]]] = {}
    for at, count in seen.items():
        near = [day for day in range(at - NEAR_DAYS, at + NEAR_DAYS + 1) if day in levels]
        if days.places[at] and len(near) >= FEWEST_NEAR:
            made.setdefault(days.places[at], []).append((count, _mean(levels, parts, near) * parts[at]))
    return {place: factor for place, rows in made.items() if (factor := _factor(rows, scatter)) != Factor()}


def _factor(rows: Sequence[tuple[int, float]], scatter: float) -> Factor:
    count, usual, times = len(rows), sum(mean for _, mean in rows), sum(made for made, _ in rows)
    if not usual or abs(times / usual - 1) <= MONTH_END_DEVIATIONS * sqrt((scatter + count / usual) / count):
        return Factor()
    return Factor((times / usual * count + MONTH_END_PRIOR) / (count + MONTH_END_PRIOR), MONTH_END_DOUBT**2 / count)


def _has_stopped(seen: Mapping[int, int]) -> bool:
    """Tell whether the last days were quiet, though a key used as often as this one hardly ever rests so long."""
    days = list(seen)
    last = max(at for at, count in seen.items() if count)
    quiet = sum(at > last for at in days)
    used = sum(1 for count in seen.values() if count)
    return quiet >= QUIET_DAYS and (1 - TRUST * used / (len(days) - quiet)) ** quiet < STOPPED_CHANCE
