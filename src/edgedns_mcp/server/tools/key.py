"""The tool `key_details`."""

from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from edgedns_mcp.models import (
    KeyQuery,
    KeyReport,
)
from edgedns_mcp.server.failures import told_to_the_model
from edgedns_mcp.server.tools.arguments import End, Endpoints, Period, Start
from edgedns_mcp.server.tools.made import result_of, tool_of
from edgedns_mcp.service.desk import Desk


def key_details_tool(desk: Desk) -> Tool:
    async def key_details(
        key: Annotated[str, Field(description="key_id, name, last four characters or a part; never a whole secret.")],
        period: Period = "current",
        start: Start = "",
        end: End = "",
        top_endpoints: Endpoints = 10,
    ) -> Annotated[CallToolResult, KeyReport]:
        """Tell everything about one API key: its rank, share, requests per day, errors, endpoints, last activity, team.

        Use it when the question names a key; keys of one name (live and test) come together. Read-only.
        """
        from edgedns_mcp.render.words import key_words
        from edgedns_mcp.service.key import key_details as answer_key

        query = KeyQuery(key=key, period=period, start=start, end=end, top_endpoints=top_endpoints)
        with told_to_the_model():
            report = await answer_key(desk, query)
        return result_of(key_words(report), report)

    return tool_of("One API key in full", key_details, shown=True)
