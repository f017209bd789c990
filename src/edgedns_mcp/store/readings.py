"""The readings of EdgeDNS's counters that were kept."""

from pydantic import Field

from edgedns_mcp.models import Model, Reading
from edgedns_mcp.store import accounts
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.database import Transaction

FOREVER = 2**62  # epoch seconds; later than any reading


class Kept(Model):
    """A kept reading, and the fingerprint of the API key that took it."""

    reading: Reading
    credential: str = Field(description="A digest; never the key.")


def keep(account: Account, kept: Kept) -> None:
    """Keep a reading."""
    account.tx.run(
        "INSERT INTO reading(account_no, credential, taken_at, body) VALUES(?, ?, ?, ?)",
        (account.number, kept.credential, int(kept.reading.taken_at.timestamp()), kept.reading.model_dump_json()),
    )


def last(account: Account, before: int = FOREVER, after: int = 0) -> Kept | None:
    """Give the account's newest reading taken before `before` and after `after` (epoch seconds)."""
    return _one(account, "taken_at < ? AND taken_at > ?", (before, after))


def last_with_keys(account: Account) -> Kept | None:
    """Give the account's newest reading that lists any key."""
    return _one(account, "json_array_length(body, '$.keys') > 0", ())


def account_of(tx: Transaction, credential: str) -> Account | None:
    """Give the account of the newest reading that this API key took."""
    newest = "SELECT account_no FROM reading WHERE credential = ? ORDER BY taken_at DESC, reading_no DESC LIMIT 1"
    row = tx.row(newest, (credential,))
    return Account(tx, row[0]) if row else None


def newest(tx: Transaction) -> tuple[Account, Kept] | None:
    """Give the newest reading of any account that lists any key."""
    every = [Account(tx, number) for number in accounts.names(tx, "edgedns")]
    found = [(account, kept) for account in every if (kept := last_with_keys(account))]
    return max(found, key=lambda one: one[1].reading.taken_at, default=None)


def count(tx: Transaction) -> int:
    """Count the readings of every account."""
    return int(tx.value("SELECT count(*) FROM reading"))


def _one(account: Account, where: str, bindings: tuple[int, ...]) -> Kept | None:
    asked = f"SELECT body, credential FROM reading WHERE account_no = ? AND {where} ORDER BY taken_at DESC, reading_no DESC LIMIT 1"  # noqa: E501, S608 - our own constants
    row = account.tx.row(asked, (account.number, *bindings))
    return row and Kept(reading=Reading.model_validate_json(row[0]), credential=row[1])
