"""Figures from the embedded database, filled from request logs."""

from collections.abc import Callable
from datetime import UTC, datetime, tzinfo
from pathlib import Path

import anyio.to_thread

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.models import SourceName
from edgedns_mcp.sources.stored import StoreSource
from edgedns_mcp.store import coverage
from edgedns_mcp.store.accounts import Feeder
from edgedns_mcp.store.database import Database


class LocalSource(StoreSource):
    """The database file as a source."""

    name: SourceName = "local"
    feeder: Feeder = "local"

    def __init__(
        self,
        path: Path,
        *,
        now: Callable[[], datetime],
        because: str,
        zone: tzinfo = UTC,
        account: str = "",
        looking_back: bool = False,
    ) -> None:
        super().__init__(
            where=str(path), now=now, because=because, zone=zone, account=account, looking_back=looking_back
        )
        self._path = path
        self._database: Database | None = None

    async def has_data(self) -> bool:
        """Tell whether the database is there and holds usage."""
        if not self._path.exists():
            return False
        return await anyio.to_thread.run_sync(
            lambda: self._opened().read(lambda tx: bool(coverage.stretches(self._own(tx)))), abandon_on_cancel=True
        )

    def _open(self) -> Database:
        if not self._path.exists():
            raise ConfigurationError(
                f"There is no database at {self._path}; fill it with edgedns-mcp import, or set EDGEDNS_DATABASE."
            )
        self._database = Database.open(self._path)
        return self._database

    def _ready(self) -> Database | None:
        return self._database
