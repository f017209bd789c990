"""The tool `usage_by_key`."""

from typing import Annotated, Any

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from edgedns_mcp.models import (
    SortBy,
    UsageQuery,
    UsageReport,
)
from edgedns_mcp.server.failures import told_to_the_model
from edgedns_mcp.server.tools.arguments import (
    Cursor,
    End,
    Endpoints,
    Environments,
    NamePart,
    PathPart,
    Period,
    RowKind,
    Rows,
    Start,
    Team,
)
from edgedns_mcp.server.tools.made import Written, tool_of
from edgedns_mcp.service.desk import Desk


def usage_by_key_tool(desk: Desk) -> Tool:
    return tool_of("Usage by API key", _asking(desk, Written()), shown=True)


def _asking(desk: Desk, written: Written[UsageReport]) -> Any:
    async def usage_by_key(
        period: Period = "current",
        start: Start = "",
        end: End = "",
        group_by: RowKind = "key",
        environment: Environments = "all",
        team: Team = "",
        name_contains: NamePart = "",
        endpoint: PathPart = "",
        sort_by: Annotated[SortBy, Field(description="Most first.")] = "requests",
        limit: Rows = 10,
        top_endpoints: Endpoints = 3,
        cursor: Cursor = "",
    ) -> Annotated[CallToolResult, UsageReport]:
        """Rank all API keys by requests in a period, with errors, endpoints and last activity, idle keys included.

        Use it for who calls or consumes most, most errors, traffic, total requests per team, live or test. Read-only.
        """
        from edgedns_mcp.render.words import usage_words
        from edgedns_mcp.service.usage import usage_by_key as answer_usage

        query = UsageQuery(
            period=period,
            start=start,
            end=end,
            group_by=group_by,
            environment=environment,
            team=team,
            name_contains=name_contains,
            endpoint=endpoint,
            sort_by=sort_by,
            limit=limit,
            top_endpoints=top_endpoints,
            cursor=cursor,
        )
        with told_to_the_model():
            report = await answer_usage(desk, query)
        return written.result_of(report, usage_words)

    return usage_by_key
