"""A log line to change what matters in, and a desk to import logs at."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from edgedns_mcp.intake.chunks import CHUNK
from edgedns_mcp.intake.fields import event_of
from edgedns_mcp.intake.importer import Outcome, import_stream
from edgedns_mcp.intake.logs import reader
from edgedns_mcp.intake.plan import Plan
from edgedns_mcp.intake.stream import opened
from edgedns_mcp.models import Event, Tally, Window
from edgedns_mcp.store import accounts, cells, coverage, ledger, sums
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.database import Database, Transaction

ALL_TIME = Window(start=datetime(1970, 1, 2, tzinfo=UTC), end=datetime(2100, 1, 1, tzinfo=UTC), period="all")
EDNS_SECRET = "edns_live_" + "Ab3dEf7hIj1kLm5nOp9qRs2tUv6wXy4z"


def epoch(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def clf(
    request: str = "GET /v1/whois HTTP/1.1",
    *,
    who: str = "203.0.113.7",
    user: str = "key_1",
    time: str = "05/Oct/2026:10:15:30 +0000",
    status: object = 200,
    more: str = ' "-" "curl/8"',
) -> str:
    return f'{who} - {user} [{time}] "{request}" {status} 512{more}'


def nd(**changes: Any) -> str:
    """Build a line of NDJSON; a change to `...` leaves the field out."""
    record = {"key_id": "key_1", "timestamp": "2026-10-05T10:15:30Z", "endpoint": "/v1/whois", "status": 200} | changes
    return json.dumps({name: value for name, value in record.items() if value is not ...})


def read(line: str, *mapping: str, log_format: str = "combined") -> Event:
    return event_of(reader(log_format, mapping).values(line))


def of(tx: Transaction) -> Account:
    return accounts.find(tx, "local")


@dataclass
class Desk:
    """Where logs are imported."""

    database: Database
    folder: Path

    def log(self, *lines: str, name: str = "access.log", end: str = "\n") -> Path:
        path = self.folder / name
        path.write_bytes("".join(line + end for line in lines).encode())
        return path

    def take(self, path: Path, *mapping: str, **asked: Any) -> Outcome:
        return self.take_in_chunks(CHUNK, path, *mapping, **asked)

    def take_in_chunks(self, size: int, path: Path, *mapping: str, told=lambda _: None, **asked: Any) -> Outcome:
        plan = Plan(**{"log_format": "combined", "mapping": mapping} | asked)
        with opened(path) as stream:
            return import_stream(self.database, stream, plan, self.rejects_of(path), told, chunk_size=size)

    @staticmethod
    def own(tx: Transaction) -> Account:
        return of(tx)

    def rejects_of(self, path: Path) -> Path:
        return self.folder / f"{path.name}.rejects"

    def totals(self) -> dict[str, Tally]:
        return self.database.read(lambda tx: sums.totals(of(tx), ALL_TIME))

    def endpoints(self, key_id: str = "key_1") -> dict[str, Tally]:
        return self.database.read(lambda tx: sums.endpoints(of(tx), ALL_TIME, [key_id])).get(key_id, {})

    def requests(self) -> int:
        return self.database.read(lambda tx: cells.stored_requests(of(tx)))

    def rejected(self) -> int:
        return self.database.read(lambda tx: ledger.rejected_lines(of(tx)))

    def observed(self) -> list[coverage.Stretch]:
        return self.database.read(lambda tx: coverage.stretches(of(tx)))

    def everything(self) -> object:
        """Show every row there is."""
        tables = ("key", "endpoint", "sheet", "running", "coverage", "ledger", "reading")
        return self.database.read(lambda tx: [sorted(tx.rows(f"SELECT * FROM {name}"), key=repr) for name in tables])

    def bytes_on_disk(self) -> bytes:
        """Read the database as it lies there, what is not yet checkpointed included."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("usage.db*")))
