"""The demo: a seeded organisation in a database of its own in memory, built anew each hour."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

from edgedns_mcp.domain.periods import floor_hour
from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.models import Closed, ClosedPeriod, SourceName
from edgedns_mcp.models.work import Far, Tell, tell_nobody
from edgedns_mcp.sources import demo_organisation
from edgedns_mcp.sources.stored import StoreSource
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.accounts import Feeder
from edgedns_mcp.store.database import Database, Transaction
from edgedns_mcp.store.keys import put_keys

CELLS_AT_ONCE = 8_000
KEEPS_NOTHING = "The demo keeps nothing; name a database of your own with --database, or set EDGEDNS_API_KEY."


class DemoSource(StoreSource):
    """A made-up organisation with known stories; every answer says DEMO."""

    name: SourceName = "demo"
    feeder: Feeder = "demo"

    def __init__(
        self, *, now: Callable[[], datetime], because: str, zone: tzinfo = UTC, tell: Tell = tell_nobody
    ) -> None:
        super().__init__(where="in memory", now=now, because=because, zone=zone)
        self._tell = tell
        self._built: tuple[datetime, Database] | None = None

    async def acknowledge(self, finding_id: str, until: datetime) -> None:
        del finding_id, until
        raise ConfigurationError(KEEPS_NOTHING)

    async def claim(self, finding_ids: Sequence[str], address: bytes) -> Sequence[str]:
        del finding_ids, address
        raise ConfigurationError(KEEPS_NOTHING)

    async def close_period(self, closed: Closed, seen: Mapping[datetime, bytes]) -> None:
        del closed, seen
        raise ConfigurationError(KEEPS_NOTHING)

    async def reopen_period(self) -> ClosedPeriod:
        raise ConfigurationError(KEEPS_NOTHING)

    def _open(self) -> Database:
        hour, database = floor_hour(self._now()), Database.open(None)
        database.write(lambda tx: _fill(tx, hour, self._tell))
        self._built = (hour, database)
        return database

    def _ready(self) -> Database | None:
        return self._built[1] if self._built and self._built[0] == floor_hour(self._now()) else None


def _fill(tx: Transaction, hour: datetime, tell: Tell) -> None:
    begin = hour.replace(hour=0) - timedelta(days=demo_organisation.HISTORY_DAYS)
    account = accounts.made(tx, "demo")
    put_keys(account, demo_organisation.keys(hour))
    every = demo_organisation.cells(hour)
    for done in range(0, len(every), CELLS_AT_ONCE):
        tell(Far("Building the demo", done, len(every), "cells"))
        cells.apply(account, every[done : done + CELLS_AT_ONCE])
    tell(Far("Building the demo", len(every), len(every), "cells"))
    coverage.observe(account, "demo", int(begin.timestamp()), int(hour.timestamp()))
