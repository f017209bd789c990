"""The page as a host gets it; every host without MCP Apps gets the same words as ever."""

import pytest
from faces import ERAS, a_server
from mcp import Client

from edgedns_mcp import __version__
from edgedns_mcp.render.page import usage_page

PAGE = "ui://edgedns/usage.html"
URI = f"{PAGE}?v={__version__}"
SHOWN = ["usage_by_key", "key_details", "compare_usage", "usage_history", "find_anomalies", "chargeback_report"]


@pytest.mark.parametrize("uri", [URI, PAGE, f"{PAGE}?v=0.0.1"])
@pytest.mark.parametrize("era", ERAS)
async def test_a_host_reads_the_page_by_the_uri_of_any_version_with_leave_to_ask_nobody(era, uri):
    async with Client(a_server(), mode=era) as client:
        (document,) = (await client.read_resource(uri)).contents
    assert document.mime_type == "text/html;profile=mcp-app"
    assert document.text == usage_page()
    assert set(document.meta["ui"]["csp"]) >= {"connectDomains", "resourceDomains"}
    assert not any(document.meta["ui"]["csp"].values())
    assert document.meta["ui"]["prefersBorder"]


@pytest.mark.parametrize("era", ERAS)
async def test_each_tool_with_a_view_names_the_page(era):
    async with Client(a_server(), mode=era) as client:
        named = {tool.name: tool.meta for tool in (await client.list_tools()).tools if tool.meta}
    assert named == {name: {"ui": {"resourceUri": URI}} for name in SHOWN}


async def test_the_server_says_that_it_has_a_page():
    async with Client(a_server()) as client:
        assert "io.modelcontextprotocol/ui" in client.server_capabilities.extensions
