"""Which version of our tables a file holds, and how it is brought up to date."""

from edgedns_mcp.errors import DamagedError, StoreError
from edgedns_mcp.store import cells, sheets
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.engine import is_sound
from edgedns_mcp.store.schema import APPLICATION_ID, MIGRATIONS, SHEETS, VERSION
from edgedns_mcp.store.transaction import Transaction


def is_current(tx: Transaction, where: str) -> bool:
    """Tell whether the tables are those of this program.

    Raises:
        StoreError: the file is foreign or newer than this program.
    """
    return _version(tx, where) == VERSION


def migrate(tx: Transaction, where: str) -> None:
    """Bring an older or an empty file up to date, within the transaction of the caller.

    Raises:
        StoreError: the file is foreign or newer than this program.
    """
    version = _version(tx, where)
    for statements in MIGRATIONS[version:]:
        tx.run(statements)
    if version < SHEETS:
        _fill_sheets(tx)
    if 0 < version < SHEETS:  # sums are made of cells, so whatever shape the older ones had, they are made anew
        for (account_no,) in tx.rows("SELECT account_no FROM account"):
            cells.rebuild_sums(Account(tx, account_no))
    tx.run(f"PRAGMA application_id = {APPLICATION_ID}")
    tx.run(f"PRAGMA user_version = {VERSION}")


def look_through(tx: Transaction, where: str) -> None:
    """Check that a copy is ours and whole.

    Raises:
        StoreError: the file is foreign, newer than this program or damaged.
    """
    if tx.value("PRAGMA application_id") != APPLICATION_ID:
        raise StoreError(f"The file {where} is no database of edgedns-mcp; name a file that edgedns-mcp backup wrote.")
    _version(tx, where)
    if not is_sound(tx.connection):
        raise DamagedError(f"The file {where} is damaged; name another backup.")


def _fill_sheets(tx: Transaction) -> None:
    for (day,) in tx.rows("SELECT DISTINCT hour / 24 FROM old_cell ORDER BY 1"):
        hours = tx.rows("SELECT * FROM old_cell WHERE hour >= ?1 * 24 AND hour < ?1 * 24 + 24", (day,))
        sheets.add(tx, sheets.sheets_of(hours))
    tx.run("DROP TABLE old_cell")


def _version(tx: Transaction, where: str) -> int:
    """Give the version of our schema in a file, 0 for an empty one."""
    version = tx.value("PRAGMA user_version")
    is_ours = tx.value("PRAGMA application_id") == APPLICATION_ID
    if is_ours and version > VERSION:
        raise StoreError(
            f"The database {where} was written by a newer edgedns-mcp (schema {version}, this one knows {VERSION}); "
            "upgrade edgedns-mcp."
        )
    if not is_ours and tx.value("SELECT count(*) FROM sqlite_schema"):
        raise StoreError(f"The file {where} belongs to another program; name another file in EDGEDNS_DATABASE.")
    return version if is_ours else 0
