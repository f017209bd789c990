"""Whether an answer from ClickHouse costs more, the more is stored, how fast it is filled, and in how much space."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import groupby
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

import duckdb
from measured import Line, Part, Times, Told, ratio
from organisations import AS_OF, a_key
from traffic import FIRST_HOUR, Traffic, weeks_again
from windows import DEADLINE_S, LARGE, MIDDLE, MILLION, applied, asked_windows

from edgedns_mcp.clickhouse import batches, inventory, upkeep
from edgedns_mcp.clickhouse.batches import Batch
from edgedns_mcp.clickhouse.connection import Cluster
from edgedns_mcp.clickhouse.schema import Shape
from edgedns_mcp.domain.cells import DAY_S, HOUR_S
from edgedns_mcp.models import Cell, UsageQuery
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.memory import Memory
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.sources.base import UsageSource
from edgedns_mcp.sources.clickhouse import ClickHouseSource
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.store.database import Database

QUESTIONS = 40
WINDOW_DAYS = 30
PATIENCE_S = 600  # here a slow statement is a figure
ORG = ""
_EVENTS = """
    INSERT INTO $event SELECT '', 1, key_id, endpoint, 'live', intDiv(toUnixTimestamp64Micro(moment), 1000000), status
    FROM file('{}/*.parquet', Parquet)
"""
_EVENTS_IN_DUCKDB = """
    CREATE TABLE event AS
    SELECT key_id, endpoint, (epoch_us(moment) // 1000000)::UINTEGER AS second, status FROM read_parquet(?)
"""
_CELLS_IN_DUCKDB = """
    CREATE TABLE cell_hour AS
        SELECT key_id, endpoint, second // 3600 * 3600 AS start, count(*) AS requests,
            count(*) FILTER (status >= 400) AS errors, max(second) AS last
        FROM event GROUP BY ALL;
    CREATE TABLE cell_day AS
        SELECT key_id, endpoint, start // 86400 * 86400 AS start, sum(requests) AS requests, sum(errors) AS errors,
            max(last) AS last
        FROM cell_hour GROUP BY ALL;
    CREATE TABLE key_day AS
        SELECT key_id, start // 86400 * 86400 AS start, sum(requests) AS requests, sum(errors) AS errors,
            max(last) AS last
        FROM cell_hour GROUP BY ALL;
"""
_BY_TABLE = """
    SELECT table, sum(rows), sum(bytes_on_disk), count() FROM system.parts
    WHERE database = {database:String} AND active AND table IN ('event', 'cell_hour', 'cell_day', 'key_day')
    GROUP BY table ORDER BY table
"""
MERGED = ("event", "cell_hour", "cell_day", "key_day")


@dataclass
class Stored:
    """Traffic in a ClickHouse database of its own, in SQLite and as Parquet files, and how long questions took."""

    folder: Path
    size: Traffic
    cells: int = 0
    seconds: float = 0
    pages: dict[str, Times] = field(default_factory=dict[str, Times])
    sqlite_pages: dict[str, Times] = field(default_factory=dict[str, Times])

    @property
    def name(self) -> str:
        return f"{self.size.requests // MILLION}M"

    @property
    def sqlite(self) -> Path:
        return self.folder / f"{self.size.keys}-{self.size.requests}.db"

    @property
    def parquet(self) -> Path:
        return self.sqlite.with_suffix(".parquet")

    def cluster(self) -> Cluster:
        return _cluster(self.folder, f"requests_{self.name.lower()}")


def measure(folder: Path) -> Part:
    """Fill two databases and ask them by turns; the same traffic lies in `folder` since windows.py was run."""
    middle, large = Stored(folder, MIDDLE), Stored(folder, LARGE)
    rates = [_filled(middle, folder / "beside.db"), _filled(large), _merged(middle), _merged(large)]
    asyncio.run(_pages([middle, large]))
    lines: list[Line] = [
        *(
            ratio(f"`usage_by_key`, 100M against 10M requests, {kind}", times, middle.pages[kind], 1.5, "median")
            for kind, times in large.pages.items()
        ),
        *(
            Told(f"SQLite, the same questions, {one.name}, {kind}", times.words())
            for one in (middle, large)
            for kind, times in one.sqlite_pages.items()
        ),
        *rates,
        *_raw(middle),
    ]
    return Part(
        "ClickHouse",
        f"The engine in this process (chdb), through the official client. The traffic of the windows above. Cells: our "
        f"own batches, a day of hours each, read back and named by the ledger. Questions: `usage_by_key` without "
        f"transport for {WINDOW_DAYS} days, nothing remembered, {QUESTIONS} windows of each kind, by turns over the "
        "databases and in both orders, all parts merged. Single requests: insert ... select from the same Parquet "
        "files, of which views make hours and days; DuckDB makes the same three tables.",
        lines,
    )


def _cluster(folder: Path, database: str) -> Cluster:
    cluster = Cluster([f"chdb://{folder / 'clickhouse'}"], Shape(database), patience_s=PATIENCE_S)
    upkeep.migrate(cluster.asking())
    return cluster


def _filled(stored: Stored, beside: Path | None = None) -> Told:
    """Send the cells day by day, and where `beside` is given, apply the same to a new SQLite file by turns."""
    sqlite_s = 0.0
    with ExitStack() as stack:
        cluster = stack.enter_context(closing(stored.cluster()))
        database = stack.enter_context(closing(Database.open(beside))) if beside else None
        for week in weeks_again(stored.parquet):
            stored.cells += len(week)
            stored.seconds += _sent(cluster, week)
            sqlite_s += applied(database, week) if database else 0
        _put_scene(cluster, stored.size)
    words = f"{stored.cells} cells at {stored.cells / stored.seconds:.0f} cells/s"
    return Told(
        f"{stored.name} requests as cells",
        f"{words}, SQLite by turns at {stored.cells / sqlite_s:.0f} cells/s" if sqlite_s else words,
    )


def _sent(cluster: Cluster, week: Sequence[Cell]) -> float:
    seconds = 0.0
    for day, some in groupby(week, key=lambda cell: cell.start // DAY_S):
        batch = Batch(f"day:{day}", "1", list(some))
        began = perf_counter()
        if not batches.commit(cluster.asking(), ORG, batch):
            raise RuntimeError(f"{batch.name} came twice.")
        seconds += perf_counter() - began
    return seconds


def _put_scene(cluster: Cluster, size: Traffic) -> None:
    """Add what a question looks at besides cells."""
    inventory.put(cluster.asking(), ORG, [a_key(number + 1) for number in range(size.keys)], set())
    stretch = FIRST_HOUR * HOUR_S, int(AS_OF.timestamp())
    batches.commit(cluster.asking(), ORG, Batch("observed", "1", observed=[("benchmark", stretch)]))


async def _pages(every: Sequence[Stored]) -> None:
    asked = [
        (_desk(source), times)
        for one in every
        for source, times in (
            (ClickHouseSource(one.cluster(), one.folder / "no-notes.db", now=_now, because="benchmark"), one.pages),
            (LocalSource(one.sqlite, now=_now, because="benchmark"), one.sqlite_pages),
        )
    ]
    for turn in range(-2, QUESTIONS):
        for kind, start, end in asked_windows(turn, WINDOW_DAYS):
            for desk, times in asked[:: 1 if turn % 2 else -1]:  # who is asked after another one waits longer
                query = UsageQuery(start=start.isoformat(), end=end.isoformat())
                began = perf_counter()
                await usage_by_key(replace(desk, memory=Memory()), query)
                if turn >= 0:
                    times.setdefault(kind, Times()).add(perf_counter() - began)
    for desk, _ in asked:
        await desk.source.aclose()


def _raw(stored: Stored) -> Iterator[Told]:
    """Insert single requests, and let views make cells of them."""
    database = "events"
    with closing(_cluster(stored.folder, database)) as cluster:
        began = perf_counter()
        cluster.asking().run(_EVENTS.format(stored.parquet))
        seconds = perf_counter() - began
        requests = cluster.asking().rows("SELECT sum(requests) FROM $key_day")[0][0]
        yield Told(f"{stored.name} single requests", f"{requests / seconds:.0f} requests/s")
        yield _tables(f"{stored.name} single requests", cluster, stored.size, database)
    file = stored.folder / "events.duckdb"
    with duckdb.connect(str(file)) as engine:
        began = perf_counter()
        engine.execute(_EVENTS_IN_DUCKDB, [[str(one) for one in sorted(stored.parquet.iterdir())]])
        engine.execute(f"{_CELLS_IN_DUCKDB} CHECKPOINT")
        seconds = perf_counter() - began
    each = file.stat().st_size / stored.size.requests
    yield Told("DuckDB, the same", f"{stored.size.requests / seconds:.0f} requests/s, {each:.1f} bytes a request")


def _merged(stored: Stored) -> Told:
    """Merge the parts as far as it goes, so that both databases are asked in the same state, and tell their size."""
    with closing(stored.cluster()) as cluster:
        for table in MERGED:
            cluster.asking().run(f"OPTIMIZE TABLE ${table} FINAL")
        database = f"requests_{stored.name.lower()}"
        return _tables(f"{stored.name} requests as cells", cluster, stored.size, database)


def _tables(what: str, cluster: Cluster, size: Traffic, database: str) -> Told:
    found = cluster.asking().rows(_BY_TABLE, {"database": database})
    each = ", ".join(f"{table} {some / rows:.1f} bytes a row in {parts} parts" for table, rows, some, parts in found)
    whole = sum(some for _, _, some, _ in found) / size.requests
    return Told(f"{what}: space", f"{whole:.1f} bytes a request ({each})")


def _desk(source: UsageSource) -> Desk:
    return Desk(source, _now, ZoneInfo("UTC"), billing_day=1, deadline_s=DEADLINE_S)


def _now() -> datetime:
    return AS_OF
