"""EdgeDNS with a memory: asked at most once a minute, what comes between two readings kept, outages outlived."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime, timedelta, tzinfo
from functools import partial
from typing import TypeVar
from uuid import uuid4

import anyio

from edgedns_mcp.domain.counters import Boundaries
from edgedns_mcp.domain.described import described
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.errors import NoDataError, SourceError, StoreError, UnavailableError
from edgedns_mcp.models import Closed, ClosedPeriod, Reading, Window
from edgedns_mcp.sources.base import Answered, Health, Turn, UsageView
from edgedns_mcp.sources.book import A_MOMENT, EVER, Book, Entry, in_thread
from edgedns_mcp.sources.clocks import wrong_by
from edgedns_mcp.sources.daily import Daily
from edgedns_mcp.sources.edgedns import EdgeDnsSource
from edgedns_mcp.sources.past import PastView, RecordedView
from edgedns_mcp.sources.readings import ReadingsView, Shown
from edgedns_mcp.sources.turns import turn_of, until_due
from edgedns_mcp.store import closings, coverage, findings
from edgedns_mcp.store.accounts import Account

FRESH = timedelta(seconds=60)
COUNTERS = ("current", "previous")  # what the last reading of a billing period answers
ROLLING = ("7d", "30d")  # what sibling endpoints of EdgeDNS document; sent only where the settings say so
LONGEST_REST = timedelta(hours=1)  # a recorder that cannot record looks again by then
FIRST_RETRY = timedelta(minutes=1)
NOT_RESET = (
    "EdgeDNS's counters were not seen to start again at that boundary, so they may still hold the period before."
)

Found = TypeVar("Found")


class RecordedSource:
    """EdgeDNS's counters, as they are now or as they were last seen.

    Without `upstream`, only what was recorded up to now is shown: for looking back.
    """

    def __init__(
        self,
        upstream: EdgeDnsSource | None,
        book: Book,
        *,
        now: Callable[[], datetime],
        billing: Boundaries,
        zone: tzinfo,
        because: str,
        sends_period: bool = False,
    ) -> None:
        self._upstream = upstream
        self._book = book
        self._daily = Daily(book, now=now, billing=billing)
        self._now = now
        self._billing = billing
        self._zone = zone
        self._because = because
        self._sends_period = sends_period
        self._me = uuid4().hex
        self._last: dict[str, Entry] = {}
        self._one_at_a_time = anyio.Lock()
        self._last_error = ""

    async def read(
        self,
        question: Callable[[UsageView], Answered],
        windows: Sequence[Window],
        known: Callable[[Hashable], Answered | None] | None = None,
    ) -> Answered:
        del known  # a reading is soon old, and answering from it costs little
        async with self._one_at_a_time:  # questions at one time share one request
            shown = {one.period: await self._shown(one.period) for one in windows if self._is_counter(one.period)}
            past = [window for window in windows if window.period not in shown]
            notes = await self._caught_up(past)
        counters = ReadingsView(shown, self._now(), *await in_thread(self._book.inventory))
        until = None if self._upstream else self._now()
        if not past and {*shown} <= {*COUNTERS}:
            return await in_thread(lambda: self._book.with_closings(lambda it: question(counters.beside(it)), until))
        if not past:
            return question(counters)

        def asked(account: Account) -> Answered:
            return question(RecordedView(counters, PastView(account, self._now(), self._zone, notes, until=until)))

        return await in_thread(lambda: self._book.read(asked))

    async def record(self, every: timedelta) -> Turn | None:
        if self._upstream is None:
            return None
        async with self._one_at_a_time:
            turn = await self._recorded(self._upstream, every)
        taken, began = self._last.get("current"), self._now()
        if turn.taken_at is None or turn.trouble or taken is None:
            return turn
        told = await self._daily.ask(self._upstream, taken.reading)  # questions need not wait for it
        return turn._replace(told=told, rest=max(turn.rest - (self._now() - began), timedelta()))

    async def _recorded(self, upstream: EdgeDnsSource, every: timedelta) -> Turn:
        now = self._now()
        last, rest = await self._latest(now + A_MOMENT), until_due(now, every)
        if every and last and not last.not_recorded and last.reading.taken_at >= now + rest - every:
            return Turn(rest)
        soon = max(FIRST_RETRY, min(every / 10, LONGEST_REST))
        try:
            held = await in_thread(lambda: self._leased(now, every))
            if held:
                return Turn(min(held - now, LONGEST_REST))
            entry = await self._asked(upstream, "current")
        except (SourceError, StoreError) as exc:
            return Turn(soon, trouble=str(exc))
        self._last["current"] = entry
        return turn_of(entry, soon if entry.not_recorded else rest)

    def _leased(self, now: datetime, every: timedelta) -> datetime | None:
        return self._book.lease(self._me, now, now + every + FIRST_RETRY) if every else None

    async def health(self) -> Health:
        last = await self._latest(self._now() + A_MOMENT)
        keys = last.reading.keys if last else ()
        since, told = await in_thread(self._recorded_since), await self._daily.told()
        said = (await in_thread(self._book.inventory)).said
        return Health(
            source="edgedns",
            chosen_because=self._because if last or self._was_asked() else f"{self._because} (not asked yet)",
            data_from=since,
            size_bytes=await in_thread(self._book.size_bytes),
            data_to=last.reading.taken_at if last else None,
            keys=len(keys),
            requests=sum(one.requests for one in keys),
            readings=await in_thread(self._book.count),
            calls_spent=self._upstream.calls_spent if self._upstream else 0,
            has_inventory=bool(said),
            account_total=told.account_total,
            key_dates=told.key_dates,
            last_error=self._last_error or self._book.trouble,
            database=self._book.where,
            roster=[described(one.key, said.get(one.key.key_id)) for one in keys],
        )

    async def acknowledge(self, finding_id: str, until: datetime) -> None:
        change = partial(findings.acknowledge, finding_id=finding_id, until=int(until.timestamp()))
        await in_thread(lambda: self._book.write(change))

    async def claim(self, finding_ids: Sequence[str], address: bytes) -> Sequence[str]:
        at = int(self._now().timestamp())
        change = partial(findings.claim, finding_ids=finding_ids, address=address, at=at)
        return await in_thread(lambda: self._book.write(change))

    async def release(self, finding_ids: Sequence[str], address: bytes) -> None:
        await in_thread(lambda: self._book.write(partial(findings.release, finding_ids=finding_ids, address=address)))

    async def close_period(self, closed: Closed, seen: Mapping[datetime, bytes]) -> None:
        await in_thread(lambda: self._book.write(partial(closings.close, closed=closed, seen=seen)))

    async def reopen_period(self) -> ClosedPeriod:
        return await in_thread(lambda: self._book.write(closings.reopen))

    async def aclose(self) -> None:
        if self._upstream:
            await self._upstream.aclose()
        await anyio.to_thread.run_sync(self._book.close)

    async def _shown(self, period: str) -> Shown:
        if period == "current":
            return await self._current()
        if period == "previous":
            return await self._previous()
        if period in ROLLING and self._upstream and self._sends_period:
            return await self._rolling(self._upstream, period)
        raise NoDataError(f"EdgeDNS has no figures for {period}; ask period=current.")

    def _is_counter(self, period: str) -> bool:
        return period in COUNTERS or (period in ROLLING and self._upstream is not None and self._sends_period)

    async def _caught_up(self, past: Sequence[Window]) -> tuple[str, ...]:
        """Take a reading where a window reaches beyond the last one; where that fails, say so."""
        last = await self._latest(self._now() + A_MOMENT) if past else None
        if last is None or self._upstream is None:
            return ()
        if last.is_foreign:
            raise NoDataError(last.not_recorded)
        if all(one.end <= last.reading.taken_at for one in past):
            return tuple(filter(None, [last.not_recorded]))
        entry, why_old = await self._renewed(self._upstream, "current", last)
        return (*why_old, *filter(None, [entry.not_recorded]))

    async def _told(self, reading: Reading, began: datetime) -> tuple[str, ...]:
        """Say what is not certain of the counters of the billing period that began then."""
        if reading.window_start:
            return ()
        by_the_day = f"EdgeDNS states no dates for a billing period; by EDGEDNS_BILLING_DAY it began {began:%Y-%m-%d}."
        settled = reading.taken_at < began or await in_thread(lambda: self._book.is_settled(began))
        return (by_the_day,) if settled else (by_the_day, NOT_RESET)

    async def _current(self) -> Shown:
        now = self._now()
        began, _ = self._billing(now)
        last = await self._latest(now + A_MOMENT)
        last = last if last and last.reading.taken_at >= began else None
        if self._upstream is None:
            return await self._looking_back(last, began)
        taken, why_old = await self._renewed(self._upstream, "current", last)
        notes = (*why_old, *filter(None, [taken.not_recorded]), *await self._told(taken.reading, began))
        total = None if taken.is_foreign else await self._daily.total(taken.reading.taken_at)
        return Shown(taken.reading, None, notes, total)

    async def _previous(self) -> Shown:
        now = self._now()
        ended, _ = self._billing(now)
        began, _ = self._billing(ended - A_MOMENT)
        last = await self._latest(ended)
        if last is None or last.reading.taken_at < began:
            raise NoDataError(
                f"No reading was recorded in the previous billing period ({began:%Y-%m-%d} to {ended:%Y-%m-%d}), and "
                "EdgeDNS offers its current one only; ask period=current."
            )
        taken_at = last.reading.taken_at
        note = f"The last reading of that period is of {taken_at:%Y-%m-%dT%H:%M:%SZ}; later ones are not in it."
        notes = (note, *filter(None, [last.not_recorded]), *await self._told(last.reading, began))
        return Shown(last.reading, False, notes, await self._daily.total(taken_at))

    async def _rolling(self, upstream: EdgeDnsSource, period: str) -> Shown:
        taken, why_old = await self._renewed(upstream, period, self._last.get(period))
        unconfirmed = f"EdgeDNS was asked for period={period} and did not confirm it; the window may be another one."
        return Shown(taken.reading, None, (*why_old, *(() if taken.reading.window_start else (unconfirmed,))))

    async def _renewed(self, upstream: EdgeDnsSource, period: str, last: Entry | None) -> tuple[Entry, tuple[str, ...]]:
        """Ask EdgeDNS unless `last` is fresh; where it cannot be asked, give `last` and say so."""
        now = self._now()
        if last and now - last.reading.taken_at < FRESH:
            return last, ()
        try:
            taken = await self._asked(upstream, period)
        except UnavailableError as exc:
            if last is None:
                raise
            return last, (_outlived(last.reading, now, exc),)
        self._last[period] = taken
        return taken, ()

    async def _asked(self, upstream: EdgeDnsSource, period: str) -> Entry:
        try:
            reading = await upstream.reading(period)
        except SourceError as exc:
            self._last_error = str(exc)
            raise
        self._last_error = wrong_by(upstream.clock, reading.taken_at)
        if self._last_error or period in ROLLING:
            return Entry(reading, not_recorded=self._last_error)
        return await in_thread(lambda: self._book.keep(reading))

    async def _looking_back(self, last: Entry | None, began: datetime) -> Shown:
        if last is None:
            raise NoDataError(
                f"No reading was recorded between {began:%Y-%m-%d} and the time to look back to; "
                "leave EDGEDNS_AS_OF out to ask EdgeDNS now."
            )
        total = await self._daily.total(last.reading.taken_at)
        return Shown(last.reading, None, await self._told(last.reading, began), total)

    async def _latest(self, before: datetime) -> Entry | None:
        """Give the newest reading taken before `before`, in memory or by whichever process in the book."""
        mine = self._last.get("current")
        mine = mine if mine and mine.reading.taken_at < before else None
        after = mine.reading.taken_at if mine else EVER
        kept = await in_thread(lambda: self._book.newest(before=before, after=after))
        return Entry(kept) if kept else mine

    def _recorded_since(self) -> datetime | None:
        try:
            observed = self._book.read(coverage.stretches)
        except StoreError:
            return None  # the trouble is told as such
        return moment(observed[0][0]) if observed else None

    def _was_asked(self) -> bool:
        return self._upstream is None or self._upstream.calls_spent > 0


def _outlived(last: Reading, now: datetime, exc: UnavailableError) -> str:
    minutes, seconds = divmod(int((now - last.taken_at).total_seconds()), 60)
    age = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return f"These are the last good figures, taken {age} ago, because EdgeDNS cannot be asked now: {exc}"
