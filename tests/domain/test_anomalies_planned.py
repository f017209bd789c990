"""Planned buckets are to a search as if nobody had observed them: neither found nor learnt from."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from anomaly_builders import a_search

from edgedns_mcp.domain.anomalies import misplaced, tested
from edgedns_mcp.domain.anomalies.baseline import DAILY
from edgedns_mcp.domain.anomalies.buckets import Figures, watched_keys
from edgedns_mcp.domain.anomalies.watched import Gap, Watched, calendar_of
from edgedns_mcp.models import Cell, Key, Plan, Series

UTC_ZONE = ZoneInfo("UTC")
BEGIN = datetime(2026, 6, 1, tzinfo=UTC)
DAYS, DAY_S = 100, 86_400
EDGES = [int(BEGIN.timestamp()) + DAY_S * day for day in range(DAYS + 1)]
LAST = DAYS - 1


def usual(some=None, seed=1):
    draw = Random(seed)
    counts = [max(round(100 * draw.gauss(1, 0.1)), 1) for _ in range(DAYS)]
    return [(some or {}).get(day, count) for day, count in enumerate(counts)]


def a_key(counts, planned=(), errors=None, **more):
    starts = [BEGIN + timedelta(days=day) for day in range(DAYS)]
    calendar = calendar_of(starts, UTC_ZONE, DAILY, [True] * DAYS)
    born = next(at for at, count in enumerate(counts) if count)
    failed = [(errors or {}).get(day, 1) for day in range(DAYS)]
    more = {"key_id": "key_1", "team": "payments", **more}
    return Watched(counts=counts, errors=failed, born=born, calendar=calendar, planned=frozenset(planned), **more)


def found(key, kind, *others, first=60):
    search = a_search(key, *others)
    return [(one.first, one.last) for one in search.flagged(key, [kind], first, DAYS)]


def test_a_planned_spike_is_neither_found_nor_a_record():
    twice = {80: 5_000, 95: 5_000}
    assert found(a_key(usual(twice)), "spike") == [(80, 80), (95, 95)]
    assert found(a_key(usual(twice), planned=[80]), "spike") == [(95, 95)]
    assert found(a_key(usual(twice), planned=[80, 95]), "spike") == []


def test_planned_weeks_of_more_use_do_not_become_the_usual():
    tests = range(50, 95)
    counts = usual(dict.fromkeys(tests, 5_000) | {97: 1_000})
    assert (97, 97) not in found(a_key(counts), "spike")
    assert found(a_key(counts, planned=tests), "spike") == [(97, 97)]


def test_days_counted_together_are_planned_where_a_plan_touches_them():
    counts = [None if 80 <= day <= 83 else count for day, count in enumerate(usual())]
    gaps = (Gap(80, 83, 50_000),)
    assert found(a_key(counts, gaps=gaps), "spike") == [(80, 83)]
    assert found(a_key(counts, planned=[83], gaps=gaps), "spike") == []


def test_a_peer_in_its_load_test_says_nothing_about_the_team():
    key = a_key(usual({95: 350}))
    peers = {
        planned: [a_key(usual({95: 300}, seed), planned, key_id=f"peer_{seed}") for seed in (2, 3, 4)]
        for planned in ((), (95,))
    }
    assert found(key, "spike", *peers[()]) == []
    assert found(key, "spike", *peers[95,]) == [(95, 95)]


def test_planned_errors_are_neither_found_nor_usual():
    twice = {80: 60, 95: 60}
    assert found(a_key(usual(), errors=twice), "error_burst") == [(80, 80)]  # the second is no more than the record
    assert found(a_key(usual(), planned=[80], errors=twice), "error_burst") == [(95, 95)]
    assert found(a_key(usual(), planned=[80, 95], errors=twice), "error_burst") == []


def test_a_planned_waking_is_not_found_but_use_that_goes_on_is():
    asleep = dict.fromkeys(range(40, 90), 0)
    assert found(a_key(usual(asleep)), "dormant") == [(90, 93)]
    assert found(a_key(usual(asleep), planned=range(90, 95)), "dormant") == [(95, 98)]
    assert found(a_key(usual(asleep | dict.fromkeys(range(95, 100), 0)), planned=range(90, 95)), "dormant") == []


def test_a_planned_holiday_is_no_sleep():
    away = range(40, 90)
    assert found(a_key(usual(dict.fromkeys(away, 0)), planned=away), "dormant") == []


def test_a_planned_silence_is_not_found_but_one_that_outlasts_its_plan_is():
    silent = dict.fromkeys(range(85, 100), 0)
    assert found(a_key(usual(silent)), "silence")[0] == (85, 99)
    assert found(a_key(usual(silent), planned=range(85, 100)), "silence") == []
    assert found(a_key(usual(silent), planned=range(85, 92)), "silence")[0] == (92, 99)


def test_endpoints_of_a_planned_time_are_no_shift_and_not_known_after_it():
    def cell(day, path):
        return Cell(EDGES[day], EDGES[day] + 3600, "key_1", path, "live", 100, 0, None)

    cells = [cell(day, "/usual") for day in range(90, 100)] + [cell(day, "/new") for day in (91, 99)]

    def days(planned):
        left = misplaced.unplanned(cells, planned, EDGES)
        return [one.at for one in misplaced.on_new_endpoints(left, ["/usual"], EDGES, 90)]

    assert days(()) == [91]
    assert days({91}) == [99]
    assert days({91, 99}) == []


def test_a_key_planned_for_all_of_the_window_was_not_tested_but_for_its_environment():
    key = a_key(usual(), planned=range(90, 100))
    reach = tested.Reach(
        a_search(key),
        {"key_1": Key(key_id="key_1", name="a", environment="live")},
        90,
        {"environment": ["key_1"], "endpoint_shift": ["key_1"]},
    )
    said = {
        one.kind: one.why for one in tested.tested(reach, ["spike", "error_burst", "silence", "environment"], ["key_1"])
    }
    assert said == dict.fromkeys(said, "1 planned for all of the window") | {"environment": ""}


@pytest.mark.parametrize(
    ("plan", "planned"),
    [
        (Plan(EDGES[10], EDGES[12]), {"key_1": {10, 11}, "key_2": {10, 11}}),
        (Plan(EDGES[10] + 1, EDGES[12] + 1), {"key_1": {10, 11, 12}, "key_2": {10, 11, 12}}),
        (Plan(EDGES[10], EDGES[11], "payments"), {"key_1": {10}, "key_2": set()}),
        (Plan(EDGES[10], EDGES[11], "key_2"), {"key_1": set(), "key_2": {10}}),
        (Plan(EDGES[10], EDGES[11], "nobody"), {"key_1": set(), "key_2": set()}),
        (Plan(0, EDGES[1]), {"key_1": {0}, "key_2": {0}}),
        (Plan(EDGES[99], EDGES[-1] * 2), {"key_1": {99}, "key_2": {99}}),
        (Plan(0, EDGES[0]), {"key_1": set(), "key_2": set()}),
        (Plan(EDGES[-1], EDGES[-1] * 2), {"key_1": set(), "key_2": set()}),
    ],
)
def test_a_plan_holds_for_the_buckets_it_touches_and_the_keys_it_names(plan, planned):
    keys = [Key(key_id="key_1", name="a", team="payments"), Key(key_id="key_2", name="b", team="growth")]
    figures = Figures(EDGES, Series({}, {}, ()), [(EDGES[0], EDGES[-1] - 1)], UTC_ZONE, DAILY)
    teams = {"key_1": "payments", "key_2": "growth"}
    assert {key_id: {*one.planned} for key_id, one in watched_keys(keys, figures, teams, [plan]).items()} == planned
