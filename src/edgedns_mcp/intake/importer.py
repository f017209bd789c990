"""Read a log into the store: whole or not at all, and each line once, however often and under whatever name."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from edgedns_mcp.domain.cells import cells_of
from edgedns_mcp.errors import IntakeError
from edgedns_mcp.intake.fields import Unreadable
from edgedns_mcp.intake.logs import Reader
from edgedns_mcp.models import Event
from edgedns_mcp.store import accounts, cells, coverage, ledger
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.ledger import Imported

if TYPE_CHECKING:
    from hashlib import _Hash as Hash  # pyright: ignore[reportPrivateUsage] - the only name of the type

CHUNK = 1 << 20
TOLD_EVERY = 50_000  # lines
SHOWN_REJECTS = 5
FEED = "import"
GZIP = b"\x1f\x8b"


class Reject(NamedTuple):
    """A line that could not be read."""

    line: int
    why: str


@dataclass
class Outcome:
    """What an import did."""

    known_lines: int = 0
    lines: int = 0
    requests: int = 0
    without_key: int = 0
    rejected: int = 0
    first_rejects: list[Reject] = field(default_factory=list[Reject])
    keys: set[str] = field(default_factory=set[str])
    first: int | None = None
    last: int | None = None
    unfinished: bool = False  # a last line was left for the next import

    def count(self, event: Event) -> None:
        """Count a line that was read."""
        self.requests += 1
        self.without_key += not event.key_id
        self.keys.add(event.key_id)
        self.first = event.at if self.first is None else min(self.first, event.at)
        self.last = event.at if self.last is None else max(self.last, event.at)

    def reject(self, why: str) -> None:
        """Count a line that could not be read."""
        self.rejected += 1
        if len(self.first_rejects) < SHOWN_REJECTS:
            self.first_rejects.append(Reject(self.lines, why))


@dataclass
class _Tail:
    """A file, standing behind the part of it that was imported before."""

    file: BinaryIO
    known: Imported | None
    digest: "Hash"
    size: int
    head: bytes = b""

    def pass_by(self, raw: bytes) -> None:
        self.digest.update(raw)
        self.size += len(raw)

    def head_at(self, line: str) -> bytes:
        digest = self.digest.copy()
        digest.update(line.encode())
        return digest.digest()


@contextmanager
def opened(path: Path) -> Generator[BinaryIO]:
    """Open a log.

    Raises:
        IntakeError: the file cannot be read, or is compressed.
    """
    try:
        with path.open("rb") as file:
            if file.peek(len(GZIP)).startswith(GZIP):
                raise IntakeError(f"The file {path} is compressed with gzip; unpack it first (gunzip).")
            yield file
    except OSError as exc:
        raise IntakeError(f"The file {path} cannot be read; check its name and permissions.") from exc


def import_log(
    database: Database, file: BinaryIO, read_line: Reader, options: str, told: Callable[[int], None]
) -> Outcome:
    """Import the lines of `file` that are new, in one transaction; `told` hears the count of lines now and then.

    A file is known by its content: what was imported before, under this name or another, is not read again, and of a
    file that has grown only the new lines are. A last line without a newline counts if it is certainly whole.

    Raises:
        IntakeError: the file holds no readable line, was imported with other options, or begins like another.
        StoreError: the database cannot be written; nothing was imported.
    """
    return database.write(lambda tx: _import(accounts.made(tx, "local"), file, read_line, options, told))


def _import(tx: Account, file: BinaryIO, read_line: Reader, options: str, told: Callable[[int], None]) -> Outcome:
    tail = _tail(tx, file)
    if tail.known and tail.known.options != options:
        raise IntakeError(
            f"This file was imported before, with {tail.known.options}, and its requests count once; "
            "name another --database to read it differently."
        )
    lines = tail.known.lines if tail.known else 0
    done = Outcome(known_lines=lines, lines=lines)
    found = cells_of(_events(tail, read_line, done, told))
    if tail.head and ledger.was_begun(tx, tail.head):
        raise IntakeError(
            "This file begins like one that was imported before, and differs from it or is shorter; "
            "importing it could count requests twice, so name another --database."
        )
    if not tail.known:
        _refuse_unreadable(read_line, done)
    if done.requests or done.rejected:
        cells.apply(tx, found)
        _note(tx, tail, done, options)
    return done


def _events(tail: _Tail, read_line: Reader, done: Outcome, told: Callable[[int], None]) -> Iterator[Event]:
    for raw in tail.file:
        line, event, why = raw.decode(errors="replace"), None, ""
        if raw.strip():
            try:
                event = read_line(line)
            except (ValueError, OverflowError, RecursionError) as exc:
                why = str(exc) if isinstance(exc, Unreadable) else "not readable"
        if not raw.endswith(b"\n") and not (event and read_line.is_whole(line)):
            done.unfinished = bool(raw.strip())
            return  # still being written; the next import reads it whole
        if event and not tail.head:
            tail.head = tail.head_at(read_line.read_part(line))
        tail.pass_by(raw)
        done.lines += 1
        if event:
            done.count(event)
            yield event
        elif why:
            done.reject(why)
        if done.lines % TOLD_EVERY == 0:
            told(done.lines)


def _refuse_unreadable(read_line: Reader, done: Outcome) -> None:
    if wrong := read_line.wrong_map():
        raise IntakeError(wrong)
    if done.rejected and not done.requests:
        line, why = done.first_rejects[0]
        raise IntakeError(f"No line of the file can be read (line {line}: {why}); {read_line.advice()}")


def _note(tx: Account, tail: _Tail, done: Outcome, options: str) -> None:
    """Note what was read, and that a file that has grown observed the time in between."""
    moments = [at for at in (tail.known and tail.known.last, done.first, done.last) if at is not None]
    coverage.observe(tx, FEED, min(moments), max(moments))
    digest = tail.digest.digest()
    read = Imported(
        digest=digest,
        size=tail.size,
        options=options,
        lines=done.lines,
        requests=done.requests,
        rejected=done.rejected,
        head=tail.head or digest,
        last=max(moments),
    )
    ledger.note(tx, read)


def _tail(tx: Account, file: BinaryIO) -> _Tail:
    """Find the longest beginning of the file that was imported before, and stand behind it."""
    digest, best = sha256(), _Tail(file, None, sha256(), 0)
    for size in ledger.sizes(tx):
        while (left := size - file.tell()) > 0 and (chunk := file.read(min(left, CHUNK))):
            digest.update(chunk)
        if file.tell() < size:
            break
        found = ledger.find(tx, digest.digest())
        if found:
            best = _Tail(file, found, digest.copy(), size)
    file.seek(max(best.size - 1, 0))
    if best.known and file.read(1) != b"\n":
        best.pass_by(file.readline())  # the rest of a line that was taken before its newline was there
    return best
