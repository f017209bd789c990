"""Batches of live events that were acknowledged, by their idempotency key."""

from typing import NamedTuple

from edgedns_mcp.store.accounts import Account


class Acknowledged(NamedTuple):
    """A batch: the digest of its body, when it was taken (epoch seconds), and the answer it got."""

    name: str
    digest: bytes
    taken_at: int
    answer: str


def find(account: Account, name: str) -> Acknowledged | None:
    """Find the batch that was acknowledged under this idempotency key."""
    asked = "SELECT name, digest, taken_at, answer FROM batch WHERE account_no = ? AND name = ?"
    row = account.tx.row(asked, (account.number, name))
    return row and Acknowledged(*row)


def note(account: Account, batch: Acknowledged) -> None:
    """Note a batch, in the transaction that counts its events."""
    account.tx.run("INSERT INTO batch VALUES(?, ?, ?, ?, ?)", (account.number, *batch))


def forget(account: Account, before: int) -> None:
    """Forget the batches taken before `before` (epoch seconds): nobody sends them again."""
    account.tx.run("DELETE FROM batch WHERE account_no = ? AND taken_at < ?", (account.number, before))
