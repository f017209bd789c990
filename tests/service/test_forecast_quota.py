"""What forecast_quota says: of the demo, of quotas, gaps, short histories, other zones, unknown and revoked keys."""

import asyncio
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from faces import NOW as DEMO_NOW
from faces import a_desk

from edgedns_mcp.errors import NoDataError, QuestionError
from edgedns_mcp.models import Cell, ForecastQuery, Key, UsageQuery
from edgedns_mcp.render.forecast import forecast_words
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.forecast import forecast_quota
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.keys import put_keys

NOW = datetime(2026, 11, 16, 12, 30, tzinfo=UTC)
ALPHA, BETA = (Key(key_id=f"id_{name}", name=f"{name}-api", environment="live") for name in ("alpha", "beta"))


def of_demo(as_of=DEMO_NOW, **query):
    return asyncio.run(forecast_quota(a_desk(as_of=as_of), ForecastQuery(**query)))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def daily(first: str, days: int, requests=240, key="id_alpha"):
    """Give the same number of requests each day, one hour's share in each hour."""
    begin = at(first)
    return [
        Cell(hour, hour + 3600, key, "/v1/whois", "unknown", requests // 24, 0, hour)
        for hour in range(begin, begin + days * 86_400, 3600)
        if hour < NOW.timestamp() - 1800
    ]


@pytest.fixture
def asked(tmp_path):
    """Ask about an organisation with these cells, observed in these stretches."""

    def ask(some, *observed, zone="UTC", keys=(ALPHA, BETA), now=NOW, billing_day=1, query=None, **desk):
        path = tmp_path / "usage.db"
        database = Database.open(path)

        def fill(tx):
            account = accounts.made(tx, "local")
            put_keys(account, keys)
            cells.apply(account, some)
            for first, last in observed or (("2026-09-01", "2026-11-16T12:00"),):
                coverage.observe(account, "test", at(first), at(last))

        database.write(fill)
        database.close()
        source = LocalSource(path, now=lambda: now, because="a test")
        desk = Desk(source, lambda: now, ZoneInfo(zone), billing_day, 60, **desk)
        answer = asyncio.run(forecast_quota(desk, ForecastQuery(**(query or {}))))
        asyncio.run(source.aclose())
        return answer

    return ask


STEADY = daily("2026-09-01", 77)


def test_the_sentence_says_what_was_used_where_it_ends_and_when_thresholds_are_crossed():
    assert of_demo().summary == (
        "DEMO: 285,311 requests from 2026-11-01 to 2026-11-22 15:00 UTC, 57.1% of the quota of 500,000; 386,240 are "
        "expected by the end of 2026-11-30 (77.2%), between 368,756 and 420,866. 70% is expected on 2026-11-27 "
        "(between 2026-11-26 and 2026-11-29); 80% (on 2026-11-29 at the earliest) only if use rises; 90% and 100% are "
        "not expected in this period. payments-fraud (live) drives it most, with 58,878 (15.2%); if it stopped now, "
        "369,760 (74.0%) would be expected in all."
    )


def test_what_was_used_is_what_usage_by_key_counts_with_revoked_keys():
    usage = asyncio.run(usage_by_key(a_desk(), UsageQuery()))
    assert usage.unattributed is not None
    assert of_demo().request_count == usage.totals.request_count + usage.unattributed.request_count


@pytest.mark.parametrize("query", [{}, {"limit": 100}, {"team": "growth"}, {"environment": "test", "limit": 2}])
def test_keys_and_rest_sum_to_all(query):
    answer = of_demo(**query)
    for field in ("request_count", "projected_count"):
        listed = sum(getattr(one, field) for one in answer.drivers)
        assert listed + getattr(answer.rest, field) == getattr(answer, field)
    assert len(answer.drivers) + answer.rest.keys == answer.keys
    for one in answer.drivers:
        assert one.request_count <= one.projected_low <= one.projected_count <= one.projected_high
        assert one.without_count == answer.projected_count - (one.projected_count - one.request_count)


def test_a_revoked_key_keeps_what_it_used_and_uses_no_more():
    (revoked,) = [one for one in of_demo(limit=100).drivers if one.key_id == "key_bf35d0"]
    assert revoked.request_count == revoked.projected_low == revoked.projected_high > 0


def test_a_steady_organisation_ends_where_it_must(asked):
    answer = asked(STEADY, query={"monthly_quota": 7_000})
    assert (answer.request_count, answer.projected_count, answer.pace_count) == (15 * 240 + 120, 7_200, 7_200)
    assert answer.projected_low < 7_200 < answer.projected_high < 7_200 * 1.4
    assert (answer.quota, answer.quota_source, answer.used_percent, answer.projected_percent) == (
        7_000,
        "argument",
        53.1,
        102.9,
    )
    assert [(one.percent, one.state, one.on) for one in answer.thresholds] == [
        (70, "expected", date(2026, 11, 21)),
        (80, "expected", date(2026, 11, 24)),
        (90, "expected", date(2026, 11, 27)),
        (100, "expected", date(2026, 11, 30)),
    ]
    assert (answer.method, answer.history_days, answer.days_left, answer.notes) == ("habits", 76, 14.5, ())


def test_a_threshold_is_crossed_on_the_day_it_was(asked):
    answer = asked(STEADY, query={"monthly_quota": 4_000})
    assert [(one.state, one.on) for one in answer.thresholds] == [
        ("crossed", date(2026, 11, 12)),
        ("crossed", date(2026, 11, 14)),
        ("crossed", date(2026, 11, 15)),
        ("expected", date(2026, 11, 17)),
    ]
    assert "70%, 80% and 90% were crossed, the last on 2026-11-15" in answer.summary


def test_the_hours_of_a_day_are_those_that_history_shows(asked):
    mornings = [
        Cell(start, start + 3600, "id_alpha", "/v1", "live", 240, 0, start)
        for start in range(at("2026-09-01T08:00"), at("2026-11-16T12:00"), 86_400)
    ]
    assert asked(mornings).projected_count == 30 * 240


def test_the_quota_comes_from_the_argument_the_settings_the_plan_or_nowhere(asked):
    both = {"monthly_quota": 9_000, "plan": "developer"}
    given = asked([], query={"monthly_quota": 8_000}, **both)
    assert (given.quota, given.quota_source) == (8_000, "argument")
    assert (asked([], **both).quota, asked([], **both).quota_source) == (9_000, "setting")
    plan = asked([], plan="developer")
    assert (plan.quota, plan.quota_source) == (50_000, "plan")
    none = asked(STEADY)
    assert (none.quota, none.quota_source, none.thresholds, none.used_percent) == (None, "none", (), None)
    assert "No quota is known, so there are no thresholds." in none.summary
    assert "set EDGEDNS_MONTHLY_QUOTA" in forecast_words(none)


def test_a_quota_is_that_of_the_whole_account(asked):
    answer = asked(STEADY, plan="free", query={"name_contains": "alpha"})
    assert "The quota is that of the whole account; only the selected keys are held against it here." in answer.notes


def test_days_that_nobody_observed_are_assumed_and_told(asked):
    some = [cell for cell in STEADY if not at("2026-11-05") <= cell.start < at("2026-11-07")]
    answer = asked(some, ("2026-09-01", "2026-11-05"), ("2026-11-07", "2026-11-16T12:00"))
    assert (answer.unobserved_days, answer.estimated_request_count) == (2.0, 480)
    assert (answer.request_count, answer.projected_count) == (13 * 240 + 120, 7_200)
    assert "Of this period, 2.0 days so far were not observed; 480 requests are assumed for them." in answer.summary


def test_a_pause_in_the_figures_is_no_pause_in_use(asked):
    some = [cell for cell in STEADY if cell.start < at("2026-11-10")]
    answer = asked(some, ("2026-09-01", "2026-11-10"))
    assert (answer.request_count, answer.projected_count, answer.days_left) == (9 * 240, 7_200, 21.0)
    assert "Figures end at 2026-11-10 00:00 UTC already." in answer.summary


def test_a_pace_tells_what_it_would_cross_and_that_it_cannot_tell_whether(asked):
    one_day = daily("2026-11-15", 2), ("2026-11-15", "2026-11-16T12:00")
    open_question = "So few days cannot tell whether 70%, 80%, 90% and 100% will be crossed; at the pace so far "
    far = asked(*one_day, query={"monthly_quota": 20_000})
    near = asked(*one_day, query={"monthly_quota": 8_000})
    assert (far.method, near.method) == ("pace", "pace")
    assert f"{open_question}none of them would be in this period." in far.summary
    assert f"{open_question}70% would be crossed on " in near.summary
    assert "not expected" not in far.summary + near.summary


def test_with_two_days_there_is_a_pace_and_no_range(asked):
    answer = asked(daily("2026-11-14", 3), ("2026-11-14", "2026-11-16T12:00"), query={"monthly_quota": 6_000})
    assert (answer.method, answer.projected_count, answer.projected_low, answer.projected_high) == (
        "pace",
        7_200,
        None,
        None,
    )
    assert {one.earliest for one in answer.thresholds} == {None}
    assert "at the pace so far it will be 7,200 by the end of 2026-11-30" in answer.summary
    assert any("without weekdays and without a range" in note for note in answer.notes)
    assert answer.drivers[0].projected_count == 7_200


def test_with_some_hours_nothing_is_projected(asked):
    answer = asked(daily("2026-11-16", 1), ("2026-11-16", "2026-11-16T12:00"), query={"monthly_quota": 6_000})
    assert (answer.method, answer.projected_count, answer.pace_count, answer.request_count) == ("none", None, None, 120)
    assert "too little is known to say where 2026-11-30 ends" in answer.summary
    assert answer.drivers[0].without_count is None


@pytest.mark.parametrize(("days", "notes"), [(7, 3), (20, 1), (30, 0)])
def test_what_a_short_history_cannot_tell_is_said(asked, days, notes):
    first = (NOW - timedelta(days=days)).date().isoformat()
    answer = asked(daily(first, days + 1), (first, "2026-11-16T12:00"))
    assert answer.method == "habits"
    assert len(answer.notes) - 1 == notes  # beside the one on quotas


def test_the_first_hour_of_a_period_is_answered_from_history(asked):
    some = [cell for cell in STEADY if cell.start < at("2026-11-01")]
    answer = asked(some, ("2026-09-01", "2026-11-01"), now=datetime(2026, 11, 1, 0, 20, tzinfo=UTC))
    assert (answer.request_count, answer.projected_count) == (0, 7_200)
    assert "0 requests in a billing period that has just begun; 7,200 are expected" in answer.summary


def test_the_billing_day_and_the_zone_make_the_period(asked):
    answer = asked(STEADY, zone="Europe/Berlin", billing_day=10)
    assert (answer.period_start, answer.period_end) == (
        datetime(2026, 11, 9, 23, tzinfo=UTC),
        datetime(2026, 12, 9, 23, tzinfo=UTC),
    )
    assert (answer.request_count, round(answer.projected_count, -1)) == (6 * 240 + 13 * 10, 7_200)
    assert "expected by the end of 2026-12-09" in answer.summary


def test_use_of_nobody_known_counts_towards_the_quota(asked):
    answer = asked([*STEADY, *daily("2026-09-01", 77, 24, key="stranger"), *daily("2026-09-01", 77, 24, key="")])
    assert (answer.request_count, answer.projected_count) == (15 * 288 + 144, 30 * 288)
    assert (answer.rest.keys, answer.rest.projected_count) == (1, 30 * 48)


def test_a_successor_goes_on_where_its_predecessor_stopped(asked):
    old = ALPHA._replace(replaced_by="id_beta", revoked_at=datetime(2026, 11, 13, tzinfo=UTC))
    some = [*(cell for cell in STEADY if cell.start < at("2026-11-13")), *daily("2026-11-13", 4, key="id_beta")]
    answer = asked(some, keys=(old, BETA))
    assert (answer.projected_count, answer.drivers[0].key_id) == (7_200, "id_beta")


def test_counts_of_whole_days_are_learnt_from_as_hours_are(asked):
    some = [
        Cell(day, day + 86_400, "id_alpha", "", "unknown", 240, 0, day)
        for day in range(at("2026-09-01"), at("2026-11-16"), 86_400)
    ]
    answer = asked(some, ("2026-09-01", "2026-11-16"), zone="Europe/Berlin")
    assert 7_000 < answer.projected_count < 7_400
    assert answer.bounds is not None


def test_months_end_is_seen(asked):
    some = [
        Cell(day, day + 3600, "id_alpha", "", "unknown", 2_400 if _ends_month(day) else 240, 0, day)
        for day in range(at("2026-09-01"), at("2026-11-16"), 86_400)
    ]
    answer = asked(some, ("2026-09-01", "2026-11-16"))
    assert answer.month_end_factor is not None
    assert answer.projected_count > 28 * 240 + 2 * 1_500


def _ends_month(day: int) -> bool:
    return (datetime.fromtimestamp(day, UTC) + timedelta(days=2)).day <= 2


def test_no_key_and_no_use_are_told(asked):
    assert asked([], query={"name_contains": "zzz"}).summary == (
        "Among keys with 'zzz' in their name: no key that lived in this billing period matches."
    )
    idle = asked([])
    assert (idle.projected_count, idle.projected_high, idle.drivers) == (0, 0, ())
    with pytest.raises(QuestionError, match="There is no team 'nope'; the teams are alpha, beta"):
        asked([], query={"team": "nope"})


def test_figures_that_end_before_the_period_are_refused(asked):
    with pytest.raises(NoDataError, match="There is no data for current"):
        asked(daily("2026-09-01", 30), ("2026-09-01", "2026-10-01"))


def test_many_keys_are_shortened_to_fit(asked):
    keys = [Key(key_id=f"id_{number}", name=f"{'n' * 90}{number}") for number in range(400)]
    some = [cell for key in keys for cell in daily("2026-11-10", 1, 240, key=key.key_id)]
    answer = asked(some, keys=keys, query={"limit": 100})
    assert max(len(forecast_words(answer)), len(answer.model_dump_json())) <= 40_000
    assert answer.rest.keys + len(answer.drivers) == 400
    assert sum(one.request_count for one in answer.drivers) + answer.rest.request_count == answer.request_count
