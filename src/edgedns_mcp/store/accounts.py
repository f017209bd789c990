"""Organisations: each has its own part of the database, and no question reaches two of them."""

import re
from typing import Literal, NamedTuple

from edgedns_mcp.store.transaction import Transaction

Feeder = Literal["local", "edgedns", "demo"]
NOBODY = 0
MADE_UP = re.compile(r"[0-9a-f]{8}")  # the name of an account that nobody declared


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


def described_by(account: Account) -> Account:
    """Give the account whose inventory, from a file, describes the keys of one that EdgeDNS fills: of the same name."""
    row = account.tx.row("SELECT name FROM account WHERE account_no = ? AND source = 'edgedns'", (account.number,))
    if row is None:
        return Account(account.tx, NOBODY)
    return find(account.tx, "local", "" if MADE_UP.fullmatch(row[0]) else row[0])


def rename(account: Account, name: str) -> None:
    """Give an account another name."""
    account.tx.run("UPDATE account SET name = ? WHERE account_no = ?", (name, account.number))


def set_tier(account: Account, tier: str) -> None:
    """Say what plan an organisation has."""
    account.tx.run("UPDATE account SET tier = ? WHERE account_no = ?", (tier, account.number))


def names(tx: Transaction, source: Feeder) -> dict[int, str]:
    """List the accounts that `source` fills: number to name."""
    return dict(tx.rows("SELECT account_no, name FROM account WHERE source = ? ORDER BY account_no", (source,)))
