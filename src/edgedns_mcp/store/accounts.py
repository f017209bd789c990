"""Organisations: each has its own part of the database, and no question reaches two of them."""

from typing import Literal, NamedTuple

from edgedns_mcp.store.transaction import Transaction

Feeder = Literal["local", "edgedns", "demo"]
NOBODY = 0


class Account(NamedTuple):
    """One organisation's part of the database, within one transaction."""

    tx: Transaction
    number: int


def find(tx: Transaction, source: Feeder, name: str = "") -> Account:
    """Give the account that `source` fills under this name; one that nobody has filled yet holds nothing."""
    row = tx.row("SELECT account_no FROM account WHERE source = ? AND name = ?", (source, name))
    return Account(tx, row[0] if row else NOBODY)


def made(tx: Transaction, source: Feeder, name: str = "") -> Account:
    """Give the account, made where it is new."""
    tx.run("INSERT OR IGNORE INTO account(source, name, tier) VALUES(?, ?, 'developer')", (source, name))
    return find(tx, source, name)


def rename(account: Account, name: str) -> None:
    """Give an account another name."""
    account.tx.run("UPDATE account SET name = ? WHERE account_no = ?", (name, account.number))


def set_tier(account: Account, tier: str) -> None:
    """Say what plan an organisation has."""
    account.tx.run("UPDATE account SET tier = ? WHERE account_no = ?", (tier, account.number))


def names(tx: Transaction, source: Feeder) -> dict[int, str]:
    """List the accounts that `source` fills: number to name."""
    return dict(tx.rows("SELECT account_no, name FROM account WHERE source = ? ORDER BY account_no", (source,)))
