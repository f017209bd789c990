"""EdgeDNS with a memory: asked at most once a minute, every reading kept, the last good one outlives an outage."""

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, TypeVar

import anyio
import anyio.to_thread

from edgedns_mcp.errors import NoDataError, SourceError, UnavailableError
from edgedns_mcp.models import Reading, Window
from edgedns_mcp.sources.base import Answered, Health, UsageView
from edgedns_mcp.sources.book import EVER, Book
from edgedns_mcp.sources.edgedns import EdgeDnsSource
from edgedns_mcp.sources.readings import ReadingsView, Shown

FRESH = timedelta(seconds=60)
A_MOMENT = timedelta(seconds=1)
ROLLING = ("7d", "30d")  # what sibling endpoints of EdgeDNS document; sent only where the settings say so

Found = TypeVar("Found")


class Taken(NamedTuple):
    """A reading, and why it is not in the book."""

    reading: Reading
    not_recorded: str = ""


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
        billing: Callable[[datetime], tuple[datetime, datetime]],
        because: str,
        sends_period: bool = False,
    ) -> None:
        self._upstream = upstream
        self._book = book
        self._now = now
        self._billing = billing
        self._because = because
        self._sends_period = sends_period
        self._last: dict[str, Taken] = {}
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
            shown = {window.period: await self._shown(window.period) for window in windows}
        return question(ReadingsView(shown, self._now()))

    async def health(self) -> Health:
        last = await self._latest(self._now() + A_MOMENT)
        keys = last.reading.keys if last else ()
        return Health(
            source="edgedns",
            chosen_because=self._because if last or self._was_asked() else f"{self._because} (not asked yet)",
            data_to=last.reading.taken_at if last else None,
            keys=len(keys),
            requests=sum(one.requests for one in keys),
            readings=await _in_thread(self._book.count),
            calls_spent=self._upstream.calls_spent if self._upstream else 0,
            last_error=self._last_error or self._book.trouble,
            database=self._book.where,
        )

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
        raise NoDataError(
            f"EdgeDNS offers its current billing period only, so it has no figures for {period}; ask "
            "period=current, or period=previous where readings were recorded then."
        )

    async def _current(self) -> Shown:
        now = self._now()
        began, _ = self._billing(now)
        last = await self._latest(now + A_MOMENT)
        last = last if last and last.reading.taken_at >= began else None
        if self._upstream is None:
            return self._looking_back(last, began)
        taken, why_old = await self._renewed(self._upstream, "current", last)
        notes = (*why_old, *filter(None, [taken.not_recorded]), *_notes(taken.reading, began))
        return Shown(taken.reading, None, notes)

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
        notes = (note, *filter(None, [last.not_recorded]), *_notes(last.reading, began))
        return Shown(last.reading, False, notes)

    async def _rolling(self, upstream: EdgeDnsSource, period: str) -> Shown:
        taken, why_old = await self._renewed(upstream, period, self._last.get(period))
        unconfirmed = f"EdgeDNS was asked for period={period} and did not confirm it; the window may be another one."
        return Shown(taken.reading, None, (*why_old, *(() if taken.reading.window_start else (unconfirmed,))))

    async def _renewed(self, upstream: EdgeDnsSource, period: str, last: Taken | None) -> tuple[Taken, tuple[str, ...]]:
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

    async def _asked(self, upstream: EdgeDnsSource, period: str) -> Taken:
        try:
            reading = await upstream.reading(period)
        except SourceError as exc:
            self._last_error = str(exc)
            raise
        self._last_error = ""
        if period in ROLLING:
            return Taken(reading)
        return Taken(reading, await _in_thread(lambda: self._book.keep(reading)))

    def _looking_back(self, last: Taken | None, began: datetime) -> Shown:
        if last is None:
            raise NoDataError(
                f"No reading was recorded between {began:%Y-%m-%d} and the time to look back to; "
                "leave EDGEDNS_AS_OF out to ask EdgeDNS now."
            )
        return Shown(last.reading, None, _notes(last.reading, began))

    async def _latest(self, before: datetime) -> Taken | None:
        """Give the newest reading taken before `before`, in memory or by whichever process in the book."""
        mine = self._last.get("current")
        mine = mine if mine and mine.reading.taken_at < before else None
        after = mine.reading.taken_at if mine else EVER
        kept = await _in_thread(lambda: self._book.newest(before=before, after=after))
        return Taken(kept) if kept else mine

    def _was_asked(self) -> bool:
        return self._upstream is None or self._upstream.calls_spent > 0


async def _in_thread(work: Callable[[], Found]) -> Found:
    return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)


def _notes(reading: Reading, began: datetime) -> tuple[str, ...]:
    if reading.window_start:
        return ()
    return (f"EdgeDNS states no dates for a billing period; by EDGEDNS_BILLING_DAY it began {began:%Y-%m-%d}.",)


def _outlived(last: Reading, now: datetime, exc: UnavailableError) -> str:
    minutes, seconds = divmod(int((now - last.taken_at).total_seconds()), 60)
    age = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return f"These are the last good figures, taken {age} ago, because EdgeDNS cannot be asked now: {exc}"
