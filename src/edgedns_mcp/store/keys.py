"""The inventory of keys, and keys found in the data before any inventory knew them."""

from collections.abc import Collection, Iterable
from datetime import datetime

from edgedns_mcp.domain.report import moment
from edgedns_mcp.models import Key
from edgedns_mcp.store.database import Transaction

_PUT = """
    INSERT INTO key(key_id, name, environment, team, last_four, created_at, revoked_at, listed)
    VALUES(?, ?, ?, ?, ?, ?, ?, 1)
    ON CONFLICT(key_id) DO UPDATE SET name = excluded.name, environment = excluded.environment, team = excluded.team,
        last_four = excluded.last_four, created_at = excluded.created_at, revoked_at = excluded.revoked_at, listed = 1
"""
_FOUND = """
    INSERT OR IGNORE INTO key(key_id, name, environment, team, last_four, listed) VALUES(?1, ?1, 'unknown', '', '', 0)
"""
# Where there is no inventory at all, the keys found in the data are the keys; requests without a key have id ''.
_LIST = """
    SELECT key_id, name, environment, team, last_four, created_at, revoked_at FROM key
    WHERE key_id <> '' AND (listed = 1 OR NOT EXISTS (SELECT 1 FROM key WHERE listed = 1))
    ORDER BY key_id
"""


def put_keys(tx: Transaction, keys: Iterable[Key]) -> None:
    """Put keys into the inventory, new or changed."""
    tx.many(
        _PUT,
        (
            (
                key.key_id,
                key.name,
                key.environment,
                key.team,
                key.last_four,
                _epoch(key.created_at),
                _epoch(key.revoked_at),
            )
            for key in keys
        ),
    )


def list_keys(tx: Transaction) -> list[Key]:
    """List the inventory, revoked keys included; without an inventory, the keys found in the data."""
    return [
        Key.model_construct(
            key_id=key_id,
            name=name,
            environment=environment,
            team=team,
            last_four=last_four,
            created_at=moment(created_at),
            revoked_at=moment(revoked_at),
        )
        for key_id, name, environment, team, last_four, created_at, revoked_at in tx.rows(_LIST)
    ]


def has_inventory(tx: Transaction) -> bool:
    """Tell whether any key comes from an inventory."""
    return bool(tx.value("SELECT EXISTS(SELECT 1 FROM key WHERE listed = 1)"))


def find_keys(tx: Transaction, key_ids: Collection[str]) -> dict[str, int]:
    """Give each key id its number; unknown ones are kept as found."""
    tx.many(_FOUND, ((key_id,) for key_id in sorted(key_ids)))
    return dict(tx.rows("SELECT key_id, key_no FROM key"))


def _epoch(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp())
