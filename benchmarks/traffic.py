"""Made-up traffic of millions of requests: the same events as Parquet files and as cells, a week at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
from organisations import AS_OF

from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.models import Cell

ENDPOINTS = 200
DAYS = 90
CHUNK_DAYS = 7
FIRST_HOUR = int(AS_OF.replace(hour=0, minute=0).timestamp()) // HOUR_S - 24 * DAYS

# Keys are used by Zipf's law (exponent 1.1), by day more than by night, in the week more than on Sundays; a key calls
# 3 to 40 endpoints, the first ones most; 2 % are errors. Every draw is a hash of the event's number.
_TABLES = """
    CREATE MACRO draw(event, turn) AS (hash(event * 8 + turn) >> 11) / 9007199254740992.0;
    CREATE TABLE hours AS
        SELECT hour, (1 + 0.6 * sin((hour % 24 - 9) * pi() / 12)) * (CASE hour // 24 % 7 WHEN 3 THEN 0.5 ELSE 1 END)
            AS weight
        FROM range(getvariable('first'), getvariable('first') + getvariable('hours')) AS each(hour);
    CREATE TABLE sizes AS
        SELECT hour, sum(n) OVER (ORDER BY hour) - n AS before, n::INT AS n
        FROM (SELECT hour, round(getvariable('events') * weight / sum(weight) OVER ()) AS n FROM hours);
    CREATE TABLE ranks AS SELECT rank, rank ** -1.1 AS weight FROM range(1, getvariable('keys') + 1) AS each(rank);
    CREATE TABLE slots AS
        SELECT slot, rank FROM (
            SELECT rank, round(1048576 * sum(weight) OVER (ORDER BY rank) / sum(weight) OVER ()) AS until,
                round(1048576 * (sum(weight) OVER (ORDER BY rank) - weight) / sum(weight) OVER ()) AS start
            FROM ranks
        ), LATERAL (SELECT unnest(range(start::INT, until::INT)) AS slot);
"""
_EVENTS = """
    CREATE OR REPLACE TABLE event AS
    SELECT make_timestamp((hour * 3600000 + floor(3600000 * draw(no, 1))::BIGINT) * 1000) AS moment,
        printf('key_%06x', rank) AS key_id,
        printf('/v1/service-%d/call-%d', path // 10, path % 10) AS endpoint,
        (CASE WHEN draw(no, 2) < 0.02 THEN 404 ELSE 200 END)::SMALLINT AS status
    FROM (
        SELECT hour, no, rank, hash(rank * 64 + floor((3 + hash(rank) % 38) * draw(no, 3) ** 2)::INT) % 200 AS path
        FROM (SELECT hour, before::BIGINT + unnest(range(n)) AS no FROM sizes WHERE hour >= $first AND hour < $last)
        JOIN slots ON slot = floor(1048576 * draw(no, 0))::INT
    )
    ORDER BY moment
"""
_CELLS = """
    SELECT epoch_us(moment) // 3600000000 * 3600 AS start, key_id, endpoint, count(*), count(*) FILTER (status >= 400),
        epoch_us(max(moment)) // 1000000
    FROM {} GROUP BY ALL ORDER BY ALL
"""


class Traffic(NamedTuple):
    """How much: requests of so many keys in 90 days."""

    keys: int
    requests: int


def weeks(size: Traffic, parquet: Path) -> Iterator[list[Cell]]:
    """Give the cells of one week after the other, and write the same events to `parquet`, a file a week."""
    parquet.mkdir(parents=True)
    with duckdb.connect() as engine:
        for name, value in {
            "first": FIRST_HOUR,
            "hours": 24 * DAYS,
            "events": size.requests,
            "keys": size.keys,
        }.items():
            engine.execute(f"SET VARIABLE {name} = {value}")
        engine.execute(_TABLES)
        for first in range(FIRST_HOUR, FIRST_HOUR + 24 * DAYS, 24 * CHUNK_DAYS):
            last = min(first + 24 * CHUNK_DAYS, FIRST_HOUR + 24 * DAYS)
            engine.execute(_EVENTS, {"first": first, "last": last})
            engine.execute(f"COPY event TO '{parquet / str(first)}.parquet' (COMPRESSION zstd)")
            yield [_cell(row) for row in engine.execute(_CELLS.format("event")).fetchall()]


def weeks_again(parquet: Path) -> Iterator[list[Cell]]:
    """Give the cells of one week after the other from the files that `weeks` wrote."""
    with duckdb.connect() as engine:
        for file in sorted(parquet.iterdir()):
            yield [_cell(row) for row in engine.execute(_CELLS.format("read_parquet(?)"), [str(file)]).fetchall()]


def _cell(row: Any) -> Cell:
    start, key_id, endpoint, requests, errors, last = row
    return Cell(start, start + HOUR_S, key_id, endpoint, "live", requests, errors, last)
