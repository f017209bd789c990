"""Forgetting: a key with all its figures, or all that was before a day; afterwards no byte of it is in the file."""

import json
from collections.abc import Callable, Collection
from typing import NamedTuple

from edgedns_mcp.domain.cells import DAY_S
from edgedns_mcp.errors import StoreError
from edgedns_mcp.models import Reading
from edgedns_mcp.models.work import Tell, tell_nobody
from edgedns_mcp.store import cells, pseudonyms, readings, running
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.transaction import Transaction

NOT_ERASED = (
    "No answer holds it any more, but old bytes in {where} could not be erased; free as much disk as that file has, "
    "let other writers end, and run edgedns-mcp forget --before 1970-01-01."
)
# A key may be known from readings alone, where it had no requests.
_NAMED = """
    SELECT account_no, key_id, name FROM key WHERE key_id <> ''
    UNION SELECT account_no, value ->> '$.key.key_id', value ->> '$.key.name' FROM reading, json_each(body, '$.keys')
    UNION SELECT account_no, key, value ->> '$.counters.key.name' FROM known, json_each(body, '$.keys')
"""
_OF_KEY = ("sheet", "span", "stated", "snapshot")
_BEFORE = (
    "DELETE FROM sheet WHERE day < :cut / 86400",
    "DELETE FROM span WHERE end <= :cut",
    "DELETE FROM stated WHERE end <= :cut",
    # The newest one stays: what follows is its difference to the next.
    (
        "DELETE FROM snapshot WHERE at < (SELECT max(at) FROM snapshot AS newer WHERE newer.key_no = snapshot.key_no "
        "AND newer.at <= :cut)"
    ),
    "DELETE FROM coverage WHERE end < :cut",
    "UPDATE coverage SET start = :cut WHERE start < :cut",
    "DELETE FROM rejected WHERE end < :cut",
    "DELETE FROM event WHERE day < :cut / 86400",
    "DELETE FROM batch WHERE taken_at < :cut",
    "DELETE FROM reading WHERE taken_at < :cut",
    "DELETE FROM account_total WHERE taken_at < :cut",
    (
        "DELETE FROM key WHERE listed = 0 AND key_no NOT IN (SELECT key_no FROM sheet) AND key_no NOT IN "
        "(SELECT key_no FROM span) AND key_no NOT IN (SELECT key_no FROM stated UNION SELECT key_no FROM snapshot)"
    ),
)
_REACHING_OVER = "SELECT count(*) FROM span WHERE end > ?1 AND end - length_s < ?1"
_UNUSED_PATHS = """
    DELETE FROM endpoint WHERE endpoint_no NOT IN (SELECT value FROM json_each(?)) AND endpoint_no NOT IN
        (SELECT endpoint_no FROM span) AND endpoint_no NOT IN (SELECT endpoint_no FROM stated)
"""
# The number of a key that is gone may become another's.
_TO_ERASE = "INSERT OR REPLACE INTO lease VALUES('erasing', '', 0)"  # until the file was written anew
_IS_TO_ERASE = "SELECT 1 FROM lease WHERE name = 'erasing'"
_ERASED = "DELETE FROM lease WHERE name = 'erasing'"
_NOBODYS_SUMS = "DELETE FROM running WHERE kind = ? AND owner NOT IN (SELECT key_no FROM key)"


class Named(NamedTuple):
    """A key as the database knows it, in whichever organisation; a renamed one has several names."""

    key_id: str
    names: frozenset[str]


class Forgotten(NamedTuple):
    """What was forgotten."""

    requests: int
    kept_spans: int = 0  # that reach over the day
    is_erased: bool = True  # False: another process still reads old pages, and they go when it is done


def known_keys(database: Database) -> list[Named]:
    """List every key of every organisation.

    Raises:
        StoreError: the database cannot be read.
    """
    names: dict[str, set[str]] = {}
    for key_id, name in database.read(_named):
        names.setdefault(key_id, set()).add(name)
    return [Named(key_id, frozenset(found)) for key_id, found in sorted(names.items())]


def _named(tx: Transaction) -> list[tuple[str, str]]:
    return [*((key_id, name) for _, key_id, name in tx.rows(_NAMED)), *pseudonyms.names(tx)]


def forget_key(database: Database, key_id: str, tell: Tell = tell_nobody) -> Forgotten:
    """Forget a key of every organisation: its name, its figures, and every byte of both.

    Closed chargebacks keep its amounts, under another id and name. Imported files stay known, so importing one again
    does not bring the key back.

    Raises:
        StoreError: the database cannot be written.
    """

    def done(tx: Transaction, accounts: Collection[Account]) -> None:
        whose = {row[0] for row in tx.rows(_NAMED) if row[1] == key_id}
        for account in accounts:
            if account.number in whose:
                _forget_figures(account, key_id)
                _forget_readings(account, key_id)
            pseudonyms.forget_key(account, key_id)

    return _forgotten(database, done, tell)


def forget_before(database: Database, day: int, tell: Tell = tell_nobody) -> Forgotten:
    """Forget what was before a UTC day (days since 1970); a span that reaches over its beginning is kept.

    So are closed chargebacks: they are what was charged, not what was used.

    Raises:
        StoreError: the database cannot be written.
    """
    cut = day * DAY_S

    def done(tx: Transaction, _accounts: Collection[Account]) -> None:
        for change in _BEFORE:
            tx.run(change, {"cut": cut})

    kept = database.read(lambda tx: tx.value(_REACHING_OVER, (cut,)))
    return _forgotten(database, done, tell)._replace(kept_spans=kept)


def erase_rest(database: Database) -> bool:
    """Erase what an earlier forgetting that was interrupted had left; False: there is nothing.

    Raises:
        StoreError: the database cannot be written.
    """
    if not database.read(lambda tx: tx.row(_IS_TO_ERASE)):
        return False
    _erase(database)
    return True


def _forgotten(database: Database, forget: Callable[[Transaction, Collection[Account]], None], tell: Tell) -> Forgotten:
    def change(tx: Transaction) -> int:
        accounts = [Account(tx, number) for (number,) in tx.rows("SELECT account_no FROM account")]
        before = sum(map(cells.stored_requests, accounts))
        forget(tx, accounts)
        tx.run(_TO_ERASE)
        tx.run(_NOBODYS_SUMS, (running.endpoints_of_key(0).kind,))
        for account in accounts:
            cells.rebuild_sums(account, tell)
        used = {no for account in accounts for no in running.newest(tx, running.endpoints_of(account.number)).members}
        tx.run(_UNUSED_PATHS, (json.dumps(sorted(used)),))
        return before - sum(map(cells.stored_requests, accounts))

    return Forgotten(database.write(change), is_erased=_erase(database))


def _erase(database: Database) -> bool:
    try:
        is_erased = database.compact()
    except StoreError as exc:
        raise StoreError(NOT_ERASED.format(where=database.where)) from exc
    database.write(lambda tx: tx.run(_ERASED))
    return is_erased


def _forget_figures(account: Account, key_id: str) -> None:
    tx, found = account.tx, "SELECT key_no FROM key WHERE account_no = ? AND key_id = ?"
    for (key_no,) in tx.rows(found, (account.number, key_id)):
        for table in _OF_KEY:
            tx.run(f"DELETE FROM {table} WHERE key_no = ?", (key_no,))  # noqa: S608 - our own constants
        tx.run("DELETE FROM key WHERE key_no = ?", (key_no,))
    tx.run("UPDATE key SET replaced_by = '' WHERE account_no = ? AND replaced_by = ?", (account.number, key_id))


def _forget_readings(account: Account, key_id: str) -> None:
    tx = account.tx
    for reading_no, body in tx.rows("SELECT reading_no, body FROM reading WHERE account_no = ?", (account.number,)):
        reading = Reading.model_validate_json(body)
        left = {
            field: tuple(one for one in listed if one.key.key_id != key_id)
            for field, listed in (("keys", reading.keys), ("gone", reading.gone))
        }
        without = reading.model_copy(update=left)
        if without != reading:
            tx.run("UPDATE reading SET body = ? WHERE reading_no = ?", (without.model_dump_json(), reading_no))
    known = readings.known(account)
    if known and key_id in known.keys:
        left_known = {other: seen for other, seen in known.keys.items() if other != key_id}
        readings.learn(account, known.model_copy(update={"keys": left_known}))
