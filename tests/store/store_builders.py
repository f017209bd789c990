"""One valid value of each kind, to change what matters; and strategies for many."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import apsw
from hypothesis import strategies as st

from edgedns_mcp.domain import cells as reference
from edgedns_mcp.models import Cell, Event, Key, KeyReading, Reading, Window
from edgedns_mcp.sources.stored import StoreView
from edgedns_mcp.store import accounts, cells, coverage, sums
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.database import Database, Transaction

HOUR_S = 3600
FIRST_DAY = "2026-10-01"
DAYS = 5
PATHS = ("/v1/Resolve", "/v1/whois", "/health")
NOW = datetime(2026, 11, 22, 10, 30, 15, tzinfo=UTC)
KEY_IDS = ("key_1", "key_2", "")


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def epoch(text: str) -> int:
    return int(utc(text).timestamp())


def a_window(start: str = "2026-10-01", end: str = "2026-11-01") -> Window:
    return Window(start=utc(start), end=utc(end), period="asked")


def a_cell(start: str = "2026-10-01T10:00", **changes: Any) -> Cell:
    at = epoch(start)
    return Cell(at, at + HOUR_S, "key_1", "/v1/whois", "live", 10, 1, at + 1800)._replace(**changes)


def a_key(key_id: str = "key_1", **changes: Any) -> Key:
    return Key(**{"key_id": key_id, "name": "payments-api", "environment": "live", **changes})


def a_reading(taken_at: str = "2026-10-05T10:00", requests: int = 100) -> Reading:
    one = KeyReading(key=a_key(), requests=requests, errors=5, last_activity=None, endpoints={"/v1/whois": requests})
    return Reading(taken_at=utc(taken_at), keys=(one,))


@contextmanager
def opened(path: Path | None) -> Iterator[Database]:
    database = Database.open(path)
    try:
        yield database
    finally:
        database.close()


@contextmanager
def another_opens(path: Path, turn: int) -> Iterator[None]:
    """Let another one open the file just before statement number `turn` of who opens it within."""
    statements: list[str] = []

    def others_come_first(connection: apsw.Connection) -> None:
        def trace(_cursor: object, sql: str, _bindings: object) -> bool:
            statements.append(sql)
            if len(statements) == turn + 1 and not connection.in_transaction:
                apsw.connection_hooks.clear()
                with opened(path):
                    pass
            return True

        connection.exec_trace = trace

    hooks = list(apsw.connection_hooks)
    apsw.connection_hooks[:] = [others_come_first]
    try:
        yield
    finally:
        apsw.connection_hooks[:] = hooks


class StoreHeld:
    """The embedded database, to be held to the contract of all stores."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def put(self, cells_: Iterable[Cell], name: str = "") -> None:
        self._database.write(lambda tx: cells.apply(to(tx, name), cells_))

    def observe(self, feed: str, start: int, end: int) -> None:
        self._database.write(lambda tx: coverage.observe(to(tx), feed, start, end))

    def ask(self, question: Callable[[StoreView], Any], name: str = "") -> Any:
        return self._database.read(lambda tx: question(StoreView(of(tx, name), "local", NOW)))


def stored(database: Database) -> int:
    return database.read(lambda tx: cells.stored_requests(of(tx)))


def of(tx: Transaction, name: str = "") -> Account:
    """Give the account to read."""
    return accounts.find(tx, "local", name)


def to(tx: Transaction, name: str = "") -> Account:
    """Give the account to fill."""
    return accounts.made(tx, "local", name)


_first = epoch(FIRST_DAY)
_moments = st.integers(0, DAYS * 24 - 1).map(lambda hour: hour * HOUR_S) | st.integers(0, DAYS * 86_400 - 1)
one_event = st.builds(
    Event,
    at=_moments.map(lambda offset: _first + offset),
    key_id=st.sampled_from(KEY_IDS),
    endpoint=st.sampled_from(PATHS),
    status=st.sampled_from((200, 399, 400, 503)),
    environment=st.sampled_from(("live", "test", "unknown")),
)
batches = st.lists(st.lists(one_event, max_size=12), max_size=5)  # in any order: later batches bring earlier hours

# From a day before the data to a day behind it, at full days and at any hour.
_hours = st.integers(-24, (DAYS + 1) * 24) | st.integers(-1, DAYS + 1).map(lambda day: day * 24)
_edges = _hours.map(lambda hour: utc(FIRST_DAY) + timedelta(hours=hour))
windows = st.tuples(_edges, _edges).map(sorted).map(lambda ends: Window(start=ends[0], end=ends[1], period="asked"))


def everything(tx: Transaction, window: Window, name: str = "", part: str = "") -> tuple[object, ...]:
    """Ask an account all that can be asked about a window; `part` is the endpoint filter."""
    account = of(tx, name)
    return (
        sums.totals(account, window),
        sums.totals(account, window, part),
        sums.endpoints(account, window, KEY_IDS),
        sums.top_endpoints(account, window, KEY_IDS, len(PATHS)),
    )


def expected(some: Iterable[Cell], window: Window, part: str = "") -> tuple[object, ...]:
    """Give what the reference says to all that can be asked about a window."""
    some = list(some)
    by_key = reference.endpoints(some, window, KEY_IDS)
    return reference.totals(some, window), reference.totals(some, window, part), by_key, ranked(by_key)


def ranked(by_endpoint: dict[str, dict[str, Any]]) -> dict[str, int]:
    """Rank the endpoints of all keys by their requests."""
    sums: Counter[str] = Counter()
    for paths in by_endpoint.values():
        sums.update({path: tally.requests for path, tally in paths.items() if tally.requests})
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


def _stretch(start: int, length_s: int, **figures: Any) -> Cell:
    requests, errors, key_id = figures["requests"], figures["errors"], figures["key_id"]
    last = start + figures["used"] * (length_s - 1) // 100 if requests else start
    bound = figures["bound"]
    return Cell(
        start, start + length_s, key_id, figures["endpoint"], figures["environment"], requests, errors, last, bound
    )


# An hour, a quarter of a day, a day, and whatever two readings leave between them: seconds, weeks, years.
_lengths = st.sampled_from((1, 60, HOUR_S, 6 * HOUR_S, 24 * HOUR_S, 7 * 86_400, 3 * 365 * 86_400)) | st.integers(
    1, 3 * 86_400
)
one_cell = st.builds(
    _stretch,
    start=_moments.map(lambda offset: _first + offset),
    length_s=_lengths,
    key_id=st.sampled_from(KEY_IDS),
    endpoint=st.sampled_from((*PATHS, "")),
    environment=st.sampled_from(("live", "test", "unknown")),
    requests=st.integers(0, 9) | st.integers(0, 1 << 40),
    errors=st.integers(0, 9),
    used=st.integers(0, 100),
    bound=st.sampled_from(("exact", "exact", "lower")),
)
cell_batches = st.lists(st.lists(one_cell, max_size=8), max_size=5)
