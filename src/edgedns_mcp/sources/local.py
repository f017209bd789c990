"""Figures from the embedded database: requests imported from logs, and the demo's seeded ones."""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import anyio.to_thread

from edgedns_mcp.errors import ConfigurationError, NoDataError
from edgedns_mcp.models import Coverage, Key, SourceName, Tally, Window
from edgedns_mcp.sources.base import Answered, Health, UsageView
from edgedns_mcp.store import cells, coverage, keys, ledger
from edgedns_mcp.store.database import Database, Transaction


class StoreView:
    """One transaction of the database, seen as a source."""

    def __init__(self, tx: Transaction, source: SourceName, now: datetime) -> None:
        self.source: SourceName = source
        self._tx = tx
        self._now = now

    def coverage(self, window: Window) -> Coverage:
        start, end = int(window.start.timestamp()), int(window.end.timestamp())
        observed = coverage.stretches(self._tx)
        if not any(first < end and last >= start for first, last in observed):
            raise NoDataError(_no_data(window, observed, self.source))
        newest = max(last for _, last in observed)
        return Coverage(
            window_start=window.start,
            window_end=window.end,
            data_from=_moment(min(first for first, _ in observed)),
            data_to=_moment(newest),
            complete=any(coverage.hour_of(first) <= start and last >= end for first, last in observed),
            age_s=max(int(self._now.timestamp()) - newest, 0),
        )

    def keys(self) -> Sequence[Key]:
        return keys.list_keys(self._tx)

    def totals(self, window: Window, endpoint: str = "") -> Mapping[str, Tally]:
        return cells.totals(self._tx, window, endpoint)

    def endpoints(self, window: Window, key_ids: Collection[str]) -> Mapping[str, Mapping[str, Tally]]:
        return cells.endpoints(self._tx, window, key_ids)

    def top_endpoints(self, window: Window, key_ids: Collection[str], most: int) -> Mapping[str, int]:
        return cells.top_endpoints(self._tx, window, key_ids, most)


class LocalSource:
    """The embedded database as a source."""

    def __init__(self, path: Path, *, now: Callable[[], datetime], because: str) -> None:
        self._path = path
        self._now = now
        self._because = because
        self._database: Database | None = None

    async def read(self, question: Callable[[UsageView], Answered], windows: Sequence[Window]) -> Answered:
        del windows  # every window is in the database
        return await anyio.to_thread.run_sync(self._read, question, abandon_on_cancel=True)

    async def health(self) -> Health:
        return await anyio.to_thread.run_sync(
            lambda: self._open().read(lambda tx: health_of(tx, "local", self._because, str(self._path)))
        )

    async def has_data(self) -> bool:
        """Tell whether the database is there and holds usage."""
        if not self._path.exists():
            return False
        return await anyio.to_thread.run_sync(lambda: self._open().read(lambda tx: bool(coverage.stretches(tx))))

    async def aclose(self) -> None:
        if self._database:
            self._database.close()

    def _read(self, question: Callable[[UsageView], Answered]) -> Answered:
        return self._open().read(lambda tx: question(StoreView(tx, "local", self._now())))

    def _open(self) -> Database:
        if self._database is None:
            if not self._path.exists():
                raise ConfigurationError(
                    f"There is no database at {self._path}; fill it with edgedns-mcp import, or set EDGEDNS_DATABASE."
                )
            self._database = Database.open(self._path)
        return self._database


def health_of(tx: Transaction, source: SourceName, because: str, database: str) -> Health:
    """Describe what the database holds."""
    observed = coverage.stretches(tx)
    return Health(
        source=source,
        chosen_because=because,
        data_from=_moment(observed[0][0]) if observed else None,
        data_to=_moment(max(last for _, last in observed)) if observed else None,
        keys=len(keys.list_keys(tx)),
        requests=cells.stored_requests(tx),
        gaps=max(len(observed) - 1, 0),
        rejected_lines=ledger.rejected_lines(tx),
        database=database,
    )


def _no_data(window: Window, observed: Sequence[coverage.Stretch], source: SourceName) -> str:
    if not observed:
        return "The database holds no usage yet; fill it with edgedns-mcp import."
    first, last = _moment(observed[0][0]), _moment(max(last for _, last in observed))
    demo = "DEMO: " if source == "demo" else ""
    return (
        f"{demo}There is no data for {window.period} ({window.start:%Y-%m-%dT%H:%MZ} to {window.end:%Y-%m-%dT%H:%MZ}); "
        f"it reaches from {first:%Y-%m-%dT%H:%M:%SZ} to {last:%Y-%m-%dT%H:%M:%SZ}; ask period={last:%Y-%m}."
    )


def _moment(epoch_s: int) -> datetime:
    return datetime.fromtimestamp(epoch_s, UTC)
