"""What EdgeDNS is asked once a day beside its counters: the account's total and quota, and the dates of its keys.

Only the recorder asks, after a reading, and each call has its day, whatever comes of it: none is tried again, and none
can fail a reading or an answer.
"""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, TypeVar

from edgedns_mcp.domain.counters import Boundaries
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.errors import NoDataError, StoreError, UsageError
from edgedns_mcp.models import AccountTotal, KeyDates, Reading
from edgedns_mcp.render.phrases import figure
from edgedns_mcp.sources.account_body import Stated, account_total_of, key_dates_of, unclear
from edgedns_mcp.sources.book import A_MOMENT, SAME_ACCOUNT_SHARE, Book, in_thread
from edgedns_mcp.sources.edgedns import EdgeDnsSource
from edgedns_mcp.store import daily, keys
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.daily import Call, Outcome

KEYS, USAGE = "v1/keys", "v1/analytics/usage"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
NOT_ASKED = "not asked yet"

Read = TypeVar("Read")
Found = TypeVar("Found")


class Told(NamedTuple):
    """A line on each of the calls."""

    account_total: str
    key_dates: str


class Daily:
    """The calls that are made once a day."""

    def __init__(self, book: Book, *, now: Callable[[], datetime], billing: Boundaries) -> None:
        """`billing` gives start and end of the billing period around a moment."""
        self._book = book
        self._now = now
        self._billing = billing

    async def ask(self, upstream: EdgeDnsSource, reading: Reading) -> tuple[str, ...]:
        """Make the calls that were not made today, right after `reading`; give a line on each that was made."""
        try:
            total = await self._made(USAGE, upstream, account_total_of, partial(self._keep_total, reading))
            dates = await self._made(KEYS, upstream, key_dates_of, partial(_keep_dates, reading))
        except (StoreError, NoDataError) as exc:  # of the database: the calls themselves cannot fail
            return (str(exc),)
        return (*(f"Account total: {words}." for words in total), *(f"Dates of keys: {words}." for words in dates))

    async def told(self) -> Told:
        """Say what came of each call when it was made last."""
        return Told(*[await in_thread(partial(self._told, path)) for path in (USAGE, KEYS)])

    async def total(self, at: datetime) -> AccountTotal | None:
        """Give the last total of the billing period around a moment that was told up to now."""
        began, ends = self._billing(at)
        until = min(ends, self._now() + A_MOMENT)
        return await in_thread(partial(self._total, int(began.timestamp()), int(until.timestamp())))

    async def _made(
        self,
        path: str,
        upstream: EdgeDnsSource,
        read: Callable[[bytes, datetime], Read],
        keep: Callable[[Account, Read], str],
    ) -> tuple[str, ...]:
        """Make a call unless it was made today; give what came of it."""
        call, now = Call(path, self._book.credential), self._now()
        since, at = _day_began(now, self._billing(now)[1]), int(now.timestamp())
        if not await self._write(lambda own: daily.claim(own, call, at, int(since.timestamp()))):
            return ()
        outcome = await self._outcome(at, upstream.once(path, read), keep)
        await self._write(lambda own: daily.settle(own, call, outcome))
        return (outcome.words,)

    async def _outcome(self, at: int, answer: Awaitable[Read], keep: Callable[[Account, Read], str]) -> Outcome:
        try:
            told = await answer
            return Outcome(at, True, await self._write(lambda own: keep(own, told)))
        except UsageError as exc:
            return Outcome(at, False, _fact(exc))

    def _keep_total(self, reading: Reading, own: Account, stated: Stated) -> str:
        if stated.window_start and reading.window_start and stated.window_start != reading.window_start:
            raise unclear("another period than usage by key")
        total = AccountTotal(
            taken_at=self._now().replace(microsecond=0),
            requests=stated.requests,
            keys_requests=sum(one.requests for one in reading.keys),
            gone_requests=sum(one.requests for one in reading.gone),
            quota=stated.quota,
        )
        daily.keep_total(own, total)
        return f"{total.requests} requests, {'no quota stated' if total.quota is None else f'quota {total.quota}'}"

    def _told(self, path: str) -> str:
        try:
            last = self._book.read(lambda own: daily.last(own, Call(path, self._book.credential)))
        except StoreError:
            return ""  # the trouble is told as such
        return f"{last.words}; asked {figure(moment(last.asked_at))}, once a day" if last else NOT_ASKED

    def _total(self, since: int, before: int) -> AccountTotal | None:
        try:
            return self._book.read(lambda own: daily.total(own, since, before))
        except StoreError:
            return None  # an answer without the cross-check says so

    async def _write(self, change: Callable[[Account], Found]) -> Found:
        return await in_thread(lambda: self._book.write(change))


def _keep_dates(reading: Reading, own: Account, dates: Sequence[KeyDates]) -> str:
    """Note the dates of known keys; a list of others is not of this account, or has other ids."""
    known = {key.key_id for key in keys.list_keys(own)}
    met = [one for one in dates if one.key_id in known]
    if reading.keys and not dates:
        raise unclear(f"no key, though usage by key lists {len(reading.keys)}")
    if len(met) < SAME_ACCOUNT_SHARE * len(dates):
        raise unclear("keys that usage by key does not list")
    keys.date_keys(own, met)
    return f"{len(met)} of {len(reading.keys)} keys"


def _day_began(now: datetime, period_ends: datetime) -> datetime:
    """Give the moment from which on a call counts as made today.

    Days begin an hour before the billing period ends: so the last total of a period lacks no more than that hour.
    """
    last = period_ends - HOUR
    return last + (now - last) // DAY * DAY


def _fact(exc: UsageError) -> str:
    """Say what happened, without what to do: nothing is, before the next day."""
    return str(exc).split(". ")[0].removesuffix(".")
