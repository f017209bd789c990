"""The key audit on EdgeDNS: from its counters on the first day, from what was recorded once 30 days are there."""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from asking import KEY
from fake_edgedns import a_body, a_key, dated, fake_edgedns, ok
from pydantic import SecretStr
from test_recorded_compare import a_period

from edgedns_mcp.models import AuditQuery
from edgedns_mcp.render.audit import audit_words
from edgedns_mcp.service.audit import audit_keys
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.sources.book import Book
from edgedns_mcp.sources.edgedns import EdgeDnsSource, client
from edgedns_mcp.sources.recorded import RecordedSource
from edgedns_mcp.store.database import Database

DAY = timedelta(days=1)


def body(mailer: int, sleeper: int = 0, last="2026-09-01T00:00:00Z"):
    return ok(
        a_body(
            a_key(
                "key_a", name="mailer", requests=mailer, errors=mailer // 4, endpoint_distribution={"/v1/dns/a": mailer}
            ),
            a_key("key_b", name="sleeper", requests=sleeper, errors=0, last_activity=last, endpoint_distribution={}),
            a_key("key_c", name="prod-idle", requests=0, errors=0, environment="test", last_activity=None),
        )
    )


@asynccontextmanager
async def a_desk(path, readings, **told):
    """Record these bodies, (moment, body) each, and give a desk that stands at the last moment."""
    at = {"now": readings[0][0]}
    async with fake_edgedns(*(each for _, each in readings), **told) as upstream:
        asked = EdgeDnsSource(client(upstream.url, SecretStr(KEY)), now=lambda: at["now"])
        book = Book(lambda: Database.open(path), str(path), SecretStr(KEY), "", boundaries=a_period)
        source = RecordedSource(
            asked, book, now=lambda: at["now"], billing=a_period, zone=UTC, because="an API key is configured"
        )
        try:
            for moment, _ in readings:
                at["now"] = moment
                await source.record(timedelta())
            yield Desk(source, lambda: at["now"], ZoneInfo("UTC"), 1, 60)
        finally:
            await source.aclose()


async def audited(path, readings, **query):
    async with a_desk(path, readings) as desk:
        return await audit_keys(desk, AuditQuery(**query))


FIRST_DAY = [(datetime(2026, 11, 12, 9, tzinfo=UTC), body(4_000))]


async def test_on_the_first_day_the_counters_of_the_billing_period_are_judged(tmp_path):
    answer = await audited(tmp_path / "usage.db", FIRST_DAY)
    found = {(item.name, item.action): item for item in answer.items}
    assert set(found) == {("sleeper", "revoke"), ("mailer", "repair"), ("prod-idle", "rename")}
    assert (answer.period, answer.window_start) == ("current", None)
    assert found["sleeper", "revoke"].evidence.startswith("Last used on 2026-09-01; no request on the ")
    assert "25.0 % of its 4000 requests in the billing period failed: 1000" in found["mailer", "repair"].evidence
    assert "revoke it in your EdgeDNS account" in found["sleeper", "revoke"].next_step


async def test_on_the_first_day_it_says_what_cannot_be_tested_and_what_would_mend_it(tmp_path):
    answer = await audited(tmp_path / "usage.db", FIRST_DAY)
    missing = {one.test: one for one in answer.untested}
    assert missing["use"].keys == 1
    assert missing["environment"].fix == "edgedns-mcp import access.log, from a log that names the environment"
    assert "record --every 1h" in missing["use"].fix
    assert "asked for it once a day" in missing["age"].fix
    assert {"age", "expiry"} <= set(missing)
    assert (answer.concentration.used_keys, answer.by_action.get("limit")) == (1, None)


async def test_without_a_recorded_hour_no_limit_is_proposed_and_why_is_said(tmp_path):
    answer = await audited(tmp_path / "usage.db", FIRST_DAY, action="limit")
    assert answer.items == ()
    (missing,) = answer.untested
    assert (missing.test, missing.keys) == ("limit", 1)


async def test_with_a_month_of_readings_what_was_recorded_is_judged(tmp_path):
    begin = datetime(2026, 10, 20, tzinfo=UTC)
    readings = []
    for day in range(34):
        moment = begin + day * DAY
        since_month = day if moment.month == 10 else (moment - datetime(2026, 11, 1, tzinfo=UTC)).days
        readings.append((moment, body(1_000 + 100 * since_month if moment.month == 10 else 100 * since_month + 5)))
    answer = await audited(tmp_path / "usage.db", readings, action="limit")
    assert answer.period == "30d"
    (item,) = answer.items
    assert (item.name, item.proposal.per) == ("mailer", "day")
    assert item.proposal.limit_count >= 150
    assert "EdgeDNS account" in audit_words(answer)


async def test_with_the_dates_of_edgedns_old_near_expiry_and_last_use_are_told(tmp_path):
    dates = [
        dated("key_a", created_at="2024-03-01T00:00:00Z", expires_at="2026-11-20T00:00:00Z"),
        dated("key_b", created_at="2026-01-10T00:00:00Z", last_used_at="2026-09-01T00:00:00Z"),
        dated("key_c", created_at="2026-10-30T00:00:00Z", last_used_at=None),
    ]
    told = {"keys": [ok(dates)], "usage": [ok({"total_requests": 4_000})]}
    async with a_desk(tmp_path / "usage.db", FIRST_DAY, **told) as desk:
        answer = await audit_keys(desk, AuditQuery())
    found = {(item.name, item.action): item for item in answer.items}
    assert found["mailer", "rotate"].reasons == ("near_expiry", "old")
    assert found["sleeper", "revoke"].reasons == ("dormant",)
    assert ("prod-idle", "revoke") not in found  # younger than 30 days
    assert answer.unknown_keys == 0
    assert not {"use", "age", "expiry"} & {one.test for one in answer.untested}
