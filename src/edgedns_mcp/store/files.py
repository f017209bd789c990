"""The file of a database and its folder: made for the owner alone, told apart, and their failures worded."""

import os
from collections.abc import Generator
from contextlib import contextmanager
from errno import ENOSPC
from pathlib import Path
from typing import TextIO

from edgedns_mcp.errors import ConfigurationError, StoreError

OUT_OF_REACH = (
    "The database {where} cannot be opened for writing; check the folder's permissions, "
    "or name another file in EDGEDNS_DATABASE."
)
NOT_WRITABLE = "The file {where} cannot be opened for writing; check the folder's permissions, or name another file."
FULL = "The disk of {where} is full, nothing was changed; free some space and try again."


@contextmanager
def new_file(path: Path, *, force: bool = False) -> Generator[TextIO]:
    """Give a text file to write, for the owner alone; it stands at `path` once it is whole.

    Raises:
        ConfigurationError: there is one, and `force` is not set.
        StoreError: it cannot be written.
    """
    refuse_existing(path, force=force)
    make_folder(path, NOT_WRITABLE)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    with file_failures_told(path, NOT_WRITABLE):
        number = os.open(part, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(number, "w", encoding="utf-8", newline="") as file:
                yield file
            part.replace(path)
        finally:
            part.unlink(missing_ok=True)


def refuse_existing(path: Path, *, force: bool) -> None:
    """Refuse to write over a file.

    Raises:
        ConfigurationError: there is one, and `force` is not set.
    """
    if path.exists() and not force:
        raise ConfigurationError(f"The file {path} exists; name another one, or replace it with --force.")


def is_only_readable(path: Path) -> bool:
    """Tell whether a file can be read in a folder in which nothing can be made."""
    return path.is_file() and os.access(path, os.R_OK) and not os.access(path.parent, os.W_OK)


def identity(path: Path | None) -> tuple[int, int] | None:
    """Tell a file from any other that may stand at its path later; None where there is none."""
    try:
        found = path.stat() if path else None
    except OSError:
        return None
    return found and (found.st_dev, found.st_ino)


def make_folder(path: Path, out_of_reach: str = OUT_OF_REACH) -> None:
    """Make the folder of `path`, and those above it, for the owner alone; `out_of_reach` words that it cannot be.

    Raises:
        StoreError: it cannot be made.
    """
    missing = [folder for folder in path.parents if not folder.exists()]
    with file_failures_told(path, out_of_reach):
        for folder in reversed(missing):
            folder.mkdir(mode=0o700, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file for the owner alone, where there is none.

    Raises:
        StoreError: it cannot be made.
    """
    make_folder(path)
    with file_failures_told(path):
        if not path.exists():
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


@contextmanager
def file_failures_told(path: Path, out_of_reach: str = OUT_OF_REACH) -> Generator[None]:
    """Word the failures of the file system, those of the place itself by `out_of_reach`.

    Raises:
        StoreError: a file or a folder cannot be made, written or renamed.
    """
    try:
        yield
    except OSError as exc:
        raise StoreError((FULL if exc.errno == ENOSPC else out_of_reach).format(where=path)) from exc
