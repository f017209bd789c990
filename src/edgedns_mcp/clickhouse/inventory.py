"""The inventory of keys; the newest row of each key counts, whether older ones are merged away or not."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from time import time_ns
from typing import Any

from edgedns_mcp.clickhouse.connection import Asking, Insert
from edgedns_mcp.clickhouse.ledger import COMMITTED, Snapshot
from edgedns_mcp.domain.usages import Roster, moment
from edgedns_mcp.models import Key

_COLUMNS = (
    "name", "environment", "team", "cost_center", "last_four", "allowed_environments", "created_at", "revoked_at",
    "expires_at", "last_used_at", "replaced_by",
)  # fmt: skip
_NEWEST = ", ".join(f"argMax(tuple({name}), version).1 AS {name}" for name in _COLUMNS)  # in a tuple, null is a value
_LISTED = f"""
    SELECT key_id, {", ".join(_COLUMNS)} FROM (
        SELECT key_id, argMax(is_listed, version) AS listed, {_NEWEST.replace("(tuple(", "(tuple(one.")}
        FROM $key AS one WHERE org = {{org:String}} GROUP BY key_id
    ) WHERE listed AND key_id <> '' ORDER BY key_id
"""  # noqa: S608 - our own constants
_FOUND = f"""
    SELECT key_id FROM (
        SELECT DISTINCT key_id FROM $key_day WHERE org = {{org:String}} AND {COMMITTED}
        UNION ALL SELECT DISTINCT key_id FROM $span WHERE org = {{org:String}} AND {COMMITTED}
    ) WHERE key_id <> '' GROUP BY key_id ORDER BY key_id
"""  # noqa: S608 - our own constants


def listed(snapshot: Snapshot) -> Roster:
    """List the inventory, revoked keys included."""
    return Roster(_key(*row) for row in snapshot.rows(_LISTED))


def found(snapshot: Snapshot) -> Roster:
    """List the keys found in the data."""
    return Roster(Key(key_id=key_id, name=key_id) for (key_id,) in snapshot.rows(_FOUND))


def put(asking: Asking, org: str, keys: Iterable[Key], gone: Iterable[str] = ()) -> None:
    """Put keys into the inventory, new or changed, and take out those that are gone."""
    version = time_ns()
    rows = [(org, version, 1, *_row(key)) for key in keys]
    rows += [(org, version, 0, *_row(Key(key_id=key_id, name=key_id))) for key_id in gone]
    if rows:
        columns = ("org", "version", "is_listed", "key_id", *_COLUMNS)
        asking.insert(Insert("key", columns, rows, f"{org}:keys:{version}"))


def _key(*row: Any) -> Key:
    key_id, name, environment, team, cost_center, four, allowed, created, revoked, expires, used, heir = row
    return Key(
        *(key_id, name, environment, team, cost_center, four, tuple(allowed.split())),
        *(moment(created), moment(revoked), moment(expires), moment(used), heir),
    )


def _row(key: Key) -> Sequence[object]:
    texts = (key.key_id, key.name, key.environment, key.team, key.cost_center, key.last_four)
    moments = map(_epoch, (key.created_at, key.revoked_at, key.expires_at, key.last_used_at))
    return (*texts, " ".join(key.allowed_environments), *moments, key.replaced_by)


def _epoch(at: datetime | None) -> int | None:
    return None if at is None else int(at.timestamp())
