"""Read files into the store chunk by chunk: each line once, however often, under whatever name and stopped where."""

import gc
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from edgedns_mcp.errors import IntakeError
from edgedns_mcp.intake.batches import Seen
from edgedns_mcp.intake.chunks import CHUNK, Chunk, chunks_of
from edgedns_mcp.intake.parquet import digest_of
from edgedns_mcp.intake.parse import Parsed, parse, unread_of
from edgedns_mcp.intake.plan import Plan, Reading, reading_of
from edgedns_mcp.intake.rejects import Reject, RejectFile
from edgedns_mcp.intake.stream import Stream
from edgedns_mcp.store import accounts, coverage, ledger
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.ledger import Imported
from edgedns_mcp.store.transaction import Transaction

SHOWN_REJECTS = 5
LOG_NAME = 12  # digits of a content's digest, enough to tell the logs of one reject file apart


class BegunError(IntakeError):
    """A content begins like an imported one, and its end is not among what was imported."""


class Progress(NamedTuple):
    """How far an import is; bytes as they lie in the file, `size` None where nobody knows."""

    lines: int
    bytes_read: int
    size: int | None


class Done(NamedTuple):
    """What a chunk brought, and the epoch seconds of the last request up to its end."""

    requests: int
    rejects: list[Reject]
    last: int


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
    options: str = ""

    def add(self, done: Done, seen: Seen) -> None:
        """Count a chunk."""
        self.requests += done.requests
        self.without_key += seen.without_key
        self.keys |= seen.keys
        self.rejected += len(done.rejects)
        self.first_rejects += done.rejects[: SHOWN_REJECTS - len(self.first_rejects)]
        if seen.first is not None and seen.last is not None:
            self.first = seen.first if self.first is None else min(self.first, seen.first)
            self.last = seen.last if self.last is None else max(self.last, seen.last)


def import_stream(
    database: Database,
    stream: Stream,
    plan: Plan,
    rejects: Path,
    told: Callable[[Progress], None] = lambda _: None,
    *,
    chunk_size: int = CHUNK,
) -> Outcome:
    """Import the lines of `stream` that are new; bad lines go to `rejects`, and `told` hears how far it is.

    A content is known by its beginning: what was imported before, under this name or another, is not read again. Every
    chunk is committed with its row in the ledger, so a stopped import goes on where it was.

    Raises:
        IntakeError: the content holds no readable line, was imported with other options, begins like another, or a
            line of it cannot be read and `plan.strict` asks to stop there.
        StoreError: the database cannot be written; what was committed before stays, and counts once.
    """
    work, chunks = Import(database, plan, RejectFile(rejects)), chunks_of(stream, chunk_size)

    def far() -> None:
        told(Progress(work.outcome.lines, stream.bytes_read, stream.size))

    with _without_collector():
        if stream.is_parquet and stream.path:
            work.take_rows(stream.path, chunks, far)
            return work.outcome
        for chunk in chunks:
            work.take(chunk)
            far()
    return work.outcome


@contextmanager
def _without_collector() -> Generator[None]:
    """Spare the collector of cycles a million sums that are in none; it takes a quarter of the time."""
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_enabled:
            gc.enable()


class Import:
    """One import, between two chunks."""

    def __init__(self, database: Database, plan: Plan, rejects: RejectFile, reading: Reading | None = None) -> None:
        self.outcome = Outcome()
        self._database = database
        self._plan = plan
        self._rejects = rejects
        self._reading = reading
        self._last: int | None = None  # epoch seconds of the last request so far, known ones included
        self._log = ""

    def take(self, chunk: Chunk) -> None:
        """Import what is new of a chunk, anew where another import of the same content was faster."""
        self._reading = self._reading or reading_of(self._plan, chunk.content)
        self.outcome.options = self._reading.options
        while not self._is_taken(self._reading, chunk):
            pass

    def take_rows(self, path: Path, chunks: Iterator[Chunk], far: Callable[[], None]) -> None:
        """Import a file of rows, which is known by its own digest: another library may write its rows otherwise."""
        whole = digest_of(path)
        known = self._database.read(lambda tx: ledger.find(accounts.find(tx, "local", self._plan.account), whole))
        if known:
            self.outcome.lines = self.outcome.known_lines = known.lines
            return
        for chunk in chunks:
            self.take(chunk)
            far()
        if self._reading:
            entry = Imported(
                digest=whole, size=path.stat().st_size, options=self._reading.options, lines=self.outcome.lines,
                requests=0, rejected=0, head=whole, last=self._last or 0,
            )  # fmt: skip
            self._database.write(lambda tx: ledger.note(accounts.made(tx, "local", self._plan.account), entry))

    def _is_taken(self, reading: Reading, chunk: Chunk) -> bool:
        known = self._database.read(lambda tx: _known(accounts.find(tx, "local", self._plan.account), chunk))
        if known:
            self._pass(reading, known)
        parsed = parse(reading, chunk, known[-1].size if known else chunk.start, self.outcome.lines)
        self.outcome.unfinished = parsed.unfinished
        if not (parsed.batch.is_empty and not parsed.rejects):
            if self._last is None:
                _refuse_unreadable(reading, parsed)
            self._log = self._log or parsed.head.hex()[:LOG_NAME]
            settled = self._database.write(lambda tx: self._settled(tx, reading, Found(chunk, known, parsed)))
            if settled is None:
                return False
            self._last = settled.last
            self.outcome.add(settled, parsed.batch.seen)
        self.outcome.lines += parsed.count
        return True

    def _pass(self, reading: Reading, known: list[Imported]) -> None:
        if known[-1].options != reading.options:
            raise IntakeError(
                f"This file was imported before, with {known[-1].options}, and its requests count once; "
                "name another --database to read it differently."
            )
        self._log = self._log or known[0].head.hex()[:LOG_NAME]
        self._last = known[-1].last
        self.outcome.lines = self.outcome.known_lines = known[-1].lines

    def _settled(self, tx: Transaction, reading: Reading, found: "Found") -> "Done | None":
        """Add a chunk and note it, or tell that it is no longer new."""
        account, parsed = accounts.made(tx, "local", self._plan.account), found.parsed
        if _known(account, found.chunk) != found.known:
            return None
        if parsed.head and ledger.was_begun(account, parsed.head):
            raise BegunError(
                "This file begins like one that was imported before, and differs from it or is shorter; "
                "importing it could count requests twice, so name another --database."
            )
        settled = parsed.batch.settle(account, self._last)
        rejects = sorted([*parsed.rejects, *settled.refused])
        self._stop_at(rejects)
        coverage.note_unread(account, [*unread_of(reading, parsed, self._last), *settled.unread])
        last = max((moment for moment in (self._last, parsed.batch.seen.last) if moment is not None), default=0)
        done = Done(settled.requests, rejects, last)
        ledger.note(account, _entry(reading, found, done))
        self._rejects.keep(self._log, parsed.after, [(reject, parsed.text(reject.line)) for reject in rejects])
        return done

    def _stop_at(self, rejects: list[Reject]) -> None:
        if rejects and self._plan.strict:
            line, why = rejects[0]
            raise IntakeError(
                f"Line {line} cannot be read ({why}); mend it and import again, or leave --strict out to have such "
                "lines counted and kept apart: what was imported before counts once."
            )


class Found(NamedTuple):
    """A chunk, what was known of it, and what is new."""

    chunk: Chunk
    known: list[Imported]
    parsed: Parsed


def _known(account: Account, chunk: Chunk) -> list[Imported]:
    """List what was imported up to places within the chunk, the shortest first."""
    found = (ledger.find(account, chunk.digest_at(size)) for size in ledger.sizes(account, chunk.start, chunk.end))
    return [known for known in found if known]


def _entry(reading: Reading, found: Found, done: Done) -> Imported:
    parsed = found.parsed
    digest = found.chunk.digest_at(parsed.end)
    return Imported(
        digest=digest,
        size=parsed.end,
        options=reading.options,
        lines=parsed.after + parsed.count,
        requests=done.requests,
        rejected=len(done.rejects),
        head=parsed.head or digest,
        last=done.last,
    )


def _refuse_unreadable(reading: Reading, parsed: Parsed) -> None:
    if wrong := reading.reader.wrong_map():
        raise IntakeError(wrong)
    if parsed.rejects and parsed.batch.is_empty:
        line, why = parsed.rejects[0]
        raise IntakeError(f"No line of the file can be read (line {line}: {why}); {reading.reader.advice()}")
