"""The commands for people; the same words and figures as the tools."""

import logging
import sys
from typing import Annotated, NoReturn

import typer

from edgedns_mcp import __version__
from edgedns_mcp.cli import clickhouse, keys, tokens, upkeep
from edgedns_mcp.cli.anomalies import anomalies
from edgedns_mcp.cli.asking import ask, show, tell
from edgedns_mcp.cli.audit import audit
from edgedns_mcp.cli.chargeback import chargeback
from edgedns_mcp.cli.compare import compare
from edgedns_mcp.cli.connect.commands import install, uninstall
from edgedns_mcp.cli.connection import show_connection
from edgedns_mcp.cli.doctor.command import doctor
from edgedns_mcp.cli.endpoint import endpoint
from edgedns_mcp.cli.forecast import forecast
from edgedns_mcp.cli.history import history
from edgedns_mcp.cli.importing import import_
from edgedns_mcp.cli.key import key
from edgedns_mcp.cli.options import (
    AsOf,
    Base,
    Cursor,
    End,
    Endpoints,
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
    Watch,
)
from edgedns_mcp.cli.page import report as write_report
from edgedns_mcp.cli.record import record
from edgedns_mcp.cli.serving import serve
from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.cli.terminal.help import fit_help
from edgedns_mcp.cli.terminal.status import STATUS
from edgedns_mcp.cli.terminal.usage import USAGE
from edgedns_mcp.errors import ConfigurationError, QuestionError, UsageError
from edgedns_mcp.models import SortBy, UsageQuery
from edgedns_mcp.service.status import server_status
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.settings import load

FAILED, WRONG_USE = 1, 2

app = typer.Typer(
    name="edgedns-mcp",
    help="What is each of our API keys doing? Without a command: the MCP server over stdio.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


def run() -> None:
    """Run the command that the arguments name; exit with 0 done, 1 failed, 2 wrong use."""
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr] - both are text files here
    logging.basicConfig(level=logging.ERROR, format="%(message)s")  # a retry that worked is nobody's news
    try:
        app()
    except (ConfigurationError, QuestionError) as exc:
        _fail(str(exc), WRONG_USE)
    except UsageError as exc:
        _fail(str(exc), FAILED)
    except BrokenPipeError:
        sys.stderr.close()  # whoever read us has gone; nothing is left to say
        raise SystemExit(FAILED) from None
    except Exception as exc:  # noqa: BLE001 - the last word to a person, who gets no traceback
        _fail(f"edgedns-mcp failed for a reason it did not foresee ({type(exc).__name__}); please report it.", FAILED)


@app.command()
def usage(
    *,
    period: Period = "current",
    start: Start = "",
    end: End = "",
    group_by: GroupedBy = "key",
    environment: Environments = "all",
    team: Team = "",
    name_contains: NamePart = "",
    endpoint: PathPart = "",
    sort_by: Annotated[SortBy, typer.Option(help="Most first.")] = "requests",
    limit: Limit = 10,
    top_endpoints: Endpoints = 3,
    cursor: Cursor = "",
    watch: Watch = None,
    source: Source = None,
    database: Base = None,
    account: Organisation = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Rank every API key by its requests.

    Example: edgedns-mcp usage --source demo --period 7d
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
    settings = load(source=source, database=database, account=account, as_of=as_of)
    tell(settings, lambda desk: usage_by_key(desk, query), USAGE, as_json=as_json, watch=watch)


app.command()(key)
app.command()(history)
app.command()(compare)
app.command()(anomalies)
app.command()(chargeback)
app.command()(audit)
app.command()(forecast)


@app.command()
def status(
    *,
    watch: Watch = None,
    source: Source = None,
    database: Base = None,
    account: Organisation = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Tell where figures come from and what is not configured.

    Example: edgedns-mcp status
    """
    settings = load(source=source, database=database, account=account, as_of=as_of)
    tell(settings, server_status, STATUS, as_json=as_json, watch=watch)


@app.command()
def demo(
    *,
    period: Period = "current",
    start: Start = "",
    end: End = "",
    limit: Limit = 10,
    top_endpoints: Endpoints = 3,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Show a report of the demo organisation, and how to connect a client.

    Example: edgedns-mcp demo
    """
    query = UsageQuery(period=period, start=start, end=end, limit=limit, top_endpoints=top_endpoints)
    answer = ask(load(source="demo", as_of=as_of), lambda desk: usage_by_key(desk, query))
    show(answer, USAGE, as_json=as_json)
    if not as_json:
        show_connection()


app.command(name="report")(write_report)
app.command()(serve)
app.command()(install)
app.command()(uninstall)
app.command()(doctor)
app.command(name="import")(import_)
app.command()(record)
app.command()(endpoint)
app.add_typer(keys.app)
app.add_typer(tokens.app)
app.add_typer(clickhouse.app)
for room in (upkeep.backup, upkeep.restore, upkeep.forget, upkeep.export, clickhouse.copy):
    app.command()(room)
fit_help(app)


@app.callback(invoke_without_command=True)
def root(*, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    """Answer what each API key is doing."""
    if version:
        typer.echo(f"edgedns-mcp {__version__}")
        raise typer.Exit


def _fail(sentence: str, code: int) -> NoReturn:
    say(sentence, err=True)
    raise SystemExit(code)
