"""Copies of the whole database, made and put back while others read and write it."""

import os
from collections.abc import Callable, Generator
from contextlib import closing, contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

from edgedns_mcp.errors import ConfigurationError, DamagedError
from edgedns_mcp.store import versions
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.files import NOT_WRITABLE, OUT_OF_REACH, file_failures_told, make_folder, refuse_existing

Told = Callable[[int, int], None]  # hears how many pages of how many are copied
DAMAGED = (
    "The database {where} is damaged, so no backup was made, and an older one stays; put one back with "
    "edgedns-mcp restore FILE."
)
BESIDE = ("-wal", "-shm")  # what the engine keeps beside a file in use


def backup(database: Database, target: Path, told: Told, *, force: bool = False) -> None:
    """Copy one consistent state of `database` to `target`, for its owner alone; whole or not at all.

    Raises:
        ConfigurationError: `target` exists and `force` is not set, or it is in use.
        StoreError: the copy cannot be written.
        DamagedError: the database is damaged.
    """
    refuse_existing(target, force=force)
    if any(_beside(target, suffix).exists() for suffix in BESIDE):
        raise ConfigurationError(f"The file {target} is a database in use; name another file.")
    with _scratch(target, NOT_WRITABLE) as copy:
        _fill_new(copy, database, told)
        _refuse_damaged(copy, database.where)
        with file_failures_told(target, NOT_WRITABLE):
            _flush(copy)
            copy.replace(target)
            _flush(target.parent)


def restore(path: Path, copy: Path, told: Told) -> Path | None:
    """Replace everything in the database at `path` by what `copy` holds; whoever uses it sees that from then on.

    A copy of an older version is brought up to date on the way, and stays as it is itself. The files of a damaged
    database are set aside, and the new name is given.

    Raises:
        ConfigurationError: `copy` is the database itself.
        StoreError: the copy is not ours, newer than this program or damaged, or the database cannot be written.
    """
    if path.exists() and copy.exists() and path.samefile(copy):
        raise ConfigurationError(f"The file {copy} is the database itself; name a file that edgedns-mcp backup wrote.")
    with closing(Database.open_copy(copy)) as source, _up_to_date(source, path, told) as current:
        try:
            _fill(path, current, told)
        except DamagedError:
            aside = _set_aside(path)
            _fill(path, current, told)
            return aside
    return None


def _fill(path: Path, source: Database, told: Told) -> None:
    with closing(Database.open(path)) as database:
        database.take_over(source, told)


def _refuse_damaged(copy: Path, where: str) -> None:
    """Look through a copy before it takes the place of an older one.

    Raises:
        DamagedError: what it was made of is damaged.
    """
    try:
        Database.open_copy(copy).close()
    except DamagedError as exc:
        raise DamagedError(DAMAGED.format(where=where)) from exc


def _fill_new(path: Path, source: Database, told: Told) -> None:
    with closing(Database.open_empty(path, with_sums=source.has_sums)) as database:
        database.take_over(source, told)
        database.settle()


@contextmanager
def _up_to_date(source: Database, path: Path, told: Told) -> Generator[Database]:
    if source.has_sums and source.read(lambda tx: versions.is_current(tx, source.where)):
        yield source
        return
    with _scratch(path, OUT_OF_REACH) as scratch:
        _fill_new(scratch, source, told)
        with closing(Database.open(scratch)) as current:
            current.add_sums()
            yield current


@contextmanager
def _scratch(near: Path, out_of_reach: str) -> Generator[Path]:
    """Give a path on the same file system that nobody else can read, gone afterwards with all that lies beside it."""
    make_folder(near, out_of_reach)
    with file_failures_told(near, out_of_reach):
        folder = TemporaryDirectory(prefix=f".{near.name}.", dir=near.parent, ignore_cleanup_errors=True)
    with folder as name:
        yield Path(name) / near.name


def _set_aside(path: Path) -> Path:
    names = (_beside(path, f".damaged{number or ''}") for number in count())
    aside = next(name for name in names if not name.exists())
    with file_failures_told(path):
        for suffix in ("", *BESIDE):
            if _beside(path, suffix).exists():
                _beside(path, suffix).replace(_beside(aside, suffix))
    return aside


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)


def _flush(path: Path) -> None:
    if os.name != "posix" and path.is_dir():
        return  # a folder cannot be opened there
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
