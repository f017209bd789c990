"""Made-up organisations of exact sizes: databases filled through the store, and log files; seeded, so always alike."""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import NamedTuple

from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.models import Cell, Key
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database, Transaction
from edgedns_mcp.store.keys import put_keys

AS_OF = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
SEED = 7
ENDPOINTS = tuple(
    f"/v1/{group}/{name}"
    for group in ("dns", "domain", "security", "network", "email", "analytics")
    for name in ("lookup", "bulk", "history", "report")
)
TEAMS = ("payments", "growth", "platform", "search", "support")


class Size(NamedTuple):
    """How large an organisation is; a key works `hours` hours on each of `days` days, on all its endpoints in turn."""

    keys: int
    endpoints_per_key: int
    days: int
    hours: int
    requests: int


SMALL = Size(keys=10, endpoints_per_key=3, days=60, hours=24, requests=500_000)
LARGE = Size(keys=1_000, endpoints_per_key=4, days=60, hours=4, requests=1_000_000)


def fill(path: Path, size: Size) -> None:
    """Make a database of this size whose newest cells are of AS_OF's last full hour."""
    database = Database.open(path)
    try:
        database.write(lambda tx: _put(tx, size))
    finally:
        database.close()


def write_ndjson(path: Path, lines: int) -> None:
    """Write a request log of one JSON object per line."""
    with path.open("w", encoding="utf-8") as file:
        for at, key_id, endpoint, status in _requests(lines):
            record = {"timestamp": f"{at:%Y-%m-%dT%H:%M:%SZ}", "key_id": key_id, "endpoint": endpoint, "status": status}
            file.write(json.dumps(record) + "\n")


def write_combined(path: Path, lines: int) -> None:
    """Write a request log in the combined format, the key where the user stands."""
    with path.open("w", encoding="utf-8") as file:
        for at, key_id, endpoint, status in _requests(lines):
            request = f'"GET {endpoint}?name=example.com HTTP/1.1" {status} 512'
            file.write(f'10.0.0.1 - {key_id} [{at:%d/%b/%Y:%H:%M:%S +0000}] {request} "-" "client/1.0"\n')


def a_key(number: int) -> Key:
    """Make the key of this number."""
    environment = "test" if number % 10 == 9 else "live"
    team = TEAMS[number % len(TEAMS)]
    return Key(
        key_id=f"key_{number:06x}",
        name=f"{team}-service-{number}",
        environment=environment,
        team=team,
        last_four=f"{number:04d}",
        created_at=AS_OF - timedelta(days=400),
    )


def _put(tx: Transaction, size: Size) -> None:
    keys = [a_key(number) for number in range(size.keys)]
    found = list(_cells(keys, size))
    account = accounts.made(tx, "local")
    put_keys(account, keys)
    cells.apply(account, found)
    coverage.observe(account, "benchmark", min(cell.start for cell in found), int(AS_OF.timestamp()))


def _cells(keys: Sequence[Key], size: Size) -> Iterator[Cell]:
    draw = Random(SEED)
    last = int(AS_OF.timestamp()) // HOUR_S - 1
    first = last - 24 * (size.days - 1)
    places = [
        (hour, key)
        for day in range(size.days)
        for key in keys
        for hour in draw.sample(range(first + 24 * day - 23, first + 24 * day + 1), size.hours)
    ]
    each, more = divmod(size.requests, len(places))
    for turn, (hour, key) in enumerate(places):
        number = int(key.key_id.removeprefix("key_"), 16)
        path = ENDPOINTS[(number + turn % size.endpoints_per_key) % len(ENDPOINTS)]
        requests, start = each + (turn < more), hour * HOUR_S
        errors = requests // 20 + (draw.random() < 0.02)
        yield Cell(start, start + HOUR_S, key.key_id, path, key.environment, requests, errors, start + HOUR_S - 1)


def _requests(lines: int) -> Iterator[tuple[datetime, str, str, int]]:
    draw = Random(SEED)
    week_s = 7 * 24 * HOUR_S
    for line in range(lines):
        at = AS_OF - timedelta(seconds=week_s - week_s * line // lines)
        yield at, f"key_{draw.randrange(100):06x}", draw.choice(ENDPOINTS), draw.choices((200, 404, 500), (95, 4, 1))[0]
