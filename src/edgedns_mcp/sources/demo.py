"""The demo: a seeded organisation in a database of its own in memory, built anew each hour."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

import anyio.to_thread

from edgedns_mcp.domain.periods import floor_hour
from edgedns_mcp.models import Window
from edgedns_mcp.sources import demo_organisation
from edgedns_mcp.sources.base import Answered, Health, UsageView
from edgedns_mcp.sources.local import StoreView, health_of
from edgedns_mcp.store import cells, coverage
from edgedns_mcp.store.database import Database, Transaction
from edgedns_mcp.store.keys import put_keys


class DemoSource:
    """A made-up organisation with known stories; every answer says DEMO."""

    def __init__(self, *, now: Callable[[], datetime], because: str) -> None:
        self._now = now
        self._because = because
        self._built: tuple[datetime, Database] | None = None

    async def read(self, question: Callable[[UsageView], Answered], windows: Sequence[Window]) -> Answered:
        del windows  # every window is in the database
        now = self._now()
        return await anyio.to_thread.run_sync(
            lambda: self._open(now).read(lambda tx: question(StoreView(tx, "demo", now))), abandon_on_cancel=True
        )

    async def health(self) -> Health:
        now = self._now()
        return await anyio.to_thread.run_sync(
            lambda: self._open(now).read(lambda tx: health_of(tx, "demo", self._because, "in memory"))
        )

    async def aclose(self) -> None:
        if self._built:
            self._built[1].close()

    def _open(self, now: datetime) -> Database:
        hour = floor_hour(now)
        if self._built is None or self._built[0] != hour:
            database = Database.open(None)
            database.write(lambda tx: _fill(tx, hour))
            self._built = (hour, database)
        return self._built[1]


def _fill(tx: Transaction, hour: datetime) -> None:
    begin = hour.replace(hour=0) - timedelta(days=demo_organisation.HISTORY_DAYS)
    put_keys(tx, demo_organisation.keys(hour))
    cells.apply(tx, demo_organisation.cells(hour))
    coverage.observe(tx, "demo", int(begin.timestamp()), int(hour.timestamp()))
