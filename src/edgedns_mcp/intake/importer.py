"""Read a log into the store: whole or not at all, and each line once, however often and under whatever name."""

from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from edgedns_mcp.domain.cells import cells_of
from edgedns_mcp.errors import IntakeError
from edgedns_mcp.intake.logs import ReadLine
from edgedns_mcp.models import Event
from edgedns_mcp.store import cells, coverage, ledger
from edgedns_mcp.store.database import Database, Transaction
from edgedns_mcp.store.ledger import Imported

if TYPE_CHECKING:
    from hashlib import _Hash as Hash  # pyright: ignore[reportPrivateUsage] - the only name of the type

CHUNK = 1 << 20
TOLD_EVERY = 50_000  # lines
SHOWN_REJECTS = 5
FEED = "import"


class Reject(NamedTuple):
    """A line that could not be read."""

    line: int
    why: str


@dataclass
class _Tail:
    """A file, standing behind the part of it that was imported before."""

    file: BinaryIO
    known: Imported | None
    digest: "Hash"
    size: int


@dataclass
class Outcome:
    """What an import did."""

    known_lines: int = 0
    lines: int = 0
    requests: int = 0
    rejected: int = 0
    first_rejects: list[Reject] = field(default_factory=list[Reject])
    keys: set[str] = field(default_factory=set[str])
    first: int | None = None
    last: int | None = None

    def count(self, event: Event) -> None:
        """Count a line that was read."""
        self.requests += 1
        self.keys.add(event.key_id)
        self.first = event.at if self.first is None else min(self.first, event.at)
        self.last = event.at if self.last is None else max(self.last, event.at)

    def reject(self, why: str) -> None:
        """Count a line that could not be read."""
        self.rejected += 1
        if len(self.first_rejects) < SHOWN_REJECTS:
            self.first_rejects.append(Reject(self.lines, why))


@contextmanager
def opened(path: Path) -> Generator[BinaryIO]:
    """Open a log.

    Raises:
        IntakeError: the file cannot be read.
    """
    try:
        with path.open("rb") as file:
            yield file
    except OSError as exc:
        raise IntakeError(f"The file {path} cannot be read; check its name and permissions.") from exc


def import_log(
    database: Database, file: BinaryIO, read_line: ReadLine, options: str, told: Callable[[int], None]
) -> Outcome:
    """Import the lines of `file` that are new, in one transaction; `told` hears the count of lines now and then.

    A file is known by its content: what was imported before, under this name or another, is not read again, and of a
    file that has grown only the new lines are. A last line without a newline counts if it can be read.

    Raises:
        IntakeError: the file holds no readable line, or was imported with other options.
        StoreError: the database cannot be written; nothing was imported.
    """
    return database.write(lambda tx: _import(tx, file, read_line, options, told))


def _import(tx: Transaction, file: BinaryIO, read_line: ReadLine, options: str, told: Callable[[int], None]) -> Outcome:
    tail = _tail(tx, file)
    if tail.known and tail.known.options != options:
        raise IntakeError(
            f"This file was imported before, with {tail.known.options}, and its requests count once; "
            "name another --database to read it differently."
        )
    lines = tail.known.lines if tail.known else 0
    done = Outcome(known_lines=lines, lines=lines)
    found = cells_of(_events(tail, read_line, done, told))
    if done.first is None or done.last is None:
        if done.rejected:
            line, why = done.first_rejects[0]
            raise IntakeError(f"No line of the file can be read (line {line}: {why}); check --format and --map.")
        return done
    cells.apply(tx, found)
    coverage.observe(tx, FEED, done.first, done.last)
    rejected = done.rejected + (tail.known.rejected if tail.known else 0)
    read = Imported(digest=tail.digest.digest(), size=tail.size, options=options, lines=done.lines, rejected=rejected)
    ledger.note(tx, read, replaces=tail.known)
    return done


def _events(tail: _Tail, read_line: ReadLine, done: Outcome, told: Callable[[int], None]) -> Iterator[Event]:
    for raw in tail.file:
        event: Event | None = None
        why = ""
        if raw.strip():
            try:
                event = read_line(raw.decode(errors="replace"))
            except (ValueError, OverflowError, RecursionError) as exc:
                why = str(exc)[:80]
        if event is None and not raw.endswith(b"\n"):
            return  # still being written; the next import reads it whole
        tail.digest.update(raw)
        tail.size += len(raw)
        done.lines += 1
        if event:
            done.count(event)
            yield event
        elif why:
            done.reject(why)
        if done.lines % TOLD_EVERY == 0:
            told(done.lines)


def _tail(tx: Transaction, file: BinaryIO) -> _Tail:
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
    file.seek(best.size)
    return best
