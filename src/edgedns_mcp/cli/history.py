"""The command `history`: requests over time, with a bar for each bucket."""

from typing import Annotated

import typer

from edgedns_mcp.cli.asking import tell
from edgedns_mcp.cli.options import (
    AsOf,
    Base,
    End,
    Environments,
    Json,
    Limit,
    NamePart,
    Organisation,
    PathPart,
    Period,
    Source,
    Start,
    Team,
    Watch,
)
from edgedns_mcp.cli.terminal.history import HISTORY
from edgedns_mcp.models import BucketChoice, HistoryGroup, HistoryQuery
from edgedns_mcp.service.history import usage_history
from edgedns_mcp.settings import load


def history(
    *,
    key: Annotated[str, typer.Option(help="One key: key_id, name, last four characters or a part of the name.")] = "",
    period: Period = "30d",
    start: Start = "",
    end: End = "",
    bucket: Annotated[BucketChoice, typer.Option(help="How long each bucket is.")] = "auto",
    group_by: Annotated[HistoryGroup, typer.Option(help="A series per what, beside that of all.")] = "none",
    environment: Environments = "all",
    team: Team = "",
    name_contains: NamePart = "",
    endpoint: PathPart = "",
    limit: Limit = 10,
    watch: Watch = None,
    source: Source = None,
    database: Base = None,
    account: Organisation = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Show requests over time, by hour, day, week or month.

    Example: edgedns-mcp history --source demo --key newsletter-signup --bucket day
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
    settings = load(source=source, database=database, account=account, as_of=as_of)
    tell(settings, lambda desk: usage_history(desk, query), HISTORY, as_json=as_json, watch=watch)
