"""The forecast of EdgeDNS: from counters alone it is a pace, with recorded readings it knows days; budgets, too."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from fake_edgedns import a_body, a_key, dated, fake_edgedns, ok
from test_account_told import a_desk as an_account
from test_recorded import Clock, recorded
from test_recorded_compare import a_desk

from edgedns_mcp.models import AnomalyQuery, Budget, ForecastQuery
from edgedns_mcp.service.anomalies import find_anomalies
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.forecast import forecast_quota

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)


async def forecast(path, readings, **query):
    async with a_desk(path, readings) as desk:
        return await forecast_quota(desk, ForecastQuery(**query))


def daily(days, requests=100):
    """Read the counter each midnight of a month and a part, starting again with each month."""
    moments = [BEGIN + timedelta(days=day) for day in range(days)]
    return [(moment, requests * (moment.day - 1) + 1) for moment in moments]


async def test_one_reading_gives_a_pace_and_says_what_is_missing(tmp_path):
    answer = await forecast(tmp_path / "usage.db", [(datetime(2026, 11, 11, tzinfo=UTC), 1_000)], monthly_quota=2_000)
    assert (answer.method, answer.request_count, answer.projected_count) == ("pace", 1_000, 3_000)
    assert (answer.projected_low, answer.projected_high, answer.window_start) == (None, None, None)
    assert (answer.thresholds[0].state, answer.thresholds[0].on) == ("expected", date(2026, 11, 14))
    assert "at the pace so far it will be 3,000 by the end of 2026-11-30 (150.0%)" in answer.summary
    assert any("run edgedns-mcp record --every 1h" in note for note in answer.notes)


async def test_recorded_readings_make_habits_and_the_counter_says_what_was_used(tmp_path):
    answer = await forecast(tmp_path / "usage.db", daily(42), monthly_quota=4_000)
    assert (answer.method, answer.request_count) == ("habits", 1_001)
    assert answer.projected_low < answer.projected_count < answer.projected_high
    assert 2_900 < answer.projected_count < 3_100
    assert (answer.unobserved_days, answer.estimated_request_count) == (0.0, 0)
    assert [(one.state, one.on) for one in answer.thresholds[:2]] == [
        ("expected", date(2026, 11, 28)),
        ("possible", None),
    ]


async def test_what_was_used_before_recording_began_counts_on_no_day(tmp_path):
    readings = [(datetime(2026, 11, day, tzinfo=UTC), 4_000 + 100 * day) for day in range(8, 17)]
    answer = await forecast(tmp_path / "usage.db", readings, monthly_quota=5_500)
    assert answer.request_count == 5_600
    assert [(one.state, one.on) for one in answer.thresholds] == [
        ("crossed", None),
        ("crossed", None),
        ("crossed", date(2026, 11, 9)),
        ("crossed", date(2026, 11, 14)),
    ]
    assert "70%, 80%, 90% and 100% were crossed, the last on 2026-11-14" in answer.summary


async def test_the_quota_is_what_edgedns_states_and_the_accounts_total_is_what_counts(tmp_path):
    async with an_account(tmp_path / "usage.db") as desk:
        whole, part = [await forecast_quota(desk, ForecastQuery(name_contains=name)) for name in ("", "service")]
        plan = await forecast_quota(replace(desk, plan="pro"), ForecastQuery())
        own = await forecast_quota(replace(desk, monthly_quota=9), ForecastQuery())
    assert (whole.quota, whole.quota_source, plan.quota_source, own.quota_source) == (
        50_000,
        "edgedns",
        "edgedns",
        "setting",
    )
    assert (whole.request_count, part.request_count) == (12_345, 12_000)
    assert (whole.rest.request_count, whole.used_percent) == (345, 24.7)
    (note,) = [note for note in whole.notes if "more requests for the account" in note]
    assert note.startswith("EdgeDNS counted 345 more requests")
    assert note not in part.notes


async def test_a_budget_counts_what_was_used_before_recording_began(tmp_path):
    readings = [(datetime(2026, 11, day, tzinfo=UTC), 4_000 + 100 * day) for day in range(8, 17)]
    async with a_desk(tmp_path / "usage.db", readings) as desk:
        budgeted = replace(desk, budgets=(Budget("", Fraction(6_000)),))
        found = await find_anomalies(budgeted, AnomalyQuery(kind="budget", period="14d"))
        (row,) = (await forecast_quota(budgeted, ForecastQuery())).budgets
    assert {(one.budget_percent, one.start.day) for one in found.findings} == {(70, 8), (80, 8), (90, 13)}
    assert (row.request_count, row.used_percent) == (5_600, 93.3)
    assert [(one.percent, one.on) for one in row.thresholds] == [
        (70, None),
        (80, None),
        (90, date(2026, 11, 13)),
        (100, row.thresholds[3].on),
    ]


def stated(start, end):
    return {"period": {"start": f"{start}T00:00:00Z", "end": end if "T" in end else f"{end}T00:00:00Z"}}


@pytest.mark.parametrize(
    ("end", "last"),
    [("2026-12-15", 15), ("2026-12-14T23:59:59Z", 15), ("2026-11-24T12:00:00Z", 15)],
    ids=["to the end", "to its last second", "so far"],
)
async def test_the_billing_period_is_the_one_that_edgedns_states(tmp_path, end, last):
    readings = [(datetime(2026, 11, 15 + day, 12, tzinfo=UTC), 50 + 100 * day) for day in range(10)]
    async with a_desk(tmp_path / "usage.db", readings, **stated("2026-11-15", end)) as desk:
        budgeted = replace(desk, budgets=(Budget("", Fraction(1_000)),))
        answer = await forecast_quota(budgeted, ForecastQuery(monthly_quota=4_000))
        found = await find_anomalies(budgeted, AnomalyQuery(kind="budget", period="14d"))
    assert (answer.period_start, answer.period_end) == (
        datetime(2026, 11, 15, tzinfo=UTC),
        datetime(2026, 12, last, tzinfo=UTC),
    )
    assert (answer.request_count, answer.unobserved_days, answer.estimated_request_count) == (950, 0.0, 0)
    assert 2_900 < answer.projected_count < 3_100
    (note,) = [note for note in answer.notes if "EDGEDNS_BILLING_DAY" in note]
    assert note == (
        "EdgeDNS states that its billing period began on 2026-11-15, so it is taken to begin there and not on "
        "EDGEDNS_BILLING_DAY=1; set EDGEDNS_BILLING_DAY=15, by which other questions go."
    )
    days = {one.percent: one.on for one in answer.budgets[0].thresholds if one.state == "crossed"}
    assert {one.budget_percent: one.start.date() for one in found.findings} == days
    assert sorted(days) == [70, 80, 90]


@pytest.mark.parametrize(
    ("zone", "last"),
    [("UTC", 30), ("Europe/Berlin", 30), ("America/Los_Angeles", 30), ("Asia/Kolkata", 30), ("Pacific/Auckland", 1)],
)
async def test_dates_that_agree_with_the_setting_need_no_word_and_make_the_period_in_any_zone(tmp_path, zone, last):
    readings = [(datetime(2026, 11, 1 + day, 12, tzinfo=UTC), 50 + 100 * day) for day in range(20)]
    async with a_desk(tmp_path / "usage.db", readings, **stated("2026-11-01", "2026-12-01")) as desk:
        answer = await forecast_quota(replace(desk, zone=ZoneInfo(zone)), ForecastQuery(monthly_quota=2_500))
    assert not [note for note in answer.notes if "EDGEDNS_BILLING_DAY" in note]
    assert (answer.period_end, answer.request_count) == (datetime(2026, 12, 1, tzinfo=UTC), 1_950)
    assert f"by the end of 2026-{11 if last == 30 else 12}-{last:02}" in answer.summary
    assert 2_950 < answer.projected_count < 3_050
    assert [(one.state, one.on and one.on.day in (20, 21)) for one in answer.thresholds][:2] == [
        ("crossed", False),
        ("expected", True),
    ]


async def test_a_counter_has_no_gaps_whether_or_not_it_states_dates(tmp_path):
    clock = Clock(datetime(2026, 11, 8, tzinfo=UTC))
    dates = [{}, *[stated("2026-11-01", "2026-12-01")] * 5]
    bodies = [ok(a_body(a_key(requests=100 * (7 + day)), **said)) for day, said in enumerate(dates)]
    async with fake_edgedns(*bodies) as up, recorded(up.url, tmp_path / "usage.db", clock) as source:
        for _ in bodies:
            await source.record(timedelta())
            clock.passes(days=1)
        answer = await forecast_quota(Desk(source, clock, ZoneInfo("UTC"), 1, 60), ForecastQuery())
    assert (answer.window_start, answer.request_count) == (answer.period_start, 1_200)
    assert (answer.unobserved_days, answer.estimated_request_count) == (0.0, 0)


async def test_what_edgedns_counts_beyond_its_keys_counts_towards_a_budget_wherever_it_is_asked(tmp_path):
    clock = Clock(datetime(2026, 11, 10, 9, 30, tzinfo=UTC))
    bodies = [ok(a_body(a_key(requests=requests))) for requests in (12_000, 12_100)]
    told = {"keys": [ok([dated()])], "usage": [ok({"total_requests": total}) for total in (12_400, 12_500)]}
    async with fake_edgedns(*bodies, **told) as up, recorded(up.url, tmp_path / "usage.db", clock) as source:
        for _ in bodies:
            await source.record(timedelta())
            clock.passes(days=1)
        budgets = (Budget("", Fraction(13_000), (94, 95, 97)),)
        desk = Desk(source, clock, ZoneInfo("UTC"), 1, 60, budgets=budgets)
        (row,) = (await forecast_quota(desk, ForecastQuery())).budgets
        found = await find_anomalies(desk, AnomalyQuery(kind="budget"))
    assert row.request_count == 12_500
    assert [one.percent for one in row.thresholds if one.state == "crossed"] == [94, 95]
    assert {one.budget_percent for one in found.findings} == {94, 95}


async def test_what_came_after_a_window_is_not_taken_for_what_came_before_it(tmp_path):
    readings = [(datetime(2026, 11, day, tzinfo=UTC), 100 * day) for day in range(8, 23)]
    async with a_desk(tmp_path / "usage.db", readings) as desk:
        budgeted = replace(desk, budgets=(Budget("", Fraction(2_000)),))
        past, now = [
            await find_anomalies(budgeted, AnomalyQuery(kind="budget", period=period))
            for period in ("2026-11-08..2026-11-12", "current")
        ]
    assert past.findings == ()
    assert {one.budget_percent: one.start.day for one in now.findings} == {70: 13, 80: 15, 90: 17, 100: 19}
