"""The book of readings: which account a reading belongs to, what was read before, and what came between."""

import threading
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from hashlib import sha256
from typing import NamedTuple, TypeVar

import anyio.to_thread
from pydantic import SecretStr

from edgedns_mcp.domain import counters
from edgedns_mcp.domain.counters import Boundaries, Known, Step
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.errors import NoDataError, StoreError
from edgedns_mcp.models import Key, KeyReading, Reading
from edgedns_mcp.sources.clocks import behind
from edgedns_mcp.store import accounts, cells, coverage, keys, leases, readings
from edgedns_mcp.store.accounts import NOBODY, Account
from edgedns_mcp.store.closings import Closings
from edgedns_mcp.store.database import Database, Transaction
from edgedns_mcp.store.readings import Kept
from edgedns_mcp.store.upkeep import keep_up

Found = TypeVar("Found")

SAME_ACCOUNT_SHARE = 0.5  # of the key ids of the last reading; below it, the reading is another organisation's
BUSY_MS = 250  # an answer of EdgeDNS that came at its deadline still reaches the client in time
EVER = moment(0)
FEED = "readings"
A_MOMENT = timedelta(seconds=1)
KEPT_READINGS = timedelta(days=40)  # a billing period and the one before its first days are over
ANOTHER = (
    "This API key belongs to another organisation than the recorded readings, so nothing was recorded; set "
    "EDGEDNS_ACCOUNT to a name for it, or to {account} if it is the same one with other keys, or another "
    "EDGEDNS_DATABASE."
)
NOBODYS = (
    "This reading was not recorded: it lists no keys, so nothing shows whose it is; set EDGEDNS_ACCOUNT to record it."
)


class Entry(NamedTuple):
    """What became of a reading: kept with what it adds, or why not."""

    reading: Reading
    step: Step | None = None
    not_recorded: str = ""
    is_foreign: bool = False  # of another organisation than what is recorded


class Inventory(NamedTuple):
    """The keys ever seen in an account, and what an inventory from a file says of them, by key id."""

    keys: Sequence[Key]
    said: Mapping[str, Key]


NO_KEYS = Inventory((), {})


async def in_thread(work: Callable[[], Found]) -> Found:
    """Do what blocks, such as asking the book, beside the loop; who no longer waits leaves it to end alone."""
    return await anyio.to_thread.run_sync(work, abandon_on_cancel=True)


class Book:
    """The kept readings of one API key's account; blocking, so ask it from a thread."""

    def __init__(
        self,
        open_database: Callable[[], Database],
        where: str,
        api_key: SecretStr,
        account: str = "",
        *,
        boundaries: Boundaries,
        keep_hours: int = 0,
    ) -> None:
        """`boundaries` gives start and end of the billing period around a moment; 0 hours are for ever."""
        self.where = where
        self._open_database = open_database
        self._database: Database | None = None
        self._opening = threading.Lock()
        self.credential = _fingerprint(api_key)
        self._account = account
        self._boundaries = boundaries
        self._keep_hours = keep_hours
        self.trouble = ""

    def newest(self, *, before: datetime, after: datetime = EVER) -> Reading | None:
        """Give the account's last reading taken between `after` and `before`, both excluded.

        The account is the declared one, or the one that this API key has shown to belong to.
        """
        kept = self._tried(lambda tx: readings.last(self._own(tx), int(before.timestamp()), int(after.timestamp())))
        return kept and kept.reading

    def keep(self, reading: Reading) -> Entry:
        """Keep a reading and what it adds; where it cannot be kept, say why."""
        try:
            entry = self._opened().write(lambda tx: self._keep(tx, reading))
            keep_up(self._opened(), reading.taken_at, self._keep_hours)
        except StoreError as exc:
            entry = Entry(reading, not_recorded=f"This reading was not recorded: {exc}")
            self.trouble = str(exc)
        else:
            self.trouble = entry.not_recorded
        return entry

    def read(self, question: Callable[[Account], Found]) -> Found:
        """Ask what was recorded of the account.

        Raises:
            StoreError: the database cannot be read.
        """
        return self._opened().read(lambda tx: question(self._own(tx)))

    def with_closings(self, question: Callable[[Closings], Found], until: datetime | None) -> Found:
        """Ask what does not need the database with what is closed; with nothing, where it cannot be read."""
        try:
            return self.read(lambda account: question(Closings(account, until)))
        except StoreError:
            return question(Closings())

    def write(self, change: Callable[[Account], Found]) -> Found:
        """Note something beside what was recorded of the account.

        Raises:
            NoDataError: nothing was recorded yet.
            StoreError: the database cannot be written.
        """

        def changed(tx: Transaction) -> Found:
            account = self._own(tx)
            if account.number == NOBODY:
                raise NoDataError(
                    "Nothing was recorded yet, so there is nothing to note; run edgedns-mcp record first."
                )
            return change(account)

        return self._opened().write(changed)

    def lease(self, holder: str, now: datetime, until: datetime) -> datetime | None:
        """Become the one recorder of this API key up to `until`; where another is, give the moment its lease ends.

        Raises:
            StoreError: the database cannot be written.
        """
        name, ends = f"record {self.credential}", (int(now.timestamp()), int(until.timestamp()))
        held = self._opened().write(lambda tx: leases.take(tx, name, holder, *ends))
        return moment(held)

    def inventory(self) -> Inventory:
        """List the keys ever seen in the account; none where the database cannot be read."""
        return self._tried(lambda tx: Inventory(keys.list_keys(self._own(tx)), keys.said_of(self._own(tx)))) or NO_KEYS

    def is_settled(self, began: datetime) -> bool:
        """Tell whether the counters are known to be of the billing period that began then."""
        known = self._tried(lambda tx: readings.known(self._own(tx)))
        return known is None or known.began >= began or known.settled == began

    def count(self) -> int:
        """Count the readings of every account."""
        return self._tried(readings.count) or 0

    def size_bytes(self) -> int | None:
        """Give the size of the database; None where it cannot be read."""
        return self._tried(lambda tx: tx.size_bytes())

    def close(self) -> None:
        """Close the database."""
        if self._database:
            self._database.close()

    def _keep(self, tx: Transaction, reading: Reading) -> Entry:
        if self._account:
            return self._record(self._declared(tx), reading)
        account = self._own(tx)
        if account.number == NOBODY and not reading.keys:
            return Entry(reading, not_recorded=NOBODYS)
        before = [account] if account.number else [Account(tx, number) for number in accounts.names(tx, "edgedns")]
        compared = {one: kept.reading for one in before if (kept := readings.last_with_keys(one))}
        same = [one for one, last in compared.items() if not reading.keys or _same_account(last, reading)]
        if compared and not same:
            newest = max(compared, key=lambda one: compared[one].taken_at)
            name = accounts.names(tx, "edgedns")[newest.number]
            return Entry(reading, not_recorded=ANOTHER.format(account=name), is_foreign=True)
        return self._record(same[0] if same else accounts.made(tx, "edgedns", _name_of(reading)), reading)

    def _record(self, account: Account, reading: Reading) -> Entry:
        known = readings.known(account)
        step = counters.step(known, reading, self._boundaries)
        if step:
            _add(account, known, step, reading)
            readings.learn(account, step.known)
        now_known = step.known if step else known
        if now_known:
            gone = _gone(account, now_known, self._boundaries(reading.taken_at)[0])
            reading = reading.model_copy(update={"gone": gone})
        if step is None:
            return Entry(reading, not_recorded=behind(known.taken_at, reading.taken_at) if known else "")
        readings.keep(account, Kept(reading=reading, credential=self.credential))
        began = int(self._boundaries(reading.taken_at)[0].timestamp())
        readings.prune(account, int((reading.taken_at - KEPT_READINGS).timestamp()), began)
        return Entry(reading, step)

    def _declared(self, tx: Transaction) -> Account:
        """Give the declared account; what this API key recorded before anybody named its account goes there."""
        account = accounts.find(tx, "edgedns", self._account)
        before = readings.account_of(tx, self.credential)
        if account.number == NOBODY and before:
            name = accounts.names(tx, "edgedns")[before.number]
            if accounts.MADE_UP.fullmatch(name):
                accounts.rename(before, self._account)
        return accounts.made(tx, "edgedns", self._account)

    def _own(self, tx: Transaction) -> Account:
        """Give the declared account, or the one that this API key has shown to belong to."""
        if self._account:
            return accounts.find(tx, "edgedns", self._account)
        return readings.account_of(tx, self.credential) or Account(tx, NOBODY)

    def _tried(self, question: Callable[[Transaction], Found]) -> Found | None:
        try:
            return self._opened().read(question)
        except StoreError as exc:
            self.trouble = str(exc)
            return None

    def _opened(self) -> Database:
        with self._opening:
            if self._database is None:
                database = self._open_database()
                database.read(lambda tx: tx.value(f"PRAGMA busy_timeout = {BUSY_MS}"))
                self._database = database
            return self._database


def _add(account: Account, known: Known | None, step: Step, reading: Reading) -> None:
    """Add what came between two readings, and what the newer one says of the keys."""
    at = reading.taken_at
    seen = [one.key for one in reading.keys]
    lost = [one for key_id, one in step.known.keys.items() if one.gone and not _was_gone(known, key_id)]
    keys.see_keys(account, [*seen, *(_revoked(one.counters.key, at) for one in lost)])
    cells.apply(account, step.cells)
    start = reading.window_start if known is None and reading.window_start else known.taken_at if known else at
    if start < at:  # one reading alone says nothing of any time
        coverage.observe(account, FEED, int(start.timestamp()), int(at.timestamp()))


def _was_gone(known: Known | None, key_id: str) -> bool:
    return known is not None and key_id in known.keys and known.keys[key_id].gone


def _revoked(key: Key, seen_missing: datetime) -> Key:
    return key._replace(revoked_at=key.revoked_at or seen_missing)


def _gone(account: Account, known: Known, began: datetime) -> tuple[KeyReading, ...]:
    """List the keys that vanished since the billing period began, as they were last seen."""
    left = [one.counters for one in known.keys.values() if one.gone and one.at >= max(began, known.began)]
    inventory = {key.key_id: key for key in keys.list_keys(account)} if left else {}
    return tuple(one.model_copy(update={"key": inventory.get(one.key.key_id, one.key)}) for one in left)


def _fingerprint(api_key: SecretStr) -> str:
    """Tell API keys apart without keeping them: 32 random characters cannot be guessed from a digest."""
    return sha256(b"edgedns-mcp credential\0" + api_key.get_secret_value().encode()).hexdigest()[:16]


def _name_of(reading: Reading) -> str:
    return sha256("\0".join(sorted(_ids(reading.keys))).encode()).hexdigest()[:8]


def _same_account(last: Reading, new: Reading) -> bool:
    before = _ids(last.keys)
    return len(before & _ids(new.keys)) >= SAME_ACCOUNT_SHARE * len(before)


def _ids(listed: Sequence[KeyReading]) -> set[str]:
    return {one.key.key_id for one in listed}
