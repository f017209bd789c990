"""The embedded database asked as a source, whatever filled it."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import partial

import anyio.to_thread

from edgedns_mcp.domain.cells import DAY_S
from edgedns_mcp.domain.periods import floor_hour
from edgedns_mcp.domain.report import attribute
from edgedns_mcp.domain.tallies import Tallies
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.errors import NoDataError
from edgedns_mcp.models import (
    AccountTotal,
    Cell,
    Closed,
    ClosedPeriod,
    Coverage,
    Environment,
    Key,
    Series,
    SourceName,
    Tally,
    Window,
)
from edgedns_mcp.sources.base import Answered, Health, Turn, UsageView
from edgedns_mcp.sources.unseen import nearest_month, unread_words
from edgedns_mcp.store import accounts, cells, closings, coverage, findings, keys, ledger, series, sums
from edgedns_mcp.store.accounts import Account, Feeder
from edgedns_mcp.store.closings import Closings
from edgedns_mcp.store.coverage import Stretch
from edgedns_mcp.store.database import Database, Transaction

NO_FULL_HOUR = "The billing period has just begun and no full hour of it has passed; ask period=previous."
FEEDS = {
    "import": "request logs",
    "counts": "counts",
    "counters": "counters",
    "events": "live events",
    "export": "an export",
}
MOST_UNREAD = 3  # stretches told; more of them are a file to look at


class StoreView:
    """One transaction of the database, seen as a source."""

    def __init__(
        self,
        account: Account,
        source: SourceName,
        now: datetime,
        zone: tzinfo = UTC,
        *,
        until: datetime | None = None,
    ) -> None:
        """With `until`, what came later is not seen: for looking back."""
        self.source: SourceName = source
        self.state = account.tx.state()
        self._account = account
        self._now = now
        self._zone = zone
        self._until = until and floor_hour(until)

    def coverage(self, window: Window) -> Coverage:
        start, end = int(window.start.timestamp()), int(window.end.timestamp())
        observed = self._stretches()
        if start == end:
            raise NoDataError(NO_FULL_HOUR)
        if not any(first < end and self._reaches(last, window) for first, last in observed):
            raise NoDataError(self._no_data(window, observed))
        newest = observed[-1][1]
        return Coverage(
            window_start=window.start,
            window_end=window.end,
            data_from=moment(observed[0][0]),
            data_to=moment(newest),
            complete=any(self.begins(first) <= start and last >= end for first, last in observed),
            age_s=max(int(self._now.timestamp()) - newest, 0),
            notes=(*self._doubles(start, end), *self._unread(start, end)),
        )

    def _reaches(self, last: int, window: Window) -> bool:
        """Tell whether a stretch up to `last` reaches into a window: at its very start by a request alone."""
        start = int(window.start.timestamp())
        if last != start:
            return last > start
        hour = window.model_copy(update={"end": window.start + timedelta(hours=1)})
        return any(tally.requests for tally in self.totals(hour).values())

    def begins(self, first: int) -> int:
        """Give the moment from which on a stretch that began at `first` is taken as observed."""
        return coverage.hour_of(first)

    def account_total(self, window: Window) -> AccountTotal | None:
        del window  # what is counted here is all there is
        return None

    def keys(self) -> Sequence[Key]:
        return keys.list_keys(self._account)

    def totals(self, window: Window, endpoint: str = "") -> Tallies:
        return sums.totals(self._account, self._seen(window), endpoint)

    def endpoints(self, window: Window, key_ids: Collection[str]) -> Mapping[str, Mapping[str, Tally]]:
        return sums.endpoints(self._account, self._seen(window), key_ids)

    def top_endpoints(
        self, window: Window, key_ids: Collection[str], most: int, *, others: Collection[str] | None = None
    ) -> Mapping[str, int]:
        return sums.top_endpoints(self._account, self._seen(window), key_ids, most, others=others)

    def series(self, edges: Sequence[datetime], key_ids: Collection[str] | None = None) -> Series:
        until = self._until or edges[-1]
        return series.series(self._account, [int(min(edge, until).timestamp()) for edge in edges], key_ids)

    def cells(self, window: Window, key_ids: Collection[str]) -> Sequence[Cell]:
        return series.cells(self._account, self._seen(window), key_ids)

    def environments(
        self, window: Window, key_ids: Collection[str] | None = None
    ) -> Mapping[str, Collection[Environment]]:
        return series.environments(self._account, self._seen(window), key_ids)

    def may_call_new(self, window: Window) -> Mapping[str, bool]:
        return series.may_call_new(self._account, self._seen(window))

    def acknowledged(self) -> Mapping[str, datetime]:
        found = findings.acknowledged(self._account, int(self._now.timestamp()))
        return {finding_id: moment(until) for finding_id, until in found.items()}

    def closings(self) -> Closings:
        return Closings(self._account, self._until)

    def observed(self) -> list[Stretch]:
        return [(self.begins(first), last) for first, last in self._stretches()]

    def _stretches(self) -> list[Stretch]:
        every = coverage.stretches(self._account)
        if self._until is None:
            return every
        until = int(self._until.timestamp())
        return [(first, min(last, until)) for first, last in every if first < until]

    def _seen(self, window: Window) -> Window:
        if self._until is None or window.end <= self._until:
            return window
        return window.model_copy(update={"end": max(self._until, window.start)})

    def _doubles(self, start: int, end: int) -> list[str]:
        feeds = [FEEDS.get(feed, feed) for feed in coverage.overlapping(self._account, start, end)]
        if not feeds:
            return []
        told = f"{', '.join(feeds[:-1])} and {feeds[-1]}"
        return [f"In this window {told} cover the same time; requests that more than one of them tells of count twice."]

    def _unread(self, start: int, end: int) -> list[str]:
        return [unread_words(one) for one in coverage.unread(self._account, start, end)[:MOST_UNREAD]]

    def _no_data(self, window: Window, observed: Sequence[Stretch]) -> str:
        if not observed:
            return "The database holds no usage yet; fill it with edgedns-mcp import."
        first, last = moment(observed[0][0]), moment(observed[-1][1])
        demo = "DEMO: " if self.source == "demo" else ""
        future = ", which lies in the future" if window.start > self._now else ""
        return (
            f"{demo}There is no data for {window.period} "
            f"({window.start:%Y-%m-%dT%H:%MZ} to {window.end:%Y-%m-%dT%H:%MZ}){future}; "
            f"it reaches from {first:%Y-%m-%dT%H:%M:%SZ} to {last:%Y-%m-%dT%H:%M:%SZ}; "
            f"ask period={nearest_month(window, observed, self._zone)}."
        )


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
            unattributed=self._unattributed(account, listed, observed),
            size_bytes=tx.size_bytes(),
            has_inventory=keys.has_inventory(account),
            database=self._where,
            roster=listed,
        )

    def _unattributed(self, account: Account, listed: Sequence[Key], observed: Sequence[Stretch]) -> int | None:
        """Count what belongs to no active key, over all that is stored."""
        if not observed:
            return None
        whole = Window(start=moment(0), end=moment(observed[-1][1] + DAY_S), period="all")
        return attribute(listed, sums.totals(account, whole), self._now())[1].request_count
