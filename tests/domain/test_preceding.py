"""The window right before is of the same kind, tiles with the window, and takes only the same part while one runs."""

from contextlib import suppress
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from domain_builders import utc
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.domain.periods import resolve
from edgedns_mcp.domain.preceding import preceding, runs_on
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import Window

ZONES = {name: ZoneInfo(name) for name in ("UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York")}
NOW = utc("2026-11-22T15:20")  # a Sunday


def before(period: str, *, now: datetime = NOW, zone="UTC", billing_day=1, start="", end="") -> tuple[str, str]:
    place = ZONES[zone]
    window = resolve(period, start, end, now=now, zone=place, billing_day=billing_day)
    seen_to = min(window.end, now.replace(minute=0, second=0, microsecond=0))
    found = preceding(window, seen_to, zone=place, billing_day=billing_day)
    return tuple(f"{one.astimezone(place):%Y-%m-%d %H:%M}" for one in (found.start, found.end))


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("2026-10", "2026-09-01 00:00", "2026-10-01 00:00"),
        ("2026-09..2026-10", "2026-07-01 00:00", "2026-09-01 00:00"),
        ("2026-01", "2025-12-01 00:00", "2026-01-01 00:00"),
        ("2025-11..2026-02", "2025-07-01 00:00", "2025-11-01 00:00"),
        ("previous", "2026-09-01 00:00", "2026-10-01 00:00"),
        ("last_month", "2026-09-01 00:00", "2026-10-01 00:00"),
        ("last_quarter", "2026-04-01 00:00", "2026-07-01 00:00"),
        ("last_year", "2024-01-01 00:00", "2025-01-01 00:00"),
        ("yesterday", "2026-11-20 00:00", "2026-11-21 00:00"),
        ("last_week", "2026-11-02 00:00", "2026-11-09 00:00"),
        ("2026-10-05", "2026-10-04 00:00", "2026-10-05 00:00"),
        ("2026-10-01..2026-10-15", "2026-09-16 00:00", "2026-10-01 00:00"),
        ("7d", "2026-11-08 15:00", "2026-11-15 15:00"),
        ("24h", "2026-11-20 15:00", "2026-11-21 15:00"),
    ],
)
def test_a_whole_period_is_compared_with_the_whole_one_before(period, start, end):
    assert before(period) == (start, end)


@pytest.mark.parametrize(
    ("period", "start", "end"),
    [
        ("current", "2026-10-01 00:00", "2026-10-22 15:00"),
        ("mtd", "2026-10-01 00:00", "2026-10-22 15:00"),
        ("2026-11", "2026-10-01 00:00", "2026-10-22 15:00"),
        ("this_week", "2026-11-09 00:00", "2026-11-15 15:00"),
        ("today", "2026-11-21 00:00", "2026-11-21 15:00"),
        ("2026-11-22", "2026-11-21 00:00", "2026-11-21 15:00"),
        ("this_quarter", "2026-07-01 00:00", "2026-08-22 15:00"),
        ("ytd", "2025-01-01 00:00", "2025-11-22 15:00"),
    ],
)
def test_a_running_period_is_compared_with_the_same_part_of_the_one_before(period, start, end):
    assert before(period) == (start, end)


def test_a_longer_part_than_the_month_before_had_ends_with_that_month():
    assert before("mtd", now=utc("2026-03-31T09:10")) == ("2026-02-01 00:00", "2026-03-01 00:00")


def test_a_billing_period_begins_on_its_day():
    assert before("current", billing_day=15) == ("2026-10-15 00:00", "2026-10-22 15:00")
    assert before("previous", billing_day=15) == ("2026-09-15 00:00", "2026-10-15 00:00")
    assert before("current", billing_day=31, now=utc("2026-03-31T06:00")) == ("2026-02-28 00:00", "2026-02-28 06:00")


def test_the_same_part_goes_by_the_clock_on_the_wall_across_a_change_of_clocks():
    assert before("today", zone="Europe/Berlin", now=utc("2026-10-26T09:30")) == (
        "2026-10-25 00:00",
        "2026-10-25 10:00",
    )


def test_a_window_of_two_moments_is_compared_with_the_same_length_before():
    assert before("current", start="2026-11-10T06:00Z", end="2026-11-11T12:00Z") == (
        "2026-11-09 00:00",
        "2026-11-10 06:00",
    )
    assert before("current", start="2026-11-10", end="2026-11-13") == ("2026-11-07 00:00", "2026-11-10 00:00")


@pytest.mark.parametrize(
    ("start", "end", "first"),
    [("2026-11-10", "2026-11-11T12:00Z", "2026-11-08 12:00"), ("2026-11-10T12:00Z", "2026-11-12", "2026-11-09 00:00")],
)
def test_a_window_with_only_one_end_at_midnight_is_compared_with_the_same_length_before(start, end, first):
    assert before("current", start=start, end=end)[0] == first


def test_days_are_days_of_the_zone_though_the_clock_was_put_back_in_them():
    assert before("2026-10-25..2026-10-26", zone="Europe/Berlin") == ("2026-10-23 00:00", "2026-10-25 00:00")


PERIODS = ("current", "previous", "today", "yesterday", "this_week", "last_week", "mtd", "last_month", "5h", "7d")


@given(
    st.sampled_from(PERIODS), st.integers(30 * 24, 900 * 24), st.sampled_from(sorted(ZONES)), st.integers(1, 31)
)  # fmt: skip
def test_the_baseline_is_no_longer_than_its_kind_and_never_reaches_into_the_window(period, hours, zone, billing_day):
    now = utc("2026-10-01T00:30") + timedelta(hours=hours)
    with suppress(QuestionError):  # no full hour of it has passed
        check(resolve(period, "", "", now=now, zone=ZONES[zone], billing_day=billing_day), now, zone, billing_day)


def check(window: Window, now: datetime, zone: str, billing_day: int) -> None:
    end = min(window.end, now.replace(minute=0))
    found = preceding(window, end, zone=ZONES[zone], billing_day=billing_day)
    assert found.start <= found.end <= window.start
    assert found.end == window.start or runs_on(window, end)
    assert abs((found.end - found.start) - (end - window.start)) <= timedelta(days=3, hours=1)
