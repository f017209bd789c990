"""The tools: typed arguments in, words and data out."""

from typing import Annotated, Any

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, TextContent, ToolAnnotations
from pydantic import Field

from edgedns_mcp.models import (
    BucketChoice,
    EnvironmentFilter,
    GroupBy,
    HistoryGroup,
    HistoryQuery,
    HistoryReport,
    KeyQuery,
    KeyReport,
    Limit,
    Model,
    SortBy,
    StatusReport,
    TopEndpoints,
    UsageQuery,
    UsageReport,
)
from edgedns_mcp.render.history import history_words
from edgedns_mcp.render.words import key_words, status_words, usage_words
from edgedns_mcp.server.failures import told_to_the_model
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.history import usage_history as answer_history
from edgedns_mcp.service.key import key_details as answer_key
from edgedns_mcp.service.status import server_status as answer_status
from edgedns_mcp.service.usage import usage_by_key as answer_usage

READ_ONLY = {"read_only_hint": True, "destructive_hint": False, "idempotent_hint": True, "open_world_hint": True}

Period = Annotated[
    str,
    Field(
        description="current (billing period), previous, today, yesterday, this_week, last_week, mtd, last_month, 24h, "
        "7d, any Nh or Nd, this_quarter, 2026-10, 2026-10-05 or 2026-10-01..2026-10-15."
    ),
]
Start = Annotated[str, Field(description="Date or time; with end, overrides period.")]
End = Annotated[str, Field(description="Exclusive; empty means now. For whole days use period=A..B.")]
Environments = Annotated[EnvironmentFilter, Field(description="Which keys to count.")]
Team = Annotated[str, Field(description="Only this team's keys; unassigned for keys of no team.")]
NamePart = Annotated[str, Field(description="Only keys whose name has this part.")]
PathPart = Annotated[str, Field(description="Only requests to paths with this part, e.g. /v1/dns.")]
Rows = Annotated[Limit, Field(description="Rows per page, 1-100.")]
Cursor = Annotated[str, Field(description="next_cursor of the page before.")]
Endpoints = Annotated[TopEndpoints, Field(description="Endpoints listed per key, 0-50.")]


def tools(desk: Desk) -> list[Tool]:
    """Make the tools of one server."""
    return [_usage_by_key(desk), _key_details(desk), _usage_history(desk), _server_status(desk)]


def _usage_by_key(desk: Desk) -> Tool:
    async def usage_by_key(
        period: Period = "current",
        start: Start = "",
        end: End = "",
        group_by: Annotated[GroupBy, Field(description="What a row is.")] = "key",
        environment: Environments = "all",
        team: Team = "",
        name_contains: NamePart = "",
        endpoint: PathPart = "",
        sort_by: Annotated[SortBy, Field(description="Most first.")] = "requests",
        limit: Rows = 10,
        top_endpoints: Endpoints = 3,
        cursor: Cursor = "",
    ) -> Annotated[CallToolResult, UsageReport]:
        """Rank every API key by its requests in a period, with errors, endpoints and last activity, idle keys included.

        Use it for who uses most, totals per key, team, environment or endpoint, error rates and unused keys. Read-only.
        """
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
        return _result(usage_words(report), report)

    return _tool("Usage by API key", usage_by_key)


def _key_details(desk: Desk) -> Tool:
    async def key_details(
        key: Annotated[str, Field(description="key_id, name, last four characters or a part; never a whole secret.")],
        period: Period = "current",
        start: Start = "",
        end: End = "",
        top_endpoints: Endpoints = 10,
    ) -> Annotated[CallToolResult, KeyReport]:
        """Show one API key in full: rank, share, requests per day, errors, endpoints, last activity, team.

        Use it when the question names a key; keys of one name (live and test) come together. Read-only.
        """
        query = KeyQuery(key=key, period=period, start=start, end=end, top_endpoints=top_endpoints)
        with told_to_the_model():
            report = await answer_key(desk, query)
        return _result(key_words(report), report)

    return _tool("One API key in full", key_details)


def _usage_history(desk: Desk) -> Tool:
    async def usage_history(
        key: Annotated[
            str, Field(description="One key: key_id, name, last four or part of the name; empty for all.")
        ] = "",
        period: Period = "30d",
        start: Start = "",
        end: End = "",
        bucket: Annotated[BucketChoice, Field(description="At most 200 per answer; auto suits the period.")] = "auto",
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
        query = HistoryQuery(
            key=key,
            period=period,
            start=start,
            end=end,
            bucket=bucket,
            group_by=group_by,
            environment=environment,
            team=team,
            name_contains=name_contains,
            endpoint=endpoint,
            limit=limit,
        )
        with told_to_the_model():
            report = await answer_history(desk, query)
        return _result(history_words(report), report)

    return _tool("Usage over time", usage_history)


def _server_status(desk: Desk) -> Tool:
    async def server_status() -> Annotated[CallToolResult, StatusReport]:
        """Tell where the figures come from, how fresh they are, which data is there, and what is not configured.

        Use it when an answer says no data, looks old, or comes from the demo. Read-only.
        """
        with told_to_the_model():
            report = await answer_status(desk)
        return _result(status_words(report), report)

    return _tool("Server status", server_status)


def _tool(title: str, function: Any) -> Tool:
    tool = Tool.from_function(function, title=title, annotations=ToolAnnotations(title=title, **READ_ONLY))
    return tool.model_copy(
        update={"parameters": _without_titles(tool.parameters), "description": " ".join(tool.description.split())}
    )


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """Drop the titles that repeat each parameter's name: they cost tokens in every request."""
    properties = {
        name: {word: value for word, value in one.items() if word != "title"}
        for name, one in schema["properties"].items()
    }
    return {word: value for word, value in schema.items() if word != "title"} | {"properties": properties}


def _result(words: str, report: Model) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=words)], structured_content=report.model_dump(mode="json")
    )
