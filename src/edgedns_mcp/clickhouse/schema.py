"""The tables, in each layout, and how an older database becomes a current one."""

from collections.abc import Iterator, Sequence
from typing import Literal, NamedTuple

Layout = Literal["single", "replicated", "distributed"]
VERSION = 2


class Shape(NamedTuple):
    """How a database is laid out: its name, over which cluster, and for how many days single requests are kept."""

    database: str
    layout: Layout = "single"
    cluster: str = ""
    keep_events_d: int = 0  # 0: for ever

    @property
    def is_wrong(self) -> bool:
        """Tell whether the layout needs a cluster and has none."""
        return self.layout != "single" and not self.cluster


class Table(NamedTuple):
    """One table: its columns, its engine without arguments, and by what its rows are spread over shards."""

    name: str
    columns: str
    engine: str
    version: str  # the engine's argument
    keys: str  # PARTITION BY, ORDER BY, TTL
    spread_by: str


# What every row of usage says of where it came from: an attempt counts once the ledger names it (see batches.py).
_PLACE = "org LowCardinality(String), attempt UInt64, key_id String, endpoint LowCardinality(String)"
_KIND = "environment LowCardinality(String)"
_SUMS = (
    "requests SimpleAggregateFunction(sum, Int64), errors SimpleAggregateFunction(sum, Int64), "
    "last SimpleAggregateFunction(max, UInt32)"
)
_FIGURES = "requests Int64, errors Int64, last UInt32"
_OF_ATTEMPT = "INDEX of_attempt attempt TYPE minmax"  # attempts ascend with time, so new parts hold few of them
_BY_START = (
    "PARTITION BY toYYYYMM(toDateTime(start, 'UTC')) ORDER BY (org, start, key_id, endpoint, environment, attempt)"
)
_FIRST = (
    Table(
        "event",
        f"{_PLACE}, {_KIND}, at UInt32, status UInt16",
        "MergeTree",
        "",
        "PARTITION BY toYYYYMM(toDateTime(at, 'UTC')) ORDER BY (org, at, key_id)",
        "key_id",
    ),
    *(
        Table(
            name,
            f"{_PLACE}, {_KIND}, start UInt32, {_SUMS}, {_OF_ATTEMPT}",
            "AggregatingMergeTree",
            "",
            _BY_START,
            "key_id",
        )
        for name in ("cell_hour", "cell_day")
    ),
    Table(
        "span",
        f"{_PLACE}, {_KIND}, start UInt32, end UInt32, is_lower UInt8, {_FIGURES}, {_OF_ATTEMPT}",
        "MergeTree",
        "",
        "PARTITION BY toYYYYMM(toDateTime(end, 'UTC')) ORDER BY (org, end, key_id, endpoint, environment, attempt)",
        "key_id",
    ),
    Table(
        "coverage",
        "org LowCardinality(String), attempt UInt64, feed LowCardinality(String), start UInt32, end UInt32",
        "ReplacingMergeTree",
        "",
        "ORDER BY (org, feed, start, end, attempt)",
        "attempt",
    ),
    Table(
        "unread",
        "org LowCardinality(String), attempt UInt64, start UInt32, end UInt32, lines UInt64",
        "MergeTree",
        "",
        "ORDER BY (org, start, end, attempt)",
        "attempt",
    ),
    Table(
        "key",
        "org LowCardinality(String), key_id String, version UInt64, is_listed UInt8, name String, "
        "environment LowCardinality(String), team String, cost_center String, last_four String, "
        "allowed_environments String, created_at Nullable(Int64), revoked_at Nullable(Int64), "
        "expires_at Nullable(Int64), replaced_by String, last_used_at Nullable(Int64)",
        "ReplacingMergeTree",
        "version",
        "ORDER BY (org, key_id)",
        "key_id",
    ),
    Table(
        "ledger",
        "org LowCardinality(String), batch String, digest String, attempt UInt64, committed_at UInt64, "
        "requests Int64, rejected UInt64",
        "MergeTree",
        "",
        "ORDER BY (org, batch, attempt)",
        "batch",
    ),
    Table("version", "version UInt32, at DateTime DEFAULT now()", "MergeTree", "", "ORDER BY version", "version"),
)
_HOURS = """
    SELECT org, attempt, key_id, endpoint, environment, intDiv(at, 3600) * 3600 AS start,
        toInt64(count()) AS requests, toInt64(countIf(status >= 400)) AS errors, max(at) AS last
    FROM {} GROUP BY org, attempt, key_id, endpoint, environment, start
"""
_DAYS_OF = """
    SELECT {place}, intDiv(hour, 86400) * 86400 AS start,
        sum(some) AS requests, sum(wrong) AS errors, max(if(some <> 0 OR wrong <> 0, latest, 0)) AS last
    FROM (SELECT {place}, start AS hour, requests AS some, errors AS wrong, last AS latest FROM {{}})
    GROUP BY {place}, start
"""
_DAYS = _DAYS_OF.format(place="org, attempt, key_id, endpoint, environment")
_DAYS_OF_KEYS = _DAYS_OF.format(place="org, attempt, key_id")
# Each insert into the table of the third place fills the one of the second, on the shard where it lies.
_FIRST_VIEWS = (("hours_of_events", "cell_hour", "event", _HOURS), ("days_of_hours", "cell_day", "cell_hour", _DAYS))
# A key's days alone: its last request may lie anywhere since the beginning, and a day has few keys but many cells.
_KEY_DAY = Table(
    "key_day",
    f"org LowCardinality(String), attempt UInt64, key_id String, start UInt32, {_SUMS}, {_OF_ATTEMPT}",
    "AggregatingMergeTree",
    "",
    "PARTITION BY toYYYYMM(toDateTime(start, 'UTC')) ORDER BY (org, start, key_id, attempt)",
    "key_id",
)
_KEY_DAYS = ("key_days_of_hours", "key_day", "cell_hour", _DAYS_OF_KEYS)
TABLES = (*(table.name for table in _FIRST), _KEY_DAY.name)
HELD = ("event", "cell_hour", "cell_day", "key_day", "span", "coverage", "unread", "ledger")  # what is of an attempt


class Migration(NamedTuple):
    """How a version is made of the one before it."""

    makes: Sequence[str]  # what is missing; may be repeated at any time
    fills: Sequence[str] = ()  # of what was there before; once, while nobody writes


def database(shape: Shape) -> str:
    """Give the statement that makes the database."""
    return f"CREATE DATABASE IF NOT EXISTS {shape.database}{_everywhere(shape)}"


def migrations(shape: Shape) -> Sequence[Migration]:
    """Give one migration per version; each may be run again, so one that broke off goes on."""
    return (
        Migration([*_tables(shape, _FIRST), *_views(shape, _FIRST_VIEWS)]),
        Migration([*_tables(shape, [_KEY_DAY]), *_views(shape, [_KEY_DAYS])], _key_days_from_cells(shape)),
    )


def lapse(shape: Shape) -> str:
    """Give the statement that sets for how long single requests are kept; their cells stay."""
    table = f"ALTER TABLE {_local(shape, 'event')}{_everywhere(shape)}"
    if not shape.keep_events_d:
        return f"{table} REMOVE TTL"
    return f"{table} MODIFY TTL toDateTime(at, 'UTC') + INTERVAL {shape.keep_events_d} DAY"


def deletion(shape: Shape, table: str) -> str:
    """Give the statement that deletes the rows of some attempts."""
    return f"DELETE FROM {_local(shape, table)}{_everywhere(shape)} WHERE attempt IN {{attempts:Array(UInt64)}}"  # noqa: S608 - our own names


def stored_in(shape: Shape, table: str) -> str:
    """Name the table that holds the rows of `table` on each host."""
    return f"{table}_local" if shape.layout == "distributed" else table


def _tables(shape: Shape, tables: Sequence[Table]) -> Iterator[str]:
    for table in tables:
        name = _local(shape, table.name)
        yield (
            f"CREATE TABLE IF NOT EXISTS {name}{_everywhere(shape)} ({table.columns}) "
            f"ENGINE = {_engine(shape, table)} {table.keys}"
        )
        if shape.layout == "distributed":
            spread = f"'{shape.cluster}', '{shape.database}', '{table.name}_local', cityHash64({table.spread_by})"
            yield (
                f"CREATE TABLE IF NOT EXISTS {shape.database}.{table.name}{_everywhere(shape)} AS {name} "
                f"ENGINE = Distributed({spread})"
            )


def _views(shape: Shape, views: Sequence[tuple[str, str, str, str]]) -> Iterator[str]:
    for name, to, of, question in views:
        yield (
            f"CREATE MATERIALIZED VIEW IF NOT EXISTS {shape.database}.{name}{_everywhere(shape)} "
            f"TO {_local(shape, to)} AS {question.format(_local(shape, of))}"
        )


def _key_days_from_cells(shape: Shape) -> Sequence[str]:
    settings = "SETTINGS distributed_foreground_insert = 1 " if shape.layout == "distributed" else ""
    days = _DAYS_OF_KEYS.format(f"{shape.database}.cell_day")
    return (
        f"TRUNCATE TABLE {_local(shape, 'key_day')}{_everywhere(shape)}",
        f"INSERT INTO {shape.database}.key_day (org, attempt, key_id, start, requests, errors, last) {settings}{days}",
    )


def _engine(shape: Shape, table: Table) -> str:
    if shape.layout == "single":
        return f"{table.engine}({table.version})"
    place = f"'/clickhouse/tables/{{shard}}/{shape.database}/{table.name}', '{{replica}}'"
    return f"Replicated{table.engine}({', '.join(part for part in (place, table.version) if part)})"


def _local(shape: Shape, table: str) -> str:
    return f"{shape.database}.{stored_in(shape, table)}"


def _everywhere(shape: Shape) -> str:
    return f" ON CLUSTER '{shape.cluster}'" if shape.cluster else ""
