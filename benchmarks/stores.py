"""What the embedded store does in this process: building the demo, importing logs, answering from a large database."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any
from zoneinfo import ZoneInfo

from measured import Held, Line, Part, Times, Told
from organisations import AS_OF, LARGE, fill, write_combined, write_ndjson

from edgedns_mcp.intake.importer import import_stream
from edgedns_mcp.intake.plan import Format, Plan
from edgedns_mcp.intake.stream import opened
from edgedns_mcp.models import UsageQuery
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.sources.demo import DemoSource
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.store.database import Database

LINES = 200_000
IMPORTS = 2
DEMOS = 5
DEMO_BOUND_MS = 1_000
QUESTIONS = 60


def measure(folder: Path) -> Part:
    """Build, import and ask."""
    large = folder / "large.db"
    began = perf_counter()
    fill(large, LARGE)
    filled = perf_counter() - began
    lines: list[Line] = [
        asyncio.run(_demo()),
        _import(folder, "ndjson", write_ndjson),
        _import(folder, "combined", write_combined),
        *asyncio.run(_first_pages(large)),
        Told("that database", f"filled in {filled:.1f} s, {large.stat().st_size / LARGE.requests:.1f} bytes a request"),
    ]
    return Part(
        "The embedded store",
        f"In one process, without transport. Import: {LINES} lines of one week, 100 keys, 24 endpoints, into a "
        f"new database, stored and committed; the better of {IMPORTS}. The first page: the default question, "
        f"{QUESTIONS} times, to a database of {LARGE.keys} keys and {LARGE.requests} requests over {LARGE.days} days.",
        lines,
    )


async def _demo() -> Held:
    times = Times()
    for _ in range(DEMOS):
        source = DemoSource(now=lambda: AS_OF, because="benchmark")
        await _timed(times, source.health)
        await source.aclose()
    return Held("demo organisation built (min)", times.words(), "-", times.min, DEMO_BOUND_MS, "ms")


def _import(folder: Path, log_format: Format, write: Callable[[Path, int], None]) -> Told:
    log = folder / f"requests.{log_format}"
    write(log, LINES)
    rates = [_rate(folder / f"{log_format}-{turn}.db", log, log_format) for turn in range(IMPORTS)]
    return Told(f"import, {log_format}", f"{max(rates):.0f} lines/s")


def _rate(target: Path, log: Path, log_format: Format) -> float:
    with closing(Database.open(target)) as database, opened(log) as stream:
        began = perf_counter()
        outcome = import_stream(database, stream, Plan(log_format), target.with_suffix(".rejects"))
        seconds = perf_counter() - began
    if outcome.requests != LINES:
        raise RuntimeError(f"{outcome.requests} of {LINES} lines were imported.")
    return LINES / seconds


async def _first_pages(path: Path) -> list[Told]:
    source = LocalSource(path, now=lambda: AS_OF, because="benchmark")
    desk = Desk(source, lambda: AS_OF, ZoneInfo("UTC"), billing_day=1)
    current, unaligned = Times(), Times()
    for turn in range(QUESTIONS):
        for times, query in ((current, UsageQuery()), (unaligned, _unaligned(turn))):
            await _timed(times if turn else Times(), lambda query=query: usage_by_key(desk, query))
    await source.aclose()
    return [
        Told("first page, 1,000 keys, period current", current.words()),
        Told("first page, 1,000 keys, window unaligned to days", unaligned.words()),
    ]


def _unaligned(turn: int) -> UsageQuery:
    """Ask for about 30 days that begin and end at any hour, never twice the same."""
    end = AS_OF - timedelta(days=2, hours=turn + 1)
    return UsageQuery(start=(end - timedelta(days=30, hours=5)).isoformat(), end=end.isoformat())


async def _timed(times: Times, ask: Callable[[], Awaitable[Any]]) -> None:
    began = perf_counter()
    await ask()
    times.add(perf_counter() - began)
