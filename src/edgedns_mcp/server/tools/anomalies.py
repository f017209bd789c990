"""The tool `find_anomalies`."""

from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from edgedns_mcp.models import (
    AnomalyQuery,
    AnomalyReport,
    FindingBucket,
    KindChoice,
    Limit,
    Sensitivity,
)
from edgedns_mcp.server.failures import told_to_the_model
from edgedns_mcp.server.tools.arguments import End, Environments, NamePart, OneKey, Period, Start, Team
from edgedns_mcp.server.tools.made import result_of, tool_of
from edgedns_mcp.service.desk import Desk


def find_anomalies_tool(desk: Desk) -> Tool:
    async def find_anomalies(
        period: Period = "7d",
        start: Start = "",
        end: End = "",
        key: OneKey = "",
        kind: Annotated[KindChoice, Field(description="Only this kind of finding.")] = "all",
        sensitivity: Annotated[Sensitivity, Field(description="strict finds less, keen finds more and errs more.")] = (
            "normal"
        ),
        bucket: Annotated[FindingBucket, Field(description="hour is sooner and noisier, for a month at most.")] = "day",
        environment: Environments = "all",
        team: Team = "",
        name_contains: NamePart = "",
        limit: Annotated[Limit, Field(description="Findings listed, the most severe first, 1-100.")] = 8,
    ) -> Annotated[CallToolResult, AnomalyReport]:
        """Find anomalies: spikes, dormant keys that wake up, wrong environments, error bursts, new endpoints, silence.

        Use it for security reviews, spikes, "is a key behaving unlike itself?"; it tells what was tested. Read-only.
        """
        from edgedns_mcp.render.findings import anomaly_words
        from edgedns_mcp.service.anomalies import find_anomalies as answer_anomalies

        query = AnomalyQuery(
            period=period,
            start=start,
            end=end,
            key=key,
            kind=kind,
            sensitivity=sensitivity,
            bucket=bucket,
            environment=environment,
            team=team,
            name_contains=name_contains,
            limit=limit,
        )
        with told_to_the_model():
            report = await answer_anomalies(desk, query)
        return result_of(anomaly_words(report), report)

    return tool_of("Findings about API keys", find_anomalies, shown=True)
