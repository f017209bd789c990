"""Our tables spread over two servers, and our own questions to them, against the plain-Python reference.

The servers are ClickHouse 18.16, which lacks some of what the tables are made of, so `OLD` says what stands in. Run it
by hand: python benchmarks/two_shards.py
"""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from random import Random
from re import sub
from tempfile import TemporaryDirectory
from typing import Any, cast

from debian_clickhouse import CLUSTER, Absent, Server, two_servers

from edgedns_mcp.clickhouse import batches, ledger, schema, sums
from edgedns_mcp.clickhouse.batches import Batch
from edgedns_mcp.clickhouse.connection import Asking, Cluster, Insert
from edgedns_mcp.clickhouse.schema import Shape
from edgedns_mcp.domain import cells as reference
from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.models import Cell, Window

_DAYS = (
    "toUInt32(intDiv(start, 86400) * 86400) AS start, sum(requests) AS requests, sum(errors) AS errors, "
    "max(last) AS last"
)
OLD = (  # what 18.16 does not know, and what stands in
    (r"LowCardinality\((\w+)\)", r"\1"),
    (r"SimpleAggregateFunction\(\w+, (\w+)\)", r"\1"),
    (r", INDEX \w+ \w+ TYPE minmax", ""),
    (r" ON CLUSTER '\w+'", ""),  # needs ZooKeeper, so each server is told; so do replicas, of which there are none
    (r"Replicated(\w+)\('[^']*', '[^']*'(?:, )?", r"\1("),
    (r"AggregatingMergeTree\(\)", "SummingMergeTree((requests, errors))"),
    (r"(environment|key_id), attempt\)$", r"\1, attempt, last)"),  # so that merging sums rows of one moment alone
    (r"(?s)intDiv\(hour.*FROM ([^\s)]+)\)\s+GROUP", rf"{_DAYS} FROM \1 GROUP"),  # a view reads its table itself there
)
SHAPE = Shape("edgedns", "distributed", CLUSTER)
ORG = "shards"
FIRST_DAY = datetime(2026, 9, 1, tzinfo=UTC)
DAYS = 40
KEYS = 60
BATCHES = 8
CELLS = 1_500  # in a batch
WINDOWS = 15
_PARTS = (
    "SELECT count() FROM system.parts WHERE active AND table IN ('cell_hour_local', 'cell_day_local', 'key_day_local')"
)
PART = "/v1/1"  # of an endpoint


class Shards(Asking):
    """Our own door, but to these servers by turns, in their dialect."""

    def __init__(self, servers: Sequence[Server]) -> None:
        super().__init__(Cluster([], SHAPE), 0)
        self.servers = list(servers)

    def rows(self, sql: str, values: Mapping[str, object] | None = None) -> Sequence[Sequence[Any]]:
        self.servers.append(self.servers.pop(0))
        bound = sub(r"{(\w+):\w+(\(\w+\))?}", lambda place: _literal((values or {})[place[1]]), sql)
        bound = sub(r"IN \[([^]]*)\]", r"IN (\1)", bound)  # 18.16 looks for a value in a list, but not in an array
        return json.loads(self.servers[0].ask(f"{_named(bound)} FORMAT JSONCompact"))["data"]

    def insert(self, insert: Insert) -> None:
        rows = "\n".join(json.dumps(dict(zip(insert.columns, row, strict=True))) for row in insert.rows)
        into = f"INSERT INTO ${insert.table} ({', '.join(insert.columns)}) FORMAT JSONEachRow"
        self.servers[0].ask(f"{_named(into)}\n{rows}")


def main() -> None:
    """Do it and print what was done; where the servers cannot be had, say why."""
    try:
        with TemporaryDirectory() as folder, two_servers(Path(folder)) as servers:
            _try(servers)
    except Absent as exc:
        print(exc)


def _try(servers: list[Server]) -> None:
    shards = Shards(servers)
    _make_tables(servers)
    shards.insert(Insert("version", ("version",), [(schema.VERSION,)], ""))
    kept = _fill(shards, Random(1))
    _tell_spread(servers)
    print(f"{_compare(shards, kept)} answers are those of the reference, parts unmerged")
    for server, table in product(servers, ("cell_hour", "cell_day", "key_day")):
        server.ask(f"OPTIMIZE TABLE {SHAPE.database}.{table}_local FINAL")
    _tell_spread(servers)
    print(f"{_compare(shards, kept)} answers are those of the reference, parts merged")
    servers[1].stop()
    print("One server stopped:", _asked_without(Shards(servers[:1])))


def _make_tables(servers: Sequence[Server]) -> None:
    for server in servers:
        server.ask(f"CREATE DATABASE {SHAPE.database}")
    for statement in (statement for version in schema.migrations(SHAPE) for statement in version.makes):
        for server in servers:
            server.ask(_in_old_words(statement))


def _in_old_words(statement: str) -> str:
    for pattern, stand_in in OLD:
        statement = sub(pattern, stand_in, statement)
    return statement


def _fill(shards: Shards, random: Random) -> list[Cell]:
    """Write batches: one of them is replaced, and one breaks off before the ledger names it."""
    drawn = [[_cell(random) for _ in range(CELLS)] for _ in range(BATCHES)]
    for number, cells in enumerate(drawn):
        batches.commit(shards, ORG, Batch(f"batch {number}", "1", cells))
    drawn[0] = [_cell(random) for _ in range(CELLS)]
    batches.commit(shards, ORG, Batch("batch 0", "2", drawn[0]))
    with suppress(ConnectionAbortedError):
        batches.commit(_BreakingOff(shards.servers), ORG, Batch("broken", "1", drawn[1]))
    return [cell for cells in drawn for cell in cells]


class _BreakingOff(Shards):
    def insert(self, insert: Insert) -> None:
        if insert.table == "ledger":
            raise ConnectionAbortedError
        super().insert(insert)


def _cell(random: Random) -> Cell:
    """Draw a cell: mostly hours, some spans, of which some are lower bounds."""
    hours = random.choice((1, 1, 1, 1, 1, 1, 1, 1, 1, 30))
    start = int(FIRST_DAY.timestamp()) + random.randrange(24 * DAYS) * HOUR_S
    end = start + hours * HOUR_S
    place = f"key-{random.randrange(KEYS)}", f"/v1/{random.randrange(12)}", random.choice(("live", "test"))
    requests = random.randrange(1, 1_000)
    bound = "lower" if hours > 1 and random.random() < 0.2 else "exact"
    return Cell(start, end, *place, requests, random.randrange(requests + 1), random.randrange(start, end), bound)


def _compare(shards: Shards, cells: Sequence[Cell]) -> int:
    """Ask of windows that begin and end at any hour, and give how many answers were compared."""
    random, compared = Random(2), 0
    snapshot = ledger.snapshot(shards, ORG)
    for _ in range(WINDOWS):
        first, last = sorted(random.sample(range(24 * DAYS), 2))
        window = Window(start=FIRST_DAY + timedelta(hours=first), end=FIRST_DAY + timedelta(hours=last), period="asked")
        some = {f"key-{random.randrange(KEYS)}" for _ in range(9)}
        for ours, theirs in (
            (dict(sums.totals(snapshot, window)), reference.totals(cells, window)),
            (dict(sums.totals(snapshot, window, PART)), reference.totals(cells, window, PART)),
            (sums.endpoints(snapshot, window, some), reference.endpoints(cells, window, some)),
        ):
            if ours != theirs:
                raise RuntimeError(f"Another answer than the reference's for {window}.")
            compared += 1
    return compared


def _tell_spread(servers: Sequence[Server]) -> None:
    every: list[set[str]] = []
    for number, server in enumerate(servers, start=1):
        table = f"{SHAPE.database}.cell_hour_local"
        rows, parts = int(server.ask(f"SELECT count() FROM {table}")), int(server.ask(_PARTS))
        every.append(set(server.ask(f"SELECT DISTINCT key_id FROM {table}").split()))
        print(f"server {number}: {rows} rows of hours, {len(every[-1])} keys, {parts} parts of hours and days")
    if not all(every) or every[0] & every[1]:
        raise RuntimeError("A server holds nothing, or both hold rows of one key.")


def _asked_without(shards: Shards) -> str:
    """Ask while a server is away: half of the truth must not be told."""
    try:
        ledger.snapshot(shards, ORG)
    except RuntimeError as exc:
        return f"a question fails ({str(exc).split(',')[0]})"
    raise RuntimeError("A question was answered without one of the servers.")


def _named(sql: str) -> str:
    return sql.replace("$", f"{SHAPE.database}.")


def _literal(value: object) -> str:
    """Write a value of this program's own draws into a statement, because 18.16 binds none."""
    if isinstance(value, str):
        return f"'{value}'"
    if isinstance(value, Sequence):
        return f"[{', '.join(map(_literal, cast('Sequence[object]', value)))}]"
    return str(value)


if __name__ == "__main__":
    main()
