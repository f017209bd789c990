"""The commands about ClickHouse: its tables, and a copy of the usage in the database."""

import time
from contextlib import closing
from typing import Annotated, Literal

import typer

from edgedns_mcp.cli.copying import WORK_S, Copying
from edgedns_mcp.cli.options import Base, Organisation, existing
from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.clickhouse import cleaning, upkeep
from edgedns_mcp.clickhouse.schema import VERSION
from edgedns_mcp.render.phrases import listed, plural
from edgedns_mcp.settings import load
from edgedns_mcp.sources.factory import clickhouse_of

MEGABYTE = 1_000_000

app = typer.Typer(
    name="clickhouse", help="ClickHouse as the store: init, migrate, status, clean.", no_args_is_help=True
)


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
    if 0 < found.version < VERSION:
        say(
            f"{where} has tables of version {found.version}, and this program needs {VERSION}. "
            "Run edgedns-mcp clickhouse migrate."
        )
        raise typer.Exit(1)
    if found.missing or not found.version:
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


@app.command()
def clean() -> None:
    """Delete in ClickHouse what writes left that broke off or were replaced over an hour ago; no figure changes.

    Example: edgedns-mcp clickhouse clean
    """
    with closing(clickhouse_of(load(), WORK_S)) as cluster:
        left = cleaning.clean(cluster.asking(), time.time())
        say(
            f"Deleted {plural(left, 'write')} that counted nowhere from the database {cluster.shape.database} in "
            f"ClickHouse at {cluster.where}."
        )


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
        copying = Copying(base, cluster, lambda: [settings.account])
        copying.tell(copying.once())
        if every:
            copying.on(every)


def _migrate() -> None:
    with closing(clickhouse_of(load(), WORK_S)) as cluster:
        before = upkeep.migrate(cluster.asking())
        where = f"The database {cluster.shape.database} in ClickHouse at {cluster.where}"
    from_where = f" (it had version {before})" if 0 < before < VERSION else ""
    say(f"{where} has the tables of version {VERSION}, laid out {cluster.shape.layout}{from_where}.")
