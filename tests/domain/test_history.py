"""Buckets tile the window as the zone counts time, hold all that can be placed, and never show a gap as 0."""

from datetime import timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from domain_builders import a_window, epoch, utc
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.domain import cells, history
from edgedns_mcp.domain.history import Calendar, Track
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import Cell, Series, Span, Window

HOUR = timedelta(hours=1)
UTC_ZONE, BERLIN, KOLKATA = ZoneInfo("UTC"), ZoneInfo("Europe/Berlin"), ZoneInfo("Asia/Kolkata")
ZONES = (UTC_ZONE, BERLIN, KOLKATA, ZoneInfo("America/Sao_Paulo"), ZoneInfo("Australia/Lord_Howe"))
DAYS = Calendar([utc("2026-10-01"), utc("2026-10-02"), utc("2026-10-03"), utc("2026-10-04")], "day", UTC_ZONE)


def labels(window: Window, size, zone=UTC_ZONE) -> list[str]:
    when = history.calendar(window, size, zone)
    number = len(when.edges) - 1
    return [one.label for one in history.buckets(Track([1] * number, [0] * number, {}), when, ["yes"] * number)]


def a_span(start: str, end: str, requests: int = 5, bound="exact", key_id="key_1") -> Span:
    return Span(epoch(start), epoch(end), key_id, requests, 1, bound)


@given(
    st.integers(0, 700 * 24),
    st.integers(1, 200),
    st.sampled_from(("hour", "day", "week", "month", "auto")),
    st.sampled_from(ZONES),
)
def test_buckets_tile_the_window_and_begin_where_the_calendar_says(begin, hours, size, zone):
    start = utc("2026-01-01") + begin * HOUR
    window = Window(start=start, end=start + hours * HOUR, period="x")
    when = history.calendar(window, size, zone)
    assert (when.edges[0], when.edges[-1]) == (window.start, window.end)
    assert all(first < last for first, last in pairwise(when.edges))
    for edge in when.edges[1:-1]:
        local = (edge + HOUR - timedelta(seconds=1)).astimezone(zone)
        begins = {"hour": True, "day": True, "week": local.weekday() == 0, "month": local.day == 1}[when.size]
        midnight_lies_in_the_hour = edge.astimezone(zone).date() != local.date() or edge.astimezone(zone).hour == 0
        assert begins
        assert when.size == "hour" or midnight_lies_in_the_hour


def test_days_follow_the_clock_change():
    week = Window(start=utc("2026-10-23T22:00"), end=utc("2026-10-26T23:00"), period="x")
    when = history.calendar(week, "day", BERLIN)
    assert [last - first for first, last in pairwise(when.edges)] == [24 * HOUR, 25 * HOUR, 24 * HOUR]


@pytest.mark.parametrize(
    ("window", "size", "expected"),
    [
        (a_window("2026-10-01T23:00", "2026-10-02T01:00"), "hour", ["2026-10-01 23:00", "2026-10-02 00:00"]),
        (a_window("2026-10-01", "2026-10-03"), "day", ["2026-10-01", "2026-10-02"]),
        (a_window("2026-10-01", "2026-10-13"), "week", ["2026-09-28", "2026-10-05", "2026-10-12"]),
        (a_window("2026-09-30", "2026-11-01"), "month", ["2026-09", "2026-10"]),
    ],
)
def test_a_bucket_is_named_as_a_person_names_it(window, size, expected):
    assert labels(window, size) == expected


def test_a_day_of_a_zone_with_half_hours_is_named_after_itself():
    day = Window(start=utc("2026-10-01T18:00"), end=utc("2026-10-02T18:00"), period="2026-10-02")
    assert labels(day, "day", KOLKATA) == ["2026-10-02"]


@pytest.mark.parametrize(
    ("days", "size"),
    [(1, "hour"), (3, "hour"), (4, "day"), (92, "day"), (93, "week"), (548, "week"), (549, "month"), (3650, "month")],
)
def test_auto_suits_the_length_of_the_window(days, size):
    window = Window(start=utc("2026-01-01"), end=utc("2026-01-01") + timedelta(days=days), period="x")
    assert history.calendar(window, "auto", UTC_ZONE).size == size


@pytest.mark.parametrize(
    ("days", "size", "advice"),
    [
        (30, "hour", "bucket=day"),
        (365, "day", "bucket=week"),
        (2000, "week", "bucket=month"),
        (7000, "month", "ask a shorter"),
    ],
)
def test_more_buckets_than_an_answer_holds_are_refused_with_what_would_do(days, size, advice):
    window = Window(start=utc("2026-01-01"), end=utc("2026-01-01") + timedelta(days=days), period="x")
    with pytest.raises(QuestionError, match=advice):
        history.calendar(window, size, UTC_ZONE)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        ([("2026-10-01", "2026-10-04")], ["yes", "yes", "yes"]),
        ([], ["no", "no", "no"]),
        ([("2026-10-01T06:00", "2026-10-02T06:00")], ["part", "part", "no"]),
        ([("2026-10-01", "2026-10-02"), ("2026-10-03", "2026-10-04")], ["yes", "no", "yes"]),
        ([("2026-10-03T08:00", "2026-10-03T08:00")], ["no", "no", "part"]),
        ([("2026-10-03", "2026-10-03")], ["no", "no", "part"]),
        ([("2026-10-01T06:00", "2026-10-03")], ["part", "yes", "no"]),
    ],
)
def test_what_nobody_observed_is_told_of_each_bucket(seen, expected):
    stretches = [(epoch(first), epoch(last)) for first, last in seen]
    assert history.observed(DAYS, stretches) == expected


def test_a_bucket_that_the_window_cuts_is_a_part():
    cut = DAYS._replace(edges=[utc("2026-10-01T15:00"), utc("2026-10-02"), utc("2026-10-02T15:00")])
    assert history.observed(cut, [(0, epoch("2027-01-01"))]) == ["part", "part"]


def test_a_bucket_without_observation_has_no_figures_unless_it_holds_some():
    track = Track([0, 7, 0], [0, 1, 0], {2: 4})
    told = history.at_least_in_part(["no", "no", "no"], track)
    assert told == ["no", "part", "part"]
    rows = history.buckets(track, DAYS, told)
    assert [(one.request_count, one.error_count) for one in rows] == [(None, None), (7, 1), (0, 0)]


@pytest.mark.parametrize(
    ("span", "slack"),
    [
        (a_span("2026-10-01T12:00", "2026-10-02T12:00"), {0: 5, 1: 5}),
        (a_span("2026-09-30", "2026-10-05"), {0: 5, 1: 5, 2: 5}),
        (a_span("2026-10-01T12:00", "2026-10-02T12:00", bound="lower"), {0: None, 1: None}),
        (a_span("2026-10-02", "2026-10-03", bound="lower"), {1: None}),
    ],
)
def test_a_count_over_an_edge_may_belong_to_each_bucket_that_it_touches(span, slack):
    tracks = history.tracks_of(Series({}, {}, [span]), DAYS)
    assert tracks["key_1"] == Track((0, 0, 0), (0, 0, 0), slack)


def a_cell(hour: int, length: int, key_id: str, requests: int, bound) -> Cell:
    start = epoch("2026-10-01") + hour * 3600
    return Cell(start, start + length * 3600, key_id, "/a", "live", requests, min(requests, 1), start, bound)


bound_words = st.sampled_from(("exact", "exact", "exact", "lower"))
two_keys = st.sampled_from(("key_1", "key_2"))
random_cells = st.lists(
    st.builds(a_cell, st.integers(-10, 60), st.sampled_from((1, 1, 5, 24)), two_keys, st.integers(0, 50), bound_words),
    max_size=12,
)


@given(random_cells)
def test_buckets_and_what_lies_in_none_of_them_sum_to_the_window(some):
    edges = [int(edge.timestamp()) for edge in DAYS.edges]
    tracks = history.tracks_of(cells.series(some, edges), DAYS)
    totals = cells.totals(some, a_window("2026-10-01", "2026-10-04"))
    for key_id, tally in totals.items():
        over = [
            cell.requests
            for cell in some
            if cell.key_id == key_id
            and cell.start >= edges[0]
            and cell.end <= edges[-1]
            and (cell.start - edges[0]) // 86_400 != (cell.end - 1 - edges[0]) // 86_400
        ]
        assert sum(tracks[key_id].requests if key_id in tracks else []) + sum(over) == tally.requests


@given(random_cells)
def test_series_and_sums_of_each_bucket_give_the_same_tracks(some):
    windows = [Window(start=first, end=last, period="x") for first, last in pairwise(DAYS.edges)]
    by_series = history.tracks_of(cells.series(some, [int(edge.timestamp()) for edge in DAYS.edges]), DAYS)
    by_sums = history.tracks_of_totals([cells.totals(some, window) for window in windows])
    empty = Track((0, 0, 0), (0, 0, 0), {})
    for key_id in {*by_series, *by_sums}:
        assert by_series.get(key_id, empty) == by_sums.get(key_id, empty)


def test_tracks_are_added_bucket_by_bucket_and_what_is_unknown_stays_unknown():
    one, other = Track([1, 2], [0, None], {0: 5}), Track([10, 20], [1, 1], {0: None, 1: 3})
    assert history.together([one, other], 2) == Track([11, 22], [1, None], {0: None, 1: 3})
    assert history.together([], 2) == Track([0, 0], [0, 0], {})


def full(*counts: int | None):
    edges = [utc("2026-10-01") + timedelta(days=number) for number in range(len(counts) + 1)]
    told = ["no" if count is None else "yes" for count in counts]
    when = Calendar(edges, "day", UTC_ZONE)
    return history.buckets(Track([count or 0 for count in counts], [0] * len(counts), {}), when, told)


def test_full_buckets_give_mean_highest_lowest_and_how_the_last_compares():
    found = history.standouts(full(10, None, 30, 20, 40), {})
    assert (found.full_buckets, found.mean_per_full_bucket) == (4, 25.0)
    assert found.highest
    assert found.lowest
    assert found.last_full
    assert (found.highest.label, found.lowest.label) == ("2026-10-05", "2026-10-01")
    assert (found.last_full.mean_of_others, found.last_full.change_percent) == (20.0, 100.0)


def test_the_first_of_equal_buckets_is_named_and_two_make_no_trend():
    found = history.standouts(full(7, 7), {})
    assert found.highest == found.lowest
    assert found.highest
    assert found.highest.label == "2026-10-01"
    assert found.last_full is None
    assert history.standouts(full(None), {}) == history.Standouts(0)


def test_a_bucket_that_is_not_exact_is_no_measure():
    found = history.standouts(full(10, 90, 10, 40), {1: 5})
    assert (found.full_buckets, found.mean_per_full_bucket) == (3, 20.0)
    assert history.standouts(full(0, 0, 5), {}).last_full.change_percent is None


def test_an_hour_is_named_by_the_clock_of_the_zone():
    window = Window(start=utc("2026-10-01T23:00"), end=utc("2026-10-02T00:00"), period="x")
    when = history.calendar(window, "hour", ZoneInfo("Asia/Kolkata"))
    (row,) = history.buckets(Track([1], [0], {}), when, ["yes"])
    assert row.label == "2026-10-02 04:30"


def test_a_size_is_proposed_that_fits_to_the_bucket():
    window = Window(start=utc("2026-01-01"), end=utc("2026-07-20"), period="200 days")
    with pytest.raises(QuestionError, match=r"more than 200 hours, more than an answer holds; ask bucket=day,"):
        history.calendar(window, "hour", UTC_ZONE)


@pytest.mark.parametrize(
    ("size", "begins"),
    [("month", ["01-15", "02-01", "03-01"]), ("week", ["01-15", "01-19", "01-26", "02-02"])],
)
def test_a_bucket_begins_where_a_week_or_a_month_does(size, begins):
    when = history.calendar(a_window("2026-01-15", "2026-04-10"), size, UTC_ZONE)
    assert [f"{edge:%m-%d}" for edge in when.edges][: len(begins)] == begins


@pytest.mark.parametrize(("start", "told"), [("2026-01-01", "yes"), ("2026-01-02", "part")])
def test_only_a_bucket_that_begins_with_its_month_is_whole(start, told):
    when = history.calendar(a_window(start, "2026-03-01"), "month", UTC_ZONE)
    assert history.observed(when, [(epoch("2025-01-01"), epoch("2027-01-01"))]) == [told, "yes"]


def test_hours_begin_at_every_full_hour():
    assert labels(a_window("2026-10-01T10:00", "2026-10-01T13:00"), "hour") == [
        "2026-10-01 10:00",
        "2026-10-01 11:00",
        "2026-10-01 12:00",
    ]


@pytest.mark.parametrize(
    ("hours", "size"), [(3 * 24 + 1, "hour"), (3 * 24 + 2, "day"), (92 * 24 + 1, "day"), (92 * 24 + 2, "week")]
)
def test_an_hour_more_makes_no_coarser_buckets_for_a_day_may_have_25(hours, size):
    window = Window(start=utc("2026-01-01"), end=utc("2026-01-01") + timedelta(hours=hours), period="x")
    assert history.calendar(window, "auto", UTC_ZONE).size == size


def test_an_answer_holds_two_hundred_buckets():
    window = Window(start=utc("2026-01-01"), end=utc("2026-01-01") + timedelta(days=200), period="x")
    assert len(history.calendar(window, "day", UTC_ZONE).edges) == 201


@pytest.mark.parametrize(
    ("start", "end", "size"),
    [
        ("2026-10-04T22:00", "2026-10-05T22:00", "day"),
        ("2026-10-04T22:00", "2026-10-11T22:00", "week"),
        ("2026-09-30T22:00", "2026-10-31T23:00", "month"),
        ("2026-10-04T22:00", "2026-10-04T23:00", "hour"),
    ],
)
def test_a_bucket_of_a_zone_is_whole_from_its_own_begin_to_its_end(start, end, size):
    when = history.calendar(a_window(start, end), size, BERLIN)
    assert history.observed(when, [(0, epoch("2027-01-01"))]) == ["yes"]


def test_a_mean_has_one_decimal():
    assert history.standouts(full(10, 15, 15), {}).mean_per_full_bucket == 13.3


def test_the_mean_of_the_other_buckets_has_one_decimal():
    assert history.standouts(full(10, 15, 15, 20), {}).last_full.mean_of_others == 13.3


def test_what_may_have_come_on_top_is_added_up_by_bucket():
    tracks = [Track([1, 1], [0, 0], {0: 5}), Track([1, 1], [0, 0], {0: 3, 1: 2}), Track([0, 0], [0, 0], {1: 4})]
    assert history.together(tracks, 2).slack == {0: 8, 1: 6}
