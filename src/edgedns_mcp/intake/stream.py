"""What is imported, as one stream of bytes: a file, standard input, packed or not."""

import gzip
import io
import sys
import zlib
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, cast

from edgedns_mcp.errors import ConfigurationError, IntakeError
from edgedns_mcp.intake.parquet import MAGIC, Rows
from edgedns_mcp.models.work import Far, Tell, tell_nobody

GZIP = b"\x1f\x8b"
ZSTD = b"\x28\xb5\x2f\xfd"
STANDARD_INPUT = "-"
BLOCK = 1 << 20
MEGABYTE = 1_000_000


class Stream:
    """Bytes to import, where they come from, and how far they were read."""

    def __init__(self, file: BinaryIO, where: str, path: Path | None = None, size: int | None = None) -> None:
        self.where = where
        self.path = path  # None: standard input
        self.size = size  # bytes as they lie there; None where nobody knows
        self.bytes_read = 0
        self.is_parquet = False
        self._file = file
        self._unpacked: BinaryIO | None = None

    def read(self, size: int, /) -> bytes:
        """Read the content, unpacked.

        Raises:
            IntakeError: it cannot be read, or is cut off or damaged.
            ConfigurationError: the library that unpacks it is not installed.
        """
        try:
            if self._unpacked is None:
                self._unpacked = self._begin()
            return self._unpacked.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile) as exc:
            raise IntakeError(
                f"{self.where} is cut off or damaged, and nothing behind what was imported of it counts; "
                "get it whole and import it again, each line counts once."
            ) from exc
        except OSError as exc:
            raise IntakeError(f"{self.where} cannot be read; check its name and permissions.") from exc

    def _begin(self) -> BinaryIO:
        counted = io.BufferedReader(_Counted(self._file, self), BLOCK)
        start = counted.peek(len(ZSTD))
        if start.startswith(MAGIC):
            return self._rows()
        if start.startswith(GZIP):
            return cast("BinaryIO", gzip.GzipFile(fileobj=counted, mode="rb"))
        return cast("BinaryIO", io.BufferedReader(_Zstd(counted), BLOCK) if start.startswith(ZSTD) else counted)

    def _rows(self) -> BinaryIO:
        if self.path is None:
            raise IntakeError("Parquet cannot be read from standard input; give the name of the file.")
        return cast("BinaryIO", io.BufferedReader(Rows(self.path, self), BLOCK))


@contextmanager
def opened(path: Path, tell: Tell = tell_nobody) -> Generator[Stream]:
    """Open a file, or standard input where the path is `-`.

    A packed file is unpacked once to its end before anything of it is used: of a damaged one nothing counts.

    Raises:
        IntakeError: the file cannot be read, or is cut off or damaged.
    """
    if str(path) == STANDARD_INPUT:
        yield Stream(sys.stdin.buffer, "Standard input")
        return
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            _proved(file, path, lambda done: tell(Far("Unpacking", done / MEGABYTE, size / MEGABYTE, "MB")))
            stream = Stream(file, f"The file {path}", path, size)
            stream.is_parquet = file.peek(len(MAGIC)).startswith(MAGIC)
            yield stream
    except OSError as exc:
        raise IntakeError(f"The file {path} cannot be read; check its name and permissions.") from exc


def _proved(file: BinaryIO, path: Path, told: Callable[[int], None]) -> None:
    packed = cast("io.BufferedReader", file).peek(len(ZSTD)).startswith((GZIP, ZSTD))
    stream = Stream(file, f"The file {path}")
    while packed and stream.read(BLOCK):
        told(stream.bytes_read)
    if packed:
        file.seek(0)


class _Counted(io.RawIOBase):
    """A file that tells its stream how much of it was read."""

    def __init__(self, file: BinaryIO, stream: Stream) -> None:
        self._file = file
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        size = cast("io.BufferedReader", self._file).readinto(buffer)
        self._stream.bytes_read += size
        return size


class _Zstd(io.RawIOBase):
    """What zstd frames hold; unlike the library's own reader it tells a cut frame from a whole one."""

    def __init__(self, file: BinaryIO) -> None:
        try:
            import zstandard
        except ImportError as exc:
            raise ConfigurationError("Install edgedns-mcp[import] to read files packed with zstd.") from exc
        self._new = zstandard.ZstdDecompressor().decompressobj
        self._failure = zstandard.ZstdError
        self._file = file
        self._frame = self._new()
        self._inside = False
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        while not self._left and (block := self._file.read(BLOCK // 8)):
            self._left = b"".join(self._blocks(block))
        if not self._left and self._inside:
            raise EOFError
        part, self._left = self._left[: len(buffer)], self._left[len(buffer) :]
        buffer[: len(part)] = part
        return len(part)

    def _blocks(self, block: bytes) -> list[bytes]:
        found: list[bytes] = []
        try:
            while block:
                self._inside = True
                found.append(self._frame.decompress(block))
                block = b""
                if self._frame.eof:
                    block, self._frame, self._inside = self._frame.unused_data, self._new(), False
        except self._failure as exc:
            raise EOFError from exc
        return found
