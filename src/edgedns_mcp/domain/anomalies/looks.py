"""Cheap looks at the rows of many keys, before anybody looks closer at one: who may have news, and who is tested.

A look for news lets every key through that a closer one would tell of, and some more. It goes over all keys at once and
costs a fraction of a microsecond for each, because there may be ten thousands.
"""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import TypeAlias

from edgedns_mcp.domain.anomalies.candidates import WEEK_DAYS
from edgedns_mcp.domain.anomalies.dormancy import ASLEEP_DAYS, NEWS_DAYS, STEADY_DAYS, are_steady, is_steady, wakes
from edgedns_mcp.domain.anomalies.failing import (
    ENOUGH_DAYS,
    ENOUGH_REQUESTS,
    LEAST_EXCESS,
    LEAST_SHARE,
    Errors,
    makes_enough,
)
from edgedns_mcp.domain.anomalies.roll import Roll, Row
from edgedns_mcp.domain.anomalies.watched import RECORD_DAYS

Rows: TypeAlias = Sequence[tuple[str, Row]]


class Looks:
    """Looks for what may reach into a window, from `lead_in` on, at keys that are not odd."""

    def __init__(self, roll: Roll, key_ids: Iterable[str], lead_in: int, window: range) -> None:
        self._roll = roll
        self._rows: Rows = [(one, roll.requests[one]) for one in key_ids if one not in roll.odd]
        self._lead_in = lead_in
        self._window = window

    def spikes(self, excess: int, times: float) -> set[str]:
        """Give the keys with a bucket of `excess` requests that is `times` above the record from before it.

        Of a record there is the second highest count at the same hour of the same weekday: the highest may be an old
        burst, which is none. Where a spike began before the window, its last bucket before it is above, too.
        """
        bars, first = (excess, times), self._window.start
        found: set[str] = set()
        for at in self._window:
            found.update(_above(self._rows, at, self._second(at, at), bars))
        if self._lead_in < first:
            above = _above(self._rows, first, self._second(first, self._lead_in), bars)
            begun = [(one, self._roll.requests[one]) for one in above]
            found.update(_above(begun, first - 1, self._second(first - 1, self._lead_in), bars))
        return found

    def _second(self, at: int, until: int) -> Callable[[Row], int]:
        """Find the second highest of the counts before `until` at the same hour of the same weekday as `at`."""
        calendar = self._roll.calendar
        week, first = WEEK_DAYS * calendar.per_day, max(at - RECORD_DAYS[calendar.rhythm] * calendar.per_day, 0)
        alike = [
            place
            for place in range(first + (at - first) % week, until, week)
            if calendar.whole[place] and (calendar.boundary[at] or not calendar.boundary[place])
        ]
        if len(alike) < 2:  # noqa: PLR2004 - then there is no second
            return lambda _: 0
        picked = itemgetter(*alike)
        return lambda row: sorted(picked(row))[-2]

    def error_bursts(self) -> set[str]:
        """Give the keys of which enough requests failed in a bucket, whatever is usual."""
        both = [(one, row, self._roll.errors[one]) for one, row in self._rows]
        return {
            one
            for at in self._window
            for one, row, wrong in both
            if wrong[at] >= LEAST_EXCESS and row[at] >= ENOUGH_REQUESTS and wrong[at] >= LEAST_SHARE * row[at]
        }

    def wakings(self) -> set[str]:
        """Give the keys that rested for long and may have been used again, by days."""
        end = self._window.stop
        checks = range(max(self._lead_in - 1, 0), end, ASLEEP_DAYS)  # a pause that is long enough holds one of these
        half = ASLEEP_DAYS // 2
        resting = (
            (one, row, at)
            for at in checks
            for one, row in self._rows
            if not row[at] and not (any(row[max(at - half, 0) : at]) and any(row[at : at + half + 1]))
        )
        return {one for one, row, at in resting if wakes(row, at, end)}

    def silences(self) -> set[str]:
        """Give the keys that may have been used on each observed day of four weeks, and then not, by days."""
        blind, tests = self._roll.blind, range(max(STEADY_DAYS, self._window.start - NEWS_DAYS + 1), self._window.stop)
        idle = [(one, row) for one, row in self._rows if 0 in row[tests.start : tests.stop]]
        found: set[str] = set()
        for at in tests:
            begin = at - STEADY_DAYS
            unseen = bisect_left(blind, at) - bisect_left(blind, begin)
            found.update(one for one, row in idle if not row[at] and row[begin:at].count(0) <= unseen)
        return found


def _above(rows: Rows, at: int, second: Callable[[Row], int], bars: tuple[int, float]) -> Iterator[str]:
    excess, times = bars
    return (one for one, row in rows if row[at] >= excess and row[at] > times * second(row))


def busy(roll: Roll, errors: Errors, key_ids: Collection[str], at: int) -> set[str]:
    """Give the keys that made enough requests before a bucket for bursts of errors to be told."""
    if at < ENOUGH_DAYS:
        return set()
    rows, odd, per_day = roll.requests, roll.odd, roll.calendar.per_day
    plain = [one for one in key_ids if one not in odd] if odd else key_ids
    lately = slice(at - ENOUGH_DAYS, at)
    found = {one for one in plain if min(rows[one][lately]) >= ENOUGH_REQUESTS}  # most keys need no count
    found |= {one for one in plain if one not in found and makes_enough(rows[one], at, per_day)}
    return found | {one for one in key_ids if one in odd and errors.has_enough(roll[one], at)}


def steady(roll: Roll, key_ids: Iterable[str], tests: Iterable[int]) -> set[str]:
    """Give the keys that were used, before one of these days, on each of the last days that were observed."""
    left, found = dict.fromkeys(key_ids), set[str]()
    for at in tests:
        unseen = [day for day in roll.blind if at - STEADY_DAYS <= day < at]
        if unseen or roll.odd:
            found |= {one for one in left if _is_steady(roll, one, at, unseen)}
        else:  # the usual case, and soon told
            lately = ((one, roll.requests[one][at - STEADY_DAYS : at]) for one in left)
            found |= {one for one, counts in lately if 0 not in counts and are_steady(counts)}
        left = {one: None for one in left if one not in found}
    return found


def _is_steady(roll: Roll, key_id: str, at: int, unseen: Sequence[int]) -> bool:
    if key_id in roll.odd:
        return is_steady(roll[key_id], at)
    row = roll.requests[key_id]
    lately = row[at - STEADY_DAYS : at]
    idle = lately.count(0)
    if idle and idle != sum(not row[day] for day in unseen):
        return False
    return are_steady([count for count in lately if count] if idle else lately)
