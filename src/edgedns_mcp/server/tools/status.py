"""The tool `server_status`."""

from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult

from edgedns_mcp.models import (
    StatusReport,
)
from edgedns_mcp.server.failures import told_to_the_model
from edgedns_mcp.server.tools.made import result_of, tool_of
from edgedns_mcp.service.desk import Desk


def server_status_tool(desk: Desk) -> Tool:
    async def server_status() -> Annotated[CallToolResult, StatusReport]:
        """Tell where the figures come from, how fresh they are, which data is there, and what is not configured.

        Use it when an answer says no data, looks old, or comes from the demo. Read-only.
        """
        from edgedns_mcp.render.words import status_words
        from edgedns_mcp.service.status import server_status as answer_status

        with told_to_the_model():
            report = await answer_status(desk)
        return result_of(status_words(report), report)

    return tool_of("Server status", server_status)
