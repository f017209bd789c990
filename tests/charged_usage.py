"""An organisation whose usage a test writes down, in a database file, and the desk it is asked at."""

from collections.abc import Iterable
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from edgedns_mcp.models import Cell, Key
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.keys import put_keys

OBSERVED = ("2026-08-01", "2026-12-22T12:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_use(start: str, requests: int, key: str = "alpha", path: str = "/v1/whois") -> Cell:
    """Count requests of one hour; the key "" is none."""
    begin = int(at(start).timestamp())
    return Cell(begin, begin + 3600, key and f"id_{key}", path, "unknown", requests, 0, begin)


def an_owner(called: str, **changes: Any) -> Key:
    return Key(**{"key_id": f"id_{called}", "name": called, "environment": "live", "team": called, **changes})


def add(path: Path, some: Iterable[Cell], keys: Iterable[Key] = (), observed: tuple[str, str] = OBSERVED) -> None:
    """Let usage arrive, as an import would."""
    database = Database.open(path)

    def filled(tx: Any) -> None:
        account = accounts.made(tx, "local")
        put_keys(account, list(keys))
        cells.apply(account, list(some))
        coverage.observe(account, "test", *(int(at(end).timestamp()) for end in observed))

    database.write(filled)
    database.close()


@contextmanager
def desk_at(path: Path, now: str = "2026-12-22T12:30", zone: str = "UTC", **changes: Any):
    """Give a desk over the file; looking back where the test says so."""
    source = LocalSource(path, now=lambda: at(now), because="a test")
    yield Desk(source, lambda: at(now), ZoneInfo(zone), 1, 60, **changes)
    if database := source._ready():
        database.close()
