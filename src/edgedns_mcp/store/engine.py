"""The engine: how a file is opened, the checksums that it keeps of pages, and its failures in our words."""

import struct
import zlib
from collections.abc import Generator, Mapping
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, cast

import apsw

from edgedns_mcp.errors import DamagedError, StoreError
from edgedns_mcp.store.files import FULL, OUT_OF_REACH, is_only_readable

SUM_BYTES = 8  # what a page with a checksum keeps for it (https://sqlite.org/cksumvfs.html)
UNREADABLE = (
    "The file {where} is not a readable SQLite database; put a backup in its place with edgedns-mcp restore FILE, or "
    "name another file."
)
DAMAGED = "The database {where} is damaged, nothing was changed; put a backup back with edgedns-mcp restore FILE."
NOWHERE_TO_WRITE = (
    "The database {where} lies where nothing may be written, and can be read there only while a process that may write "
    "has it open; read a copy that edgedns-mcp backup made."
)
_SENTENCES: tuple[tuple[type[apsw.Error], str], ...] = (
    (apsw.BusyError, "The database {where} is locked by another process; ask again in a few seconds."),
    (apsw.FullError, FULL),
    (apsw.ReadOnlyError, "The database {where} may only be read here, nothing was changed; check who may write to it."),
    (apsw.CantOpenError, OUT_OF_REACH),
    (apsw.NoMemError, "Memory is too short for the database {where}, nothing was changed; free some and try again."),
    (apsw.IOError, "The file system failed the database {where} ({code}), nothing was changed; check its disk."),
    (
        apsw.ExtensionLoadingError,
        "The database {where} needs checksums of its pages, which this build of apsw lacks; install the wheel of apsw.",
    ),
    (apsw.Error, "The database {where} failed ({code}); run edgedns-mcp status."),
)
_NO_FILE_BESIDE = (apsw.SQLITE_READONLY_DIRECTORY, apsw.SQLITE_READONLY_CANTINIT)
_DAMAGES = (apsw.SQLITE_IOERR_DATA, apsw.SQLITE_IOERR_SHORT_READ, apsw.SQLITE_IOERR_CORRUPTFS)
_UNLIKE_WHAT_WE_WROTE = (LookupError, TypeError, ValueError, ArithmeticError, struct.error, zlib.error)
_CODES = cast("Mapping[int, str]", apsw.mapping_extended_result_codes | apsw.mapping_result_codes)


def sqlite_version() -> str:
    """Give the version of SQLite that reads and writes: apsw's own, and not the system's."""
    return apsw.sqlite_lib_version()


def connected(path: Path | None, *, read_only: bool = False) -> apsw.Connection:
    """Open a file, or a database in memory; each page that is read is compared with its checksum, if it has one."""
    if path:
        _keep_sums()
    flags = apsw.SQLITE_OPEN_READONLY if read_only else apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
    return apsw.Connection(str(path) if path else ":memory:", flags=flags)


def ask_for_sums(connection: apsw.Connection) -> None:
    """Let each page have a checksum, in a file that is still empty or is about to be written anew."""
    connection.reserve_bytes("main", SUM_BYTES)


def begin_with_sums(connection: Any) -> None:
    """Write the first page of an empty file, so that every page behind it gets its checksum."""
    ask_for_sums(connection)
    connection.pragma("user_version", 1)


def keeps_sums(connection: apsw.Connection) -> bool:
    """Tell whether a file whose first page was read has a checksum in each."""
    return connection.reserve_bytes("main") == SUM_BYTES


def is_sound(connection: Any) -> bool:
    """Tell whether the engine finds the pages whole and in their places."""
    return connection.execute("PRAGMA integrity_check(1)").fetchone() == ("ok",)


@contextmanager
def translated(where: str) -> Generator[None]:
    """Word the engine's failures.

    Raises:
        StoreError: whatever the engine or the file system refused.
    """
    try:
        yield
    except apsw.Error as exc:
        code = getattr(exc, "extendedresult", apsw.SQLITE_ERROR)  # apsw's own failures have none
        if isinstance(exc, apsw.NotADBError | apsw.CorruptError) or code in _DAMAGES:
            raise DamagedError(UNREADABLE.format(where=where)) from exc
        raise StoreError(_sentence(exc, code, where).format(where=where, code=_CODES[code])) from exc


@contextmanager
def damage_told(connection: apsw.Connection, where: str) -> Generator[None]:
    """Tell what cannot be read as it was written from a mistake of ours, which is passed on.

    Raises:
        DamagedError: the engine finds damage.
    """
    try:
        yield
    except _UNLIKE_WHAT_WE_WROTE as exc:
        if is_sound(connection):
            raise
        raise DamagedError(DAMAGED.format(where=where)) from exc


@cache
def _keep_sums() -> None:
    with closing(apsw.Connection(":memory:")) as connection:
        connection.enable_load_extension(True)  # for this connection, and what it loads stays for all
        connection.load_extension(str(Path(apsw.__file__).parent / "sqlite_extra_binaries" / "cksumvfs"))


def _sentence(exc: apsw.Error, code: int, where: str) -> str:
    if code == apsw.SQLITE_IOERR_SHMSIZE:
        return FULL
    if (isinstance(exc, apsw.CantOpenError) or code in _NO_FILE_BESIDE) and is_only_readable(Path(where)):
        return NOWHERE_TO_WRITE
    return next(sentence for kind, sentence in _SENTENCES if isinstance(exc, kind))
