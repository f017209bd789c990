"""The command `forecast`: where the billing period ends, and when thresholds are crossed."""

from typing import Annotated

import typer

from edgedns_mcp.cli.asking import ask, show
from edgedns_mcp.cli.options import AsOf, Base, Environments, Json, Limit, NamePart, Organisation, Source, Team
from edgedns_mcp.cli.terminal.forecast import FORECAST
from edgedns_mcp.models import ForecastQuery
from edgedns_mcp.service.forecast import forecast_quota
from edgedns_mcp.settings import load


def forecast(
    *,
    monthly_quota: Annotated[
        int, typer.Option(min=0, max=10**15, help="Requests a month; 0: as configured, or the plan's.")
    ] = 0,
    environment: Environments = "all",
    team: Team = "",
    name_contains: NamePart = "",
    limit: Limit = 5,
    source: Source = None,
    database: Base = None,
    account: Organisation = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Project requests to the end of the billing period, and when the quota's thresholds are crossed.

    Example: edgedns-mcp forecast --source demo --monthly-quota 400000
    """
    query = ForecastQuery(
        monthly_quota=monthly_quota, environment=environment, team=team, name_contains=name_contains, limit=limit
    )
    settings = load(source=source, database=database, account=account, as_of=as_of)
    answer = ask(settings, lambda desk: forecast_quota(desk, query))
    show(answer, FORECAST, as_json=as_json)
