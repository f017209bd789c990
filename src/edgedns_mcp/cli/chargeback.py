"""The command `chargeback`: who owes what of an invoice, as a table, as CSV, or in a file."""

from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from edgedns_mcp.cli.asking import ask, show
from edgedns_mcp.cli.closing import close_one, reopen_last
from edgedns_mcp.cli.options import AsOf, Base, End, Force, Json, Organisation, Period, Source, Start
from edgedns_mcp.cli.terminal.chargeback import CHARGEBACK
from edgedns_mcp.cli.terminal.faces import Face, say
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import (
    EVERY_LINE,
    BesideChoice,
    ChargebackQuery,
    ChargebackReport,
    GroupChoice,
    Layout,
    MethodChoice,
)
from edgedns_mcp.render.phrases import plain, plural
from edgedns_mcp.service.chargeback import Answered, chargeback_answer
from edgedns_mcp.settings import Settings, load
from edgedns_mcp.store.files import new_file, refuse_existing


class Written(NamedTuple):
    """Where an answer goes, and how."""

    output: Path | None
    force: bool
    as_json: bool


def chargeback(
    *,
    period: Period = "previous",
    start: Start = "",
    end: End = "",
    amount: Annotated[
        str, typer.Option(help="The invoice's total, such as 1200.00; without it as configured, else shares only.")
    ] = "",
    currency: Annotated[str, typer.Option(help="A code of ISO 4217 (EDGEDNS_CURRENCY).")] = "",
    group_by: Annotated[GroupChoice, typer.Option(help="Who is charged; unless configured, team.")] = "configured",
    method: Annotated[
        MethodChoice,
        typer.Option(
            help="By requests, even, fixed --shares, hybrid with --fixed-fee, by --unit-price.",
        ),
    ] = "configured",
    fixed_fee: Annotated[str, typer.Option(help="The part of the amount that hybrid shares evenly.")] = "",
    unit_price: Annotated[str, typer.Option(help="The price of a request: 0.0012, or 1.20/1000.")] = "",
    shares: Annotated[str, typer.Option(help="Percentages: payments=60,growth=40.")] = "",
    weights: Annotated[str, typer.Option(help="What a request counts: /v1/export=10; none: 1 each.")] = "",
    teams: Annotated[str, typer.Option(help="Teams by patterns: 'payments: checkout*, billing*; growth: news*'.")] = "",
    unattributed: Annotated[BesideChoice, typer.Option(help="Use by unknown keys or none.")] = "configured",
    limit: Annotated[int, typer.Option(min=0, help="Lines listed; 0 lists all.")] = 0,
    layout: Annotated[Layout, typer.Option("--format", help="Words, CSV, or FOCUS 1.2 by key and month.")] = "table",
    output: Annotated[Path | None, typer.Option(help="The file to write, instead of the terminal.")] = None,
    force: Force = False,
    close: Annotated[bool, typer.Option("--close", help="Close the period: what was charged stays so.")] = False,
    reopen: Annotated[bool, typer.Option("--reopen", help="Give the last closed period back.")] = False,
    source: Source = None,
    database: Base = None,
    account: Organisation = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Charge an invoice to teams, keys, cost centres or environments; the lines sum to it, to the cent.

    Example: edgedns-mcp chargeback --source demo --period last_month --amount 1200
    """
    query = ChargebackQuery(
        period=period,
        start=start,
        end=end,
        amount=amount,
        currency=currency,
        group_by=group_by,
        method=method,
        fixed_fee=fixed_fee,
        unit_price=unit_price,
        shares=shares,
        weights=weights,
        teams=teams,
        unattributed=unattributed,
        limit=limit or EVERY_LINE,
        format=layout,
    )
    settings = load(source=source, database=database, account=account, as_of=as_of)
    if close and reopen:
        raise QuestionError("Choose one of --close and --reopen.")
    if reopen:
        reopen_last(settings)
    else:
        _tell(settings, query, Written(output, force=force, as_json=as_json), close=close)


def _tell(settings: Settings, query: ChargebackQuery, written: Written, *, close: bool) -> None:
    if written.as_json and query.format != "table":
        raise QuestionError(f"Choose one of --json and --format {query.format}.")
    if written.output:
        refuse_existing(written.output, force=written.force)
    if close:
        close_one(settings, query)
    answer = ask(settings, lambda desk: chargeback_answer(desk, query, fits_a_host=False))
    if written.output:
        _write(answer, written)
    elif answer.report.file:
        typer.echo(answer.report.file, nl=False)
    else:
        show(answer.report, _face(answer), as_json=written.as_json)


def _face(answer: Answered) -> Face[ChargebackReport]:
    """Give the words of a closed period as they were kept."""

    def kept(report: ChargebackReport) -> str:
        del report
        return answer.words

    return CHARGEBACK._replace(words=kept) if answer.report.closed_at else CHARGEBACK


def _text(answer: Answered, *, as_json: bool) -> str:
    if answer.report.file:
        return answer.report.file
    return f"{answer.report.model_dump_json(indent=2) if as_json else answer.words}\n"


def _write(answer: Answered, written: Written) -> None:
    assert written.output  # noqa: S101 - it is to be written
    with new_file(written.output, force=written.force) as file:
        file.write(_text(answer, as_json=written.as_json))
    told = answer.report
    lines = told.file.count("\n") - 1 if told.file else len(told.lines)
    say(f"Wrote {plural(lines, 'line')} to {written.output}. {plain(told.summary)}", err=True)
