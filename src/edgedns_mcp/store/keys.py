"""The inventory of keys, and keys found in the data before any inventory knew them."""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any, NamedTuple

from edgedns_mcp.domain.report import moment
from edgedns_mcp.models import Key
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.database import Transaction

_COLUMNS = (
    "key_id, name, environment, team, cost_center, last_four, allowed_environments, created_at, revoked_at, "
    "expires_at, replaced_by"
)
_PUT = f"""
    INSERT INTO key(account_no, {_COLUMNS}, listed) VALUES(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
    ON CONFLICT(account_no, key_id) DO UPDATE SET name = excluded.name, environment = excluded.environment,
        team = excluded.team, cost_center = excluded.cost_center, last_four = excluded.last_four,
        allowed_environments = excluded.allowed_environments, created_at = excluded.created_at,
        revoked_at = excluded.revoked_at, expires_at = excluded.expires_at, replaced_by = excluded.replaced_by,
        listed = 1
"""
_FOUND = f"""
    INSERT OR IGNORE INTO key(account_no, {_COLUMNS}, listed)
    VALUES(?1, ?2, ?2, 'unknown', '', '', '', '', NULL, NULL, NULL, '', 0)
"""
# Where there is no inventory at all, the keys found in the data are the keys; requests without a key have id ''.
_LIST = f"""
    SELECT {_COLUMNS} FROM key
    WHERE account_no = ?1 AND key_id <> ''
        AND (listed = 1 OR NOT EXISTS (SELECT 1 FROM key WHERE account_no = ?1 AND listed = 1))
    ORDER BY key_id
"""  # noqa: S608 - our own constants


class Secret(NamedTuple):
    """What is kept of a key's secret: SHA-256 over salt and secret."""

    salt: bytes
    digest: bytes


class Owner(NamedTuple):
    """Whose a secret may be: the key, its account, what the account may ask."""

    account_no: int
    tier: str
    key: Key
    secret: Secret


def put_keys(account: Account, keys: Iterable[Key]) -> None:
    """Put keys into the inventory, new or changed."""
    account.tx.many(_PUT, ((account.number, *_row(key)) for key in keys))


def put_secret(account: Account, key_id: str, secret: Secret) -> None:
    """Keep what tells a key's secret again, and never the secret."""
    keep = "UPDATE key SET salt = ?, secret = ? WHERE account_no = ? AND key_id = ?"
    account.tx.run(keep, (*secret, account.number, key_id))


def list_keys(account: Account) -> list[Key]:
    """List the inventory, revoked keys included; without an inventory, the keys found in the data."""
    return [_key(row) for row in account.tx.rows(_LIST, (account.number,))]


def has_inventory(account: Account) -> bool:
    """Tell whether any key comes from an inventory."""
    listed = "SELECT EXISTS(SELECT 1 FROM key WHERE account_no = ? AND listed = 1)"
    return bool(account.tx.value(listed, (account.number,)))


def find_keys(account: Account, key_ids: Collection[str]) -> dict[str, int]:
    """Give each key id its number; unknown ones are kept as found."""
    account.tx.many(_FOUND, ((account.number, key_id) for key_id in sorted(key_ids)))
    return dict(account.tx.rows("SELECT key_id, key_no FROM key WHERE account_no = ?", (account.number,)))


def by_last_four(tx: Transaction, last_four: str) -> list[Owner]:
    """List the keys created here, of any account, whose secret ends like this."""
    found = tx.rows(
        f"SELECT account_no, tier, salt, secret, {_COLUMNS} FROM key JOIN account USING(account_no) "  # noqa: S608 - our own constants
        "WHERE last_four = ? AND secret IS NOT NULL ORDER BY key_no",
        (last_four,),
    )
    return [Owner(row[0], row[1], _key(row[4:]), Secret(row[2], row[3])) for row in found]


def _row(key: Key) -> tuple[object, ...]:
    texts = (key.key_id, key.name, key.environment, key.team, key.cost_center, key.last_four)
    moments = (_epoch(key.created_at), _epoch(key.revoked_at), _epoch(key.expires_at))
    return (*texts, " ".join(key.allowed_environments), *moments, key.replaced_by)


def _key(row: tuple[Any, ...]) -> Key:
    key_id, name, environment, team, cost_center, last_four, allowed, created_at, revoked_at, expires_at, successor = (
        row
    )
    return Key.model_construct(
        key_id=key_id,
        name=name,
        environment=environment,
        team=team,
        cost_center=cost_center,
        last_four=last_four,
        allowed_environments=tuple(allowed.split()),
        created_at=moment(created_at),
        revoked_at=moment(revoked_at),
        expires_at=moment(expires_at),
        replaced_by=successor,
    )


def _epoch(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
