"""Readings of EdgeDNS's counters, asked like any other source."""

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from edgedns_mcp.domain.described import described
from edgedns_mcp.domain.tallies import Tallies, tallies_of, with_last_uses
from edgedns_mcp.errors import NoDataError
from edgedns_mcp.models import (
    AccountTotal,
    Cell,
    Coverage,
    Environment,
    Key,
    KeyReading,
    Reading,
    Series,
    SourceName,
    Tally,
    Window,
)
from edgedns_mcp.render.phrases import instant
from edgedns_mcp.store.closings import Closings

ACTIVE_ONLY = "EdgeDNS lists active keys only: use by revoked keys is in no figure here"
ACTIVE_KEYS_ONLY = f"{ACTIVE_ONLY}, and without an account total the sum cannot be cross-checked."
NO_TIME = "EdgeDNS states sums of a billing period, not when requests came; let edgedns-mcp record, and ask again."
GONE = (
    "EdgeDNS lists active keys only: of keys revoked in this period, what they had used when last seen is counted as "
    "unattributed"
)
SOME_GONE = f"{GONE}, and without an account total the sum cannot be cross-checked."


class Shown(NamedTuple):
    """The reading that answers a window, and what must be said beside it."""

    reading: Reading
    complete: bool | None
    notes: tuple[str, ...]
    total: AccountTotal | None = None


class ReadingsView:
    """For each window of a question, the one reading that answers it."""

    source: SourceName = "edgedns"
    state: Hashable | None = None

    def __init__(
        self, shown: Mapping[str, Shown], now: datetime, inventory: Sequence[Key], said: Mapping[str, Key]
    ) -> None:
        """`inventory` lists keys ever seen: those that are gone are known by name. `said` is what a file says."""
        self._shown = shown
        self._inventory = {key.key_id: key for key in inventory}
        self._said = said
        self._now = now
        self._closings = Closings()

    def beside(self, closings: Closings) -> "ReadingsView":
        """Let what is closed be seen beside the readings."""
        self._closings = closings
        return self

    def answers(self, window: Window) -> bool:
        """Tell whether a reading answers this window."""
        return window.period in self._shown

    def coverage(self, window: Window) -> Coverage:
        reading, complete, notes, total = self._shown[window.period]
        return Coverage(
            window_start=reading.window_start,
            window_end=reading.window_end,
            data_from=reading.window_start,
            data_to=reading.taken_at,
            complete=complete,
            age_s=max(int((self._now - reading.taken_at).total_seconds()), 0),
            active_only=not reading.gone,
            notes=(*notes, *_checked(total, has_gone=bool(reading.gone))),
        )

    def account_total(self, window: Window) -> AccountTotal | None:
        return self._shown[window.period].total if self.answers(window) else None

    def keys(self) -> Sequence[Key]:
        oldest_first = sorted((shown.reading for shown in self._shown.values()), key=lambda reading: reading.taken_at)
        read = (self._described(one.key) for reading in oldest_first for one in _every(reading))
        gone = (key for key in self._inventory.values() if key.revoked_at)
        return list({key.key_id: key for key in (*gone, *read)}.values())

    def totals(self, window: Window, endpoint: str = "") -> Tallies:
        found = tallies_of({one.key.key_id: _tally(one, endpoint.lower()) for one in self._of(window)})
        if endpoint:
            return found
        listed = (self._inventory.get(key_id) for key_id in found.key_ids)
        return with_last_uses(found, last_uses(filter(None, listed), self._shown[window.period].reading.taken_at))

    def endpoints(self, window: Window, key_ids: Collection[str]) -> Mapping[str, Mapping[str, Tally]]:
        wanted = set(key_ids)
        return {
            one.key.key_id: {
                path: Tally(count, None, None, _elsewhere(one)) for path, count in one.endpoints.items() if count
            }
            for one in self._of(window)
            if one.key.key_id in wanted
        }

    def top_endpoints(
        self, window: Window, key_ids: Collection[str], most: int, *, others: Collection[str] | None = None
    ) -> Mapping[str, int]:
        del others  # all readings are at hand
        wanted, sums = set(key_ids), Counter[str]()
        for one in self._of(window):
            if one.key.key_id in wanted:
                sums.update(one.endpoints)
        used = ((path, count) for path, count in sums.items() if count)
        return dict(sorted(used, key=lambda item: (-item[1], item[0]))[:most])

    def series(self, edges: Sequence[datetime], key_ids: Collection[str] | None = None) -> Series:
        del edges, key_ids
        raise NoDataError(NO_TIME)

    def cells(self, window: Window, key_ids: Collection[str]) -> Sequence[Cell]:
        del window, key_ids
        raise NoDataError(NO_TIME)

    def environments(
        self, window: Window, key_ids: Collection[str] | None = None
    ) -> Mapping[str, Collection[Environment]]:
        del window, key_ids
        return {}

    def may_call_new(self, window: Window) -> Mapping[str, bool]:
        del window
        return {}

    def acknowledged(self) -> Mapping[str, datetime]:
        return {}

    def closings(self) -> Closings:
        return self._closings

    def observed(self) -> Sequence[tuple[int, int]]:
        return ()

    def _described(self, key: Key) -> Key:
        """Add what else is known of a key to what the reading says of it."""
        known = self._inventory.get(key.key_id)
        read = {"name": key.name, "environment": key.environment, "revoked_at": key.revoked_at}
        if known and all(getattr(known, field) == value for field, value in read.items()):
            return known
        return described((known or key)._replace(**read), self._said.get(key.key_id))

    def _of(self, window: Window) -> tuple[KeyReading, ...]:
        return _every(self._shown[window.period].reading)


def last_uses(keys: Iterable[Key], until: datetime) -> dict[str, int]:
    """Give when each key was last used, in epoch seconds, where EdgeDNS told, unless that was after `until`."""
    told = ((key.key_id, key.last_used_at) for key in keys)
    return {key_id: int(last.timestamp()) for key_id, last in told if last and last <= until}


def _checked(total: AccountTotal | None, *, has_gone: bool) -> tuple[str, ...]:
    """Compare the sum of the keys with the account's total, both of one time; without one, say that it is missing."""
    if total is None:
        return (SOME_GONE if has_gone else ACTIVE_KEYS_ONLY,)
    return f"{GONE if has_gone else ACTIVE_ONLY}.", _beside_its_keys(total)


def _beside_its_keys(total: AccountTotal) -> str:
    both = (
        f"EdgeDNS's account total was {total.requests} requests at {instant(total.taken_at)}, and its active keys' sum "
        f"{total.keys_requests} right before"
    )
    rest, revoked = total.unattributed, total.gone_requests
    if rest is None:
        return f"{both}; a total below its keys lags behind or counts otherwise, so the unattributed rest is not known."
    of_revoked = f", {revoked} of them by keys revoked in this period" if 0 < revoked <= rest else ""
    return f"{both}, so {rest} are unattributed{of_revoked}."


def _every(reading: Reading) -> tuple[KeyReading, ...]:
    return (*reading.gone, *reading.keys)


def _tally(one: KeyReading, endpoint: str) -> Tally:
    """Sum a key; EdgeDNS states errors and last activity per key only, so of some endpoints they are unknown."""
    if endpoint:
        counted = sum(count for path, count in one.endpoints.items() if endpoint in path.lower())
        return Tally(counted, None, None, _elsewhere(one))
    last = int(one.last_activity.timestamp()) if one.last_activity else None
    return Tally(one.requests, one.errors, last)


def _elsewhere(one: KeyReading) -> int:
    """Count the requests of a key to endpoints that EdgeDNS does not tell."""
    return max(one.requests - sum(one.endpoints.values()), 0)
