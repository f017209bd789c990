"""The inventory of keys, and keys found in the data before any inventory knew them."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from edgedns_mcp.domain.credentials import Secret
from edgedns_mcp.domain.described import described
from edgedns_mcp.domain.usages import Roster, moment
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import Key, KeyDates
from edgedns_mcp.store import accounts
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.transaction import Transaction

_COLUMNS = (
    "key_id, name, environment, team, cost_center, last_four, allowed_environments, created_at, revoked_at, "
    "expires_at, replaced_by, last_used_at"
)
_PUT = f"""
    INSERT INTO key(account_no, {_COLUMNS}, listed) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
    ON CONFLICT(account_no, key_id) DO UPDATE SET name = excluded.name, environment = excluded.environment,
        team = excluded.team, cost_center = excluded.cost_center, last_four = excluded.last_four,
        allowed_environments = excluded.allowed_environments, created_at = excluded.created_at,
        revoked_at = excluded.revoked_at, expires_at = excluded.expires_at, replaced_by = excluded.replaced_by,
        listed = 1
"""
# What a reading of EdgeDNS's counters says of a key; the dates it was told elsewhere stay.
_SEEN = f"""
    INSERT INTO key(account_no, {_COLUMNS}, listed) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
    ON CONFLICT(account_no, key_id) DO UPDATE SET name = excluded.name, environment = excluded.environment,
        revoked_at = excluded.revoked_at, listed = 1
"""
_DATED = "UPDATE key SET created_at = ?, expires_at = ?, last_used_at = ? WHERE account_no = ? AND key_id = ?"
_FOUND = f"""
    INSERT OR IGNORE INTO key(account_no, {_COLUMNS}, listed)
    VALUES(?1, ?2, ?2, 'unknown', '', '', '', '', NULL, NULL, NULL, '', NULL, 0)
"""
# Where there is no inventory at all, the keys found in the data are the keys; requests without a key have id ''.
_LIST = f"""
    SELECT {_COLUMNS} FROM key
    WHERE account_no = ?1 AND key_id <> ''
        AND (listed = 1 OR NOT EXISTS (SELECT 1 FROM key WHERE account_no = ?1 AND listed = 1))
    ORDER BY key_id
"""  # noqa: S608 - our own constants
_ONE = f"SELECT listed, secret IS NOT NULL, {_COLUMNS} FROM key WHERE account_no = ? AND key_id = ?"  # noqa: S608 - our own constants
_OWNERS = f"""
    SELECT account_no, (SELECT tier FROM account WHERE account.account_no = key.account_no), salt, secret, {_COLUMNS}
    FROM key WHERE last_four = ? AND secret IS NOT NULL ORDER BY key_no
"""  # noqa: S608 - our own constants
# UNION drops what was seen, so even a ring of successors ends.
_LEADS_TO = """
    WITH RECURSIVE later(key_id) AS (
        SELECT :first UNION SELECT replaced_by FROM key JOIN later USING(key_id)
        WHERE account_no = :account_no AND replaced_by <> ''
    )
    SELECT EXISTS(SELECT 1 FROM later WHERE key_id = :sought)
"""


class Known(NamedTuple):
    """A key as it is stored: in the inventory or only found in the data, and whether it was made here."""

    key: Key
    is_listed: bool
    is_ours: bool


class Owner(NamedTuple):
    """Whose a secret may be: the key, its account, what the account may ask."""

    account_no: int
    tier: str
    key: Key
    secret: Secret


def put_keys(account: Account, keys: Iterable[Key]) -> None:
    """Put keys into the inventory, new or changed."""
    account.tx.many(_PUT, ((account.number, *_row(key)) for key in keys))


def see_keys(account: Account, keys: Iterable[Key]) -> None:
    """Note what a reading lists: name, environment and whether it is gone; what else is known of a key stays."""
    account.tx.many(_SEEN, ((account.number, *_row(key)) for key in keys))


def date_keys(account: Account, dates: Iterable[KeyDates]) -> None:
    """Note when keys were made, expire and were last used, in the place of what was noted before."""
    account.tx.many(_DATED, ((*map(_epoch, one[1:]), account.number, one.key_id) for one in dates))


def put_secret(account: Account, key_id: str, secret: Secret) -> None:
    """Keep what tells a key's secret again, and never the secret."""
    keep = "UPDATE key SET salt = ?, secret = ? WHERE account_no = ? AND key_id = ?"
    account.tx.run(keep, (*secret, account.number, key_id))


def find_key(account: Account, key_id: str) -> Known | None:
    """Find a key by its id, whether an inventory lists it or not."""
    row = account.tx.row(_ONE, (account.number, key_id))
    return Known(_keys([row[2:]])[0], bool(row[0]), bool(row[1])) if row else None


def revoke(account: Account, key_id: str, at: datetime) -> None:
    """Revoke a key at `at`, unless it was revoked before."""
    close = "UPDATE key SET revoked_at = ?1 WHERE account_no = ?2 AND key_id = ?3 AND ifnull(revoked_at > ?1, 1)"
    account.tx.run(close, (_epoch(at), account.number, key_id))


def link(account: Account, old: str, new: str) -> None:
    """Note that the key `new` replaced the key `old`, in the place of any earlier note; chains may be of any length.

    Raises:
        QuestionError: one of them is not stored, or `old` would come to replace itself.
    """
    if not (find_key(account, old) and find_key(account, new)):
        raise QuestionError("Only known keys can be linked; list them with edgedns-mcp keys list.")
    if account.tx.value(_LEADS_TO, {"first": new, "account_no": account.number, "sought": old}):
        raise QuestionError(
            "A key cannot replace itself, at once or by way of other keys; name the older key first, then the newer."
        )
    keep = "UPDATE key SET replaced_by = ? WHERE account_no = ? AND key_id = ?"
    account.tx.run(keep, (new, account.number, old))


def list_keys(account: Account) -> Roster:
    """List the inventory, revoked keys included; without an inventory, the keys found in the data.

    Keys that EdgeDNS lists are described by the inventory from a file, where there is one.
    """
    return account.tx.remembered(("keys", account.number), lambda: _roster(account))


def said_of(account: Account) -> Mapping[str, Key]:
    """Give what an inventory from a file says of the keys of an account that EdgeDNS fills, by key id."""
    told = accounts.described_by(account)
    return {key.key_id: key for key in list_keys(told)} if has_inventory(told) else {}


def has_inventory(account: Account) -> bool:
    """Tell whether any key comes from an inventory."""
    listed = "SELECT EXISTS(SELECT 1 FROM key WHERE account_no = ? AND listed = 1)"
    return bool(account.tx.value(listed, (account.number,)))


def strangers(account: Account) -> int:
    """Count the keys that were found in the data and that no inventory lists."""
    found = "SELECT count(*) FROM key WHERE account_no = ? AND listed = 0 AND key_id <> ''"
    return account.tx.value(found, (account.number,))


def names_of(account: Account) -> Mapping[int, str]:
    """Give the id of each key number."""
    asked = "SELECT key_no, key_id FROM key WHERE account_no = ?"
    return account.tx.remembered(("names", account.number), lambda: dict(account.tx.rows(asked, (account.number,))))


def numbers_of(account: Account) -> Mapping[str, int]:
    """Give the number of each key id."""
    return account.tx.remembered(
        ("numbers", account.number), lambda: {key_id: number for number, key_id in names_of(account).items()}
    )


def find_keys(account: Account, key_ids: Collection[str]) -> dict[str, int]:
    """Give each key id its number; unknown ones are kept as found."""
    account.tx.many(_FOUND, ((account.number, key_id) for key_id in sorted(key_ids)))
    asked = "SELECT key_id, key_no FROM key WHERE account_no = ? AND key_id IN (SELECT value FROM json_each(?))"
    return dict(account.tx.rows(asked, (account.number, json.dumps(list(key_ids)))))


def by_last_four(tx: Transaction, last_four: str) -> list[Owner]:
    """List the keys created here, of any account, whose secret ends like this."""
    found = tx.rows(_OWNERS, (last_four,))
    return [Owner(row[0], row[1], _keys([row[4:]])[0], Secret(row[2], row[3])) for row in found]


def _roster(account: Account) -> Roster:
    keys, said = _keys(account.tx.rows(_LIST, (account.number,))), said_of(account)
    return Roster(described(key, said.get(key.key_id)) for key in keys) if said else Roster(keys)


def _row(key: Key) -> tuple[object, ...]:
    texts = (key.key_id, key.name, key.environment, key.team, key.cost_center, key.last_four)
    moments = (_epoch(key.created_at), _epoch(key.revoked_at), _epoch(key.expires_at))
    return (*texts, " ".join(key.allowed_environments), *moments, key.replaced_by, _epoch(key.last_used_at))


def _keys(rows: Iterable[Sequence[Any]]) -> list[Key]:
    """Make keys of rows, unchecked: the table is strict, and only keys are written to it."""
    return [
        Key(
            *(key_id, name, environment, team, cost_center, four, tuple(allowed.split())),
            *(moment(created), moment(revoked), moment(expires), moment(used), heir),
        )
        for key_id, name, environment, team, cost_center, four, allowed, created, revoked, expires, heir, used in rows
    ]


def _epoch(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
