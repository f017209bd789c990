"""The inventory of keys from a file: taken whole or not at all, and merged with what is stored."""

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple, cast

from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.errors import IntakeError
from edgedns_mcp.intake.fields import Unreadable, environment_of, epoch_of, key_of, text_of
from edgedns_mcp.intake.inventory_file import Row, rows_in
from edgedns_mcp.models import Environment, Key
from edgedns_mcp.models.secrets import holds_secret
from edgedns_mcp.store import accounts, keys
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.keys import Known

LONGEST_TEXT = 200
YEAR_3000_S = 32_503_680_000  # until then a key may be valid
BETWEEN = re.compile(r"[\s,;|]+")


class Listing(NamedTuple):
    """A key as the file has it, and the fields that the file has a word on."""

    key: Key
    said: frozenset[str]


class Inventory(NamedTuple):
    """What a file lists, and the names of its columns that mean nothing here."""

    listings: list[Listing]
    ignored: list[str]


class Outcome(NamedTuple):
    """What an import did.

    `still_revoked` counts keys that stay revoked though the file would make them active again; `unlisted` those found
    in the data that no inventory lists.
    """

    keys: int
    new: int
    changed: int
    still_revoked: int
    unlisted: int
    ignored: list[str]


def import_inventory(database: Database, account: str, path: Path, now: datetime) -> Outcome:
    """Merge a file into an account's inventory: what the file has no word on stays as it is.

    A key that is revoked at `now` stays revoked, and a key made here keeps its environment, whatever the file says.

    Raises:
        IntakeError: the file cannot be read, repeats a key or holds a secret; nothing was imported.
        StoreError: the database cannot be written; nothing was imported.
    """
    inventory = read_inventory(path)
    return database.write(lambda tx: _merge(accounts.made(tx, "local", account), inventory, now))


def read_inventory(path: Path) -> Inventory:
    """Read a file of keys.

    Raises:
        IntakeError: the file or a row cannot be read; the sentence names the row's place and repeats nothing of it.
    """
    rows = rows_in(path)
    if not rows:
        raise IntakeError("The inventory lists no key; give each key a row with at least its key_id.")
    listings = [_listing(row) for row in rows]
    places: dict[str, str] = {}
    for row, listing in zip(rows, listings, strict=True):
        if (first := places.setdefault(listing.key.key_id, row.place)) != row.place:
            raise IntakeError(f"Nothing was imported: {first} and {row.place} of the inventory have the same key_id.")
    return Inventory(listings, _ignored(rows))


def checked_text(field: str, value: object) -> str:
    """Read a text of a person's: no secret, and not endless.

    Raises:
        Unreadable: it is none; the words follow "has".
    """
    text = _plain(field, value)
    if len(text) > LONGEST_TEXT:
        raise Unreadable(f"more than {LONGEST_TEXT} characters in its {field}")
    return text


def checked_moment(field: str, value: object) -> datetime | None:
    """Read a date or a time, without offset in UTC; None where it is empty.

    Raises:
        Unreadable: it is none; the words follow "has".
    """
    if value is None or not str(value).strip():
        return None
    try:
        return moment(epoch_of(value, YEAR_3000_S))  # not a spreadsheet's day number, nor 20261001 without hyphens
    except Unreadable as exc:
        raise Unreadable(f"no date since 2000 in its {field}, such as 2026-10-01 or 2026-10-01T12:00:00Z") from exc


def _merge(account: Account, inventory: Inventory, now: datetime) -> Outcome:
    stored = [keys.find_key(account, listing.key.key_id) for listing in inventory.listings]
    pairs = list(zip(inventory.listings, stored, strict=True))
    merged = [_merged(listing, known, now) for listing, known in pairs]
    keys.put_keys(account, merged)
    return Outcome(
        keys=len(merged),
        new=sum(not (known and known.is_listed) for known in stored),
        changed=sum(
            bool(known and known.is_listed and known.key != key) for known, key in zip(stored, merged, strict=True)
        ),
        still_revoked=sum(bool(known and _revives(listing, known, now)) for listing, known in pairs),
        unlisted=keys.strangers(account),
        ignored=inventory.ignored,
    )


def _merged(listing: Listing, known: Known | None, now: datetime) -> Key:
    if known is None:
        return listing.key
    said = {field: getattr(listing.key, field) for field in listing.said}
    if known.is_ours:
        said.pop("environment", None)  # its secret carries it
    if _revives(listing, known, now):
        del said["revoked_at"]
    return known.key._replace(**said)


def _revives(listing: Listing, known: Known, now: datetime) -> bool:
    """Tell whether the file would make a revoked key active again."""
    revoked_at, told = known.key.revoked_at, listing.key.revoked_at
    is_revoked = revoked_at is not None and revoked_at <= now
    return is_revoked and "revoked_at" in listing.said and (told is None or told > now)


def _listing(row: Row) -> Listing:
    try:
        key_id = _key_id(row.cells.get("key_id"))
        fields = {field: read(field, row.cells[field]) for field, read in FIELDS.items() if field in row.cells}
    except Unreadable as exc:
        raise IntakeError(f"Nothing was imported: {row.place} of the inventory has {exc}.") from exc
    if not fields.get("name"):  # a key always has a name, so an empty one says nothing
        fields.pop("name", None)
    key = Key(key_id, key_id)._replace(**fields)
    return Listing(key, frozenset(fields))


def _key_id(value: object) -> str:
    """Read an id as the logs are read, a long one cut, so that both mean the same key."""
    key_id = key_of(_plain("key_id", value))
    if not key_id:
        raise Unreadable("no key_id")
    return key_id


def _plain(field: str, value: object) -> str:
    if isinstance(value, bool) or not isinstance(value, str | int | None):
        raise Unreadable(f"no text in its {field}")
    text = text_of(value).strip()
    if holds_secret(text):
        raise Unreadable(f"what looks like a secret in its {field}; take it out, and rotate a secret that was shared")
    return text


def _environment(field: str, value: object) -> Environment:
    word = checked_text(field, value)
    environment = environment_of(word, "")
    if environment == "unknown" and word.lower() not in ("", "unknown"):
        raise Unreadable(f"neither live nor test in its {field}")
    return environment


def _environments(field: str, value: object) -> tuple[Environment, ...]:
    """Read a JSON list, or words between spaces, commas or semicolons; each once, in their order."""
    words: Iterable[object] = (
        cast("list[object]", value) if isinstance(value, list) else BETWEEN.split(checked_text(field, value))
    )
    found: list[Environment] = [_environment(field, word) for word in words if word != ""]
    if "unknown" in found:
        raise Unreadable(f"neither live nor test in its {field}")
    return tuple(dict.fromkeys(found))


# Every column but key_id; docs/keys.md says what each means.
FIELDS: Mapping[str, Callable[[str, object], object]] = {
    "name": checked_text,
    "environment": _environment,
    "created_at": checked_moment,
    "revoked_at": checked_moment,
    "expires_at": checked_moment,
    "team": checked_text,
    "cost_center": checked_text,
    "allowed_environments": _environments,
}


def _ignored(rows: Iterable[Row]) -> list[str]:
    """Name the columns that mean nothing here, as they may be shown."""
    columns = dict.fromkeys(column for row in rows for column in row.cells)
    unknown = [column for column in columns if column != "key_id" and column not in FIELDS]
    return ["(a secret)" if holds_secret(column) else visible(column) or "(unnamed)" for column in unknown]
