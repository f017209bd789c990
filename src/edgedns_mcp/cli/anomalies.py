"""The command `anomalies`: what keys did that they never did; with an exit code for cron, and known findings hidden."""

from datetime import UTC, date, datetime, time
from typing import Annotated
from zoneinfo import ZoneInfo

import anyio
import typer

from edgedns_mcp.cli.asking import ask, show, tell
from edgedns_mcp.cli.notices import Notify, NotifyFrom, address_of, tell_once
from edgedns_mcp.cli.options import (
    AsOf,
    Base,
    End,
    Environments,
    Json,
    NamePart,
    Organisation,
    Period,
    Source,
    Start,
    Team,
    Watch,
)
from edgedns_mcp.cli.terminal.anomalies import ANOMALIES
from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import (
    EVERY_FINDING,
    AnomalyQuery,
    FindingBucket,
    KindChoice,
    Sensitivity,
    Severity,
)
from edgedns_mcp.service.anomalies import acknowledge, find_anomalies, is_at_least
from edgedns_mcp.service.desk import open_desk
from edgedns_mcp.settings import Settings, load

FAILED, FOUND = 1, 3  # exit codes: somebody could not be told; --fail-on


def anomalies(
    *,
    period: Period = "7d",
    start: Start = "",
    end: End = "",
    key: Annotated[str, typer.Option(help="One key: key_id, name, last four characters or a part of the name.")] = "",
    kind: Annotated[KindChoice, typer.Option(help="Only this kind of finding.")] = "all",
    sensitivity: Annotated[Sensitivity, typer.Option(help="How unlikely use must be.")] = "normal",
    bucket: Annotated[
        FindingBucket, typer.Option(help="Search by days, or by hours: sooner, with more noise.")
    ] = "day",
    environment: Environments = "all",
    team: Team = "",
    name_contains: NamePart = "",
    limit: Annotated[int, typer.Option(min=0, help="Findings listed, the most severe first; 0 lists all.")] = 0,
    fail_on: Annotated[Severity | None, typer.Option(help="Exit with 3 if a finding is so severe, or more.")] = None,
    notify: Notify = "",
    notify_from: NotifyFrom = "medium",
    finding: Annotated[str, typer.Option("--acknowledge", metavar="ID", help="Hide this finding, with --until.")] = "",
    until: Annotated[str, typer.Option(metavar="DATE", help="The last day to hide it, such as 2026-12-31.")] = "",
    watch: Watch = None,
    source: Source = None,
    database: Base = None,
    account: Organisation = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Find what keys did that they never did: spikes, woken keys, wrong environments, errors, new endpoints, silence.

    Example: edgedns-mcp anomalies --source demo --period 14d
    """
    settings = load(source=source, database=database, account=account, as_of=as_of)
    if finding or until:
        _acknowledge(settings, finding, until)
        return
    address = address_of(notify, settings)
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
        limit=limit or EVERY_FINDING,
    )
    if watch is not None:
        _refuse_ends(fail_on, notify)
        tell(
            settings,
            lambda desk: find_anomalies(desk, query, fits_a_host=False),
            ANOMALIES,
            as_json=as_json,
            watch=watch,
        )
        return
    answer = ask(settings, lambda desk: find_anomalies(desk, query, fits_a_host=False))
    show(answer, ANOMALIES, as_json=as_json)
    is_told = address is None or tell_once(settings, address, answer.findings, notify_from)
    if fail_on and is_at_least(answer, fail_on):
        raise typer.Exit(FOUND)
    if not is_told:
        raise typer.Exit(FAILED)


def _refuse_ends(fail_on: Severity | None, notify: str) -> None:
    if fail_on or notify:
        raise QuestionError("--watch only shows findings; leave out --fail-on and --notify.")


def _acknowledge(settings: Settings, finding: str, until: str) -> None:
    last, desk = _day(until, finding), open_desk(settings)
    is_over = _end_of(last, settings.timezone) <= desk.now()

    async def done() -> None:
        try:
            await acknowledge(desk, finding, _end_of(last, settings.timezone))
        finally:
            await desk.source.aclose()

    anyio.run(done)
    hidden = f"hidden up to {last}" if not is_over else f"no longer hidden, because {last} is over"
    say(f"A finding {finding} is {hidden}; other findings of the same key show.")


def _day(until: str, finding: str) -> date:
    if not finding or not until:
        raise QuestionError("Write --acknowledge ID together with --until DATE, for example --until 2026-12-31.")
    try:
        return date.fromisoformat(until)
    except ValueError as exc:
        raise QuestionError("--until is not a date; write it as 2026-12-31.") from exc


def _end_of(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(date.fromordinal(day.toordinal() + 1), time(), tzinfo=zone).astimezone(UTC)
