"""Our own server with one tool more: `same_bytes` answers what `usage_by_key` answers, prepared before the start."""

from typing import Annotated, Any
from unittest.mock import patch

import anyio
from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, TextContent

from edgedns_mcp.models import UsageQuery, UsageReport
from edgedns_mcp.render.words import usage_words
from edgedns_mcp.server import build
from edgedns_mcp.service.desk import Desk, open_desk
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.settings import load


async def main() -> None:
    desk = open_desk(load())
    report = await usage_by_key(desk, UsageQuery())
    prepared = CallToolResult(
        content=[TextContent(type="text", text=usage_words(report))],
        structured_content=report.model_dump(mode="json"),
    )

    async def same_bytes() -> Annotated[CallToolResult, UsageReport]:
        """Give the prepared answer."""
        return prepared

    await with_tool(desk, same_bytes).run_stdio_async()


def with_tool(desk: Desk, function: Any) -> Any:
    """Build the server as it is, its list of tools one longer, so that the tool passes through all that ours do."""
    offered = build.tools

    def and_one_more(desk: Desk) -> list[Tool]:
        return [*offered(desk), Tool.from_function(function)]

    with patch.object(build, "tools", and_one_more):
        return build.build_server(desk)


anyio.run(main)
