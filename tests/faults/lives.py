"""A life of the product from hour to hour: readings, a fault among them, and what is told and held afterwards."""

import sqlite3
from collections.abc import AsyncGenerator, Callable, Iterable
from contextlib import AbstractContextManager, asynccontextmanager, closing, nullcontext
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from asking import KEY, assert_no_key, in_time
from fake_edgedns import Response, Upstream, a_body, a_key, fake_edgedns, ok
from faulty import Fault, Way, as_it_is, faulty

from edgedns_mcp.errors import UsageError
from edgedns_mcp.models import HistoryQuery, KeyQuery, UsageQuery, UsageReport
from edgedns_mcp.service.desk import Desk, open_desk
from edgedns_mcp.service.history import usage_history
from edgedns_mcp.service.key import key_details
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.settings import load
from edgedns_mcp.sources.factory import open_source

HOUR = timedelta(hours=1)
FIRST = datetime(2026, 11, 10, 9, tzinfo=UTC)
BEFORE, AMID, AFTER = 100, 130, 160  # requests of key_1, as its counter states them
OF_NO_FIGURE = ('INSERT INTO "lease"', 'INSERT INTO "sqlite_')


def used(requests: int) -> dict[str, Any]:
    """State counters of two keys."""
    paths = {"/v1/domain/whois": requests - 40, "/v1/ip/reputation": 40}
    return a_body(
        a_key("key_1", requests, 5, endpoint_distribution=paths, last_activity=None),
        a_key("key_2", 7, 0, endpoint_distribution={}, last_activity=None),
    )


@dataclass
class Clock:
    now: datetime = FIRST

    def __call__(self) -> datetime:
        return self.now


@dataclass
class Stage:
    """What the server answers with, until it is changed."""

    response: Response = field(default_factory=lambda: ok(used(BEFORE)))

    def steps(self) -> Iterable[bytes | float]:
        return self.response.steps()


Answer = UsageReport | UsageError


@dataclass
class Life:
    """The product with a clock of its own, and a way to EdgeDNS that may be faulty."""

    path: Path
    upstream: Upstream
    way: Way
    clock: Clock
    desk: Desk
    stage: Stage

    async def ask(self) -> Answer:
        """Ask as every face does; nothing takes longer than a client waits."""
        with in_time():
            try:
                answer = await usage_by_key(self.desk, UsageQuery())
            except UsageError as exc:
                assert_no_key(exc)
                return exc
        assert KEY not in repr(answer)
        return answer

    async def record(self) -> str:
        """Let the recorder have its turn; give its trouble."""
        with in_time():
            turn = await self.desk.source.record(HOUR)
        assert KEY not in repr(turn)
        return turn.trouble

    def plays(self, response: Response | None = None, fault: Fault = as_it_is) -> None:
        """Let the server answer with this from now on, over this fault."""
        self.stage.response, self.way.fault = response or ok(used(AMID)), fault

    async def good(self, requests: int) -> None:
        """Take a reading while nothing is wrong."""
        self.plays(ok(used(requests)))
        assert await self.record() == ""

    async def all_told(self) -> list[Any]:
        """Ask what the figures decide: totals, endpoints, hours and a key."""
        return [
            await usage_by_key(self.desk, UsageQuery()),
            await usage_by_key(self.desk, UsageQuery(period="today", group_by="endpoint")),
            await usage_history(self.desk, HistoryQuery(period="today", bucket="hour")),
            await key_details(self.desk, KeyQuery(key="key_1", period="today")),
        ]

    def held(self) -> list[str]:
        """List all that the database holds of figures."""
        with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as base:
            return [line for line in base.iterdump() if not line.startswith(OF_NO_FIGURE)]


@asynccontextmanager
async def a_life(path: Path, tls: Any = None, host: str = "127.0.0.1") -> AsyncGenerator[Life]:
    """Open the source as the factory does, with a deadline as the service has it."""
    stage, clock = Stage(), Clock()
    async with fake_edgedns(Response(stage.steps), tls=tls) as upstream, faulty(upstream.url) as way:
        address = way.url.replace("127.0.0.1", host)
        given = load(source="edgedns", api_key=KEY, base_url=address, database=path)
        desk = replace(open_desk(given), source=open_source(given, clock), now=clock)
        try:
            yield Life(path, upstream, way, clock, desk, stage)
        finally:
            await desk.source.aclose()


@dataclass
class Lived:
    """What was told of a fault, in an answer and by the recorder, and what came of it."""

    first: tuple[Answer, str] | None  # before anything was recorded
    later: Answer  # an hour after a good reading
    trouble: str
    after: tuple[list[Any], list[str]]  # all that is told and held an hour after it was over


Enter = Callable[[Life], AbstractContextManager[object]]


async def met(life: Life, enter: Enter) -> tuple[Answer, str]:
    """Ask, and let the recorder have its turn, amid a fault."""
    with enter(life):
        return await life.ask(), await life.record()


async def lived(folder: Path, enter: Enter, *, from_the_first_day: bool = True, host: str = "127.0.0.1") -> Lived:
    """Meet a fault twice: on the first day, and between two good readings."""
    async with a_life(folder / "usage.db", host=host) as life:
        life.clock.now -= HOUR
        first = await met(life, enter) if from_the_first_day else None
        life.clock.now += HOUR
        await life.good(BEFORE)
        life.clock.now += HOUR
        later, trouble = await met(life, enter)
        life.clock.now += HOUR
        await life.good(AFTER)
        return Lived(first, later, trouble, (await life.all_told(), life.held()))


async def never_faulted(folder: Path, *, amid: bool) -> Lived:
    """Live the same hours without any fault, with or without the reading amid."""
    async with a_life(folder / "usage.db") as life:
        await life.good(BEFORE)
        later = await life.ask()
        life.clock.now += HOUR
        if amid:
            life.plays()
            later = await life.ask()
            assert await life.record() == ""
        life.clock.now += HOUR
        await life.good(AFTER)
        return Lived(None, later, "", (await life.all_told(), life.held()))


def playing(response: Response | None = None, fault: Fault = as_it_is) -> Enter:
    """Make a fault of an answer, or of the way that it takes."""

    def enter(life: Life) -> AbstractContextManager[object]:
        life.plays(response, fault)
        return nullcontext()

    return enter
