"""Days and months of a window: by the calendar of a zone, cut where the window is cut."""

from zoneinfo import ZoneInfo

import pytest
from domain_builders import a_window, epoch, utc

from edgedns_mcp.domain.days import end_of_hour, latest_months, months, observed_days, past_of
from edgedns_mcp.models import Window

UTC_ZONE, BERLIN = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin")


def hours(start: str, end: str) -> Window:
    return Window(start=utc(start), end=utc(end), period="some hours")


@pytest.mark.parametrize(
    ("now", "end"),
    [
        ("2026-10-10T09:59:59", "2026-10-10T09:00:00"),
        ("2026-10-01T00:30:00", "2026-10-01T01:00:00"),
        ("2026-12-01T00:00:00", "2026-10-15T00:00:00"),
    ],
    ids=["up to the last full hour", "an hour at least", "no further than its own end"],
)
def test_what_is_to_come_of_a_window_is_cut_off(now, end):
    past = past_of(a_window(), utc(now))
    assert (past.start, past.end, past.period) == (a_window().start, utc(end), a_window().period)


def test_a_log_is_complete_up_to_the_end_of_its_last_hour():
    assert [end_of_hour(last) for last in (0, 1, 3600, 3601)] == [0, 3600, 3600, 7200]


def test_only_days_that_were_observed_as_a_whole_are_counted():
    stretches = [
        (epoch("2026-10-02"), epoch("2026-10-04")),
        (epoch("2026-10-05") + 1, epoch("2026-10-06")),
        (epoch("2026-10-07"), epoch("2026-10-08") - 1),
    ]
    assert observed_days(a_window("2026-10-01", "2026-10-11"), UTC_ZONE, stretches) == (2, 10)


def test_a_day_that_the_window_cuts_is_one():
    window = hours("2026-10-01T12:00", "2026-10-03T06:00")
    assert observed_days(window, UTC_ZONE, [(epoch("2026-10-01T12:00"), epoch("2026-10-02"))]) == (1, 3)


def test_days_begin_at_midnight_of_the_zone():
    window = hours("2026-10-01T22:00", "2026-10-03T22:00")
    assert observed_days(window, BERLIN, [(epoch("2026-10-01T22:00"), epoch("2026-10-02T22:00"))]) == (1, 2)


def test_a_window_is_cut_where_months_begin_in_the_zone():
    cut = months(hours("2026-10-30T05:00", "2027-01-31T23:00"), BERLIN)
    assert [(one.period, one.start, one.end) for one in cut] == [
        ("2026-10", utc("2026-10-30T05:00"), utc("2026-10-31T23:00")),
        ("2026-11", utc("2026-10-31T23:00"), utc("2026-11-30T23:00")),
        ("2026-12", utc("2026-11-30T23:00"), utc("2026-12-31T23:00")),
        ("2027-01", utc("2026-12-31T23:00"), utc("2027-01-31T23:00")),
    ]


def test_a_month_that_ends_with_the_window_is_no_cut():
    (whole,) = months(a_window("2026-10-01", "2026-11-01"), UTC_ZONE)
    assert (whole.period, whole.start, whole.end) == ("2026-10", utc("2026-10-01"), utc("2026-11-01"))


def test_months_that_are_over_are_named_the_latest_first():
    assert latest_months(utc("2027-02-01T00:30"), UTC_ZONE, 3) == ["2027-01", "2026-12", "2026-11"]
    assert latest_months(utc("2027-01-31T23:30"), BERLIN, 1) == ["2027-01"]
    assert latest_months(utc("2027-01-31T22:30"), BERLIN, 1) == ["2026-12"]
