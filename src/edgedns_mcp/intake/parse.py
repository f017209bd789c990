"""Read what is new of a chunk: its readable lines into a batch, the others by number, reason and place."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby, islice

from edgedns_mcp.intake.alike import Alike, Lines
from edgedns_mcp.intake.batches import Batch, Requests, batch_of
from edgedns_mcp.intake.chunks import Chunk
from edgedns_mcp.intake.fields import Unreadable
from edgedns_mcp.intake.plan import Reading
from edgedns_mcp.intake.rejects import Reject
from edgedns_mcp.store.coverage import Unread

LOOKED_AT = 1_000  # lines around a reject, blank ones among them
LESSONS = 20  # lines of a chunk that a shape is learnt from, at most
WORTH_A_SHAPE = 50  # lines that it may match
NOT_READABLE = "not readable"


@dataclass
class Parsed:
    """What is new of a chunk; `after` lines of the file came before it."""

    body: bytes
    after: int
    end: int  # bytes from the beginning of the file
    batch: Batch
    unfinished: bool = False  # a last line was left for the next import
    head: bytes = b""  # digest of the file up to the first readable line
    rejects: list[Reject] = field(default_factory=list[Reject])

    @cached_property
    def lines(self) -> list[bytes]:
        """Give the lines without their ends."""
        lines = self.body.split(b"\n")
        if not lines[-1]:
            lines.pop()
        return lines

    @cached_property
    def count(self) -> int:
        """Count the lines, blank ones included."""
        return self.body.count(b"\n") + (not self.body.endswith(b"\n") and bool(self.body))

    def text(self, line: int) -> str:
        """Give a line by its number in the file."""
        return self.lines[line - self.after - 1].decode(errors="replace")


def parse(reading: Reading, chunk: Chunk, known_size: int, after: int) -> Parsed:
    """Read a chunk behind the first `known_size` bytes of the file, which hold `after` lines."""
    start = chunk.line_end(known_size)
    body = chunk.content[start - chunk.start :]
    with_ids = bool(reading.reader.places.get("event_id"))
    batch = batch_of(reading.reader.kind, reading.folding, reading.known_places(), with_ids=with_ids)
    whole, unfinished = _whole(reading, batch, body) if chunk.is_last else (body, False)
    parsed = Parsed(whole, after, start + len(whole), batch, unfinished)
    _gather(reading, chunk, parsed, start)
    return parsed


def unread_of(reading: Reading, parsed: Parsed, before: int | None) -> Iterator[Unread]:
    """Tell where the rejects stood: between the readable lines around each row of them.

    `before` is a moment of what came before the chunk, for a row that no readable line precedes or follows.
    """
    last = parsed.after + parsed.count
    rows = groupby(enumerate(reject.line for reject in parsed.rejects), key=lambda pair: pair[1] - pair[0])
    for row in ([line for _, line in pairs] for _, pairs in rows):
        above = _moment(reading, parsed, range(row[0] - 1, parsed.after, -1))
        below = _moment(reading, parsed, range(row[-1] + 1, last + 1))
        moments = [moment for moment in (above if above is not None else before, below) if moment is not None]
        if moments:
            yield Unread(min(moments), max(moments), len(row))


def _whole(reading: Reading, batch: Batch, body: bytes) -> tuple[bytes, bool]:
    """Leave a last line out that has no newline, unless it is certainly all of a line."""
    cut = body.rfind(b"\n") + 1
    line = body[cut:].decode(errors="replace")
    if not line.strip() or (not _fault(reading, line, batch.moment) and reading.reader.is_whole(line)):
        return body, False
    return body[:cut], True


def _gather(reading: Reading, chunk: Chunk, parsed: Parsed, start: int) -> None:
    """Take the lines one by one up to the first readable one, which tells this content from others; then the rest."""
    at, number = start - chunk.start, parsed.after
    end = at + len(parsed.body)
    while at < end and not parsed.head:
        begin, at = at, chunk.content.find(b"\n", at, end) + 1 or end
        number += 1
        line = chunk.content[begin:at].decode(errors="replace").removesuffix("\n")
        if chunk.start + begin == 0:
            line = line.removeprefix("\ufeff")
            if reading.reader.columns:
                continue
        if _is_taken(reading, parsed, number, line):
            part = reading.reader.read_part(line).encode()
            parsed.head = chunk.digest_of(chunk.content[:begin] + part).digest()
    end -= chunk.content.endswith(b"\n", at, end)
    text = str(memoryview(chunk.content)[at:end], errors="replace")  # several megabytes, not copied
    _take_rest(reading, parsed, Lines(range(number + 1, parsed.after + parsed.count + 1), text))
    parsed.rejects.sort()


def _take_rest(reading: Reading, parsed: Parsed, lines: Lines) -> None:
    batch = parsed.batch
    if not lines.numbers:
        return
    if not isinstance(batch, Requests):
        _take_some(reading, parsed, lines, learns=False)
        return
    for alike in reading.alike:
        lines = alike.take(lines, batch) if lines.numbers else lines
    while lines.numbers:
        taken, alike = _take_some(reading, parsed, lines, learns=True)
        text = lines.text.split("\n", taken)[-1] if taken < len(lines.numbers) else ""
        lines = Lines(lines.numbers[taken:], text)
        lines = alike.take(lines, batch) if alike and lines.numbers else lines


def _take_some(reading: Reading, parsed: Parsed, lines: Lines, *, learns: bool) -> tuple[int, Alike | None]:
    """Take lines one by one, until one of them teaches a shape that is worth it; tell how many were taken."""
    lessons = LESSONS if learns else 0
    for taken, (number, line) in enumerate(zip(lines.numbers, lines.text.split("\n"), strict=True), 1):
        if _is_taken(reading, parsed, number, line) and lessons and len(lines.numbers) - taken >= WORTH_A_SHAPE:
            lessons -= 1
            if alike := reading.learn(line):
                return taken, alike
    return len(lines.numbers), None


def _is_taken(reading: Reading, parsed: Parsed, number: int, line: str) -> bool:
    """Have a line taken, if it can be read and is not blank."""
    if not line or line.isspace():
        return False
    why = _fault(reading, line, parsed.batch.take, number)
    if why:
        parsed.rejects.append(Reject(number, why))
    return not why


def _fault(reading: Reading, line: str, take: Callable[..., object], *number: int) -> str:
    """Have a line taken; say why it cannot be."""
    try:
        take(*number, reading.reader.values(line))
    except (ValueError, OverflowError, RecursionError) as exc:
        return str(exc) if isinstance(exc, Unreadable) else NOT_READABLE
    return ""


def _moment(reading: Reading, parsed: Parsed, lines: Iterable[int]) -> int | None:
    """Give the moment of the first readable line."""
    found: list[int] = []

    def note(values: dict[str, object]) -> None:
        found.append(parsed.batch.moment(values))

    near = islice(lines, LOOKED_AT)
    return found[0] if any(not _fault(reading, parsed.text(line), note) for line in near) else None
