"""The commands about ClickHouse: its tables, and a copy of the usage in the database."""

import time
from contextlib import closing
from datetime import UTC, date, datetime
from typing import Annotated, Literal

import typer

from edgedns_mcp.cli.options import Base, Organisation, existing
from edgedns_mcp.cli.progress import ProgressLine
from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.clickhouse import upkeep
from edgedns_mcp.clickhouse.copying import Copy
from edgedns_mcp.clickhouse.schema import VERSION
from edgedns_mcp.errors import UsageError
from edgedns_mcp.render.phrases import listed, plural
from edgedns_mcp.settings import load
from edgedns_mcp.sources.factory import clickhouse_of
from edgedns_mcp.store.database import Database

WORK_S = 600  # within which a statement of these commands ends
MEGABYTE = 1_000_000

app = typer.Typer(name="clickhouse", help="ClickHouse as the store: init, migrate, status.", no_args_is_help=True)


@app.command()
def init() -> None:
    """Make the database and its tables in ClickHouse, in the layout of the settings; what is there stays.

    Example: edgedns-mcp clickhouse init
    """
    _migrate()


@app.command()
def migrate() -> None:
    """Bring the tables in ClickHouse up to date; one that broke off goes on.

    Example: edgedns-mcp clickhouse migrate
    """
    _migrate()


@app.command()
def status() -> None:
    """Tell how the tables in ClickHouse are, and what each organisation has there.

    Example: edgedns-mcp clickhouse status
    """
    with closing(clickhouse_of(load(), WORK_S)) as cluster:
        found = upkeep.standing(cluster.asking())
        where = f"The database {cluster.shape.database} in ClickHouse at {cluster.where}"
    if not found.version:
        say(
            f"{where} is not complete: it lacks {listed(found.missing) or 'its version'}. "
            "Run edgedns-mcp clickhouse init."
        )
        raise typer.Exit(1)
    size = found.sizes
    say(
        f"{where} has tables of version {found.version}, laid out {cluster.shape.layout}: "
        f"{plural(size.rows, 'row')} in {plural(size.parts, 'part')}, {size.size_bytes / MEGABYTE:.1f} MB on the host "
        "that answered."
    )
    for held in found.held:
        say(f"{held.org or 'The organisation without a name'}: {plural(held.requests, 'request')}.")


def copy(
    *,
    origin: Annotated[Literal["local"], typer.Option("--from", help="Where the usage is.")] = "local",
    target: Annotated[Literal["clickhouse"], typer.Option("--to", help="Where it is copied to.")] = "clickhouse",
    every: Annotated[
        float | None,
        typer.Option(min=2, metavar="SECONDS", help="Copy again every so many seconds, until Ctrl-C."),
    ] = None,
    database: Base = None,
    account: Organisation = None,
) -> None:
    """Copy usage and keys from the database to ClickHouse, and compare both; repeated, it brings what changed.

    With --every what the endpoint takes in and what is imported is in ClickHouse that much later.

    Example: edgedns-mcp copy --from local --to clickhouse
    """
    del origin, target  # there is one of each
    settings = load(database=database, account=account)
    with closing(existing(settings)) as base, closing(clickhouse_of(settings, WORK_S)) as cluster:
        copying = Copying(Copy(base, cluster, settings.account), base, f"ClickHouse at {cluster.where}")
        copying.once()
        if every:
            copying.on(every)


class Copying:
    """What copies, once or again and again, and says what it did."""

    def __init__(self, copy: Copy, base: Database, where: str) -> None:
        self._copy = copy
        self._base = base
        self._where = where
        self._copied: tuple[object, date] | None = None  # the state of the database, and the day, of the last copy

    def once(self, *, quick: bool = False) -> None:
        """Copy, and say so; a quick one only where it brought something."""
        line, state = ProgressLine(), self._state()
        done = self._copy.run(line, quick=quick)
        line.wipe()
        self._copied = state
        if done.written or not quick:
            say(
                f"Copied {plural(done.written, 'new or changed piece')} to {self._where}; it has the "
                f"{plural(done.requests, 'request')} that {self._base.where} has, key by key."
            )

    def on(self, every_s: float) -> None:
        """Copy again and again what changed, on a new day all; what fails is told, and tried again."""
        while True:
            time.sleep(every_s)
            state = self._state()
            if state == self._copied:
                continue
            try:
                self.once(quick=self._copied is not None and state[1] == self._copied[1])
            except UsageError as exc:
                say(str(exc), err=True)

    def _state(self) -> tuple[object, date]:
        return self._base.read(lambda tx: tx.state()), datetime.now(UTC).date()


def _migrate() -> None:
    with closing(clickhouse_of(load(), WORK_S)) as cluster:
        before = upkeep.migrate(cluster.asking())
        where = f"The database {cluster.shape.database} in ClickHouse at {cluster.where}"
    from_where = f" (it had version {before})" if 0 < before < VERSION else ""
    say(f"{where} has the tables of version {VERSION}, laid out {cluster.shape.layout}{from_where}.")
