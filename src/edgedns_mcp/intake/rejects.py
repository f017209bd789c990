"""The lines that could not be read, kept in a file beside the import, without the secrets in them."""

import os
from collections.abc import Iterable
from pathlib import Path
from typing import IO, NamedTuple

from pydantic import ValidationError

from edgedns_mcp.errors import IntakeError
from edgedns_mcp.models import Model
from edgedns_mcp.models.secrets import redacted

LONGEST_KEPT = 4096  # characters of a line


class Reject(NamedTuple):
    """A line that could not be read."""

    line: int
    why: str


class _Entry(Model):
    log: str
    line: int
    why: str
    text: str


class RejectFile:
    """One JSON object for each line: which log, which line of it, why, and the line itself.

    What is written before its chunk is committed is written once: an entry behind the last committed line is replaced.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._end: int | None = None

    def keep(self, log: str, after_line: int, rejects: Iterable[tuple[Reject, str]]) -> None:
        """Keep lines of the content known as `log`, of which everything up to `after_line` is imported.

        Raises:
            IntakeError: the file cannot be written.
        """
        added = "".join(_entry(log, reject, text) for reject, text in rejects)
        try:
            if added or self.path.exists():
                self._write(log, after_line, added)
        except OSError as exc:
            raise IntakeError(
                f"The file {self.path} for lines that cannot be read cannot be written; "
                "check the folder's permissions and space."
            ) from exc

    def _write(self, log: str, after_line: int, added: str) -> None:
        if self._end is None or self.path.stat().st_size != self._end:  # another import may use the file as well
            self._end = self._rewritten(log, after_line)
        with _private(self.path) as file:
            file.seek(self._end)
            file.write(added.encode())
            self._end = file.tell()

    def _rewritten(self, log: str, after_line: int) -> int:
        """Take out what an import that was stopped had written; give the size that is left."""
        beside = self.path.with_name(self.path.name + ".new")
        with _private(beside) as file:
            file.truncate(0)
            if self.path.exists():
                with self.path.open("rb") as old:
                    file.writelines(line for line in old if _stays(line, log, after_line))
            size = file.tell()
        beside.replace(self.path)
        return size


def _entry(log: str, reject: Reject, text: str) -> str:
    entry = _Entry(log=log, line=reject.line, why=reject.why, text=redacted(text)[:LONGEST_KEPT])
    return entry.model_dump_json() + "\n"


def _stays(line: bytes, log: str, after_line: int) -> bool:
    if not line.endswith(b"\n"):
        return False  # cut off when its import was stopped
    try:
        entry = _Entry.model_validate_json(line)
    except ValidationError:
        return True  # not of ours
    return entry.log != log or entry.line <= after_line


def _private(path: Path) -> IO[bytes]:
    return os.fdopen(os.open(path, os.O_CREAT | os.O_RDWR, 0o600), "r+b")
