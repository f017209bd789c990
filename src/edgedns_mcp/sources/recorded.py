"""EdgeDNS with a memory: asked at most once a minute, every reading kept, the last good one outlives an outage."""

from collections.abc import Callable, Hashable, Sequence
from datetime import datetime, timedelta

import anyio
import anyio.to_thread

from edgedns_mcp.errors import NoDataError, UnavailableError
from edgedns_mcp.models import Reading, Window
from edgedns_mcp.sources.base import Answered, Health, UsageView
from edgedns_mcp.sources.book import Book
from edgedns_mcp.sources.edgedns import EdgeDnsSource
from edgedns_mcp.sources.readings import ReadingsView, Shown

FRESH = timedelta(seconds=60)
A_MOMENT = timedelta(seconds=1)
ROLLING = ("7d", "30d")  # what sibling endpoints of EdgeDNS document; sent only where the settings say so


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
        self._last: dict[str, Reading] = {}
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
        last = await self._newest(self._now() + A_MOMENT)
        return Health(
            source="edgedns",
            chosen_because=self._because,
            data_to=last.taken_at if last else None,
            keys=len(last.keys) if last else 0,
            requests=sum(one.requests for one in last.keys) if last else 0,
            readings=await anyio.to_thread.run_sync(self._book.count),
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
            return await self._rolling(period)
        raise NoDataError(
            f"EdgeDNS offers its current billing period only, so it has no figures for {period}; ask "
            "period=current, or period=previous where readings were recorded then."
        )

    async def _current(self) -> Shown:
        now = self._now()
        began, _ = self._billing(now)
        last = self._last.get("current") or await self._newest(now + A_MOMENT)
        last = last if last and last.taken_at >= began else None
        if self._upstream is None:
            return self._looking_back(last, began)
        if last and now - last.taken_at < FRESH:
            return Shown(last, None, self._notes(last, began))
        try:
            reading = await self._upstream.reading()
        except UnavailableError as exc:
            self._last_error = str(exc)
            if last is None:
                raise
            return Shown(last, None, (_outlived(last, now, exc), *self._notes(last, began)))
        refused = await anyio.to_thread.run_sync(self._book.keep, reading)
        self._last["current"], self._last_error = reading, ""
        return Shown(reading, None, (*filter(None, [refused]), *self._notes(reading, began)))

    async def _previous(self) -> Shown:
        now = self._now()
        ended, _ = self._billing(now)
        began, _ = self._billing(ended - A_MOMENT)
        last = await self._newest(ended)
        if last is None or last.taken_at < began:
            raise NoDataError(
                f"No reading was recorded in the previous billing period ({began:%Y-%m-%d} to {ended:%Y-%m-%d}), and "
                "EdgeDNS offers its current one only; ask period=current."
            )
        note = f"The last reading of that period is of {last.taken_at:%Y-%m-%dT%H:%M:%SZ}; later ones are not in it."
        return Shown(last, False, (note, *self._notes(last, began)))

    async def _rolling(self, period: str) -> Shown:
        last = self._last.get(period)
        if last is None or self._now() - last.taken_at >= FRESH:
            assert self._upstream  # noqa: S101 - _shown() asks only then
            self._last[period] = last = await self._upstream.reading(period)
        unconfirmed = f"EdgeDNS was asked for period={period} and did not confirm it; the window may be another one."
        return Shown(last, None, () if last.window_start else (unconfirmed,))

    def _looking_back(self, last: Reading | None, began: datetime) -> Shown:
        if last is None:
            raise NoDataError(
                f"No reading was recorded between {began:%Y-%m-%d} and the time to look back to; "
                "leave EDGEDNS_AS_OF out to ask EdgeDNS now."
            )
        return Shown(last, None, self._notes(last, began))

    def _notes(self, reading: Reading, began: datetime) -> tuple[str, ...]:
        if reading.window_start:
            return ()
        return (f"EdgeDNS states no dates for a billing period; by EDGEDNS_BILLING_DAY it began {began:%Y-%m-%d}.",)

    async def _newest(self, before: datetime) -> Reading | None:
        return await anyio.to_thread.run_sync(lambda: self._book.newest(before=before))


def _outlived(last: Reading, now: datetime, exc: UnavailableError) -> str:
    minutes, seconds = divmod(int((now - last.taken_at).total_seconds()), 60)
    age = f"{minutes} min {seconds} s" if minutes else f"{seconds} s"
    return f"These are the last good figures, taken {age} ago, because EdgeDNS cannot be asked now: {exc}"
