"""A key as it is watched: its counts bucket by bucket, and what of them is ordinary."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.anomalies.baseline import DAILY, HOURLY, Baseline, Rhythm, learn

Counts: TypeAlias = Sequence[int | None]  # one for each bucket; None where nobody observed

RECORD_DAYS = {DAILY: 120, HOURLY: 28}
BURST_DAYS, BURST_RATIO = 3, 2.0  # so short, and so far above everything else
OLD_DAYS, WORTH_A_LOOK_DAYS = 14, 30
SATURDAY = 5
WITHIN = timedelta(minutes=59)  # an hour that holds a midnight, in zones of half hours, is of the new day
HOURS = 24


@dataclass(frozen=True)
class Calendar:
    """What is known of each bucket beforehand: its bin, whether a month begins or ends there, and its day.

    `whole` is false for a bucket that was observed in part: its counts are lower bounds. Days count from the first.
    """

    rhythm: Rhythm
    bins: Sequence[int]
    boundary: Sequence[bool]
    whole: Sequence[bool]
    days: Sequence[int]

    @cached_property
    def per_day(self) -> int:
        """Give how many buckets a day has."""
        return HOURS if self.rhythm is HOURLY else 1

    @cached_property
    def boundaries(self) -> list[int]:
        """List the buckets of days on which a month begins or ends."""
        return [at for at, boundary in enumerate(self.boundary) if boundary]

    @cached_property
    def partial(self) -> list[int]:
        """List the buckets that were not observed as a whole."""
        return [at for at, whole in enumerate(self.whole) if not whole]


def calendar_of(starts: Sequence[datetime], zone: ZoneInfo, rhythm: Rhythm, whole: Sequence[bool]) -> Calendar:
    """Describe buckets that start at these moments, by the days of a zone."""
    local = [(start + WITHIN).astimezone(zone) for start in starts]
    first = local[0].date().toordinal() if local else 0
    return Calendar(
        rhythm,
        [_bin(moment, rhythm) for moment in local],
        [moment.day == 1 or (moment + timedelta(days=2)).month != moment.month for moment in local],
        whole,
        [moment.date().toordinal() - first for moment in local],
    )


class Gap(NamedTuple):
    """What a key did in several buckets together; nobody knows how much of it in which."""

    first: int
    last: int
    requests: int


@dataclass(frozen=True)
class Watched:
    """A key's buckets. `born` is the first in which it was used; `lower` are those whose counts are lower bounds.

    A key that is replaced has a successor, who inherits what it did.
    """

    key_id: str
    team: str
    counts: Counts
    errors: Counts
    born: int
    calendar: Calendar
    lower: frozenset[int] = frozenset()
    planned: frozenset[int] = frozenset()
    gaps: tuple[Gap, ...] = ()
    name: str = ""
    is_replaced: bool = False

    @cached_property
    def every(self) -> list[int]:
        """Give the counts to learn from, -1 where there is none or it is uncertain."""
        found = [-1 if count is None else count for count in self.counts]
        for at in (*self.calendar.partial, *self.lower, *self.planned):
            found[at] = -1
        return found

    @cached_property
    def everyday(self) -> list[int]:
        """Give the same without the days on which months begin and end."""
        found = list(self.every)
        for at in self.calendar.boundaries:
            found[at] = -1
        return found

    @cached_property
    def observed(self) -> list[int]:
        """Give how many buckets before each one were observed, and not planned, since the key was first used."""
        found, sums = 0, [0]
        for at, count in enumerate(self.counts):
            found += at >= self.born and count is not None and at not in self.planned
            sums.append(found)
        return sums

    def history_days(self, at: int) -> int:
        """Count the observed days before a bucket."""
        if self.planned:
            return self.observed[at] // self.calendar.per_day
        counts = self.counts[self.born : at]
        return (len(counts) - counts.count(None)) // self.calendar.per_day

    def since(self, at: int) -> int:
        """Give the first bucket in which a record is looked for."""
        return max(self.born, at - RECORD_DAYS[self.calendar.rhythm] * self.calendar.per_day)

    def before(self, at: int) -> list[int]:
        """Give what a record is looked for in: the counts of the last months, of ordinary days for an ordinary day."""
        return (self.every if self.calendar.boundary[at] else self.everyday)[self.since(at) : at]

    def highest(self, at: int) -> tuple[int, int] | None:
        """Give the highest count of the last months, whatever day that was, and its bucket."""
        counts = [(count or 0, -bucket) for bucket, count in enumerate(self.counts[:at]) if bucket >= self.since(at)]
        count, bucket = max(counts, default=(0, 0))
        return (count, -bucket) if count else None

    def ordinary(self, at: int) -> list[int]:
        """Give the same without one old burst: an incident of weeks ago is no record to be compared with.

        By hours a record reaches back for four weeks, in which nothing is old.
        """
        counts = self.before(at)
        if self.calendar.per_day > 1 or len(counts) < WORTH_A_LOOK_DAYS or self.calendar.boundary[at]:
            return counts
        top = max(range(len(counts)), key=counts.__getitem__)
        first, end = max(top + 1 - BURST_DAYS, 0), min(top + BURST_DAYS, len(counts))
        rest = max(chain(counts[:first], counts[end:]))
        hot = {place for place in range(first, end) if counts[place] > BURST_RATIO * rest}
        if not hot or max(hot) - min(hot) >= BURST_DAYS or len(counts) - max(hot) <= OLD_DAYS:
            return counts
        return [-1 if place in hot else count for place, count in enumerate(counts)]

    def baseline(self, at: int) -> Baseline | None:
        """Learn what was usual before a bucket; month ends are left out, they have a usual of their own."""
        rhythm, calendar, begun = self.calendar.rhythm, self.calendar, self.since(at)
        first = max(begun, at - rhythm.window)
        if first >= at:
            return None
        days = slice(first, at)
        columns = rhythm.weights[at - first : 0 : -1], calendar.bins[days], self.ordinary(at)[first - begun :]
        rows = zip(*columns, calendar.boundary[days], strict=True)
        points = [(weight, bin_, count) for weight, bin_, count, boundary in rows if count >= 0 and not boundary]
        return learn(points, rhythm)


def _bin(moment: datetime, rhythm: Rhythm) -> int:
    if rhythm is HOURLY:
        return moment.hour + HOURS * (moment.weekday() >= SATURDAY)
    return moment.weekday()
