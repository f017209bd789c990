"""The keys of a made-up organisation before anything happens to them: who they are and how much each usually sends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from math import cos, pi
from random import Random
from statistics import median
from typing import Literal, NamedTuple

from lab_draws import log_uniform, split

Rhythm = Literal["steady", "growing", "medium", "low", "bursty", "weekly", "month_end", "sparse", "monthly", "dormant"]
SHARES: Mapping[Rhythm, float] = {
    "steady": 0.24,
    "growing": 0.08,
    "medium": 0.20,
    "low": 0.15,
    "bursty": 0.08,
    "weekly": 0.06,
    "month_end": 0.05,
    "sparse": 0.05,
    "monthly": 0.03,
    "dormant": 0.06,
}
JOBS: frozenset[Rhythm] = frozenset(("weekly", "month_end", "monthly"))  # programs are more even than people
WHOLE_TEAMS = 20
TINY_TEAMS = 4
HOLIDAYS = frozenset(
    date(2026, month, day) for month, day in ((1, 1), (1, 6), (4, 3), (4, 6), (5, 1), (5, 14), (5, 25))
)
ENDPOINTS = tuple(
    f"/v1/{group}/{name}"
    for group in ("dns", "domain", "security", "network", "email")
    for name in ("lookup", "bulk", "history", "report")
)
LIVE_LABELS = ("live", "live", "production", "prod")
TEST_LABELS = ("test", "test", "sandbox", "staging", "ci")


class Shape(NamedTuple):
    """How large an organisation is, how long it is watched, and how finely: a slot is a day, or an hour."""

    keys: int
    start: date
    warm_up_days: int
    scored_days: int
    slots_per_day: int = 1
    unobserved_days: int = 3

    @property
    def days(self) -> int:
        return self.warm_up_days + self.scored_days

    @property
    def slots(self) -> int:
        return self.days * self.slots_per_day

    @property
    def first_scored(self) -> int:
        return self.warm_up_days * self.slots_per_day


@dataclass
class Draft:
    """A key with the means its counts will be drawn around; stories change the means and leave notes."""

    key_id: str
    name: str
    team: str
    rhythm: Rhythm
    declared: str
    usual_label: str
    dispersion: float
    error_share: float
    endpoints: dict[str, float]
    means: list[float]
    created: int = -1
    allowed: frozenset[str] = frozenset()
    least: dict[int, int] = field(default_factory=dict[int, int])
    added: dict[int, float] = field(default_factory=dict[int, float])
    error_shares: dict[int, float] = field(default_factory=dict[int, float])
    moved: dict[int, tuple[str, float]] = field(default_factory=dict[int, tuple[str, float]])
    elsewhere: dict[int, tuple[str, int]] = field(default_factory=dict[int, tuple[str, int]])

    def typical(self, slot: int, window: int) -> float:
        """Give the median mean of the busy slots before this one."""
        busy = [mean for mean in self.means[max(0, slot - window) : slot] if mean > 0]
        return median(busy) if busy else 0.0


def is_month_boundary(day: date) -> bool:
    """Tell the last two days of a month and its first."""
    return day.day == 1 or (day + timedelta(days=2)).day <= 2


def is_free(day: date) -> bool:
    """Tell weekends and holidays."""
    return day.weekday() >= 5 or day in HOLIDAYS


def drafts(draw: Random, shape: Shape) -> list[Draft]:
    """Make every key of the organisation, the rhythms in their shares."""
    days = [shape.start + timedelta(days=day) for day in range(shape.days)]
    rhythms: list[Rhythm] = [rhythm for rhythm, share in SHARES.items() for _ in range(round(share * shape.keys))]
    teams = _teams(draw, shape.keys)
    draw.shuffle(rhythms)
    found = [_draft(draw, number, rhythm, days) for number, rhythm in enumerate(rhythms)]
    for draft, team in zip(found, teams, strict=False):
        draft.team, draft.name = team, f"{team}-{draft.name}"
        if shape.slots_per_day > 1:
            draft.means = _hours(draw, draft, days)
    return found


def _teams(draw: Random, keys: int) -> list[str]:
    tiny = {f"squad-{number}": draw.randint(3, 6) for number in range(TINY_TEAMS)}
    whole = split(draw, keys, {f"team-{number:02}": 1 / (number + 3) for number in range(WHOLE_TEAMS)})
    names = [name for team in (tiny, whole) for name, count in team.items() for _ in range(count)][:keys]
    draw.shuffle(names)
    return names


def _draft(draw: Random, number: int, rhythm: Rhythm, days: list[date]) -> Draft:
    declared = draw.choices(("live", "test", ""), (70, 20, 10))[0]
    endpoints = draw.sample(ENDPOINTS, draw.randint(1, 6))
    return Draft(
        key_id=f"key_{number:04d}",
        name=f"{number}",
        team="",
        rhythm=rhythm,
        declared=declared,
        usual_label=draw.choice(TEST_LABELS if declared == "test" else LIVE_LABELS),
        dispersion=log_uniform(draw, 0.01, 0.1 if rhythm in JOBS else 0.4),
        error_share=log_uniform(draw, 0.002, 0.05),
        endpoints={path: (rank + 1.0) ** -1.5 for rank, path in enumerate(endpoints)},
        means=RHYTHMS[rhythm](draw, days),
        created=-draw.randint(30, 700),
    )


def _working_days(draw: Random, days: list[date], low: float, high: float) -> list[float]:
    level = log_uniform(draw, low, high)
    free = draw.choices((draw.uniform(0.1, 0.5), draw.uniform(0.6, 0.95), 1.0, draw.uniform(1.1, 1.4)), (4, 4, 2, 1))[0]
    return [level * free if is_free(day) else level for day in days]


def _growing(draw: Random, days: list[date]) -> list[float]:
    rate = draw.uniform(1.005, 1.02)
    return [mean * rate**day for day, mean in enumerate(_working_days(draw, days, 20, 2_000))]


def _bursty(draw: Random, days: list[date]) -> list[float]:
    level, spread, active = log_uniform(draw, 10, 1_000), draw.uniform(0.6, 1.2), draw.uniform(0.7, 1.0)
    return [level * draw.lognormvariate(0, spread) if draw.random() < active else 0.0 for _ in days]


def _weekly(draw: Random, days: list[date]) -> list[float]:
    level, weekday, rest = log_uniform(draw, 20, 5_000), draw.randrange(7), draw.choice((0.0, 0.0, 0.3))
    means = [rest] * len(days)
    for number, day in enumerate(days[:-1]):
        if day.weekday() == weekday and draw.random() < 0.97:
            means[number + (draw.random() < 0.04)] = level
    return means


def _month_end(draw: Random, days: list[date]) -> list[float]:
    factor, usual = log_uniform(draw, 5, 20), _working_days(draw, days, 20, 2_000)
    dates = draw.choice(((-1,), (-2, -1), (-1, 1), (-2, -1, 1)))
    peak = factor * max(usual)  # a job that closes a month does not mind the weekend
    return [
        peak * draw.uniform(0.85, 1.15) if _place_at_boundary(day) in dates else mean
        for day, mean in zip(days, usual, strict=True)
    ]


def _place_at_boundary(day: date) -> int:
    if day.day == 1:
        return 1
    return next((-left for left in (1, 2) if (day + timedelta(days=left)).day == 1), 0)


def _sparse(draw: Random, days: list[date]) -> list[float]:
    level, active = log_uniform(draw, 1, 50), draw.uniform(0.1, 0.35)
    return [level * draw.lognormvariate(0, 0.4) if draw.random() < active else 0.0 for _ in days]


def _monthly(draw: Random, days: list[date]) -> list[float]:
    level, day_of_month, moves = log_uniform(draw, 20, 3_000), draw.randint(2, 25), draw.random() < 0.5
    means = [0.0] * len(days)
    for number, day in enumerate(days):
        if day.day == day_of_month:
            late = 7 - day.weekday() if moves and day.weekday() >= 5 else 0
            means[min(number + late, len(days) - 1)] = level
    return means


def _dormant(draw: Random, days: list[date]) -> list[float]:
    stop = draw.randint(6, 50)
    return [mean if day < stop else 0.0 for day, mean in enumerate(_working_days(draw, days, 1, 300))]


RHYTHMS: Mapping[Rhythm, Callable[[Random, list[date]], list[float]]] = {
    "steady": lambda draw, days: _working_days(draw, days, 50, 20_000),
    "growing": _growing,
    "medium": lambda draw, days: _working_days(draw, days, 5, 50),
    "low": lambda draw, days: _working_days(draw, days, 0.2, 5),
    "bursty": _bursty,
    "weekly": _weekly,
    "month_end": _month_end,
    "sparse": _sparse,
    "monthly": _monthly,
    "dormant": _dormant,
}


def _hours(draw: Random, draft: Draft, days: list[date]) -> list[float]:
    peak, depth = draw.uniform(9, 17), draw.uniform(0.0, 0.9)
    if draft.rhythm in JOBS:
        hour = draw.randrange(24)
        working = free = [float(each in (hour, (hour + 1) % 24)) for each in range(24)]
    else:
        working = [1 + depth * cos((each - peak) / 12 * pi) for each in range(24)]
        free = [1 + depth / 2 * cos((each - peak - 2) / 12 * pi) for each in range(24)]
    profiles = {False: working, True: free}
    return [
        mean * part / sum(profile)
        for day, mean in zip(days, draft.means, strict=True)
        for profile in (profiles[is_free(day)],)
        for part in profile
    ]
