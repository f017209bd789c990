"""The readings of EdgeDNS's counters that were kept."""

from pydantic import Field

from edgedns_mcp.models import Model, Reading
from edgedns_mcp.store.database import Transaction

FOREVER = 2**62  # epoch seconds; later than any reading


class Kept(Model):
    """A kept reading, the account it belongs to, and the fingerprint of the API key that took it."""

    reading: Reading
    account: str
    credential: str = Field(description="A digest; never the key.")


def keep(tx: Transaction, kept: Kept) -> None:
    """Keep a reading."""
    tx.run(
        "INSERT INTO reading(account, credential, taken_at, body) VALUES(?, ?, ?, ?)",
        (kept.account, kept.credential, int(kept.reading.taken_at.timestamp()), kept.reading.model_dump_json()),
    )


def last_by_credential(tx: Transaction, credential: str, before: int = FOREVER) -> Kept | None:
    """Give the newest reading that this API key took before `before` (epoch seconds)."""
    return _one(tx, "credential = ? AND taken_at < ?", (credential, before))


def last_of_account(tx: Transaction, account: str, before: int, after: int = 0) -> Kept | None:
    """Give the account's newest reading taken before `before` and after `after` (epoch seconds)."""
    return _one(tx, "account = ? AND taken_at < ? AND taken_at > ?", (account, before, after))


def newest(tx: Transaction, account: str = "") -> Kept | None:
    """Give the newest reading that lists any key, of this account or of all."""
    accounts = [account] if account else [name for (name,) in tx.rows("SELECT DISTINCT account FROM reading")]
    found = [_one(tx, "account = ? AND json_array_length(body, '$.keys') > 0", (name,)) for name in accounts]
    return max(filter(None, found), key=lambda kept: kept.reading.taken_at, default=None)


def count(tx: Transaction) -> int:
    """Count the readings."""
    return int(tx.value("SELECT count(*) FROM reading"))


def _one(tx: Transaction, where: str, bindings: tuple[str | int, ...]) -> Kept | None:
    row = tx.row(
        f"SELECT body, account, credential FROM reading WHERE {where} ORDER BY taken_at DESC, reading_no DESC LIMIT 1",  # noqa: S608 - our own constants
        bindings,
    )
    return row and Kept(reading=Reading.model_validate_json(row[0]), account=row[1], credential=row[2])
