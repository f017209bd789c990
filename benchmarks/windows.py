"""Whether an answer costs more, the more is stored: the same windows of 1, 10 and 100 million requests, and DuckDB."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from time import perf_counter
from zoneinfo import ZoneInfo

import duckdb
from measured import Line, Part, Times, Told, ratio
from organisations import AS_OF, a_key
from traffic import DAYS, Traffic, weeks

from edgedns_mcp.domain.cells import DAY_S
from edgedns_mcp.models import Cell, UsageQuery, Window
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.memory import Memory
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.store import accounts, cells, coverage, sums
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.database import Database, Transaction
from edgedns_mcp.store.keys import put_keys

MILLION = 1_000_000
SMALL, MIDDLE, LARGE = (Traffic(1_000, millions * MILLION) for millions in (1, 10, 100))
CROWD = Traffic(20_000, 2 * MILLION)
PACED = Traffic(1_000, 300_000)
IMPORTS = 30
QUESTIONS = 40
SCANS = 15
DEADLINE_S = 60  # a slow answer is a figure here, not a failure
LENGTHS = (1, 7, 30, 60, DAYS - 1)  # days
FIRST_DAY = AS_OF.replace(hour=0, minute=0) - timedelta(days=DAYS)
SCAN = """
    SELECT key_id, endpoint, count(*), count(*) FILTER (status >= 400), max(moment) FROM read_parquet(?)
    WHERE moment >= make_timestamp(?) AND moment < make_timestamp(?) GROUP BY ALL
"""


@dataclass
class Filled:
    """A database of made-up traffic, the Parquet files of the same requests, and how long the store took."""

    database: Path
    parquet: Path
    size: Traffic
    cells: int = 0
    seconds: float = 0
    pages: dict[str, Times] = field(default_factory=dict[str, Times])
    full: dict[str, Times] = field(default_factory=dict[str, Times])

    @property
    def words(self) -> str:
        stored = self.database.stat().st_size / self.size.requests
        parquet = sum(file.stat().st_size for file in self.parquet.iterdir()) / self.size.requests
        return (
            f"{self.cells} cells at {self.cells / self.seconds:.0f} cells/s, {stored:.1f} bytes a request, "
            f"zstd Parquet {parquet:.1f}"
        )


def measure(folder: Path) -> Part:
    """Fill the databases and ask them by turns."""
    every = small, middle, large, crowd = [_filled(folder, size) for size in (SMALL, MIDDLE, LARGE, CROWD)]
    asyncio.run(_pages(every))
    _full_answers([small, middle, large])
    scans = _scans(large)
    lines: list[Line] = [
        *_ratios("first page, 10M against 1M requests", middle.pages, small.pages, 1.2),
        *_ratios("first page, 100M against 1M requests", large.pages, small.pages, 1.2),
        _ratio("first page, 20,000 keys against 1,000, any hour", crowd.pages["any hour"], small.pages["any hour"], 2),
        *_full_ratios("10M", middle, small),
        *_full_ratios("100M", large, small),
        _ratio("full answer, 100M, against DuckDB over Parquet", large.full["full days"], scans, 1 / 50),
        *(Told(f"{one.size.requests // MILLION}M requests, {one.size.keys} keys", one.words) for one in every),
        _backwards(folder),
    ]
    return Part(
        "Windows of a large database",
        f"{DAYS} days, 200 endpoints, 3 to 40 a key, keys by Zipf's law. The first page: `usage_by_key` without "
        f"transport, windows of {', '.join(map(str, LENGTHS))} days and nothing remembered, {QUESTIONS} of each "
        "kind, by turns over the databases. The full answer: every key and every endpoint of it with requests, errors "
        f"and last activity, {SCANS} windows of 30 days. DuckDB answers the same from the Parquet files of the same "
        "requests, of which it reads only the columns and the weeks that it needs. The page of 20,000 keys adds up "
        "20,000 sums in plain Python, and twice the page of 1,000 keys is out of reach that way.",
        lines,
    )


def _full_ratios(requests: str, filled: Filled, small: Filled) -> Iterator[Line]:
    days = filled.full["full days"]
    yield _ratio(f"full answer, 30 days, {requests} against 1M, full days", days, small.full["full days"], 1.3)
    yield _ratio(f"full answer, {requests}, any hour against full days", filled.full["any hour"], days, 2)


def _ratio(what: str, ours: Times, against: Times, bound: float) -> Line:
    return ratio(what, ours, against, bound, "median")


def _ratios(what: str, ours: Mapping[str, Times], against: Mapping[str, Times], bound: float) -> list[Line]:
    return [_ratio(f"{what}, {kind}", ours[kind], against[kind], bound) for kind in ours]


def _filled(folder: Path, size: Traffic) -> Filled:
    name = f"{size.keys}-{size.requests}"
    filled = Filled(folder / f"{name}.db", folder / f"{name}.parquet", size)
    with closing(Database.open(filled.database)) as database:
        database.write(lambda tx: put_keys(_account(tx), [a_key(number + 1) for number in range(size.keys)]))
        for week in weeks(size, filled.parquet):
            filled.seconds += applied(database, week)
            filled.cells += len(week)
        database.write(lambda tx: coverage.observe(_account(tx), "benchmark", _epoch(FIRST_DAY), _epoch(AS_OF)))
    return filled


def applied(database: Database, some: Sequence[Cell]) -> float:
    began = perf_counter()
    database.write(lambda tx: cells.apply(_account(tx), some))
    return perf_counter() - began


async def _pages(every: Sequence[Filled]) -> None:
    desks = [_desk(filled) for filled in every]
    for turn in range(-2, QUESTIONS):
        for kind, start, end in asked_windows(turn, LENGTHS[turn % len(LENGTHS)]):
            for filled, desk in zip(every, desks, strict=True):
                began = perf_counter()
                await usage_by_key(
                    replace(desk, memory=Memory()), UsageQuery(start=start.isoformat(), end=end.isoformat())
                )
                if turn >= 0:
                    filled.pages.setdefault(kind, Times()).add(perf_counter() - began)
    for desk in desks:
        await desk.source.aclose()


def _full_answers(every: Sequence[Filled]) -> None:
    with ExitStack() as stack:
        opened = [stack.enter_context(closing(Database.open(filled.database))) for filled in every]
        for turn in range(-1, SCANS):
            for kind, start, end in asked_windows(turn, 30):
                window = Window(start=start, end=end, period="asked")
                for filled, database in zip(every, opened, strict=True):
                    began = perf_counter()
                    database.read(lambda tx, window=window: _everything(_account(tx), window))
                    if turn >= 0:
                        filled.full.setdefault(kind, Times()).add(perf_counter() - began)


def _everything(account: Account, window: Window) -> None:
    sums.endpoints(account, window, sums.totals(account, window))


def _scans(filled: Filled) -> Times:
    times, files = Times(), [str(file) for file in sorted(filled.parquet.iterdir())]
    with duckdb.connect() as engine:
        for turn in range(-1, SCANS):
            _, start, end = next(asked_windows(turn, 30))
            began = perf_counter()
            engine.execute(SCAN, (files, _epoch(start) * 1_000_000, _epoch(end) * 1_000_000)).fetchall()
            if turn >= 0:
                times.add(perf_counter() - began)
    return times


def asked_windows(turn: int, days: int) -> Iterator[tuple[str, datetime, datetime]]:
    """Give a window of full days and one that begins and ends at any hour, never the same for another turn."""
    latest = DAYS - days
    start = FIRST_DAY + timedelta(days=turn * 7 % latest)
    yield "full days", start, start + timedelta(days=days)
    hours = timedelta(hours=1 + turn % 23)
    yield "any hour", start + hours, start + timedelta(days=days, hours=1 + turn * 5 % 23)


def _backwards(folder: Path) -> Told:
    """Import 90 days in 30 parts, the oldest first and the newest first."""
    every = [cell for week in weeks(PACED, folder / "paced.parquet") for cell in week]
    parts: list[list[Cell]] = [[] for _ in range(IMPORTS)]
    for cell in every:
        parts[(cell.start - _epoch(FIRST_DAY)) * IMPORTS // (DAYS * DAY_S)].append(cell)
    seconds: list[float] = []
    for name, order in (("forwards", parts), ("backwards", parts[::-1])):
        with closing(Database.open(folder / f"{name}.db")) as database:
            seconds.append(sum(applied(database, part) for part in order))
    return Told(
        f"{len(every)} cells of {DAYS} days in {IMPORTS} parts, the newest first",
        f"{seconds[1] / seconds[0]:.1f} x the time of the oldest first",
    )


def _desk(filled: Filled) -> Desk:
    source = LocalSource(filled.database, now=lambda: AS_OF, because="benchmark")
    return Desk(source, lambda: AS_OF, ZoneInfo("UTC"), billing_day=1, deadline_s=DEADLINE_S)


def _account(tx: Transaction) -> Account:
    return accounts.made(tx, "local")


def _epoch(moment: datetime) -> int:
    return int(moment.timestamp())
