"""Lines of one shape, counted together: the time, the key and the path of each distinct text are read once."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

from edgedns_mcp.domain.cells import FIRST_ERROR_STATUS, HOUR_S
from edgedns_mcp.intake.batches import Requests, add
from edgedns_mcp.intake.fields import Unreadable, endpoint_of, environment_of, epoch_of, key_of
from edgedns_mcp.intake.folding import Folding
from edgedns_mcp.intake.shapes import Row, Shape
from edgedns_mcp.store.hours import Place

REMEMBERED = 200_000  # texts of a shape
CLOCK = {f"{second // 60:02}:{second % 60:02}": second for second in range(HOUR_S)}
LAST_STAMP = 10**10 - 1  # seconds of ten digits
BEHIND = "~"  # sorts behind all that follows an hour
Text = Any  # one text, or a tuple of several


class Lines(NamedTuple):
    """Lines with their numbers in the file; the text ends without a newline."""

    numbers: Sequence[int]
    text: str


class Who(NamedTuple):
    """What a text says, time apart."""

    place: Place
    is_error: bool


class Alike:
    """Reads the lines of one shape."""

    def __init__(self, shape: Shape, folding: Folding | None) -> None:
        self._shape = shape
        self._folding = folding
        self._texts = itemgetter(*shape.texts())
        self._stamp: Callable[[Row], str] = itemgetter(shape.stamp())
        self._who: dict[Text, Who] = {}

    def take(self, lines: Lines, batch: Requests) -> Lines:
        """Count the lines of the shape; give the others, in their order."""
        rows: list[Row] = self._shape.pattern.findall(lines.text)
        found: list[Row] = list(filter(self._stamp, rows))
        left = _left(lines, rows) if len(found) < len(rows) else {}
        found.sort(key=self._stamp)  # nearly in order as a log is, this costs little, and the last of each hour is last
        for of_hour in self._hours(found):
            start = self._start_of(self._stamp(of_hour[0]))
            if start is None:
                left |= self._wrong(lines, rows, of_hour)
            else:
                self._count(start, of_hour, batch)
        numbers = sorted(left)
        return Lines(numbers, "\n".join(left[number] for number in numbers))

    def _hours(self, rows: list[Row]) -> Iterator[list[Row]]:
        """Cut sorted rows where an hour ends."""
        at, hour = 0, self._shape.hour
        while at < len(rows):
            stamp = self._stamp(rows[at])
            last = stamp[:hour] + BEHIND if hour else str(min(int(stamp) // HOUR_S * HOUR_S + HOUR_S - 1, LAST_STAMP))
            end = bisect_right(rows, last, at, key=self._stamp)
            yield rows[at:end]
            at = end

    def _count(self, start: int, rows: list[Row], batch: Requests) -> None:
        minute = self._shape.hour and self._shape.hour + 1
        batch.seen.span(*(_moment(start, self._stamp(row), minute) for row in (rows[0], rows[-1])))
        texts = list(map(self._texts, rows))
        last = dict(zip(texts, map(self._stamp, rows), strict=True))  # in the order of the counter: first seen, first
        hour, who = batch.hours.setdefault(start, {}), self._who
        for (text, requests), stamp in zip(Counter(texts).items(), last.values(), strict=True):
            whose = who.get(text) or self._whose(text)
            errors = requests if whose.is_error else 0
            add(hour, whose.place, requests, errors, _moment(start, stamp, minute))

    def _whose(self, text: Text) -> Who:
        values = self._shape.values([text] if isinstance(text, str) else text)
        key_id = values.get("key_id", "").strip()
        endpoint = endpoint_of(values.get("endpoint", ""))
        if self._folding:
            endpoint = self._folding.path(endpoint)
        environment = environment_of(values.get("environment", ""), key_id)
        is_error = int(values["status"]) >= FIRST_ERROR_STATUS
        whose = Who((key_of(key_id), endpoint, environment), is_error)
        if len(self._who) >= REMEMBERED:
            self._who.clear()
        self._who[text] = whose
        return whose

    def _start_of(self, stamp: str) -> int | None:
        """Give the first second of a time's hour; None where no such hour can be read."""
        if not self._shape.hour:
            return int(stamp) // HOUR_S * HOUR_S
        try:
            return epoch_of(f"{stamp[: self._shape.hour]}:00:00{self._shape.offset}")
        except Unreadable:
            return None

    def _wrong(self, lines: Lines, rows: Sequence[Row], wrong: Sequence[Row]) -> dict[int, str]:
        stamps = set(map(self._stamp, wrong))
        every = zip(lines.numbers, lines.text.split("\n"), rows, strict=True)
        return {number: line for number, line, row in every if self._stamp(row) in stamps}


def _left(lines: Lines, rows: Sequence[Row]) -> dict[int, str]:
    every = zip(lines.numbers, map(itemgetter(-1), rows), strict=True)
    return {number: line for number, line in every if line and not line.isspace()}


def _moment(start: int, stamp: str, minute: int) -> int:
    """Read the clock of a stamp whose minutes begin at `minute`, or a stamp in epoch seconds."""
    return start + CLOCK[stamp[minute : minute + 5]] if minute else int(stamp)
