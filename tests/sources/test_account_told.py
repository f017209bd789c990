"""What answers tell of the account's total and of the dates of keys, in both channels alike."""

from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from fake_edgedns import a_body, a_key, dated, failure, fake_edgedns, ok
from test_recorded import Clock, recorded

from edgedns_mcp.models import AccountCheck, ChargebackQuery, ForecastQuery, KeyQuery, UsageQuery
from edgedns_mcp.render.words import key_words, status_words, usage_words
from edgedns_mcp.service.chargeback import chargeback_report
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.forecast import forecast_quota
from edgedns_mcp.service.key import key_details
from edgedns_mcp.service.status import server_status
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.sources.readings import ACTIVE_KEYS_ONLY

START = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)
BODY = a_body(a_key(requests=12_000), a_key("key_2", 0, 0, endpoint_distribution={}, last_activity=None))
DATES = [dated(expires_at="2027-06-30T00:00:00Z"), dated("key_2", last_used_at="2026-03-01T12:00:00Z")]


@asynccontextmanager
async def a_desk(path, total=12_345, *, may=True):
    """Record once, with both calls of the day, and give a desk that stands half an hour later."""
    clock = Clock(START)
    told = {"keys": [ok(DATES)], "usage": [ok({"total_requests": total, "monthly_quota": 50_000})]} if may else {}
    async with fake_edgedns(ok(BODY), **told) as upstream, recorded(upstream.url, path, clock) as source:
        await source.record(timedelta())
        clock.passes(minutes=30)
        yield Desk(source, clock, ZoneInfo("UTC"), 1, 60)


async def test_the_sentence_tells_how_much_more_the_account_has_than_its_keys(path):
    async with a_desk(path) as desk:
        answer = await usage_by_key(desk, UsageQuery())
    assert answer.account == AccountCheck(
        taken_at=START, request_count=12_345, keys_request_count=12_000, unattributed_request_count=345
    )
    assert answer.summary.endswith(
        "EdgeDNS's account total was 12,345 requests at 2026-11-10 09:30 UTC, 345 more than its active keys."
    )
    assert answer.notes[-1] == (
        "EdgeDNS's account total was 12345 requests at 2026-11-10T09:30:00Z, and its active keys' sum 12000 right "
        "before, so 345 are unattributed."
    )
    assert answer.notes[-1] in usage_words(answer)


@pytest.mark.parametrize(("total", "rest"), [(12_000, 0), (11_000, None)])
async def test_without_a_rest_the_sentence_is_about_keys_alone(total, rest, path):
    async with a_desk(path, total) as desk:
        answer = await usage_by_key(desk, UsageQuery())
    assert answer.account.unattributed_request_count == rest
    assert "account total" not in answer.summary
    assert f"account total was {total} requests" in answer.notes[-1]


@pytest.mark.parametrize(
    "asked", [{"environment": "live"}, {"team": "service"}, {"name_contains": "key"}, {"endpoint": "whois"}]
)
async def test_a_question_about_a_part_has_no_account_total_beside_it(asked, path):
    async with a_desk(path) as desk:
        answer = await usage_by_key(desk, UsageQuery(**asked))
    assert answer.account is None
    assert "account total" not in answer.summary


async def test_where_the_key_may_not_the_missing_cross_check_is_told_and_the_status_says_why(path):
    async with a_desk(path, may=False) as desk:
        answer, status = await usage_by_key(desk, UsageQuery()), await server_status(desk)
    assert answer.account is None
    assert answer.notes[-1] == ACTIVE_KEYS_ONLY
    why = "This API key may not (HTTP 403 TIER_RESTRICTION, request req_abc123); asked 2026-11-10T09:30:00Z, once a day"
    assert (status.account_total, status.key_dates) == (why, why)
    assert f"account total: {why}\ndates of keys: {why}\n" in status_words(status)
    assert (status.last_error, status.calls_spent) == ("", 4)  # two readings and both calls


async def test_the_status_tells_the_total_and_the_quota(path):
    async with a_desk(path) as desk:
        status = await server_status(desk)
    assert status.account_total == "12345 requests, quota 50000; asked 2026-11-10T09:30:00Z, once a day"
    assert status.key_dates == "2 of 2 keys; asked 2026-11-10T09:30:00Z, once a day"


async def test_a_key_tells_when_it_was_made_expires_and_was_last_used(path):
    async with a_desk(path) as desk:
        answer, idle = await key_details(desk, KeyQuery(key="key_1")), await key_details(desk, KeyQuery(key="key_2"))
    assert "created 2026-01-15T09:00:00Z; expires 2027-06-30T00:00:00Z; revoked -" in key_words(answer)
    assert idle.summary.endswith("its last request was at 2026-03-01 12:00 UTC.")


async def test_a_chargeback_of_the_period_carries_the_cross_check(path):
    async with a_desk(path) as desk:
        answer = await chargeback_report(desk, ChargebackQuery(amount="12", period="current"))
    assert any(note.endswith("so 345 are unattributed.") for note in answer.notes)


async def test_a_quota_is_there_for_who_asks_the_port(path):
    async with a_desk(path) as desk:
        window = desk.window("current", "", "")
        found = await desk.ask(lambda view: view.account_total(window), window)
    assert (found.quota, found.requests) == (50_000, 12_345)


async def test_a_forecast_takes_the_quota_that_edgedns_states_unless_somebody_gave_one(path):
    async with a_desk(path) as desk:
        told = await forecast_quota(replace(desk, plan="pro"), ForecastQuery())
        given = await forecast_quota(desk, ForecastQuery(monthly_quota=20_000))
        by_setting = await forecast_quota(replace(desk, monthly_quota=30_000), ForecastQuery())
    assert (told.quota, told.quota_source, told.used_percent) == (50_000, "edgedns", 24.7)
    assert (given.quota, given.quota_source) == (20_000, "argument")
    assert (by_setting.quota, by_setting.quota_source) == (30_000, "setting")


async def test_where_edgedns_may_not_be_asked_the_plan_says_the_quota(path):
    async with a_desk(path, may=False) as desk:
        answer = await forecast_quota(replace(desk, plan="pro"), ForecastQuery())
    assert (answer.quota, answer.quota_source) == (500_000, "plan")


async def test_what_edgedns_says_beside_its_counters_never_holds_the_words_of_its_errors(path):
    clock = Clock(START)
    refusing = {"keys": [failure(402, "PAY")], "usage": [failure(418, "TEAPOT")]}
    async with fake_edgedns(ok(BODY), **refusing) as upstream, recorded(upstream.url, path, clock) as source:
        await source.record(timedelta())
        health = await source.health()
    assert health.key_dates.startswith("This API key may not (HTTP 402 PAY, request req_abc123)")
    assert health.account_total.startswith("EdgeDNS refused the question (HTTP 418 TEAPOT, request req_abc123)")
