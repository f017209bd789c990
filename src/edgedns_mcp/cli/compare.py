"""The command `compare`: what changed between two windows, and who changed it."""

from typing import Annotated

import typer

from edgedns_mcp.cli.asking import ask, show
from edgedns_mcp.cli.options import (
    AsOf,
    Base,
    Cursor,
    End,
    Environments,
    GroupedBy,
    Json,
    Limit,
    NamePart,
    Organisation,
    PathPart,
    Period,
    Source,
    Start,
    Team,
)
from edgedns_mcp.cli.terminal.compare import COMPARISON
from edgedns_mcp.models import CompareQuery
from edgedns_mcp.service.compare import compare_usage
from edgedns_mcp.settings import load


def compare(
    *,
    period: Period = "current",
    start: Start = "",
    end: End = "",
    baseline: Annotated[str, typer.Option(help="What to compare with: preceding, or any period.")] = "preceding",
    group_by: GroupedBy = "key",
    environment: Environments = "all",
    team: Team = "",
    name_contains: NamePart = "",
    endpoint: PathPart = "",
    limit: Limit = 10,
    cursor: Cursor = "",
    source: Source = None,
    database: Base = None,
    account: Organisation = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Compare two windows: how much more or less, by which key, who is new, gone or woken.

    Example: edgedns-mcp compare --source demo --period 7d
    """
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
    settings = load(source=source, database=database, account=account, as_of=as_of)
    answer = ask(settings, lambda desk: compare_usage(desk, query))
    show(answer, COMPARISON, as_json=as_json)
