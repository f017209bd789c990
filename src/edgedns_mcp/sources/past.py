"""What was recorded of EdgeDNS's counters, asked like any other source: windows that EdgeDNS itself does not offer."""

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, tzinfo

from edgedns_mcp.domain.tallies import Tallies, with_last_uses
from edgedns_mcp.errors import NoDataError
from edgedns_mcp.models import AccountTotal, Cell, Coverage, Environment, Key, Series, SourceName, Tally, Window
from edgedns_mcp.sources.base import UsageView
from edgedns_mcp.sources.readings import ReadingsView, last_uses
from edgedns_mcp.sources.stored import StoreView
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.closings import Closings

DIFFERENCES = (
    "Recorded as differences of EdgeDNS's counters; a key that EdgeDNS no longer lists counts as revoked from the "
    "first reading without it."
)


class PastView(StoreView):
    """The cells between readings; EdgeDNS states errors and last activity per key only."""

    def __init__(
        self,
        account: Account,
        now: datetime,
        zone: tzinfo,
        notes: tuple[str, ...] = (),
        *,
        until: datetime | None = None,
    ) -> None:
        super().__init__(account, "edgedns", now, zone, until=until)
        self._told = notes

    def coverage(self, window: Window) -> Coverage:
        if not self.observed():
            raise NoDataError(
                f"EdgeDNS offers its current billing period only, and fewer than two readings of it were recorded, so "
                f"there are no figures for {window.period}; ask period=current, and let edgedns-mcp record."
            )
        found = super().coverage(window)
        return found.model_copy(update={"notes": (*self._told, *found.notes, DIFFERENCES)})

    def begins(self, first: int) -> int:
        return first  # a reading tells nothing of the time before it, were it in the same hour

    def totals(self, window: Window, endpoint: str = "") -> Tallies:
        found = super().totals(window, endpoint)
        if not endpoint:
            return with_last_uses(found, last_uses(self.keys(), min(window.end, self._now)))
        unknown: list[int | None] = [None] * len(found.known)
        return replace(found, errors=unknown, last=unknown)

    def endpoints(self, window: Window, key_ids: Collection[str]) -> Mapping[str, Mapping[str, Tally]]:
        return {
            key_id: {path: _per_key_only(tally) for path, tally in paths.items()}
            for key_id, paths in super().endpoints(window, key_ids).items()
        }


class RecordedView:
    """Counters for the windows that readings answer, and what was recorded for all others."""

    source: SourceName = "edgedns"
    state: Hashable | None = None

    def __init__(self, shown: ReadingsView, past: PastView) -> None:
        self._shown = shown
        self._past = past

    def coverage(self, window: Window) -> Coverage:
        return self._of(window).coverage(window)

    def account_total(self, window: Window) -> AccountTotal | None:
        return self._of(window).account_total(window)

    def keys(self) -> Sequence[Key]:
        return self._past.keys()

    def totals(self, window: Window, endpoint: str = "") -> Tallies:
        return self._of(window).totals(window, endpoint)

    def endpoints(self, window: Window, key_ids: Collection[str]) -> Mapping[str, Mapping[str, Tally]]:
        return self._of(window).endpoints(window, key_ids)

    def top_endpoints(
        self, window: Window, key_ids: Collection[str], most: int, *, others: Collection[str] | None = None
    ) -> Mapping[str, int]:
        return self._of(window).top_endpoints(window, key_ids, most, others=others)

    def series(self, edges: Sequence[datetime], key_ids: Collection[str] | None = None) -> Series:
        return self._past.series(edges, key_ids)

    def cells(self, window: Window, key_ids: Collection[str]) -> Sequence[Cell]:
        return self._past.cells(window, key_ids)

    def environments(
        self, window: Window, key_ids: Collection[str] | None = None
    ) -> Mapping[str, Collection[Environment]]:
        return self._past.environments(window, key_ids)

    def may_call_new(self, window: Window) -> Mapping[str, bool]:
        return self._past.may_call_new(window)

    def closings(self) -> Closings:
        return self._past.closings()

    def acknowledged(self) -> Mapping[str, datetime]:
        return self._past.acknowledged()

    def observed(self) -> Sequence[tuple[int, int]]:
        return self._past.observed()

    def _of(self, window: Window) -> UsageView:
        return self._shown if self._shown.answers(window) else self._past


def _per_key_only(tally: Tally) -> Tally:
    return Tally(tally.requests, None, None, tally.slack)
