"""Anomalies of EdgeDNS: from what was recorded of its counters, and nothing before there is enough of it."""

import asyncio
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from asking import KEY
from fake_edgedns import FOREVER_S, a_body, a_key, fake_edgedns, ok, play
from pydantic import SecretStr
from test_recorded import Clock, recorded

from edgedns_mcp.domain.periods import billing_period
from edgedns_mcp.errors import NoDataError
from edgedns_mcp.models import AnomalyQuery, Budget, ForecastQuery
from edgedns_mcp.service.anomalies import acknowledge, find_anomalies
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.forecast import forecast_quota
from edgedns_mcp.sources import edgedns
from edgedns_mcp.sources.book import Book
from edgedns_mcp.sources.edgedns import EdgeDnsSource, client
from edgedns_mcp.sources.recorded import RecordedSource
from edgedns_mcp.store.database import Database

HANGS = play(FOREVER_S)
UTC_ZONE = ZoneInfo("UTC")
BEGIN = datetime(2026, 11, 1, tzinfo=UTC)
DAYS = [100 + day % 5 for day in range(26)]  # what is used from one reading to the next


def a_period(moment):
    return billing_period(moment, UTC_ZONE, 1)


def body(requests: int):
    return ok(a_body(a_key(requests=requests, errors=1, endpoint_distribution={"/v1/whois": requests})))


def asked(path, counters, *, known=""):
    """Record the counter once a day, then ask; with `known`, that finding is acknowledged first."""

    async def run():
        at = {"now": BEGIN}
        async with fake_edgedns(*map(body, counters)) as upstream:
            source = RecordedSource(
                EdgeDnsSource(client(upstream.url, SecretStr(KEY)), now=lambda: at["now"]),
                Book(lambda: Database.open(path), str(path), SecretStr(KEY), "", boundaries=a_period),
                now=lambda: at["now"],
                billing=a_period,
                zone=UTC,
                because="an API key is configured",
            )
            desk = Desk(source, lambda: at["now"], UTC_ZONE, 1, 60)
            try:
                for day in range(len(counters)):
                    at["now"] = BEGIN + timedelta(days=day)
                    await source.record(timedelta())
                if known:
                    await acknowledge(desk, known, at["now"] + timedelta(days=1))
                return await find_anomalies(desk, AnomalyQuery())
            finally:
                await source.aclose()

    return asyncio.run(run())


def counter(days):
    total, found = 0, [0]
    for requests in days:
        total += requests
        found.append(total)
    return found


@pytest.mark.parametrize("readings", [0, 1])
def test_before_two_readings_nothing_can_be_compared(tmp_path, readings):
    with pytest.raises(NoDataError, match="EdgeDNS states sums of a billing period and no times, and fewer than two"):
        asked(tmp_path / "usage.db", counter(DAYS)[:readings])


def test_a_spike_of_a_counter_is_found(tmp_path):
    answer = asked(tmp_path / "usage.db", counter([*DAYS, 5_000]))
    (spike,) = answer.findings
    assert (answer.source, spike.kind, spike.worst_count, spike.record_count) == ("edgedns", "spike", 5_000, 104)
    assert (spike.start, spike.end) == (BEGIN + timedelta(days=26), BEGIN + timedelta(days=27))
    assert "usual" in spike.what


def test_a_counter_that_does_as_usual_has_no_finding(tmp_path):
    assert asked(tmp_path / "usage.db", counter([*DAYS, 103])).findings == ()


def test_a_counter_that_was_reset_has_no_finding(tmp_path):
    """Since then there were 1,200 requests at least, or the fall was a correction: nobody knows."""
    assert asked(tmp_path / "usage.db", [*counter(DAYS), 1_200]).findings == ()


def test_a_known_finding_of_edgedns_is_hidden(tmp_path):
    (spike,) = asked(tmp_path / "first.db", counter([*DAYS, 5_000])).findings
    hidden = asked(tmp_path / "second.db", counter([*DAYS, 5_000]), known=spike.finding_id)
    assert (hidden.findings, hidden.acknowledged_count) == ((), 1)


class TestWhereEdgeDnsHangs:
    """Budgets and forecasts need its counter, too; an answer comes in time without it, from what was recorded."""

    @pytest.fixture(autouse=True)
    def _much_time_for_an_answer(self, monkeypatch):
        monkeypatch.setattr(edgedns, "LEFT_FOR_AN_ANSWER_S", 9.6)

    async def asked(self, path, question, query, *, later):
        """Record a counter on twenty days; from then on EdgeDNS takes a question and says nothing."""
        clock, requests = Clock(BEGIN), counter(DAYS)[:20]
        async with fake_edgedns(*map(body, requests), HANGS) as upstream, recorded(upstream.url, path, clock) as source:
            for _ in requests:
                await source.record(timedelta())
                clock.passes(days=1)
            clock.now += later
            budget = Budget("", Fraction(1_000))
            desk = Desk(source, clock, UTC_ZONE, 1, deadline_s=10.0, budgets=(budget,))
            answer = await question(desk, query)
            assert len(upstream.requests) == len(requests) + 1
            return answer

    @pytest.mark.parametrize("later", [timedelta(), timedelta(days=11)], ids=["same period", "next period"])
    async def test_budgets_are_held_against_what_was_recorded(self, tmp_path, later):
        query = AnomalyQuery(kind="budget", period="30d")
        answer = await self.asked(tmp_path / "usage.db", find_anomalies, query, later=later)
        assert {one.budget_percent for one in answer.findings} == {70, 80, 90, 100}
        assert any("last good figures" in note for note in answer.notes)

    async def test_a_forecast_is_made_of_the_last_reading(self, tmp_path):
        answer = await self.asked(tmp_path / "usage.db", forecast_quota, ForecastQuery(), later=timedelta())
        assert answer.request_count == counter(DAYS)[19]
        assert any("last good figures" in note for note in answer.notes)
