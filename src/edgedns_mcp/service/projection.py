"""The projection of a billing period: of all selected keys and of each, by habits, else by the pace so far."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import ceil, floor
from typing import NamedTuple

from edgedns_mcp.domain.forecast.habits import PLACES
from edgedns_mcp.domain.forecast.outlook import Range, paths
from edgedns_mcp.domain.forecast.prospect import Outlooks, Prospect
from edgedns_mcp.domain.periods import DAY, day_of
from edgedns_mcp.domain.quota import Ahead, Course, Day, crossings
from edgedns_mcp.models import Crossing, ForecastMethod, Projected
from edgedns_mcp.service.prospects import Period

LEAST_DAYS = 3  # observed, to learn habits from
LEAST_ELAPSED_DAYS = 1.0  # nobody should extrapolate from hours
NOTHING = Range(0, 0, 0)
SLIP, MOST_SLIP = 1e-6, 1e-3  # of floats: of a key's figure, and of the sum of all keys'


class Use(NamedTuple):
    """What some keys used so far; `key_ids` has the ids in the data that are in no inventory, too."""

    requests: int
    key_ids: Collection[str]


@dataclass(frozen=True)
class Projection:
    """Where a billing period ends for some keys."""

    period: Period
    prospect: Prospect | None
    use: Use

    @cached_property
    def method(self) -> ForecastMethod:
        """Tell what the projection is made of."""
        if self.prospect and self.prospect.observed_days >= LEAST_DAYS:
            return "habits"
        return "pace" if self.elapsed_days >= LEAST_ELAPSED_DAYS else "none"

    @property
    def days_left(self) -> float:
        """Give the days after the last figure."""
        return (self.period.end - self.period.reached) / DAY

    @property
    def unobserved_days(self) -> float:
        """Give the days before it of which nothing is known."""
        return sum(one.part for one in self.prospect.gaps) if self.prospect else 0.0

    @property
    def elapsed_days(self) -> float:
        """Give the days that were counted."""
        return (self.period.reached - self.period.start) / DAY - self.unobserved_days

    @cached_property
    def outlooks(self) -> Outlooks | None:
        """Say what each key will do; None where the projection is not made of habits."""
        return self.prospect.outlooks(self.use.key_ids) if self.prospect and self.method == "habits" else None

    @cached_property
    def course(self) -> Course:
        """Give what was counted day by day, and what is to come."""
        if self.prospect and self.outlooks:
            return self.prospect.course(self.use.requests, self.use.key_ids, self.outlooks.every)
        counted = [Day(None, self.use.requests)]
        return Course(self.use.requests, counted, self._at_this_pace() if self.method == "pace" else ())

    @cached_property
    def month_end_factor(self) -> float | None:
        """Tell how many times their usual the last two days of a month, and its first, have; None if as any others."""
        habit = self.prospect.habit(self.use.key_ids) if self.prospect and self.method == "habits" else None
        if not habit or not habit.month_ends:
            return None
        factor = round(1 + sum(one.times - 1 for one in habit.month_ends.values()) / len(PLACES), 1)
        return None if factor == 1 else factor

    @property
    def estimated(self) -> int:
        """Give what is assumed for the days that nobody observed."""
        gaps = len(self.prospect.gaps) if self.prospect and self.method == "habits" else 0
        return _down(self.course.ahead[gaps - 1].more.mid) if gaps else 0

    def whole(self) -> Projected:
        """Give the figures of all keys."""
        ahead = self.course.ahead
        more = ahead[-1].more if ahead else NOTHING
        return self._projected(self.use.requests, more._replace(mid=more.mid + MOST_SLIP))

    def of_key(self, key_id: str, used: int) -> Projected | None:
        """Give the figures of one key; None where it is judged together with others."""
        if not (self.prospect and self.outlooks):
            return self._projected(used, Range(0, used * self._left_to_elapsed, 0))
        if key_id in self.prospect.over:
            return self._projected(used, NOTHING)
        found = self.outlooks.by_key.get(key_id)
        every = paths([found], self.prospect.still_open) if found else []
        return self._projected(used, every[-1] if every else NOTHING) if found else None

    def crossings(self, limit: Fraction, percents: Sequence[int]) -> tuple[Crossing, ...]:
        """Tell when thresholds of a limit are crossed; a pace knows no earliest day."""
        found = crossings(limit, percents, self.course)
        return found if self.outlooks else tuple(one.model_copy(update={"earliest": None}) for one in found)

    def pace(self, used: int) -> int | None:
        """Extrapolate plainly; None where too little of the period is over."""
        return used + _down(used * self._left_to_elapsed) if self.elapsed_days >= LEAST_ELAPSED_DAYS else None

    @property
    def _left_to_elapsed(self) -> float:
        has_begun = self.elapsed_days >= LEAST_ELAPSED_DAYS
        return (self.days_left + self.unobserved_days) / self.elapsed_days if has_begun else 0.0

    def _projected(self, used: int, more: Range) -> Projected:
        if self.method == "none":
            return Projected(request_count=used, projected_low=None, projected_count=None, projected_high=None)
        has_range = self.method == "habits"
        return Projected(
            request_count=used,
            projected_low=used + _down(more.low) if has_range else None,
            projected_count=used + _down(more.mid),  # rounded down, so that keys never sum to more than all
            projected_high=used + ceil(more.high) if has_range else None,
        )

    def _at_this_pace(self) -> list[Ahead]:
        """Draw a straight line to the period's end."""
        whole, reached = self.use.requests * self._left_to_elapsed, self.period.reached
        first, found = day_of(reached, self.period.zone), list[Ahead]()
        for days in range(ceil(self.days_left) + 1):
            part = min((days + 1) / (self.days_left or 1), 1.0)
            day = min(first + days * DAY, self.period.last_day)
            found.append(Ahead(day, Range(0, whole * part, whole * part)))
        return found


def _down(requests: float) -> int:
    return floor(requests + SLIP)
