"""Closed charges in the database without a key that is to be forgotten."""

import zlib
from collections.abc import Iterable

from edgedns_mcp.domain.pseudonyms import ALIAS, ids_in, next_alias, renamed
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.closings import unpacked
from edgedns_mcp.store.transaction import Transaction


def names(tx: Transaction) -> Iterable[tuple[str, str]]:
    """List id and name of each key that is in anything closed, and not forgotten; what nobody knew has its id alone."""
    for (body,) in tx.rows("SELECT body FROM closing"):
        closed = unpacked(body)
        owners = [(one.key_id, one.name) for one in (*closed.keys, *closed.corrections)]
        every = (*owners, *((key_id, key_id) for key_id in closed.unknown))
        yield from (one for one in every if one[0] and not ALIAS.fullmatch(one[0]))


def forget_key(account: Account, key_id: str) -> None:
    """Give a key another id and name in all that is closed: amounts and sums stay, and nobody can tell whose they were.

    What is closed without it stays as it is, to the byte.
    """
    asked = "SELECT start, body FROM closing WHERE account_no = ?"
    known = {start: unpacked(body) for start, body in account.tx.rows(asked, (account.number,))}
    holding = {start: closed for start, closed in known.items() if key_id in ids_in(closed)}
    if not holding:
        return
    alias = next_alias(known.values())
    for start, closed in holding.items():
        body = zlib.compress(renamed(closed, key_id, alias).model_dump_json().encode())
        account.tx.run("UPDATE closing SET body = ? WHERE account_no = ? AND start = ?", (body, account.number, start))
    changed = "UPDATE correction SET key_id = ? WHERE account_no = ? AND key_id = ?"
    account.tx.run(changed, (alias, account.number, key_id))
