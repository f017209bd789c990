"""The forecast of EdgeDNS: from counters alone it is a pace, with recorded readings it knows days; budgets, too."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

from test_account_told import a_desk as an_account
from test_recorded_compare import a_desk

from edgedns_mcp.models import AnomalyQuery, Budget, ForecastQuery
from edgedns_mcp.service.anomalies import find_anomalies
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
