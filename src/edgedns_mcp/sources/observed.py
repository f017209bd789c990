"""A source that holds what feeds observed, whatever engine sums it, and what is said of the time that was observed."""

from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Generic, Protocol, TypeVar

from edgedns_mcp.domain.cells import DAY_S
from edgedns_mcp.domain.periods import floor_hour
from edgedns_mcp.domain.report import attribute
from edgedns_mcp.domain.tallies import Tallies
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.errors import NoDataError
from edgedns_mcp.models import AccountTotal, Cell, Coverage, Environment, Key, Series, SourceName, Tally, Window
from edgedns_mcp.sources.unseen import nearest_month, unread_words
from edgedns_mcp.store import coverage, findings
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.closings import Closings
from edgedns_mcp.store.coverage import Stretch, Unread

NO_FULL_HOUR = "The billing period has just begun and no full hour of it has passed; ask period=previous."
FEEDS = {
    "import": "request logs",
    "counts": "counts",
    "counters": "counters",
    "events": "live events",
    "export": "an export",
}
MOST_UNREAD = 3  # stretches told; more of them are a file to look at
Held = TypeVar("Held")
Held_contra = TypeVar("Held_contra", contravariant=True)


class SumsOf(Protocol[Held_contra]):
    """How an engine sums windows of what it holds; as `UsageView` has it."""

    def totals(self, held: Held_contra, /, window: Window, endpoint: str = "") -> Tallies: ...

    def endpoints(
        self, held: Held_contra, /, window: Window, key_ids: Collection[str]
    ) -> Mapping[str, Mapping[str, Tally]]: ...

    def top_endpoints(
        self,
        held: Held_contra,
        /,
        window: Window,
        key_ids: Collection[str],
        most: int,
        *,
        others: Collection[str] | None = None,
    ) -> Mapping[str, int]: ...


class SeriesOf(Protocol[Held_contra]):
    """How an engine tells when something was; as `UsageView` has it, with edges in epoch seconds."""

    def series(self, held: Held_contra, /, edges: Sequence[int], key_ids: Collection[str] | None = None) -> Series: ...

    def cells(self, held: Held_contra, /, window: Window, key_ids: Collection[str]) -> Sequence[Cell]: ...

    def environments(
        self, held: Held_contra, /, window: Window, key_ids: Collection[str] | None = None
    ) -> Mapping[str, Collection[Environment]]: ...

    def may_call_new(self, held: Held_contra, /, window: Window) -> Mapping[str, bool]: ...


class ObservedView(ABC, Generic[Held]):
    """A source that keeps what feeds observed, in one consistent state that an engine holds."""

    nothing_yet: str  # said where nothing was ever observed
    state: Hashable
    _sums: SumsOf[Held]
    _series: SeriesOf[Held]

    def __init__(
        self,
        source: SourceName,
        held: Held,
        now: datetime,
        zone: tzinfo = UTC,
        *,
        notes: Account | None,
        until: datetime | None = None,
    ) -> None:
        """`notes` is where people note something of it. With `until`, what came later is not seen: for looking back."""
        self.source: SourceName = source
        self._held = held
        self._notes = notes
        self._now = now
        self._zone = zone
        self._until = until and floor_hour(until)

    @abstractmethod
    def keys(self) -> Sequence[Key]:
        """List the inventory; without one, the keys found in the data."""

    @abstractmethod
    def _every_stretch(self) -> list[Stretch]:
        """List what any feed observed, in order and apart."""

    @abstractmethod
    def _feeds_at_once(self, start: int, end: int) -> Sequence[str]:
        """List the feeds that observed the same time between two moments as another one did."""

    @abstractmethod
    def _lines_unread(self, start: int, end: int) -> Sequence[Unread]:
        """List where lines could not be read between two moments."""

    def totals(self, window: Window, endpoint: str = "") -> Tallies:
        return self._sums.totals(self._held, self._seen(window), endpoint)

    def endpoints(self, window: Window, key_ids: Collection[str]) -> Mapping[str, Mapping[str, Tally]]:
        return self._sums.endpoints(self._held, self._seen(window), key_ids)

    def top_endpoints(
        self, window: Window, key_ids: Collection[str], most: int, *, others: Collection[str] | None = None
    ) -> Mapping[str, int]:
        return self._sums.top_endpoints(self._held, self._seen(window), key_ids, most, others=others)

    def series(self, edges: Sequence[datetime], key_ids: Collection[str] | None = None) -> Series:
        until = self._until or edges[-1]
        return self._series.series(self._held, [int(min(edge, until).timestamp()) for edge in edges], key_ids)

    def cells(self, window: Window, key_ids: Collection[str]) -> Sequence[Cell]:
        return self._series.cells(self._held, self._seen(window), key_ids)

    def environments(
        self, window: Window, key_ids: Collection[str] | None = None
    ) -> Mapping[str, Collection[Environment]]:
        return self._series.environments(self._held, self._seen(window), key_ids)

    def may_call_new(self, window: Window) -> Mapping[str, bool]:
        return self._series.may_call_new(self._held, self._seen(window))

    def acknowledged(self) -> Mapping[str, datetime]:
        if self._notes is None:
            return {}
        found = findings.acknowledged(self._notes, int(self._now.timestamp()))
        return {finding_id: moment(until) for finding_id, until in found.items()}

    def closings(self) -> Closings:
        return Closings(self._notes, self._until)

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

    def observed(self) -> list[Stretch]:
        return [(self.begins(first), last) for first, last in self._stretches()]

    def unattributed(self) -> int | None:
        """Count what belongs to no active key, over all that is stored."""
        observed = self._stretches()
        if not observed:
            return None
        whole = Window(start=moment(0), end=moment(observed[-1][1] + DAY_S), period="all")
        return attribute(self.keys(), self.totals(whole), self._now)[1].request_count

    def _stretches(self) -> list[Stretch]:
        every = self._every_stretch()
        if self._until is None:
            return every
        until = int(self._until.timestamp())
        return [(first, min(last, until)) for first, last in every if first < until]

    def _seen(self, window: Window) -> Window:
        if self._until is None or window.end <= self._until:
            return window
        return window.model_copy(update={"end": max(self._until, window.start)})

    def _doubles(self, start: int, end: int) -> list[str]:
        feeds = [FEEDS.get(feed, feed) for feed in self._feeds_at_once(start, end)]
        if not feeds:
            return []
        told = f"{', '.join(feeds[:-1])} and {feeds[-1]}"
        return [f"In this window {told} cover the same time; requests that more than one of them tells of count twice."]

    def _unread(self, start: int, end: int) -> list[str]:
        return [unread_words(one) for one in self._lines_unread(start, end)[:MOST_UNREAD]]

    def _no_data(self, window: Window, observed: Sequence[Stretch]) -> str:
        if not observed:
            return self.nothing_yet
        first, last = moment(observed[0][0]), moment(observed[-1][1])
        demo = "DEMO: " if self.source == "demo" else ""
        future = ", which lies in the future" if window.start > self._now else ""
        return (
            f"{demo}There is no data for {window.period} "
            f"({window.start:%Y-%m-%dT%H:%MZ} to {window.end:%Y-%m-%dT%H:%MZ}){future}; "
            f"it reaches from {first:%Y-%m-%dT%H:%M:%SZ} to {last:%Y-%m-%dT%H:%M:%SZ}; "
            f"ask period={nearest_month(window, observed, self._zone)}."
        )
