"""The readings of EdgeDNS's counters that were kept."""

from pydantic import Field

from edgedns_mcp.domain.counters import Known
from edgedns_mcp.models import Model, Reading
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


def count(tx: Transaction) -> int:
    """Count the readings of every account."""
    return int(tx.value("SELECT count(*) FROM reading"))


def known(account: Account) -> Known | None:
    """Give what the next reading of this account is compared with."""
    row = account.tx.row("SELECT body FROM known WHERE account_no = ?", (account.number,))
    return Known.model_validate_json(row[0]) if row else None


def learn(account: Account, now_known: Known) -> None:
    """Keep what the next reading is compared with."""
    account.tx.run("INSERT OR REPLACE INTO known VALUES(?, ?)", (account.number, now_known.model_dump_json()))


def prune(account: Account, before: int, boundary: int) -> None:
    """Drop readings taken before `before`, but for the last one before `boundary` (epoch seconds)."""
    account.tx.run(
        "DELETE FROM reading WHERE account_no = ?1 AND taken_at < ?2 AND taken_at < "
        "(SELECT max(taken_at) FROM reading WHERE account_no = ?1 AND taken_at < ?3)",
        (account.number, before, boundary),
    )


def _one(account: Account, where: str, bindings: tuple[int, ...]) -> Kept | None:
    asked = f"SELECT body, credential FROM reading WHERE account_no = ? AND {where} ORDER BY taken_at DESC, reading_no DESC LIMIT 1"  # noqa: E501, S608 - our own constants
    row = account.tx.row(asked, (account.number, *bindings))
    return row and Kept(reading=Reading.model_validate_json(row[0]), credential=row[1])
