"""What a model reads when it asked wrongly, or when we cannot answer."""

import ast
from dataclasses import replace

import anyio
import pytest
from faces import ERAS, a_desk, a_server
from mcp import Client

from edgedns_mcp.server.build import build_server

MISTAKES = [
    ("usage_by_key", {"limt": 3}, "usage_by_key has no argument limt: did you mean limit?"),
    ("usage_by_key", {"limit": 101}, "limit of usage_by_key must be a whole number from 1 to 100"),
    ("usage_by_key", {"limit": "many"}, "limit of usage_by_key must be a whole number from 1 to 100"),
    ("usage_by_key", {"environment": "prod"}, "environment of usage_by_key must be one of all, live, test"),
    ("usage_by_key", {"period": 7}, "period of usage_by_key must be a text"),
    (
        "usage_history",
        {"usual": "perhaps"},
        "usual of usage_history must be true or false, for example usage_history(key='payments', usual=True).",
    ),
    ("usage_by_key", {"period": "fortnight"}, "The period 'fortnight' is not understood; use current,"),
    ("usage_by_key", {"period": "2020-01"}, "DEMO: There is no data for 2020-01"),
    ("usage_by_key", {"end": "2026-11-01"}, "end needs a start; give both"),
    ("usage_by_key", {"start": "2026-11-08", "end": "2026-11-01"}, "The window 2026-11-08 until 2026-11-01 is empty"),
    ("usage_by_key", {"cursor": "abc"}, "The cursor is not one of ours"),
    ("usage_by_key", {"team": "stroefront"}, "There is no team 'stroefront'; the teams are growth, payments,"),
    ("key_details", {"key": "storefront"}, "No key is named storefront, but a team is"),
    ("key_details", {}, "key of key_details must be a text, for example key_details(key='payments')."),
    (
        "chargeback_report",
        {"amount": 1200},
        "amount of chargeback_report must be a text, for example chargeback_report(amount='1200.00').",
    ),
    (
        "chargeback_report",
        {"end": 7},
        "end of chargeback_report must be a text, for example chargeback_report(start='2026-10-01', end='2026-11-01').",
    ),
    (
        "forecast_quota",
        {"monthly_quota": "40k"},
        "monthly_quota of forecast_quota must be a whole number from 0 to 1000000000000000, for example ",
    ),
    ("key_details", {"key": ""}, "Name a key: its key_id"),
    ("key_details", {"key": "nothing-like-it"}, "No key has the id, name, last four or part 'nothing-like-it'"),
    ("server_status", {"verbose": True}, "server_status has no argument verbose: it takes none"),
    ("get_usage", {}, "There is no such tool; the tools are usage_by_key, "),
]


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(("tool", "arguments", "words"), MISTAKES)
async def test_a_mistake_gets_one_sentence_that_mends_it(tool, arguments, words, era):
    async with Client(a_server(), mode=era) as client:
        result = await client.call_tool(tool, arguments)
    (block,) = result.content
    assert result.is_error
    assert block.text.startswith(words)
    assert "\n" not in block.text
    assert not any(word in block.text for word in ("Error executing", "pydantic", "Traceback", "input_value"))


async def test_the_example_of_every_argument_of_every_tool_is_a_call_that_is_answered():
    async with Client(a_server()) as client:
        tools = [(tool.name, tool.input_schema) for tool in (await client.list_tools()).tools]
        for tool, name, needed in (
            (tool, name, one.get("required", [])) for tool, one in tools for name in one["properties"]
        ):
            refused = await client.call_tool(tool, {**dict.fromkeys(needed, "payments"), name: ["wrong"]})
            (block,) = refused.content
            shown = block.text.partition(", for example ")[2].removesuffix(".")
            call = ast.parse(shown, mode="eval").body
            arguments = {one.arg: ast.literal_eval(one.value) for one in call.keywords}
            assert refused.is_error
            assert (call.func.id, name in arguments) == (tool, True), block.text
            if name != "cursor":  # only an answer has one
                answer = await client.call_tool(tool, arguments)
                assert not answer.is_error, (shown, answer.content[0].text)


@pytest.mark.parametrize("era", ERAS)
async def test_null_means_not_given(era):
    async with Client(a_server(), mode=era) as client:
        given = await client.call_tool("usage_by_key", {"limit": None, "team": None, "period": "7d"})
        default = await client.call_tool("usage_by_key", {"period": "7d"})
    assert given.structured_content == default.structured_content


async def test_every_default_may_be_given_explicitly():
    async with Client(a_server()) as client:
        tool = next(tool for tool in (await client.list_tools()).tools if tool.name == "usage_by_key")
        defaults = {name: one["default"] for name, one in tool.input_schema["properties"].items()}
        given = await client.call_tool("usage_by_key", defaults)
        default = await client.call_tool("usage_by_key", {})
    assert given.structured_content == default.structured_content


@pytest.mark.parametrize("tool", ["usage_by_key", "server_status"])
async def test_a_missing_api_key_names_the_setting(tool):
    async with Client(a_server(source="edgedns", as_of=None)) as client:
        result = await client.call_tool(tool, {})
    assert result.is_error
    assert "EDGEDNS_API_KEY" in result.content[0].text


async def test_a_missing_database_names_the_command(tmp_path):
    async with Client(a_server(source="local", database=tmp_path / "no.db")) as client:
        result = await client.call_tool("usage_by_key", {})
    assert result.is_error
    assert "edgedns-mcp import" in result.content[0].text


class Sleeper:
    """A source that never answers."""

    async def read(self, question, windows, known):
        await anyio.sleep_forever()

    health = aclose = read


async def test_an_answer_that_does_not_come_is_given_up_in_time():
    async with Client(build_server(replace(a_desk(), source=Sleeper(), deadline_s=0.05))) as client:
        with anyio.fail_after(4):
            result = await client.call_tool("usage_by_key", {})
    assert result.is_error
    assert result.content[0].text == "The figures could not be read within 0.05 s; ask again, or for a shorter period."


class Broken:
    """A source with a bug."""

    async def read(self, question, windows, known):
        raise KeyError("edns_live_" + "a" * 32)

    health = aclose = read


async def test_a_crash_gets_a_sentence_without_its_inside():
    async with Client(build_server(replace(a_desk(), source=Broken()))) as client:
        result = await client.call_tool("usage_by_key", {})
    assert result.is_error
    assert result.content[0].text.startswith("usage_by_key failed for a reason that edgedns-mcp did not foresee")
    assert "edns_live" not in result.content[0].text
