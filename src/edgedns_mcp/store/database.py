"""One SQLite file, or one in memory: opened with care, read and written in whole transactions."""

import os
import threading
from collections.abc import Callable, Generator, Hashable, Iterable, Mapping
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any, TypeAlias, TypeVar, cast

import apsw

from edgedns_mcp.errors import StoreError
from edgedns_mcp.store.schema import APPLICATION_ID, MIGRATIONS, VERSION

BUSY_MS = 3_000  # below the deadline of an answer
OUT_OF_REACH = (
    "The database {where} cannot be opened for writing; check the folder's permissions, "
    "or name another file in EDGEDNS_DATABASE."
)
Result = TypeVar("Result")
_NUMBERS = count()  # one for each database opened
Bindings: TypeAlias = "tuple[object, ...] | Mapping[str, object]"


class Transaction:
    """What can be done between BEGIN and COMMIT; every value is bound."""

    def __init__(self, connection: apsw.Connection, written: Hashable) -> None:
        self._engine = cast("Any", connection)  # the engine's own types leave rows partially unknown
        self._written = written

    def state(self) -> Hashable:
        """Give a value that changes when anybody commits a change."""
        return self._written, self.value("PRAGMA data_version")

    def rows(self, sql: str, bindings: Bindings = ()) -> list[Any]:
        """Give every row."""
        return self._engine.execute(sql, bindings).fetchall()

    def row(self, sql: str, bindings: Bindings = ()) -> Any:
        """Give the first row, or None."""
        return self._engine.execute(sql, bindings).fetchone()

    def value(self, sql: str, bindings: Bindings = ()) -> Any:
        """Give the first column of the first row."""
        return self.row(sql, bindings)[0]

    def run(self, sql: str, bindings: Bindings = ()) -> None:
        """Run a statement, or several."""
        self._engine.execute(sql, bindings)

    def many(self, sql: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Run a statement once per row."""
        self._engine.executemany(sql, rows)


class Database:
    """A connection that threads use by turns; other processes may use the same file at the same time."""

    def __init__(self, connection: apsw.Connection, where: str) -> None:
        self.where = where
        self._connection = connection
        self._turn = threading.Lock()
        self._number = next(_NUMBERS)
        self._writes = 0

    @classmethod
    def open(cls, path: Path | None) -> "Database":
        """Open the file at `path`, made and migrated where needed; None is a database in memory.

        Raises:
            StoreError: the file is foreign, newer than this program, locked, damaged or out of reach.
        """
        where = str(path) if path else "memory"
        with translated(where):
            if path:
                _make_private(path)
            connection = apsw.Connection(str(path) if path else ":memory:")
            try:
                _prepare(connection, where)
            except BaseException:
                connection.close()
                raise
        return cls(connection, where)

    def read(self, question: Callable[[Transaction], Result]) -> Result:
        """Answer `question` from one consistent state.

        Raises:
            StoreError: the database cannot be read.
        """
        return self._within("BEGIN", question)

    def write(self, change: Callable[[Transaction], Result]) -> Result:
        """Make `change` whole or not at all.

        Raises:
            StoreError: the database cannot be written; nothing was changed.
        """
        return self._within("BEGIN IMMEDIATE", change, writes=1)

    def glance(self) -> Hashable | None:
        """Give the state that `Transaction.state` would give, or None where somebody else has the turn."""
        if not self._turn.acquire(blocking=False):
            return None
        try:
            with translated(self.where):
                return Transaction(self._connection, (self._number, self._writes)).state()
        finally:
            self._turn.release()

    def close(self) -> None:
        """Close the file."""
        with self._turn:
            self._connection.close()

    def _within(self, begin: str, work: Callable[[Transaction], Result], writes: int = 0) -> Result:
        with self._turn, translated(self.where):
            tx = Transaction(self._connection, (self._number, self._writes))
            tx.run(begin)
            try:
                result = work(tx)
                tx.run("COMMIT")
            except BaseException:
                if self._connection.in_transaction:
                    tx.run("ROLLBACK")
                raise
            self._writes += writes  # data_version tells of other connections only
        return result


@contextmanager
def translated(where: str) -> Generator[None]:
    """Word the engine's failures.

    Raises:
        StoreError: whatever the engine or the file system refused.
    """
    try:
        yield
    except apsw.BusyError as exc:
        raise StoreError(f"The database {where} is locked by another process; ask again in a few seconds.") from exc
    except (apsw.NotADBError, apsw.CorruptError) as exc:
        raise StoreError(
            f"The file {where} is not a readable SQLite database; restore a backup, or name another file."
        ) from exc
    except apsw.FullError as exc:
        raise StoreError(f"The disk of {where} is full, nothing was changed; free some space and try again.") from exc
    except (apsw.ReadOnlyError, apsw.CantOpenError, apsw.IOError) as exc:
        raise StoreError(OUT_OF_REACH.format(where=where)) from exc
    except apsw.Error as exc:
        raise StoreError(f"The database {where} failed ({type(exc).__name__}); run edgedns-mcp status.") from exc


def _make_private(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    except OSError as exc:
        raise StoreError(OUT_OF_REACH.format(where=path)) from exc


def _prepare(connection: apsw.Connection, where: str) -> None:
    connection.set_busy_timeout(BUSY_MS)
    tx = Transaction(connection, None)
    tx.run("BEGIN")  # one state for every question, whatever others do meanwhile
    version = _version(tx, where)
    tx.run("COMMIT")
    if version == VERSION:
        return
    _use_wal(tx)
    tx.run("BEGIN IMMEDIATE")
    for statements in MIGRATIONS[_version(tx, where) :]:  # asked again: another process may have been faster
        tx.run(statements)
    tx.run(f"PRAGMA application_id = {APPLICATION_ID}")
    tx.run(f"PRAGMA user_version = {VERSION}")
    tx.run("COMMIT")


def _use_wal(tx: Transaction, attempts: int = 10) -> None:
    """Change the journal; the engine refuses that at once while another process writes, so wait for that one first."""
    tx.run("BEGIN IMMEDIATE")
    tx.run("COMMIT")
    try:
        tx.run("PRAGMA journal_mode = WAL")
    except apsw.BusyError:
        if attempts == 1:
            raise
        _use_wal(tx, attempts - 1)


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
