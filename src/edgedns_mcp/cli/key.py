"""The command `key`: one API key in full; on a terminal with what it did over time."""

from typing import Annotated

import typer

from edgedns_mcp.cli.asking import ask
from edgedns_mcp.cli.options import AsOf, Base, End, Endpoints, Json, Organisation, Period, Source, Start
from edgedns_mcp.cli.terminal.faces import a_console
from edgedns_mcp.cli.terminal.key import KEY, KeyWithHistory
from edgedns_mcp.errors import UsageError
from edgedns_mcp.models import HistoryQuery, HistoryReport, KeyQuery, KeyReport
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.history import usage_history
from edgedns_mcp.service.key import key_details
from edgedns_mcp.settings import load


def key(
    key: Annotated[str, typer.Argument(help="key_id, name, last four characters or a part of the name.")],
    *,
    period: Period = "current",
    start: Start = "",
    end: End = "",
    top_endpoints: Endpoints = 10,
    source: Source = None,
    database: Base = None,
    account: Organisation = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Show one API key in full.

    Example: edgedns-mcp key payments-fraud --source demo
    """
    query = KeyQuery(key=key, period=period, start=start, end=end, top_endpoints=top_endpoints)
    settings = load(source=source, database=database, account=account, as_of=as_of)
    answer = ask(settings, lambda desk: with_history(desk, query, wanted=not as_json and a_console().is_terminal))
    if as_json:
        typer.echo(answer.report.model_dump_json(indent=2))
    else:
        KEY.show(answer)


async def with_history(desk: Desk, query: KeyQuery, *, wanted: bool) -> KeyWithHistory:
    """Ask about a key and, where a picture is wanted, what it did over time.

    Raises:
        UsageError: the source has no answer.
    """
    report = await key_details(desk, query)
    return KeyWithHistory(report, await _history(desk, query, report) if wanted else None)


async def _history(desk: Desk, query: KeyQuery, report: KeyReport) -> HistoryReport | None:
    if report.matched_by == "several":
        return None
    meant = report.keys[0].key_id
    try:
        return await usage_history(desk, HistoryQuery(key=meant, period=query.period, start=query.start, end=query.end))
    except UsageError:
        return None  # nothing was recorded yet; the key's own figures stand without it
