"""Making the tables, bringing them up to date, and telling how they are."""

from typing import NamedTuple

from edgedns_mcp.clickhouse import schema
from edgedns_mcp.clickhouse.connection import Asking, Insert
from edgedns_mcp.clickhouse.schema import TABLES, VERSION
from edgedns_mcp.errors import ConfigurationError, StoreError

_PRESENT = "SELECT name FROM system.tables WHERE database = {database:String}"
_VERSION = "SELECT max(version) FROM $version"
_SIZES = """
    SELECT sum(rows), sum(bytes_on_disk), count() FROM system.parts WHERE database = {database:String} AND active
"""
_ORGS = """
    SELECT org, count(), sum(requests) FROM (
        SELECT org, argMax(requests, (committed_at, attempt)) AS requests FROM $ledger GROUP BY org, batch
    ) GROUP BY org ORDER BY org
"""
_LAPSES = """
    SELECT position(engine_full, ' TTL ') > 0 FROM system.tables
    WHERE database = {database:String} AND name = {table:String}
"""
NEWER = "The tables in ClickHouse at {where} are newer than this program, nothing was changed; update edgedns-mcp."


class Held(NamedTuple):
    """What one organisation has."""

    org: str
    batches: int
    requests: int


class Sizes(NamedTuple):
    """What all tables take, on the host that was asked."""

    rows: int = 0
    size_bytes: int = 0
    parts: int = 0


class Standing(NamedTuple):
    """How the tables are; `version` is 0 where they were never all made."""

    version: int
    missing: tuple[str, ...]
    sizes: Sizes = Sizes()
    held: tuple[Held, ...] = ()


def migrate(asking: Asking) -> int:
    """Make what is missing, in the layout of the settings, and give the version from which it went; it may be repeated.

    Raises:
        ConfigurationError: the layout needs a cluster and none is named.
        StoreError: the tables are newer than this program.
    """
    if asking.shape.is_wrong:
        raise ConfigurationError("This layout needs a cluster; set EDGEDNS_CLICKHOUSE_CLUSTER to its name.")
    found = standing(asking)
    if found.version > VERSION:
        raise StoreError(NEWER.format(where=asking.where))
    before = 0 if found.missing else found.version
    asking.run(schema.database(asking.shape))
    for version, migration in enumerate(schema.migrations(asking.shape), start=1):
        for statement in (*migration.makes, *(migration.fills if version > before else ())):
            asking.run(statement)
        if version > before:
            asking.insert(Insert("version", ("version",), [(version,)], f"version:{version}"))
    _let_lapse(asking)
    return found.version


def _let_lapse(asking: Asking) -> None:
    """Keep single requests for as long as the settings say."""
    lapses = asking.rows(_LAPSES, {"database": asking.shape.database, "table": schema.stored_in(asking.shape, "event")})
    if asking.shape.keep_events_d or lapses[0][0]:
        asking.run(schema.lapse(asking.shape))


def standing(asking: Asking) -> Standing:
    """Tell how the tables are, also where none are."""
    database = {"database": asking.shape.database}
    present = {name for (name,) in asking.rows(_PRESENT, database)}
    missing = tuple(table for table in TABLES if table not in present)
    version = asking.rows(_VERSION)[0][0] if "version" in present else 0
    if missing or not version:
        return Standing(version, missing)
    held = tuple(Held(*row) for row in asking.rows(_ORGS))
    return Standing(version, (), sizes(asking), held)


def sizes(asking: Asking) -> Sizes:
    """Tell what the tables take."""
    return Sizes(*asking.rows(_SIZES, {"database": asking.shape.database})[0])
