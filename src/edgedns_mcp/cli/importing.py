"""The command that reads logs, counts and counters into the database."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from edgedns_mcp.cli.copying import Target, bring_on
from edgedns_mcp.cli.import_report import far_of, show_outcome, show_question
from edgedns_mcp.cli.options import Base, Organisation
from edgedns_mcp.cli.progress import ProgressLine
from edgedns_mcp.intake.importer import BegunError, Outcome, Progress, import_stream
from edgedns_mcp.intake.logs import Format
from edgedns_mcp.intake.plan import Plan
from edgedns_mcp.intake.presets import Preset
from edgedns_mcp.intake.stream import STANDARD_INPUT, opened
from edgedns_mcp.settings import load
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.upkeep import keep_up

Mapping = Annotated[
    list[str] | None,
    typer.Option("--map", help="field=path, for example key_id=remote_addr or key_id=consumer.name; repeatable."),
]
Fold = Annotated[
    list[str] | None,
    typer.Option("--fold", help="Make ids in paths {id}: ids, or a path such as /v1/zones/*; repeatable."),
]


def import_(
    paths: Annotated[list[Path], typer.Argument(metavar="PATH...", help="Files, or - for standard input.")],
    *,
    log_format: Annotated[Format, typer.Option("--format", help="How a line is written; auto looks.")] = "auto",
    mapping: Mapping = None,
    preset: Annotated[Preset | None, typer.Option(help="Whose JSON log it is.")] = None,
    fold: Fold = None,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first line that cannot be read.")] = False,
    rejects: Annotated[
        Path | None, typer.Option(help="Where lines that cannot be read are kept; else beside their file.")
    ] = None,
    account: Organisation = None,
    database: Base = None,
    target: Target = "local",
) -> None:
    """Read request logs, counts or counters into the database; gzip and zstd are understood, each line counts once.

    A request has the fields key_id, timestamp, endpoint, status, environment and, only with --map, event_id. Without
    --map they are read from

    combined (nginx, Apache): remote_user, time, path, status; no environment.

    ndjson and csv: key_id, api_key_id or consumer_id; timestamp, time, ts or @timestamp; endpoint, path, uri or url;
    status or status_code; environment or env.

    counts: key_id; date, hour or start and end; requests, errors, endpoint, environment, last_activity, bound.

    counters: key_id, at, total_requests, total_errors.

    Example: edgedns-mcp import access.log --map key_id=remote_addr
    """
    settings = load(database=database, account=account)
    plan = Plan(log_format, tuple(mapping or ()), preset, tuple(fold or ()), strict, settings.account)
    with closing(Database.open(settings.database)) as base:
        outcomes = [_imported(base, path, plan, rejects or rejects_of(path, settings.database)) for path in paths]
        keep_up(base, datetime.now(UTC), settings.keep_hours)
        bring_on(settings, base, target)
    show_question(outcomes, settings.account, database)


def _imported(base: Database, path: Path, plan: Plan, rejects: Path) -> Outcome:
    progress = ProgressLine()
    outcome = _read(base, path, plan, rejects, progress)
    progress.wipe()
    show_outcome(outcome, "standard input" if str(path) == STANDARD_INPUT else str(path), Path(base.where), rejects)
    return outcome


def _read(base: Database, path: Path, plan: Plan, rejects: Path, progress: ProgressLine) -> Outcome:
    """Read a file; again, where it has grown meanwhile and another import of it was faster."""
    size = _size(path)
    try:
        with opened(path, progress) as stream:
            progress(far_of(Progress(0, 0, stream.size)))
            return import_stream(base, stream, plan, rejects, lambda far: progress(far_of(far)))
    except BegunError:
        if _size(path) == size:
            raise
    return _read(base, path, plan, rejects, progress)


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else 0


def rejects_of(path: Path, database: Path) -> Path:
    """Say where lines that cannot be read are kept: beside their file, those of standard input beside the database."""
    if str(path) == STANDARD_INPUT:
        return database.with_name("stdin.rejects")
    return path.parent / f"{path.name}.rejects"
