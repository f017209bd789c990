"""The whole way, from EdgeDNS's HTTP answer to what a client is told, over a real connection."""

import json
import time

import pytest
from fake_edgedns import a_body, a_key, chunked, drip, failure, fake_edgedns, flood, hang, html, ok, redirect, truncated
from mcp import Client

from edgedns_mcp.server.build import build_server
from edgedns_mcp.service.desk import open_desk
from edgedns_mcp.settings import load

SECRET = "edns_live_" + "Kq3" * 10 + "Zz"
GOOD = a_body(
    a_key("key_1", 120, name="payments"),
    a_key("key_2", 0, 0, name="idle", endpoint_distribution={}, last_activity=None),
)


async def asked(upstream, tmp_path, tool="usage_by_key", times=1, teams_file=None, **arguments):
    """Ask a server that is configured for this upstream; give the last result and the seconds it took."""
    places = {"base_url": upstream.url, "database": tmp_path / "usage.db", "teams_file": teams_file}
    settings = load(source="edgedns", api_key=SECRET, **places)
    desk = open_desk(settings)
    async with Client(build_server(desk)) as client:
        for _ in range(times):
            began = time.monotonic()
            result = await client.call_tool(tool, arguments)
    await desk.source.aclose()
    return result, time.monotonic() - began


CASES = {
    "chunked": (chunked(json.dumps(GOOD).encode()), "All 120 requests in EdgeDNS's current billing period"),
    "unknown key": (failure(401, "INVALID_API_KEY"), "Check EDGEDNS_API_KEY."),
    "plan": (failure(403, "TIER_RESTRICTION", details={"required_tier": "pro"}), "pro"),
    "address": (failure(403, "IP_NOT_ALLOWED"), "IP allowlist"),
    "quota": (failure(429, "QUOTA_EXCEEDED"), "EdgeDNS"),
    "busy": (failure(429, "RATE_LIMIT_EXCEEDED", **{"Retry-After": "30"}), "30 seconds"),
    "outage": (failure(503), "EdgeDNS"),
    "broken inside": (failure(500), "EdgeDNS"),
    "moved": (redirect("https://elsewhere.example/"), "EDGEDNS_BASE_URL"),
    "a page": (html(), "EdgeDNS"),
    "cut": (truncated(), "EdgeDNS"),
    "silent": (hang(), "EdgeDNS"),
    "dripping": (drip(), "EdgeDNS"),
    "flooding": (flood(), "EdgeDNS"),
    "negative": (ok(a_body(a_key(requests=-1))), "EdgeDNS"),
    "twice": (ok(a_body(a_key("key_1"), a_key("key_1"))), "EdgeDNS"),
}


@pytest.mark.parametrize("case", CASES)
async def test_whatever_edgedns_does_a_client_is_told_in_time(case, tmp_path):
    response, words = CASES[case]
    async with fake_edgedns(response) as upstream:
        result, seconds = await asked(upstream, tmp_path)
    assert seconds < 4
    assert result.is_error == (case != "chunked")
    assert words in result.content[0].text
    assert "\n" not in result.content[0].text or not result.is_error
    assert SECRET not in repr(result)
    assert "words of the other side" not in repr(result)


async def test_figures_of_edgedns_carry_no_window_that_it_did_not_state(tmp_path):
    async with fake_edgedns(ok(GOOD)) as upstream:
        result, _ = await asked(upstream, tmp_path)
    answer = result.structured_content
    assert [(row["key_id"], row["request_count"], row["error_count"]) for row in answer["keys"]] == [
        ("key_1", 120, 5),
        ("key_2", 0, 0),
    ]
    assert (answer["window_start"], answer["window_end"], answer["complete"]) == (None, None, None)
    assert (answer["unattributed"], answer["total_keys"], answer["totals"]["idle_keys"]) == (None, 2, 1)
    assert "dates not stated by EdgeDNS" in answer["summary"]
    assert any("active keys only" in note for note in answer["notes"])


async def test_a_window_that_edgedns_states_is_shown(tmp_path):
    stated = {"start": "2026-11-01T00:00:00Z", "end": "2026-12-01T00:00:00Z"}
    async with fake_edgedns(ok(GOOD | {"period": stated})) as upstream:
        answer = (await asked(upstream, tmp_path))[0].structured_content
    assert (answer["window_start"], answer["window_end"]) == (stated["start"], stated["end"])


async def test_two_questions_within_a_minute_cost_one_call(tmp_path):
    async with fake_edgedns(ok(GOOD)) as upstream:
        await asked(upstream, tmp_path, times=2)
    assert len(upstream.requests) == 1
    assert upstream.requests[0].headers["authorization"] == f"Bearer {SECRET}"


async def test_what_edgedns_cannot_know_is_refused_in_words(tmp_path):
    async with fake_edgedns(ok(GOOD)) as upstream:
        result, _ = await asked(upstream, tmp_path, period="2026-10")
    assert result.is_error
    assert "ask period=current" in result.content[0].text


@pytest.mark.parametrize("period", ["current", "previous", "7d"])
async def test_a_history_needs_recordings_and_says_how_to_get_them(period, tmp_path):
    async with fake_edgedns(ok(GOOD)) as upstream:
        result, _ = await asked(upstream, tmp_path, "usage_history", period=period)
    assert result.is_error
    assert "fewer than two readings of it were recorded, so there is no history yet" in result.content[0].text
    assert "edgedns-mcp record --every 1h" in result.content[0].text


@pytest.mark.parametrize(
    ("arguments", "errors"),
    [({"endpoint": "whois"}, None), ({"group_by": "endpoint"}, None), ({"group_by": "team"}, 5)],
)
async def test_errors_are_unknown_where_edgedns_states_them_per_key_only(tmp_path, arguments, errors):
    async with fake_edgedns(ok(GOOD)) as upstream:
        result, _ = await asked(upstream, tmp_path, **arguments)
    answer = result.structured_content
    assert not result.is_error
    assert (answer["keys"] or answer["groups"])[0]["error_count"] == errors


async def test_a_key_of_edgedns_is_shown_in_full(tmp_path):
    async with fake_edgedns(ok(GOOD)) as upstream:
        answer = (await asked(upstream, tmp_path, "key_details", key="payments"))[0].structured_content
    assert (answer["keys"][0]["request_count"], answer["keys"][0]["rank"]) == (120, 1)
    assert answer["keys"][0]["requests_per_day"] is None


async def test_edgedns_tells_no_teams_and_a_teams_file_does(tmp_path):
    (tmp_path / "teams.csv").write_text("key,team,cost_center\npay*,Finance,CC-1\n")
    asks = {"teams_file": tmp_path / "teams.csv"}
    async with fake_edgedns(ok(GOOD)) as upstream:
        usage = (await asked(upstream, tmp_path, **asks))[0].structured_content
        charged, _ = await asked(upstream, tmp_path, "chargeback_report", period="current", amount="5", **asks)
        status = (await asked(upstream, tmp_path, "server_status", **asks))[0].structured_content["teams"]
        plain = (await asked(upstream, tmp_path, "server_status"))[0].structured_content
    assert {row["name"]: row["team"] for row in usage["keys"]} == {"payments": "Finance", "idle": "idle"}
    assert [(line["name"], line["amount"]) for line in charged.structured_content["lines"]] == [
        ("Finance", "5.00"),
        ("idle", "0.00"),
    ]
    assert (status["keys_by_file"], status["keys_by_name"]) == (1, 1)
    assert status["listed_keys"] == [{"key_id": "key_2", "name": "idle", "team": "idle"}]
    assert plain["teams"]["keys_by_name"] == 2
    assert {"what": "Teams of keys", "fix": "Set EDGEDNS_TEAMS_FILE to a CSV file of key,team."} in (
        plain["not_configured"]
    )
