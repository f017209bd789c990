"""How a quota or a budget stands: what was used of it, and the day each of its thresholds is, or was, crossed."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from typing import NamedTuple

from edgedns_mcp.domain.forecast.outlook import Range
from edgedns_mcp.models import Crossing


class Day(NamedTuple):
    """How many requests a billing period had at the end of a day; the date is None where the day is not known."""

    on: date | None
    requests: int


class Ahead(NamedTuple):
    """How many more there will be at the end of a day."""

    on: date
    more: Range


class Course(NamedTuple):
    """A billing period from its begin to its end: what was counted, day by day, and what is to come."""

    used: int
    counted: Sequence[Day]
    ahead: Sequence[Ahead]


def crossings(limit: Fraction, percents: Sequence[int], course: Course) -> tuple[Crossing, ...]:
    """Tell for each threshold of a limit whether, and on which day, it is crossed: reached or passed."""
    return tuple(_crossing(percent, least(limit, percent), course) for percent in sorted({*percents}))


def least(limit: Fraction, percent: int) -> int:
    """Give the fewest requests that reach a threshold of a limit."""
    return -(-limit * percent // 100)


def percent_of(requests: int, limit: Fraction) -> float:
    """Give requests in percent of a limit, one decimal, half up; it may pass 100."""
    return int(requests * 1000 / limit + Fraction(1, 2)) / 10


def _crossing(percent: int, requests: int, course: Course) -> Crossing:
    crossed = Crossing(percent=percent, request_count=requests, state="crossed", on=None, earliest=None, latest=None)
    if course.used >= requests:
        day = next((day for day in course.counted if day.requests >= requests), None)
        return crossed.model_copy(update={"on": day and day.on})
    earliest, on, latest = (
        next((one.on for one in course.ahead if course.used + one.more[path] >= requests), None) for path in (2, 1, 0)
    )
    state = "expected" if on else "possible" if earliest else "not_expected"
    return crossed.model_copy(update={"state": state, "on": on, "earliest": earliest, "latest": latest})
