"""The commands about ClickHouse: its tables, and a copy of the usage in the database."""

from contextlib import closing
from typing import Annotated, Literal

import typer

from edgedns_mcp.cli.options import Base, Organisation, existing
from edgedns_mcp.cli.progress import Far, ProgressLine
from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.clickhouse import upkeep
from edgedns_mcp.clickhouse.copying import Copy, Told
from edgedns_mcp.clickhouse.schema import VERSION
from edgedns_mcp.render.phrases import listed, plural
from edgedns_mcp.settings import load
from edgedns_mcp.sources.factory import clickhouse_of

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
    database: Base = None,
    account: Organisation = None,
) -> None:
    """Copy usage and keys from the database to ClickHouse, and compare both; repeated, it brings what changed.

    Example: edgedns-mcp copy --from local --to clickhouse
    """
    del origin, target  # there is one of each
    settings = load(database=database, account=account)
    line = ProgressLine()
    with closing(existing(settings)) as base, closing(clickhouse_of(settings, WORK_S)) as cluster:
        done = Copy(base, cluster, settings.account).run(_told(line))
        line.wipe()
        say(
            f"Copied {plural(done.written, 'new or changed piece')} to ClickHouse at {cluster.where}; it has the "
            f"{plural(done.requests, 'request')} that {settings.database} has, key by key."
        )


def _told(line: ProgressLine) -> Told:
    return lambda done, every: line(Far("Copied", done, every, "batches"))


def _migrate() -> None:
    with closing(clickhouse_of(load(), WORK_S)) as cluster:
        before = upkeep.migrate(cluster.asking())
        where = f"The database {cluster.shape.database} in ClickHouse at {cluster.where}"
    from_where = f" (it had version {before})" if 0 < before < VERSION else ""
    say(f"{where} has the tables of version {VERSION}, laid out {cluster.shape.layout}{from_where}.")
