"""The tool `compare_usage`."""

from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from edgedns_mcp.models import (
    CompareQuery,
    CompareReport,
)
from edgedns_mcp.server.failures import told_to_the_model
from edgedns_mcp.server.tools.arguments import (
    Cursor,
    End,
    Environments,
    NamePart,
    PathPart,
    Period,
    RowKind,
    Rows,
    Start,
    Team,
)
from edgedns_mcp.server.tools.made import result_of, tool_of
from edgedns_mcp.service.desk import Desk


def compare_usage_tool(desk: Desk) -> Tool:
    async def compare_usage(
        period: Period = "current",
        start: Start = "",
        end: End = "",
        baseline: Annotated[
            str, Field(description="preceding (the window right before, like with like), or a period.")
        ] = "preceding",
        group_by: RowKind = "key",
        environment: Environments = "all",
        team: Team = "",
        name_contains: NamePart = "",
        endpoint: PathPart = "",
        limit: Rows = 10,
        cursor: Cursor = "",
    ) -> Annotated[CallToolResult, CompareReport]:
        """Compare usage in two periods: total change, what each key adds to it, new, gone and woken keys, endpoint mix.

        Use it for why usage rose, grew or fell, this month against last month, and what a release changed. Read-only.
        """
        from edgedns_mcp.render.compare import compare_words
        from edgedns_mcp.service.compare import compare_usage as answer_comparison

        query = CompareQuery(
            period=period,
            start=start,
            end=end,
            baseline=baseline,
            group_by=group_by,
            environment=environment,
            team=team,
            name_contains=name_contains,
            endpoint=endpoint,
            limit=limit,
            cursor=cursor,
        )
        with told_to_the_model():
            report = await answer_comparison(desk, query)
        return result_of(compare_words(report), report)

    return tool_of("Usage in two periods", compare_usage, shown=True)
