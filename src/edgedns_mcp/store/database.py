"""One SQLite file, or one in memory: opened with care, read and written in whole transactions."""

import threading
from collections.abc import Callable, Hashable
from itertools import count
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar

import apsw

from edgedns_mcp.errors import StoreError
from edgedns_mcp.store import mounts, versions
from edgedns_mcp.store.engine import (
    ask_for_sums,
    begin_with_sums,
    connected,
    damage_told,
    is_sound,
    keeps_sums,
    translated,
)
from edgedns_mcp.store.files import identity, is_only_readable, make_file
from edgedns_mcp.store.transaction import Memory, Transaction

BUSY_MS = 3_000  # below the deadline of an answer
POLL_S = 0.002
STEP_PAGES = 1_024  # 4 MB are copied between two words of progress
MOVED = (
    "The database {where} was moved, deleted or replaced while in use, nothing was changed; start edgedns-mcp again "
    "(edgedns-mcp restore is the safe way to replace it)."
)
OTHER_PAGES = (
    "The database {where} is of an older version, whose pages have no checksums, nothing was changed; end what uses "
    "it, move it away, and restore again."
)
Result = TypeVar("Result")
_NUMBERS = count()  # one for each database opened


class Database:
    """A connection that threads use by turns; other processes may use the same file at the same time."""

    def __init__(self, connection: apsw.Connection, where: str, place: Path | None = None) -> None:
        self.where = where
        self._connection = connection
        self._place = place
        self._file = identity(place)
        self._turn = threading.Lock()
        self._number = next(_NUMBERS)
        self._writes = 0
        self._memory: Memory = {}

    @classmethod
    def open(cls, path: Path | None) -> "Database":
        """Open the file at `path`, made and migrated where needed; None is a database in memory.

        Raises:
            StoreError: the file is foreign, newer than this program, locked, damaged or out of reach.
        """
        where = str(path) if path else "memory"
        if path:
            mounts.refuse_network(path)
            make_file(path)
            if not path.stat().st_size:  # whoever opened it empty would not see that its pages are to have checksums
                cls._opened(where, path, lambda connection: _prepare(connection, where)).close()
        return cls._opened(where, path, lambda connection: _prepare(connection, where))

    @classmethod
    def open_copy(cls, path: Path) -> "Database":
        """Open a copy that nobody writes to, such as a backup, and change nothing in it; it may be of an older version.

        Raises:
            StoreError: the file is no database of ours, newer than this program, damaged or out of reach.
        """
        where = str(path)
        return cls._opened(
            where, path, lambda connection: versions.look_through(Transaction(connection, None), where), read_only=True
        )

    @classmethod
    def open_empty(cls, path: Path, *, with_sums: bool) -> "Database":
        """Make a file that nobody else uses yet, to be filled by `take_over`.

        Raises:
            StoreError: the file cannot be written.
        """
        make_file(path)
        return cls._opened(str(path), path, begin_with_sums if with_sums else lambda _connection: None)

    @classmethod
    def _opened(
        cls, where: str, path: Path | None, made_ready: Callable[[apsw.Connection], None], *, read_only: bool = False
    ) -> "Database":
        with translated(where):
            connection = connected(path, read_only=read_only)
            connection.set_busy_handler(_patience())
            try:
                made_ready(connection)
            except BaseException:
                connection.close()
                raise
        return cls(connection, where, path)

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
                self._refuse_moved()
                return Transaction(self._connection, (self._number, self._writes)).state()
        finally:
            self._turn.release()

    def take_over(self, source: "Database", told: Callable[[int, int], None]) -> None:
        """Replace everything by one consistent state of `source`, whole or not at all; others may use both meanwhile.

        `told` hears how many pages of how many are copied.

        Raises:
            StoreError: one of the two cannot be read or written; nothing was changed.
        """
        if source.has_sums and not self.has_sums:
            raise StoreError(OTHER_PAGES.format(where=self.where))
        source.read(lambda tx: self._copy(tx, told))

    def is_sound(self) -> bool:
        """Tell whether the engine finds each page whole and in its place; it reads the whole file."""
        return self.read(lambda tx: is_sound(tx.connection))

    @property
    def has_sums(self) -> bool:
        """Tell whether each page ends with a checksum."""
        return self.read(lambda tx: tx.value("PRAGMA user_version") >= 0 and keeps_sums(tx.connection))

    def add_sums(self) -> None:
        """Lay the pages out anew, each with a checksum, in a file that nobody else uses."""
        with self._turn, translated(self.where):
            tx = Transaction(self._connection, None)
            tx.run("PRAGMA journal_mode = DELETE")
            ask_for_sums(self._connection)
            tx.run("VACUUM")  # makes room; pages that were written before the first one have no sum yet
            tx.run("PRAGMA checksum_verification = OFF")
            tx.run("VACUUM")

    def settle(self) -> None:
        """Make the file readable where nothing may be written, until somebody opens it for writing again."""
        with self._turn, translated(self.where):
            Transaction(self._connection, None).run("PRAGMA journal_mode = DELETE")

    def compact(self) -> bool:
        """Write the file anew without a byte of what was deleted; False: another process still reads the old pages.

        Raises:
            StoreError: the database cannot be written.
        """
        with self._turn, translated(self.where):
            self._refuse_moved()
            tx = Transaction(self._connection, None)
            tx.run("VACUUM")
            self._writes += 1
            return not tx.value("PRAGMA wal_checkpoint(TRUNCATE)")

    def close(self) -> None:
        """Close the file."""
        with self._turn:
            self._connection.close()

    def _refuse_moved(self) -> None:
        """A file that was deleted or replaced still takes writes, and nobody would find them again."""
        if self._file != identity(self._place):
            raise StoreError(MOVED.format(where=self.where))

    def _copy(self, source: Transaction, told: Callable[[int, int], None]) -> None:
        source.value("SELECT count(*) FROM sqlite_schema")  # from here on the writes of others are not seen
        with self._turn, translated(self.where):
            self._refuse_moved()
            with self._connection.backup("main", source.connection, "main") as copy:
                while not copy.done:
                    copy.step(STEP_PAGES)
                    told(copy.page_count - copy.remaining, copy.page_count)
            self._writes += 1

    def _within(self, begin: str, work: Callable[[Transaction], Result], writes: int = 0) -> Result:
        with self._turn, translated(self.where), damage_told(self._connection, self.where):
            self._refuse_moved()
            memory = None if writes else self._memory  # a writer sees what it changed
            tx = Transaction(self._connection, (self._number, self._writes), memory)
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


def _patience() -> Callable[[int], bool]:
    """Ask for a lock at short intervals: the growing ones of the engine let a busy writer starve the others."""
    until = 0.0

    def is_worth_it(turn: int) -> bool:
        nonlocal until
        until = until if turn else monotonic() + BUSY_MS / 1000
        sleep(POLL_S)
        return monotonic() < until

    return is_worth_it


def _prepare(connection: apsw.Connection, where: str) -> None:
    tx = Transaction(connection, None)
    tx.run("BEGIN")  # one state for every question, whatever others do meanwhile
    is_current, journal = versions.is_current(tx, where), tx.value("PRAGMA journal_mode")
    tx.run("COMMIT")
    if is_current and (journal == "wal" or connection.readonly("main") or is_only_readable(Path(where))):
        return
    if not tx.value("PRAGMA page_count"):
        ask_for_sums(connection)
    _use_wal(tx)
    tx.run("BEGIN IMMEDIATE")
    versions.migrate(tx, where)
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
