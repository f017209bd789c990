"""The tool `usage_history`."""

from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from edgedns_mcp.models import (
    BucketChoice,
    HistoryGroup,
    HistoryQuery,
    HistoryReport,
    Limit,
)
from edgedns_mcp.server.failures import told_to_the_model
from edgedns_mcp.server.tools.arguments import End, Environments, NamePart, OneKey, PathPart, Period, Start, Team
from edgedns_mcp.server.tools.made import result_of, tool_of
from edgedns_mcp.service.desk import Desk


def usage_history_tool(desk: Desk) -> Tool:
    async def usage_history(
        key: OneKey = "",
        period: Period = "30d",
        start: Start = "",
        end: End = "",
        bucket: Annotated[BucketChoice, Field(description="At most 200 per answer; auto suits the period.")] = "auto",
        usual: Annotated[bool, Field(description="With a key, by days: the range that is usual for each.")] = False,
        group_by: Annotated[HistoryGroup, Field(description="A series per what, beside that of all.")] = "none",
        environment: Environments = "all",
        team: Team = "",
        name_contains: NamePart = "",
        endpoint: PathPart = "",
        limit: Annotated[Limit, Field(description="Series listed with group_by, 1-100.")] = 10,
    ) -> Annotated[CallToolResult, HistoryReport]:
        """Show requests and errors over time, per hour, day, week or month, for one key, a team or all; gaps as gaps.

        Use it for trends, peaks, when something began or stopped, and which days have no data. Read-only.
        """
        from edgedns_mcp.render.history import history_words
        from edgedns_mcp.service.history import usage_history as answer_history

        query = HistoryQuery(
            key=key,
            period=period,
            start=start,
            end=end,
            bucket=bucket,
            usual=usual,
            group_by=group_by,
            environment=environment,
            team=team,
            name_contains=name_contains,
            endpoint=endpoint,
            limit=limit,
        )
        with told_to_the_model():
            report = await answer_history(desk, query)
        return result_of(history_words(report), report)

    return tool_of("Usage over time", usage_history, shown=True)
