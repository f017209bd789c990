"""Figures from ClickHouse; what people noted of them, such as closed periods, lies in the database file beside it."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from pathlib import Path
from typing import TypeVar

import anyio.to_thread

from edgedns_mcp.clickhouse import coverage, inventory, ledger, series, sums, upkeep
from edgedns_mcp.clickhouse.connection import Cluster
from edgedns_mcp.clickhouse.ledger import Snapshot
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.models import Key, Window
from edgedns_mcp.sources.base import Answered, Health, Turn, UsageSource, UsageView
from edgedns_mcp.sources.forwarding import Forwarding, Given
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.sources.observed import ObservedView
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.coverage import Stretch, Unread, merge
from edgedns_mcp.store.database import Database

TRIES = 3  # of a question whose state did not hold
Found = TypeVar("Found")


class ClickHouseView(ObservedView[Snapshot]):
    """One state of an organisation in ClickHouse, and what was noted of it, seen as a source."""

    nothing_yet = (
        "ClickHouse holds no usage of this organisation yet; fill it with "
        "edgedns-mcp copy --from local --to clickhouse."
    )
    _sums, _series = sums, series

    def __init__(
        self,
        snapshot: Snapshot,
        notes: Account | None,
        now: datetime,
        zone: tzinfo = UTC,
        *,
        until: datetime | None = None,
    ) -> None:
        super().__init__("clickhouse", snapshot, now, zone, notes=notes, until=until)
        self.state: Hashable = (snapshot.pin, notes and notes.tx.state())

    def keys(self) -> Sequence[Key]:
        return self._roster

    def stored(self) -> ledger.Stored:
        """Tell how much is stored."""
        return self._held.stored()

    def size_bytes(self) -> int:
        """Give the size of all tables."""
        return upkeep.sizes(self._held.asking).size_bytes

    @property
    def has_inventory(self) -> bool:
        """Tell whether any key comes from an inventory."""
        return bool(self._listed)

    @cached_property
    def _listed(self) -> Sequence[Key]:
        return inventory.listed(self._held)

    @cached_property
    def _roster(self) -> Sequence[Key]:
        return self._listed or inventory.found(self._held)

    @cached_property
    def _feeds(self) -> dict[str, list[Stretch]]:
        return coverage.by_feed(self._held)

    def _every_stretch(self) -> list[Stretch]:
        return merge(stretch for stretches in self._feeds.values() for stretch in stretches)

    def _feeds_at_once(self, start: int, end: int) -> Sequence[str]:
        return coverage.overlapping(self._feeds, start, end)

    def _lines_unread(self, start: int, end: int) -> Sequence[Unread]:
        return coverage.unread(self._held, start, end)


class _Notes(LocalSource):
    """The database that people's notes lie in, made with the first of them."""

    def _open(self) -> Database:
        self._database = Database.open(self._path)
        return self._database

    def beside(self, question: Callable[[Account | None], Found]) -> Found:
        """Answer a question that the notes are a part of."""
        if not self._path.exists():
            return question(None)
        return self._opened().read(lambda tx: question(self._own(tx)))


class ClickHouseSource(Forwarding):
    """ClickHouse as a source; a question runs in a thread, all of it about one state."""

    def __init__(
        self,
        cluster: Cluster,
        notes: Path,
        *,
        now: Callable[[], datetime],
        because: str,
        zone: tzinfo = UTC,
        account: str = "",
        looking_back: bool = False,
    ) -> None:
        """Looking back, what came after `now` is not seen."""
        self._cluster = cluster
        self._notes = _Notes(notes, now=now, because=because, account=account)
        self._org = account
        self._now = now
        self._because = because
        self._zone = zone
        self._looking_back = looking_back

    async def read(
        self,
        question: Callable[[UsageView], Answered],
        windows: Sequence[Window],
        known: Callable[[Hashable], Answered | None] | None = None,
    ) -> Answered:
        del windows  # every window is in the database

        def answered(view: ClickHouseView) -> Answered:
            remembered = known(view.state) if known else None
            return question(view) if remembered is None else remembered

        return await anyio.to_thread.run_sync(self._read, answered, abandon_on_cancel=True)

    async def health(self) -> Health:
        return await anyio.to_thread.run_sync(self._read, self._health, abandon_on_cancel=True)

    async def record(self, every: timedelta) -> Turn | None:
        del every  # what is stored here comes from elsewhere

    async def aclose(self) -> None:
        await self._notes.aclose()
        await anyio.to_thread.run_sync(self._cluster.close)

    async def _passed_on(self, ask: Callable[[UsageSource], Awaitable[Given]]) -> Given:
        return await ask(self._notes)  # what people note

    def _read(self, question: Callable[[ClickHouseView], Found]) -> Found:
        asking = self._cluster.asking()
        for _ in range(TRIES):
            snapshot = ledger.snapshot(asking, self._org)
            answer = self._notes.beside(lambda notes, taken=snapshot: question(self._view(taken, notes)))
            if snapshot.is_still():
                return answer
        raise ledger.unsettled(self._cluster.where)

    def _view(self, snapshot: Snapshot, notes: Account | None) -> ClickHouseView:
        now = self._now()
        return ClickHouseView(snapshot, notes, now, self._zone, until=now if self._looking_back else None)

    def _health(self, view: ClickHouseView) -> Health:
        observed, listed = view.observed(), view.keys()
        stored = view.stored()
        return Health(
            source="clickhouse",
            chosen_because=self._because,
            data_from=moment(observed[0][0]) if observed else None,
            data_to=moment(observed[-1][1]) if observed else None,
            keys=len(listed),
            requests=stored.requests,
            gaps=max(len(observed) - 1, 0),
            rejected_lines=stored.rejected,
            unattributed=view.unattributed(),
            size_bytes=view.size_bytes(),
            has_inventory=view.has_inventory,
            database=f"{self._cluster.shape.database} at {self._cluster.where}",
            roster=listed,
        )
