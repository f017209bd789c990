"""The book of readings: which account a reading belongs to, and what was read before."""

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import TypeVar

from pydantic import SecretStr

from edgedns_mcp.errors import StoreError
from edgedns_mcp.models import Reading
from edgedns_mcp.store import accounts, readings
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.database import Database, Transaction
from edgedns_mcp.store.readings import Kept

Found = TypeVar("Found")

SAME_ACCOUNT_SHARE = 0.5  # of the key ids of the last reading; below it, the reading is another organisation's
BUSY_MS = 250  # an answer of EdgeDNS that came at its deadline still reaches the client in time
EVER = datetime.fromtimestamp(0, UTC)
ANOTHER = (
    "This API key belongs to another organisation than the recorded readings, so nothing was recorded; "
    "set EDGEDNS_ACCOUNT, or another EDGEDNS_DATABASE."
)
NOBODYS = (
    "This reading was not recorded: it lists no keys, so nothing shows whose it is; set EDGEDNS_ACCOUNT to record it."
)


class Book:
    """The kept readings of one API key's account; blocking, so ask it from a thread."""

    def __init__(
        self, open_database: Callable[[], Database], where: str, api_key: SecretStr, account: str = ""
    ) -> None:
        self.where = where
        self._open_database = open_database
        self._database: Database | None = None
        self._opening = threading.Lock()
        self._credential = _fingerprint(api_key)
        self._account = account
        self.trouble = ""

    def newest(self, *, before: datetime, after: datetime = EVER) -> Reading | None:
        """Give the account's last reading taken between `after` and `before`, both excluded.

        The account is the declared one, or the one that this API key has shown to belong to.
        """
        kept = self._read(lambda tx: self._last(tx, before, after))
        return kept and kept.reading

    def keep(self, reading: Reading) -> str:
        """Keep a reading; where it cannot be kept, say why."""
        try:
            refused = self._opened().write(lambda tx: self._keep(tx, reading))
        except StoreError as exc:
            self.trouble = str(exc)
            return f"This reading was not recorded: {exc}"
        self.trouble = refused
        return refused

    def count(self) -> int:
        """Count the readings of every account."""
        return self._read(readings.count) or 0

    def close(self) -> None:
        """Close the database."""
        if self._database:
            self._database.close()

    def _keep(self, tx: Transaction, reading: Reading) -> str:
        account = accounts.made(tx, "edgedns", self._account) if self._account else self._own(tx)
        if not account and not reading.keys:
            return NOBODYS
        compared = None if self._account else self._compared(tx, account)
        if compared and reading.keys and not _same_account(compared[1].reading, reading):
            return ANOTHER
        account = account or (compared[0] if compared else accounts.made(tx, "edgedns", _name_of(reading)))
        readings.keep(account, Kept(reading=reading, credential=self._credential))
        return ""

    def _compared(self, tx: Transaction, account: Account | None) -> tuple[Account, Kept] | None:
        """Give the reading that shows whether a new one is of the same organisation."""
        if account is None:
            return readings.newest(tx)
        kept = readings.last_with_keys(account)
        return (account, kept) if kept else None

    def _own(self, tx: Transaction) -> Account | None:
        """Give the declared account, or the one that this API key has shown to belong to."""
        if self._account:
            return accounts.find(tx, "edgedns", self._account)
        return readings.account_of(tx, self._credential)

    def _last(self, tx: Transaction, before: datetime, after: datetime) -> Kept | None:
        account = self._own(tx)
        return account and readings.last(account, int(before.timestamp()), int(after.timestamp()))

    def _read(self, question: Callable[[Transaction], Found]) -> Found | None:
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


def _fingerprint(api_key: SecretStr) -> str:
    """Tell API keys apart without keeping them: 32 random characters cannot be guessed from a digest."""
    return sha256(b"edgedns-mcp credential\0" + api_key.get_secret_value().encode()).hexdigest()[:16]


def _name_of(reading: Reading) -> str:
    return sha256("\0".join(sorted(_ids(reading))).encode()).hexdigest()[:8]


def _same_account(last: Reading, new: Reading) -> bool:
    before = _ids(last)
    return len(before & _ids(new)) >= SAME_ACCOUNT_SHARE * len(before)


def _ids(reading: Reading) -> set[str]:
    return {one.key.key_id for one in reading.keys}
