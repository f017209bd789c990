"""The book of readings: which account a reading belongs to, and what was read before."""

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import TypeVar

from pydantic import SecretStr

from edgedns_mcp.errors import StoreError
from edgedns_mcp.models import Reading
from edgedns_mcp.store import readings
from edgedns_mcp.store.database import Database, Transaction
from edgedns_mcp.store.readings import Kept

Found = TypeVar("Found")

SAME_ACCOUNT_SHARE = 0.5  # of the key ids of the last reading; below it, the reading is another organisation's


class Book:
    """The kept readings of one API key's account; blocking, so ask it from a thread."""

    def __init__(
        self, open_database: Callable[[], Database], where: str, api_key: SecretStr, account: str = ""
    ) -> None:
        self.where = where
        self._open_database = open_database
        self._database: Database | None = None
        self._credential = _fingerprint(api_key)
        self._account = account
        self.trouble = ""

    def newest(self, *, before: datetime) -> Reading | None:
        """Give the last reading taken before `before` with this API key or for the declared account."""
        kept = self._read(lambda tx: self._own(tx, before))
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
        last = readings.newest(tx)
        account = self._account or (last.account if last else _name_of(reading))
        if last and not self._account and not _same_account(last.reading, reading):
            return (
                "This API key belongs to another organisation than the recorded readings, so nothing was recorded; "
                "set EDGEDNS_ACCOUNT, or another EDGEDNS_DATABASE."
            )
        readings.keep(tx, Kept(reading=reading, account=account, credential=self._credential))
        return ""

    def _own(self, tx: Transaction, before: datetime) -> Kept | None:
        at = int(before.timestamp())
        if self._account:
            return readings.last_of_account(tx, self._account, at)
        mine = readings.last_by_credential(tx, self._credential, at)
        return mine and readings.last_of_account(tx, mine.account, at)

    def _read(self, question: Callable[[Transaction], Found]) -> Found | None:
        try:
            return self._opened().read(question)
        except StoreError as exc:
            self.trouble = str(exc)
            return None

    def _opened(self) -> Database:
        if self._database is None:
            self._database = self._open_database()
        return self._database


def _fingerprint(api_key: SecretStr) -> str:
    """Tell API keys apart without keeping them: 32 random characters cannot be guessed from a digest."""
    return sha256(b"edgedns-mcp credential\0" + api_key.get_secret_value().encode()).hexdigest()[:16]


def _name_of(reading: Reading) -> str:
    return sha256("\0".join(sorted(_ids(reading))).encode()).hexdigest()[:8]


def _same_account(last: Reading, new: Reading) -> bool:
    before, after = _ids(last), _ids(new)
    return not before or not after or len(before & after) >= SAME_ACCOUNT_SHARE * len(before)


def _ids(reading: Reading) -> set[str]:
    return {one.key.key_id for one in reading.keys}
