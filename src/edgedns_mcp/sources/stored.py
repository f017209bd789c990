"""The embedded database asked as a source, whatever filled it."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial

import anyio.to_thread

from edgedns_mcp.domain.usages import moment
from edgedns_mcp.models import (
    Closed,
    ClosedPeriod,
    Key,
    SourceName,
    Window,
)
from edgedns_mcp.sources.base import Answered, Health, Turn, UsageView
from edgedns_mcp.sources.observed import ObservedView
from edgedns_mcp.store import accounts, cells, closings, coverage, findings, keys, ledger, series, sums
from edgedns_mcp.store.accounts import Account, Feeder
from edgedns_mcp.store.coverage import Stretch, Unread
from edgedns_mcp.store.database import Database, Transaction


class StoreView(ObservedView[Account]):
    """One transaction of the database, seen as a source."""

    nothing_yet = "The database holds no usage yet; fill it with edgedns-mcp import."
    _sums, _series = sums, series

    def __init__(
        self,
        account: Account,
        source: SourceName,
        now: datetime,
        zone: tzinfo = UTC,
        *,
        until: datetime | None = None,
    ) -> None:
        super().__init__(source, account, now, zone, notes=account, until=until)
        self.state = account.tx.state()

    def keys(self) -> Sequence[Key]:
        return keys.list_keys(self._held)

    def _every_stretch(self) -> list[Stretch]:
        return coverage.stretches(self._held)

    def _feeds_at_once(self, start: int, end: int) -> Sequence[str]:
        return coverage.overlapping(self._held, start, end)

    def _lines_unread(self, start: int, end: int) -> Sequence[Unread]:
        return coverage.unread(self._held, start, end)


class StoreSource(ABC):
    """A database as a source; a question runs in a thread, one transaction each."""

    name: SourceName
    feeder: Feeder

    def __init__(
        self,
        *,
        where: str,
        now: Callable[[], datetime],
        because: str,
        zone: tzinfo,
        account: str = "",
        looking_back: bool = False,
    ) -> None:
        """Looking back, what came after `now` is not seen."""
        self._where = where
        self._account = account
        self._looking_back = looking_back
        self._now = now
        self._because = because
        self._zone = zone
        self._opening = threading.Lock()

    async def read(
        self,
        question: Callable[[UsageView], Answered],
        windows: Sequence[Window],
        known: Callable[[Hashable], Answered | None] | None = None,
    ) -> Answered:
        del windows  # every window is in the database
        ready = self._ready() if known else None
        state = ready.glance() if ready else None
        if known and state is not None and (answer := known(state)) is not None:
            return answer
        return await anyio.to_thread.run_sync(self._read, question, abandon_on_cancel=True)

    async def health(self) -> Health:
        return await anyio.to_thread.run_sync(lambda: self._opened().read(self._health), abandon_on_cancel=True)

    async def acknowledge(self, finding_id: str, until: datetime) -> None:
        await self._write(partial(findings.acknowledge, finding_id=finding_id, until=int(until.timestamp())))

    async def claim(self, finding_ids: Sequence[str], address: bytes) -> Sequence[str]:
        at = int(self._now().timestamp())
        return await self._write(partial(findings.claim, finding_ids=finding_ids, address=address, at=at))

    async def release(self, finding_ids: Sequence[str], address: bytes) -> None:
        await self._write(partial(findings.release, finding_ids=finding_ids, address=address))

    async def close_period(self, closed: Closed, seen: Mapping[datetime, bytes]) -> None:
        await self._write(partial(closings.close, closed=closed, seen=seen))

    async def reopen_period(self) -> ClosedPeriod:
        return await self._write(closings.reopen)

    async def record(self, every: timedelta) -> Turn | None:
        del every  # what is stored here comes from imports and events

    async def aclose(self) -> None:
        if database := self._ready():
            database.close()

    @abstractmethod
    def _open(self) -> Database:
        """Open or build the database; this may take its time, and one thread does it at a time."""

    @abstractmethod
    def _ready(self) -> Database | None:
        """Give the database if it is open and up to date."""

    def _read(self, question: Callable[[UsageView], Answered]) -> Answered:
        now = self._now()
        until = now if self._looking_back else None
        view = partial(StoreView, source=self.name, now=now, zone=self._zone, until=until)
        return self._opened().read(lambda tx: question(view(self._own(tx))))

    async def _write(self, change: Callable[[Account], Answered]) -> Answered:
        made = partial(accounts.made, source=self.feeder, name=self._account)
        return await anyio.to_thread.run_sync(lambda: self._opened().write(lambda tx: change(made(tx))))

    def _own(self, tx: Transaction) -> Account:
        return accounts.find(tx, self.feeder, self._account)

    def _opened(self) -> Database:
        with self._opening:  # questions at one time share one database
            return self._ready() or self._open()

    def _health(self, tx: Transaction) -> Health:
        account = self._own(tx)
        observed, listed = coverage.stretches(account), keys.list_keys(account)
        return Health(
            source=self.name,
            chosen_because=self._because,
            data_from=moment(observed[0][0]) if observed else None,
            data_to=moment(observed[-1][1]) if observed else None,
            keys=len(listed),
            requests=cells.stored_requests(account),
            gaps=max(len(observed) - 1, 0),
            rejected_lines=ledger.rejected_lines(account),
            unattributed=StoreView(account, self.name, self._now()).unattributed(),
            size_bytes=tx.size_bytes(),
            has_inventory=keys.has_inventory(account),
            database=self._where,
            roster=listed,
        )
