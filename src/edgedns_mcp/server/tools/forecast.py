"""The tool `forecast_quota`."""

from typing import Annotated

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult
from pydantic import Field

from edgedns_mcp.models import ForecastQuery, ForecastReport, Limit
from edgedns_mcp.server.failures import told_to_the_model
from edgedns_mcp.server.tools.arguments import Environments, NamePart, Team
from edgedns_mcp.server.tools.made import result_of, tool_of
from edgedns_mcp.service.desk import Desk

Quota = Annotated[int, Field(ge=0, le=10**15, description="Requests a month; 0: as configured, or the plan's.")]
Drivers = Annotated[Limit, Field(description="Keys listed, 1-100.")]


def forecast_quota_tool(desk: Desk) -> Tool:
    async def forecast_quota(
        monthly_quota: Quota = 0,
        environment: Environments = "all",
        team: Team = "",
        name_contains: NamePart = "",
        limit: Drivers = 5,
    ) -> Annotated[CallToolResult, ForecastReport]:
        """Forecast use to the end of the billing period: its range, when quota or budgets are crossed, what drives it.

        Use it for "will we hit our quota?", "when do we cross 80 %?" and "what if this key stopped?". Read-only.
        """
        from edgedns_mcp.render.forecast import forecast_words
        from edgedns_mcp.service.forecast import forecast_quota as answer_forecast

        query = ForecastQuery(
            monthly_quota=monthly_quota, environment=environment, team=team, name_contains=name_contains, limit=limit
        )
        with told_to_the_model():
            report = await answer_forecast(desk, query)
        return result_of(forecast_words(report), report)

    return tool_of("Quota forecast", forecast_quota)
