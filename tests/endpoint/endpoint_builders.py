"""A running endpoint on a port of its own, keys to ask it with, and one valid event to change what matters."""

import subprocess
import sys
from collections.abc import Generator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
from listening import PATIENCE_S, served

from edgedns_mcp.cli.listening import config_of, listen
from edgedns_mcp.domain.credentials import kept
from edgedns_mcp.endpoint.app import build_app
from edgedns_mcp.endpoint.setup import Setup
from edgedns_mcp.models import Key
from edgedns_mcp.store import accounts, keys
from edgedns_mcp.store.database import Database, Transaction

BY_KEY, USAGE, EVENTS = "/v1/analytics/usage/by-key", "/v1/analytics/usage", "/v1/events"
NOW = datetime(2026, 11, 22, 15, 30, 20, tzinfo=UTC)


class Clock:
    """A time that tests set: the calendar's, and the seconds that limits count."""

    def __init__(self) -> None:
        self.now, self.seconds = NOW, 0.0


@dataclass
class Running:
    """An endpoint, and the way to its database and its clock."""

    url: str
    path: Path
    database: Database
    clock: Clock
    http: httpx.Client
    account: str = ""

    def get(self, path: str, secret: str = "", **options: Any) -> httpx.Response:
        return self.http.get(path, headers=bearer(secret), **options)

    def post(self, events: Any, secret: str, **headers: str) -> httpx.Response:
        return self.http.post(EVENTS, json=events, headers=bearer(secret) | headers)

    def write(self, change: Any) -> Any:
        return self.database.write(change)

    def read(self, question: Any) -> Any:
        return self.database.read(question)

    def a_key(self, name: str = "payments-api", account: str | None = None, **changes: Any) -> str:
        """Put a key into the inventory and give its secret."""
        whose = self.account if account is None else account
        return self.write(lambda tx: made(tx, name, whose, **changes))


@contextmanager
def running(path: Path, clock: Clock | None = None, **limits: int) -> Generator[Running]:
    """Serve the database at `path` in a thread."""
    clock = clock or Clock()
    with (
        closing(Database.open(path)) as reads,
        closing(Database.open(path)) as writes,
        closing(Database.open(path)) as ours,
    ):
        setup = Setup(reads, writes, lambda: clock.now, UTC, 1, tick=lambda: clock.seconds, **limits)
        with listen("127.0.0.1", 0) as listening, served(config_of(build_app(setup), lifespan="off"), listening):
            url = f"http://127.0.0.1:{listening.getsockname()[1]}"
            with httpx.Client(base_url=url, trust_env=False, verify=False, timeout=PATIENCE_S) as http:
                yield Running(url, path, ours, clock, http)


class Process(subprocess.Popen[str]):
    """A server of its own, what it told before it served, and where."""

    told: list[str]
    url: str


@contextmanager
def process(path: Path, *arguments: str) -> Generator[Process]:
    """Serve the database at `path` in a process, as the command does."""
    command = [sys.executable, "-m", "edgedns_mcp", "endpoint", "--port", "0", "--database", str(path), *arguments]
    started = Process([*command, "--no-access-log"], stderr=subprocess.PIPE, text=True)
    try:
        *started.told, where = until_it_serves(started)
        started.url = where.split()[-1]
        yield started
    finally:
        started.kill()
        started.wait()
        started.stderr.close()


def until_it_serves(started: Process) -> Generator[str]:
    for line in started.stderr:
        yield line
        if "Serving on " in line:
            return


def made(tx: Transaction, name: str, account: str = "", **changes: Any) -> str:
    """Put a key into an account's inventory, as `keys create` does, and give its secret."""
    environment = changes.setdefault("environment", "live")
    secret = f"edns_{environment}_" + sha256(f"{account}/{name}".encode()).hexdigest()[:32]
    own = accounts.made(tx, "local", account)
    key = Key(**{"key_id": f"key_{name}", "name": name, "last_four": secret[-4:]} | changes)
    keys.put_keys(own, [key])
    keys.put_secret(own, key.key_id, kept(secret, lambda count: name.encode().ljust(count)[:count]))
    return secret


def bearer(secret: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {secret}"} if secret else {}


def an_event(**changes: Any) -> dict[str, Any]:
    given = {"timestamp": "2026-11-22T14:10:00Z", "key_id": "key_payments-api", "endpoint": "/v1/dns/dnssec"}
    return {**given, "status": 200, **changes}


def counts(endpoint: Running, secret: str) -> dict[str, int]:
    """Give what each key of the account did in the billing period so far."""
    return {row["name"]: row["request_count"] for row in endpoint.get(BY_KEY, secret).json()["keys"]}
