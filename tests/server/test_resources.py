"""Resources, completions and what the server says of itself."""

import re

import pytest
from faces import ERAS, a_server
from mcp import Client, MCPError
from mcp.types import ResourceTemplateReference

from edgedns_mcp import __version__


@pytest.mark.parametrize("era", ERAS)
@pytest.mark.parametrize(
    ("uri", "tool", "arguments"),
    [
        ("edgedns://usage/by-key", "usage_by_key", {}),
        ("edgedns://usage/by-key/7d", "usage_by_key", {"period": "7d"}),
        ("edgedns://usage/by-key/2026-11-01..2026-11-07", "usage_by_key", {"period": "2026-11-01..2026-11-07"}),
        ("edgedns://keys/key_562be1", "key_details", {"key": "key_562be1"}),
        ("edgedns://keys/payments-fraud", "key_details", {"key": "payments-fraud"}),
    ],
)
async def test_a_resource_gives_the_words_of_the_tool(uri, tool, arguments, era):
    async with Client(a_server(), mode=era) as client:
        (document,) = (await client.read_resource(uri)).contents
        result = await client.call_tool(tool, arguments)
    assert document.text == result.content[0].text
    assert document.mime_type == "text/markdown"


@pytest.mark.parametrize("era", ERAS)
async def test_a_chargeback_is_read_as_the_file_that_the_tool_gives(era):
    async with Client(a_server(), mode=era) as client:
        (document,) = (await client.read_resource("edgedns://chargeback/2026-10/1200/EUR")).contents
        asked = {"period": "2026-10", "amount": "1200", "currency": "EUR", "format": "focus"}
        result = await client.call_tool("chargeback_report", asked)
    assert document.mime_type == "text/csv"
    assert document.text == result.structured_content["file"]


async def test_the_resources_are_listed_with_titles():
    async with Client(a_server()) as client:
        static = (await client.list_resources()).resources
        templates = (await client.list_resource_templates()).resource_templates
    assert sorted(str(one.uri) for one in static) == [
        "edgedns://docs/definitions",
        "edgedns://usage/by-key",
        f"ui://edgedns/usage.html?v={__version__}",
    ]
    assert sorted(one.uri_template for one in templates) == [
        "edgedns://chargeback/{period}/{amount}/{currency}",
        "edgedns://keys/{key_id}",
        "edgedns://usage/by-key/{period}",
        "ui://edgedns/usage.html{?v}",
    ]
    assert all(one.title and one.description for one in [*static, *templates])


async def test_the_definitions_name_every_period_word():
    async with Client(a_server()) as client:
        (document,) = (await client.read_resource("edgedns://docs/definitions")).contents
    assert "`2026-10-01..2026-10-15`" in document.text


@pytest.mark.parametrize(
    ("uri", "words"),
    [
        ("edgedns://keys/nobody-at-all", "No key has the id"),
        ("edgedns://usage/by-key/soon", "The period 'soon' is not understood"),
        ("edgedns://usage/by-key/2019-01", "There is no data for 2019-01"),
        ("edgedns://chargeback/2026-10/1200/Euro", "write its code, for example currency=EUR"),
        ("edgedns://chargeback/2026-10/1.200%2C50/EUR", "write amount=1200.50"),
        ("edgedns://chargeback/2019-01/1200/EUR", "There is no data for 2019-01"),
    ],
)
async def test_a_resource_that_cannot_be_read_says_why(uri, words):
    async with Client(a_server()) as client:
        with pytest.raises(MCPError, match=words):
            await client.read_resource(uri)


@pytest.mark.parametrize("era", ERAS)
async def test_periods_and_key_names_are_completed(era):
    async with Client(a_server(), mode=era) as client:
        periods = await client.complete(
            ResourceTemplateReference(uri="edgedns://usage/by-key/{period}"), {"name": "period", "value": "last"}
        )
        keys = await client.complete(
            ResourceTemplateReference(uri="edgedns://keys/{key_id}"), {"name": "key_id", "value": "fraud"}
        )
        bill = ResourceTemplateReference(uri="edgedns://chargeback/{period}/{amount}/{currency}")
        months = await client.complete(bill, {"name": "period", "value": ""})
        currencies = await client.complete(bill, {"name": "currency", "value": "k"})
        amounts = await client.complete(bill, {"name": "amount", "value": "1"})
    assert periods.completion.values == ["last_week", "last_month"]
    assert (months.completion.values[:3], len(months.completion.values)) == (["previous", "2026-10", "2026-09"], 13)
    assert currencies.completion.values[:3] == ["CZK", "DKK", "FKP"]
    assert amounts.completion.values == []
    assert keys.completion.values == ["payments-fraud"]


async def test_a_completion_without_figures_is_empty():
    async with Client(a_server(source="edgedns", as_of=None)) as client:
        keys = await client.complete(
            ResourceTemplateReference(uri="edgedns://keys/{key_id}"), {"name": "key_id", "value": ""}
        )
    assert keys.completion.values == []


@pytest.mark.parametrize("era", ERAS)
async def test_the_server_introduces_itself(era):
    async with Client(a_server(), mode=era) as client:
        assert (client.server_info.name, client.server_info.version) == ("edgedns", __version__)
        assert len(client.instructions) <= 1_000  # at most 250 tokens
        assert {f"{tool.name} " for tool in (await client.list_tools()).tools} <= {
            *re.findall(r"\w+_\w+ ", client.instructions)
        }


async def test_usage_is_never_offered_for_shared_caches():
    async with Client(a_server()) as client:
        usage = await client.read_resource("edgedns://usage/by-key")
        tools = await client.list_tools()
    assert (usage.cache_scope, tools.cache_scope) == ("private", "public")
    assert 0 < usage.ttl_ms <= 60_000
