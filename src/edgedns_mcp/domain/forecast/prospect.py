"""The days before a forecast and the open ones after it, for any group of keys."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain
from typing import NamedTuple

from edgedns_mcp.domain.anomalies.buckets import ancestors
from edgedns_mcp.domain.forecast.counted import Counted
from edgedns_mcp.domain.forecast.habits import Days, Habit, days_of, habit_of
from edgedns_mcp.domain.forecast.outlook import Open, Outlook, outlook, paths
from edgedns_mcp.domain.quota import Ahead, Course, Day
from edgedns_mcp.models import Key

MOST_KEYS = 200  # judged one by one, all others together


class Outlooks(NamedTuple):
    """What the busiest keys will do, by id, and what all others will do together."""

    by_key: Mapping[str, Outlook]
    others: Outlook

    @property
    def every(self) -> list[Outlook]:
        """Give all of them."""
        return [*self.by_key.values(), self.others]


@dataclass(frozen=True)
class Prospect:
    """What each key did on the days before, and the days that are open, those that nobody observed first.

    `dates` go from the first day of the history to the last of the billing period, which began at the place `began`;
    the first `history` of them are over.
    """

    dates: Sequence[date]
    began: int
    history: int
    still_open: Sequence[Open]
    counted: Counted
    keys: Mapping[str, Key]
    over: frozenset[str]  # keys that were revoked or have expired

    @property
    def observed_days(self) -> int:
        """Count the days that habits are learnt from."""
        return sum(count is not None for count in self.counted.days(())[: self.history])

    @property
    def has_seen_month_end(self) -> bool:
        """Tell whether a day at a month's end was observed."""
        counts = self.counted.days(())[: self.history]
        return any(count is not None and place for count, place in zip(counts, self._days.places, strict=False))

    @property
    def gaps(self) -> Sequence[Open]:
        """Give the open days that lie behind: nobody observed them, or a part of them."""
        return [one for one in self.still_open if one.at < self.history]

    def outlooks(self, key_ids: Collection[str]) -> Outlooks:
        """Say what these keys will do; whose key is over does nothing."""
        ranked = sorted({*key_ids} - self.over, key=lambda key_id: (-self.counted.total(key_id), key_id))
        by_key = {key_id: self._outlook([key_id]) for key_id in ranked[:MOST_KEYS]}
        return Outlooks(by_key, self._outlook(ranked[MOST_KEYS:]))

    def habit(self, key_ids: Iterable[str]) -> Habit | None:
        """Learn what these keys, and those that they replaced, usually do together."""
        families = chain.from_iterable((key_id, *self._ancestors.get(key_id, ())) for key_id in key_ids)
        return habit_of(self.counted.days({*families})[: self.history], self._days)

    def course(self, used: int, key_ids: Iterable[str], outlooks: Iterable[Outlook]) -> Course:
        """Put together what was counted day by day since the period began, and what is to come."""
        made = self.counted.sums(key_ids)[self.began :]
        so_far = used - sum(made)
        counted = [Day(None, round(so_far))]  # before anybody knew days
        for day, some in zip(self.dates[self.began :], made, strict=False):
            so_far += some
            counted.append(Day(day, round(so_far)))
        return Course(used, counted, self.ahead(outlooks))

    def ahead(self, outlooks: Iterable[Outlook]) -> list[Ahead]:
        """Give how many requests come by the end of each day; those of days that nobody observed came by today."""
        today = self.dates[min(self.history, len(self.dates) - 1)]
        every = paths(outlooks, self.still_open)
        return [Ahead(max(self.dates[one.at], today), more) for one, more in zip(self.still_open, every, strict=True)]

    def _outlook(self, key_ids: Sequence[str]) -> Outlook:
        return outlook(self.habit(key_ids), self._days, self.history, self.still_open)

    @cached_property
    def _days(self) -> Days:
        return days_of(self.dates)

    @cached_property
    def _ancestors(self) -> Mapping[str, Sequence[str]]:
        return ancestors(self.keys)
