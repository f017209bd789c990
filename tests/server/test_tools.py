"""The tools as a client sees them, in both protocol eras."""

import json
import re

import pytest
from faces import ERAS, NOW, a_server
from mcp import Client
from pages.faces_of_tools import SCHEMAS, published

QUESTIONS = [
    ("usage_by_key", {}),
    ("usage_by_key", {"limit": 100, "top_endpoints": 50}),
    ("usage_by_key", {"period": "previous", "environment": "test", "sort_by": "errors", "limit": 3}),
    ("usage_by_key", {"start": "2026-11-01", "end": "2026-11-08", "endpoint": "/v1/dns", "top_endpoints": 0}),
    ("usage_by_key", {"period": "7d", "group_by": "team"}),
    ("usage_by_key", {"period": "7d", "group_by": "endpoint", "limit": 2}),
    ("usage_by_key", {"period": "yesterday", "group_by": "environment"}),
    ("usage_by_key", {"name_contains": "nobody"}),
    ("usage_by_key", {"team": "growth", "endpoint": "/v1/nope"}),
    ("usage_by_key", {"period": "last_month", "sort_by": "error_percent"}),
    ("key_details", {"key": "payments-fraud"}),
    ("key_details", {"key": "key_bf35d0"}),
    ("key_details", {"key": "incident-response"}),
    ("key_details", {"key": "check", "period": "7d"}),
    ("compare_usage", {}),
    ("compare_usage", {"period": "7d", "limit": 100}),
    ("compare_usage", {"period": "2026-10", "group_by": "team"}),
    ("compare_usage", {"period": "90d", "group_by": "endpoint", "limit": 2}),
    ("compare_usage", {"period": "yesterday", "endpoint": "whois", "environment": "live", "limit": 3}),
    ("compare_usage", {"period": "2026-09", "baseline": "2026-10", "group_by": "environment"}),
    ("compare_usage", {"name_contains": "nobody"}),
    ("usage_history", {}),
    ("usage_history", {"key": "newsletter-signup", "bucket": "day"}),
    ("usage_history", {"key": "newsletter-signup", "period": "14d", "usual": True}),
    ("usage_history", {"key": "check", "period": "this_week", "endpoint": "/v1"}),
    ("usage_history", {"period": "this_year", "group_by": "team"}),
    ("usage_history", {"period": "yesterday", "group_by": "endpoint", "limit": 2, "environment": "live"}),
    ("usage_history", {"period": "90d", "group_by": "key", "limit": 100, "bucket": "day"}),
    ("find_anomalies", {}),
    ("find_anomalies", {"period": "14d", "limit": 1, "sensitivity": "keen"}),
    ("find_anomalies", {"key": "newsletter-signup", "bucket": "hour"}),
    ("find_anomalies", {"team": "security", "kind": "spike", "start": "2026-11-01", "end": "2026-11-08"}),
    ("find_anomalies", {"name_contains": "nobody"}),
    ("chargeback_report", {}),
    ("chargeback_report", {"amount": "1200", "period": "2026-10"}),
    ("chargeback_report", {"amount": "-35.10", "group_by": "key", "limit": 3, "currency": "KWD"}),
    (
        "chargeback_report",
        {"method": "price", "unit_price": "1.20/1000", "period": "current", "group_by": "environment"},
    ),
    ("chargeback_report", {"method": "fixed", "shares": "payments=60,growth=40", "amount": "7", "currency": "JPY"}),
    (
        "chargeback_report",
        {"amount": "900", "method": "hybrid", "fixed_fee": "300", "teams": "core: *check*", "limit": 2},
    ),
    ("chargeback_report", {"amount": "900", "method": "even", "group_by": "cost_center", "period": "90d"}),
    ("chargeback_report", {"amount": "900", "weights": "/v1/dns/*=10,/v1/nope=0.5", "group_by": "team"}),
    ("chargeback_report", {"amount": "900", "format": "csv", "group_by": "key", "limit": 2}),
    ("chargeback_report", {"amount": "900", "format": "focus", "period": "yesterday"}),
    ("chargeback_report", {"amount": "900", "format": "focus", "period": "2026-08..2026-10", "method": "even"}),
    ("audit_keys", {}),
    ("audit_keys", {"limit": 100}),
    ("audit_keys", {"action": "limit", "limit": 100}),
    ("audit_keys", {"action": "revoke", "dormant_days": 130, "team": "security"}),
    ("audit_keys", {"action": "repair", "environment": "test"}),
    ("audit_keys", {"name_contains": "nobody"}),
    ("forecast_quota", {}),
    ("forecast_quota", {"monthly_quota": 300000, "limit": 100}),
    ("forecast_quota", {"team": "growth", "monthly_quota": 10, "limit": 1}),
    ("forecast_quota", {"environment": "test", "monthly_quota": 90000}),
    ("forecast_quota", {"name_contains": "nobody"}),
    ("server_status", {}),
]


def compact(value) -> str:
    return json.dumps(value, separators=(",", ":"))


def plain(text: str) -> str:
    return re.sub(r"\\([\\`*\[\]<>|_])", r"\1", text)


def leaves(value):
    if isinstance(value, dict):
        for name, inner in value.items():
            if name != "next_cursor":
                yield from leaves(inner)
            if inner and not isinstance(inner, dict | list) and name.startswith("/"):
                yield name
    elif isinstance(value, list):
        for inner in value:
            yield from leaves(inner)
    else:
        yield value


def as_text(value) -> str:
    if value is None or value == "":
        return "-"
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("tool", "arguments"), QUESTIONS)
async def test_every_value_of_the_structure_stands_in_the_text(tool, arguments, era):
    async with Client(a_server(), mode=era) as client:
        result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    (block,) = result.content
    words = plain(block.text)
    assert next(iter(result.structured_content)) == "summary"
    assert words.startswith(plain(result.structured_content["summary"]))
    missing = [value for value in leaves(result.structured_content) if plain(as_text(value)) not in words]
    assert missing == []


@pytest.mark.parametrize(("tool", "arguments"), QUESTIONS)
async def test_both_eras_give_the_same_answer(tool, arguments):
    answers = []
    for era in ERAS:
        async with Client(a_server(), mode=era) as client:
            result = await client.call_tool(tool, arguments)
        answers.append((result.content[0].text, result.structured_content))
    assert answers[0] == answers[1]


@pytest.mark.parametrize(("tool", "arguments"), QUESTIONS)
async def test_an_answer_of_the_demo_says_so(tool, arguments):
    async with Client(a_server()) as client:
        result = await client.call_tool(tool, arguments)
    assert "DEMO" in result.structured_content["summary"]
    assert result.structured_content["source"] == "demo"


async def test_the_published_face_of_each_tool_is_the_committed_one():
    committed = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in SCHEMAS.glob("*.json")}
    assert await published() == committed


async def test_input_schemas_hold_nothing_that_a_client_stumbles_over():
    def check(schema):
        assert not {"anyOf", "oneOf", "allOf", "const", "prefixItems", "$ref", "additionalProperties"} & set(schema)
        if "properties" not in schema:
            assert schema["type"] in ("string", "integer", "boolean")
            assert "description" in schema
        for inner in schema.get("properties", {}).values():
            check(inner)

    for face in (await published()).values():
        assert re.fullmatch(r"[a-z][a-z0-9_]{0,39}", face["name"])
        assert len(face["description"]) <= 2000
        check(face["inputSchema"])
        assert face["outputSchema"]["type"] == "object"
        assert face["annotations"] == {
            "title": face["title"],
            "readOnlyHint": True,
            "destructiveHint": False,
            "idempotentHint": True,
            "openWorldHint": True,
        }


async def test_definitions_and_default_answers_stay_small():
    faces = await published()
    sent = {name: {key: face[key] for key in ("name", "description", "inputSchema")} for name, face in faces.items()}
    assert max(len(compact(one)) for one in sent.values()) <= 2_400  # about 600 tokens
    async with Client(a_server()) as client:
        result = await client.call_tool("usage_by_key", {})
        wide = await client.call_tool("usage_by_key", {"limit": 100, "top_endpoints": 50})
    assert len(result.content[0].text) <= 3_000
    assert len(compact(result.structured_content)) <= 4_200
    assert max(len(wide.content[0].text), len(compact(wide.structured_content))) <= 40_000


@pytest.mark.parametrize("size", [1, 7, 10, 100])
@pytest.mark.parametrize("group_by", ["key", "endpoint"])
async def test_paging_visits_every_row_once(size, group_by):
    seen, cursor, pages = [], "", 0
    async with Client(a_server()) as client:
        whole = await client.call_tool("usage_by_key", {"limit": 100, "group_by": group_by})
        while pages == 0 or cursor:
            arguments = {"limit": size, "group_by": group_by, "cursor": cursor}
            page = (await client.call_tool("usage_by_key", arguments)).structured_content
            rows = page["keys"] or page["groups"]
            listed = sum(row["request_count"] for row in rows)
            assert listed + page["rest"]["request_count"] == page["totals"]["request_count"]
            seen += [row.get("key_id", row["name"]) for row in rows]
            cursor, pages = page["next_cursor"], pages + 1
    rows = whole.structured_content["keys"] or whole.structured_content["groups"]
    assert seen == [row.get("key_id", row["name"]) for row in rows]


@pytest.mark.parametrize("group_by", ["key", "endpoint"])
async def test_the_pages_of_a_comparison_sum_to_its_change(group_by):
    seen, cursor, pages, changes = [], "", 0, 0
    async with Client(a_server()) as client:
        while pages == 0 or cursor:
            arguments = {"period": "7d", "limit": 7, "group_by": group_by, "cursor": cursor}
            page = (await client.call_tool("compare_usage", arguments)).structured_content
            listed = sum(row["change"] for row in page["rows"])
            assert listed + page["rest"]["change"] == page["total"]["change"]
            seen += [row["key_id"] or row["name"] for row in page["rows"]]
            changes, cursor, pages = changes + listed, page["next_cursor"], pages + 1
    assert len(seen) == len(set(seen)) == {"key": 26, "endpoint": 16}[group_by]
    assert changes == page["total"]["change"]


async def test_a_page_says_when_the_figures_moved():
    async with Client(a_server(as_of="2026-11-22T14:00:00Z")) as client:
        cursor = (await client.call_tool("usage_by_key", {"period": "2026-11"})).structured_content["next_cursor"]
    async with Client(a_server(as_of="2026-11-22T16:00:00Z")) as client:
        page = await client.call_tool("usage_by_key", {"cursor": cursor})
    assert any("moved since the first page" in note for note in page.structured_content["notes"])


async def test_a_whole_secret_is_cut_at_the_door():
    secret = "edns_live_" + "Zx9" * 10 + "e5Gk"
    async with Client(a_server()) as client:
        found = await client.call_tool("key_details", {"key": secret})
        unknown = await client.call_tool("key_details", {"key": secret[:-4] + "QQQQ"})
    assert found.structured_content["keys"][0]["name"] == "payments-fraud"
    assert "rotate it now" in found.structured_content["summary"]
    assert "rotate it now" in unknown.content[0].text
    assert secret[:20] not in repr(found) + repr(unknown)


async def test_twins_of_one_name_come_together_with_their_sum():
    async with Client(a_server()) as client:
        answer = (await client.call_tool("key_details", {"key": "payments-fraud"})).structured_content
    assert sorted(key["environment"] for key in answer["keys"]) == ["live", "test"]
    assert answer["request_count"] == sum(key["request_count"] for key in answer["keys"])


async def test_now_stands_where_it_was_put():
    async with Client(a_server()) as client:
        answer = (await client.call_tool("usage_by_key", {"period": "24h"})).structured_content
    assert (answer["now"], answer["window_start"], answer["window_end"]) == (NOW, "2026-11-21T15:00:00Z", NOW)
