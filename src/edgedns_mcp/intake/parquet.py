"""Parquet, read by DuckDB row by row and written as the JSON lines that every other reader understands."""

import io
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path
from typing import Any, Protocol

from pydantic_core import to_json

from edgedns_mcp.errors import ConfigurationError, IntakeError

MAGIC = b"PAR1"
ROWS = 20_000  # fetched at once
BLOCK = 1 << 20


class Reading(Protocol):
    """Who wants to know how far it is, in bytes of the file."""

    bytes_read: int


class Rows(io.RawIOBase):
    """The rows of a Parquet file as JSON lines; moments in micro- or nanoseconds since 1970."""

    def __init__(self, path: Path, told: Reading) -> None:
        """Open the file.

        Raises:
            ConfigurationError: the library that reads Parquet is not installed.
            IntakeError: the file cannot be read.
        """
        try:
            import duckdb
        except ImportError as exc:
            raise ConfigurationError("Install edgedns-mcp[import] to read Parquet.") from exc
        self._failure = duckdb.Error
        self._engine = duckdb.connect()
        self._path = path
        self._told = told
        self._lines = self._every_line()
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        if not self._left:
            self._left = self._next()
        part, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def _next(self) -> bytes:
        try:
            return next(self._lines, b"")
        except self._failure as exc:
            raise IntakeError(f"The file {self._path} is damaged, or no Parquet that can be read.") from exc

    def _every_line(self) -> Iterator[bytes]:
        where = [str(self._path)]
        columns = self._engine.execute("DESCRIBE SELECT * FROM read_parquet(?)", where).fetchall()
        chosen = ", ".join(_chosen(str(name), str(kind)) for name, kind, *_ in columns)
        names = [str(name) for name, *_ in columns]
        (rows,) = self._engine.execute("SELECT count(*) FROM read_parquet(?)", where).fetchone() or (0,)
        found = self._engine.execute(f"SELECT {chosen} FROM read_parquet(?)", where)  # noqa: S608 - names, quoted
        size, done = self._path.stat().st_size, 0
        while block := found.fetchmany(ROWS):
            done += len(block)
            self._told.bytes_read = size * done // int(rows)
            yield b"".join(_line(dict(zip(names, row, strict=True))) for row in block)


def digest_of(path: Path) -> bytes:
    """Give the digest of a file."""
    digest = sha256()
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            digest.update(block)
    return digest.digest()


def _chosen(name: str, kind: str) -> str:
    quoted = '"' + name.replace('"', '""') + '"'
    if not kind.startswith("TIMESTAMP"):
        return quoted
    unit = "ns" if kind == "TIMESTAMP_NS" else "us"  # a coarser unit would be rounded up
    return f"epoch_{unit}({quoted}) AS {quoted}"


def _line(record: dict[str, object]) -> bytes:
    return to_json(record, bytes_mode="base64", inf_nan_mode="null", fallback=str) + b"\n"
