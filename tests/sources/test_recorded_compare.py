"""Comparison and history of EdgeDNS: from what was recorded, or from its own counters where both are counters."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from asking import KEY
from fake_edgedns import a_body, a_key, fake_edgedns, ok
from pydantic import SecretStr

from edgedns_mcp.domain.periods import billing_period
from edgedns_mcp.errors import NoDataError
from edgedns_mcp.models import CompareQuery, HistoryQuery
from edgedns_mcp.service.compare import compare_usage
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.history import usage_history
from edgedns_mcp.sources.book import Book
from edgedns_mcp.sources.edgedns import EdgeDnsSource, client
from edgedns_mcp.sources.recorded import RecordedSource
from edgedns_mcp.store.database import Database

UTC_ZONE = ZoneInfo("UTC")
HOUR = timedelta(hours=1)


def a_period(moment):
    return billing_period(moment, UTC_ZONE, 1)


def body(requests: int, **stated):
    return ok(a_body(a_key(requests=requests, errors=1, endpoint_distribution={"/v1/whois": requests}), **stated))


@asynccontextmanager
async def a_desk(path, readings, **stated):
    """Record these counters, (moment, requests) each, and give a desk that stands at the last moment."""
    now = [moment for moment, _ in readings]
    at = {"now": now[0]}
    async with fake_edgedns(*(body(requests, **stated) for _, requests in readings)) as upstream:
        asked = EdgeDnsSource(client(upstream.url, SecretStr(KEY)), now=lambda: at["now"])
        book = Book(lambda: Database.open(path), str(path), SecretStr(KEY), "", boundaries=a_period)
        source = RecordedSource(
            asked, book, now=lambda: at["now"], billing=a_period, zone=UTC, because="an API key is configured"
        )
        try:
            for moment in now:
                at["now"] = moment
                await source.record(timedelta())
            yield Desk(source, lambda: at["now"], UTC_ZONE, 1, 60)
        finally:
            await source.aclose()


def asked(path, readings, question, query):
    async def run():
        async with a_desk(path, readings) as desk:
            return await question(desk, query)

    return asyncio.run(run())


BEGIN = datetime(2026, 11, 10, tzinfo=UTC)
HOURLY = [(BEGIN + number * HOUR, 1000 + 10 * number + (50 if number > 24 else 0)) for number in range(49)]


@pytest.mark.parametrize("query", [CompareQuery(), CompareQuery(period="7d"), CompareQuery(period="previous")])
def test_without_a_record_there_is_nothing_to_compare_and_the_way_to_one_is_told(tmp_path, query):
    with pytest.raises(NoDataError, match="nothing to compare yet; leave this server running"):
        asked(tmp_path / "usage.db", HOURLY[:1], compare_usage, query)


def test_without_a_record_there_is_no_history(tmp_path):
    with pytest.raises(NoDataError, match="so there is no history yet"):
        asked(tmp_path / "usage.db", HOURLY[:1], usage_history, HistoryQuery(period="current"))


def test_two_recorded_days_are_compared_exactly(tmp_path):
    answer = asked(tmp_path / "usage.db", HOURLY, compare_usage, CompareQuery(period="2026-11-11"))
    assert (answer.total.request_count, answer.total.baseline_request_count) == (290, 240)
    assert (answer.baseline.complete, answer.bounds, answer.baseline_bounds) == (True, None, None)


def test_the_running_period_is_refused_where_the_one_before_was_not_recorded(tmp_path):
    with pytest.raises(NoDataError, match=r"Nothing was observed of the baseline.* ask period=2026-11-11\."):
        asked(tmp_path / "usage.db", HOURLY, compare_usage, CompareQuery())


def test_two_billing_periods_are_compared_by_the_counters_of_edgedns(tmp_path):
    october = datetime(2026, 10, 31, 23, tzinfo=UTC)
    readings = [(october, 900), (october + 3 * HOUR, 20), (october + 4 * HOUR, 35)]
    answer = asked(tmp_path / "usage.db", readings, compare_usage, CompareQuery(baseline="previous"))
    assert (answer.total.request_count, answer.total.baseline_request_count, answer.total.change) == (35, 900, -865)
    assert (answer.window_start, answer.observed_percent, answer.per_day) == (None, None, None)
    assert "dates not stated by EdgeDNS" in answer.summary


def test_a_history_comes_from_the_differences_and_begins_where_recording_began(tmp_path):
    answer = asked(tmp_path / "usage.db", HOURLY, usage_history, HistoryQuery(period="current", bucket="day"))
    told = {one.label: (one.request_count, one.observed) for one in answer.buckets}
    assert told["2026-11-09"] == (None, "no")
    assert told["2026-11-10"] == (240, "yes")
    assert told["2026-11-11"] == (290, "yes")
    assert answer.request_count == 530


def test_an_hour_without_a_reading_lies_between(tmp_path):
    readings = [HOURLY[0], HOURLY[4]]
    answer = asked(tmp_path / "usage.db", readings, usage_history, HistoryQuery(period="4h"))
    assert (answer.request_count, answer.unplaced_request_count) == (40, 40)
    assert answer.bounds is not None
    assert answer.bounds.rows["2026-11-10T02:00:00Z"] == 40
