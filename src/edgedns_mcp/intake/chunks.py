"""A stream of bytes, cut where its lines end: always at the same places, however far it was read before."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from hashlib import sha256
from typing import TYPE_CHECKING, Protocol

from edgedns_mcp.errors import IntakeError

if TYPE_CHECKING:
    from hashlib import _Hash as Hash  # pyright: ignore[reportPrivateUsage] - the only name of the type

CHUNK = 1 << 23  # bytes; the ledger knows contents by their chunks, so another size would not know them again
BOM = b"\xef\xbb\xbf"


class Readable(Protocol):
    """Bytes that can be read once, from the beginning to the end."""

    def read(self, size: int, /) -> bytes: ...


@dataclass
class Chunk:
    """A stretch of a stream that begins and ends with whole lines; the last one may end anywhere."""

    start: int  # bytes from the beginning of the stream
    content: bytes
    is_last: bool
    before: "Hash" = field(repr=False)  # of everything before the chunk
    _digests: dict[int, bytes] = field(default_factory=dict[int, bytes], repr=False)
    _reached: "tuple[int, Hash] | None" = field(default=None, repr=False)

    @property
    def end(self) -> int:
        """Tell where the chunk ends, in bytes from the beginning of the stream."""
        return self.start + len(self.content)

    @cached_property
    def after(self) -> "Hash":
        """Give the digest of everything up to the end of the chunk."""
        return self._digest_to(self.end)

    def digest_of(self, beginning: bytes) -> "Hash":
        """Give the digest of everything before the chunk and of a beginning of it."""
        digest = self.before.copy()
        digest.update(beginning)
        return digest

    def digest_at(self, size: int) -> bytes:
        """Give the digest of the first `size` bytes of the stream; asked for in order, the content is read once."""
        if size not in self._digests:
            self._digests[size] = self._digest_to(size).digest()
        return self._digests[size]

    def line_end(self, size: int) -> int:
        """Give where the line that is cut at `size` ends, in bytes from the beginning of the stream."""
        at = size - self.start
        if at == 0 or self.content[at - 1 : at] == b"\n":
            return size
        return self.start + (self.content.find(b"\n", at) + 1 or len(self.content))

    def _digest_to(self, size: int) -> "Hash":
        at, digest = self._reached if self._reached and self._reached[0] <= size else (self.start, self.before)
        digest = digest.copy()
        digest.update(memoryview(self.content)[at - self.start : size - self.start])
        self._reached = size, digest
        return digest


def chunks_of(stream: Readable, size: int = CHUNK) -> Iterator[Chunk]:
    """Cut a stream into chunks of at most `size` bytes, up to its first end: what a file grows by later is another's.

    Raises:
        IntakeError: a line is longer than a chunk.
    """
    start, digest, left = 0, sha256(), b""
    while (part := _filled(stream, size - len(left))) or left:
        is_last = len(left) + len(part) < size
        cut = len(part) if is_last else part.rfind(b"\n") + 1
        if not is_last and not cut:
            raise IntakeError(f"A line behind byte {start} is longer than {size} bytes; check that this is a log.")
        chunk = Chunk(start, b"".join((left, memoryview(part)[:cut])), is_last, digest)
        left = part[cut:]
        del part  # megabytes, while the chunk is used
        yield chunk
        if is_last:
            return
        start, digest = chunk.end, chunk.after


def _filled(stream: Readable, size: int) -> bytes:
    """Read `size` bytes, fewer only at the end: a pipe gives what it has."""
    parts: list[bytes] = []
    while size and (part := stream.read(size)):
        parts.append(part)
        size -= len(part)
    return b"".join(parts)
