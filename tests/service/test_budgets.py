"""Budgets of edgedns.toml: how each stands in forecast_quota, and each threshold reached as a finding."""

import asyncio
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from faces import NOW, a_desk

from edgedns_mcp.domain import budgets
from edgedns_mcp.errors import NoDataError
from edgedns_mcp.models import SEVERITY, AnomalyQuery, Budget, Cell, ForecastQuery, Key
from edgedns_mcp.render.findings import anomaly_words
from edgedns_mcp.render.forecast import forecast_words
from edgedns_mcp.service.anomalies import find_anomalies, is_at_least
from edgedns_mcp.service.desk import Desk, open_desk
from edgedns_mcp.service.forecast import forecast_quota
from edgedns_mcp.settings import load
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.keys import put_keys

GROWTH = '[[budget]]\nwho = "Growth"\nrequests = 30_000\n'
FRAUD = '[[budget]]\nwho = "key_562be1"\namount = "60.00"\nunit_price = "1.20/1000"\nthresholds = [50, 80, 100]\n'
ALL = "[[budget]]\nrequests = 400_000\n"
NOBODY = '[[budget]]\nwho = "growht"\nrequests = 5\n'


@pytest.fixture
def desk(tmp_path):
    def described(text, as_of=NOW):
        path = tmp_path / "edgedns.toml"
        path.write_text(text)
        told = open_desk(load(source="demo", as_of=as_of, config=path))
        return replace(told, source=a_desk(as_of=as_of).source, deadline_s=60)

    return described


@pytest.fixture
def forecast(desk):
    return lambda text, as_of=NOW, **query: asyncio.run(forecast_quota(desk(text, as_of), ForecastQuery(**query)))


@pytest.fixture
def findings(desk):
    def asked(text, as_of=NOW, **query):
        query = AnomalyQuery(**{"kind": "budget", "limit": 100, **query})
        return asyncio.run(find_anomalies(desk(text, as_of), query))

    return asked


def test_each_budget_tells_use_projection_and_the_days_of_its_thresholds(forecast):
    growth, fraud, whole = forecast(GROWTH + FRAUD + ALL).budgets
    assert (growth.who, growth.kind, growth.key_id) == ("growth", "team", None)
    assert (growth.request_count, growth.budget_count, growth.used_percent) == (39_043, 30_000, 130.1)
    assert [(one.percent, one.state, one.on) for one in growth.thresholds] == [
        (70, "crossed", date(2026, 11, 19)),
        (80, "crossed", date(2026, 11, 20)),
        (90, "crossed", date(2026, 11, 20)),
        (100, "crossed", date(2026, 11, 20)),
    ]
    assert (fraud.who, fraud.kind, fraud.key_id) == ("payments-fraud", "key", "key_562be1")
    assert (fraud.budget_count, fraud.amount, fraud.used_amount, fraud.currency) == (50_000, "60.00", "50.88", "EUR")
    assert [(one.percent, one.state) for one in fraud.thresholds] == [
        (50, "crossed"),
        (80, "crossed"),
        (100, "expected"),
    ]
    assert (whole.kind, whole.request_count, whole.amount) == ("all", 285_311, None)


def test_a_budget_ends_where_its_keys_end(forecast):
    (growth,) = forecast(GROWTH).budgets
    team = forecast("", team="growth")
    assert (growth.request_count, growth.projected_count, growth.projected_high) == (
        team.request_count,
        team.projected_count,
        team.projected_high,
    )


def test_the_sentence_names_the_budgets_that_matter_and_counts_the_others(forecast):
    said = forecast(GROWTH + ALL.replace("400_000", "9_000_000")).summary
    assert (
        "Budgets: team growth 130.1% of 30,000 used, 100% was crossed on 2026-11-20; 1 other budget keeps within its "
        "thresholds."
    ) in said
    assert "1 budget keeps within all thresholds." in forecast(ALL.replace("400_000", "9_000_000")).summary


def test_filters_show_the_budgets_of_those_who_are_asked_about(forecast):
    text = GROWTH + FRAUD + ALL
    assert [one.kind for one in forecast(text, team="growth").budgets] == ["team"]
    assert [one.kind for one in forecast(text, name_contains="payments-fraud").budgets] == ["key"]


def test_a_budget_of_nobody_is_told_alike_and_not_taken_as_0(forecast, findings):
    answer, found = forecast(NOBODY), findings(NOBODY)
    note = "The budget of growht in edgedns.toml is of no key and no team here, so no use is held against it."
    assert (answer.budgets, note in answer.notes, note in forecast_words(answer)) == ((), True, True)
    assert note in found.notes


def test_a_key_that_was_revoked_earlier_is_somebody_for_both(tmp_path):
    path, now = tmp_path / "usage.db", datetime(2026, 11, 22, 15, tzinfo=UTC)
    old = Key(key_id="old", name="old", revoked_at=datetime(2026, 10, 9, tzinfo=UTC))
    hours = range(int(datetime(2026, 10, 1, tzinfo=UTC).timestamp()), int(now.timestamp()), 3600)

    def fill(tx):
        account = accounts.made(tx, "local")
        put_keys(account, [old, Key(key_id="new", name="new")])
        cells.apply(account, [Cell(hour, hour + 3600, "new", "/v1", "live", 10, 0, hour) for hour in hours])
        coverage.observe(account, "test", hours.start, hours.stop)

    with closing(Database.open(path)) as database:
        database.write(fill)
    told = open_desk(load(source="local", database=path, as_of=now.isoformat()))
    told = replace(told, deadline_s=60, budgets=(Budget("old", Fraction(50)),))
    (row,) = asyncio.run(forecast_quota(told, ForecastQuery())).budgets
    assert (row.key_id, row.request_count, row.projected_count, row.thresholds[0].state) == (
        "old",
        0,
        0,
        "not_expected",
    )
    found = asyncio.run(find_anomalies(told, AnomalyQuery(kind="budget", period="30d")))
    assert (found.findings, [note for note in found.notes if "no key and no team" in note]) == ((), [])


@pytest.mark.parametrize(
    "query", [{"environment": "test"}, {"environment": "live"}, {"team": "growth"}, {"name_contains": "a"}]
)
def test_filters_choose_the_same_budgets_for_both(forecast, findings, query):
    every = {(one.who, one.kind) for one in forecast(GROWTH + FRAUD + ALL, **query).budgets}
    found = {one.name for one in findings(GROWTH + FRAUD + ALL, period="current", **query).findings}
    assert found <= {who for who, _ in every}
    assert {kind for _, kind in every} <= {"team", "key"}


@pytest.mark.parametrize("bucket", ["day", "hour"])
def test_each_threshold_reached_in_the_window_is_one_finding(findings, bucket):
    report = findings(GROWTH, bucket=bucket)
    found = {one.budget_percent: one for one in report.findings}
    assert [*sorted(found)] == [70, 80, 90, 100]
    assert {percent: one.start.date() for percent, one in found.items()} == {
        70: date(2026, 11, 19),
        80: date(2026, 11, 20),
        90: date(2026, 11, 20),
        100: date(2026, 11, 20),
    }
    assert {percent: one.severity for percent, one in found.items()} == {
        70: "medium",
        80: "medium",
        90: "high",
        100: "high",
    }
    assert (found[70].key_id, found[70].name, found[70].team, found[70].budget) == (
        "",
        "growth",
        "growth",
        "30000 requests",
    )
    assert all(one.request_count >= 300 * one.budget_percent for one in report.findings)


def test_a_finding_has_the_same_id_whenever_and_by_whichever_bucket_it_is_asked(findings):
    ids = {one.finding_id for one in findings(GROWTH).findings}
    assert {one.finding_id for one in findings(GROWTH, bucket="hour").findings} == ids
    assert {one.finding_id for one in findings(GROWTH, period="30d").findings} == ids
    assert {one.finding_id for one in findings(GROWTH.replace("30_000", "30_001")).findings}.isdisjoint(ids)


def test_hours_say_when_a_day_was_too_coarse(findings):
    day, hour = (findings(GROWTH, bucket=bucket, period="2026-11-20").findings for bucket in ("day", "hour"))
    assert "reached 90 % on Fri 2026-11-20: 38663 requests since" in _by(90, day).what
    assert "reached 90 % in the hour from Fri 2026-11-20 05:00: 27341 requests since" in _by(90, hour).what
    assert _by(90, hour).next_step == (
        "Ask team growth whether the rest of the month needs more; forecast_quota says where it ends."
    )


def _by(percent, rows):
    return next(one for one in rows if one.budget_percent == percent)


def test_a_window_holds_only_what_was_reached_in_it_in_its_own_billing_period(findings):
    assert findings(GROWTH, period="2026-11-21..2026-11-22").findings == ()
    both = findings(ALL.replace("400_000", "350_000"), period="2026-10-01..2026-11-22").findings
    assert [(one.budget_percent, one.start.month) for one in sorted(both, key=lambda one: one.start)] == [
        (70, 10),
        (80, 10),
        (90, 10),
        (100, 10),
        (70, 11),
        (80, 11),
    ]
    assert len({one.finding_id for one in both}) == len(both)


def test_keys_and_teams_choose_their_budgets(findings):
    text = GROWTH + FRAUD + ALL
    assert {one.name for one in findings(text).findings} == {"growth", "payments-fraud", "all keys"}
    assert {one.name for one in findings(text, team="growth").findings} == {"growth"}
    assert {one.name for one in findings(text, key="key_562be1").findings} == {"payments-fraud"}
    assert findings(text, environment="test").findings == ()


def test_without_a_budget_nothing_is_said_of_budgets_unless_asked(findings):
    assert "budget" not in anomaly_words(findings("", kind="all")).replace("billing", "")
    none = findings("")
    assert (none.findings, none.tested[0].keys) == ((), 0)
    assert any("write one as [[budget]] in edgedns.toml" in note for note in none.notes)


def test_beside_other_kinds_the_sentence_stays_about_keys(findings):
    report = findings(ALL, kind="all")
    assert "Tested were 17 to 21 of 25 keys, by kind of sign." in report.summary
    assert {one.kind for one in report.tested} >= {"spike", "budget"}


def test_severity_of_a_budget_is_a_choice_that_fail_on_carries(findings):
    quiet = findings("[severity]\nbudget = -9.0\n" + GROWTH)
    assert {one.severity for one in quiet.findings} == {"low"}
    assert not is_at_least(quiet, "medium")
    assert is_at_least(findings(GROWTH), "high")
    assert budgets.budget_severity(120, SEVERITY) == "critical"


def test_how_a_budget_stands_is_a_plain_function():
    budget = Budget("payments", Fraction(1_000), (50, 100))
    assert budgets.standing(budget, 499).model_dump() == {"used_percent": 49.9, "crossed": ()}
    assert budgets.standing(budget, 1_500).model_dump() == {"used_percent": 150.0, "crossed": (50, 100)}


def test_the_first_day_of_a_period_begins_at_nothing(findings):
    answer = findings(GROWTH, as_of=datetime(2026, 12, 1, 3, tzinfo=UTC).isoformat())
    assert all(one.start >= datetime(2026, 11, 24, tzinfo=UTC) for one in answer.findings)
    assert all(one.budget_percent >= 70 for one in answer.findings)


class Counting(LocalSource):
    """Counts how often it is read."""

    reads = 0

    async def read(self, question, windows, known=None):
        self.reads += 1
        return await super().read(question, windows, known)


def test_no_data_is_worked_out_once(tmp_path):
    path, now = tmp_path / "usage.db", datetime(2026, 11, 22, 15, tzinfo=UTC)
    with closing(Database.open(path)) as database:
        database.write(lambda tx: put_keys(accounts.made(tx, "local"), [Key(key_id="new", name="new")]))
    source = Counting(path, now=lambda: now, because="a test")
    desk = Desk(source, lambda: now, ZoneInfo("UTC"), 1, 60, budgets=(Budget("", Fraction(50)),))
    with pytest.raises(NoDataError):
        asyncio.run(find_anomalies(desk, AnomalyQuery()))
    assert source.reads == 1
