"""Lines of one shape, counted together: the time, the key and the path of each distinct text are read once."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import compress
from operator import itemgetter
from typing import NamedTuple

from edgedns_mcp.domain.cells import FIRST_ERROR_STATUS, HOUR_S
from edgedns_mcp.intake.batches import Requests
from edgedns_mcp.intake.fields import Unreadable, endpoint_of, environment_of, epoch_of, key_of
from edgedns_mcp.intake.folding import Folding
from edgedns_mcp.intake.hours import Figures, Places
from edgedns_mcp.intake.shapes import Shape, Text

REMEMBERED = 200_000  # texts of a shape, about
CLOCK = {f"{second // 60:02}:{second % 60:02}": second for second in range(HOUR_S)}
LAST_STAMP = 10**10 - 1  # seconds of ten digits
BEHIND = "~"  # sorts behind all that follows an hour
NOT_ALIKE = 0


class Lines(NamedTuple):
    """Lines with their numbers in the file; the text ends without a newline."""

    numbers: Sequence[int]
    text: str


class Codes(dict[Text, int]):
    """What texts say, time apart: each the number of its place, negative for an error."""

    def __init__(self, places: Places, code: Callable[[Text, Places], int]) -> None:
        super().__init__()
        self.places = places
        self._code = code

    def __missing__(self, text: Text) -> int:
        code = self[text] = self._code(text, self.places)
        return code


class Alike:
    """Reads the lines of one shape."""

    def __init__(self, shape: Shape, folding: Folding | None) -> None:
        self._shape = shape
        self._folding = folding
        self._codes = Codes(Places(), self._code)

    def take(self, lines: Lines, batch: Requests) -> Lines:
        """Count the lines of the shape; give the others, in their order."""
        stamps, texts = self._shape.columns(lines.text)
        if self._codes.places is not batch.places or len(self._codes) >= REMEMBERED:
            self._codes = Codes(batch.places, self._code)
        codes = list(map(self._codes.__getitem__, texts))
        wrong: set[str] = set()
        for times, said in self._hours(*_in_order(stamps, codes)):
            start = self._start_of(times[0])
            if start is None:
                wrong.update(times)
            else:
                self._count(start, times, said, batch)
        if not wrong and NOT_ALIKE not in codes:
            return Lines((), "")
        every = zip(lines.numbers, lines.text.split("\n"), stamps, codes, strict=True)
        others = [(number, line) for number, line, stamp, code in every if code == NOT_ALIKE or stamp in wrong]
        left = [(number, line) for number, line in others if line and not line.isspace()]
        return Lines([number for number, _ in left], "\n".join(line for _, line in left))

    def _hours(self, stamps: list[str], codes: list[int]) -> Iterator[tuple[list[str], list[int]]]:
        """Cut what is in its order where an hour ends."""
        at, hour = 0, self._shape.hour
        while at < len(stamps):
            stamp = stamps[at]
            last = stamp[:hour] + BEHIND if hour else str(min(int(stamp) // HOUR_S * HOUR_S + HOUR_S - 1, LAST_STAMP))
            end = bisect_right(stamps, last, at)
            yield stamps[at:end], codes[at:end]
            at = end

    def _count(self, start: int, stamps: list[str], codes: list[int], batch: Requests) -> None:
        batch.seen.span(*self._moments(start, (stamps[0], stamps[-1])))
        places = list(map(abs, codes))
        errors = Counter(-code for code in codes if code < 0)
        latest = dict(zip(places, stamps, strict=True))
        last = dict(zip(latest, self._moments(start, latest.values()), strict=True))
        batch.add(start, Figures(Counter(places), errors, last))

    def _moments(self, start: int, stamps: Iterable[str]) -> list[int]:
        """Read the clocks of an hour, or epoch seconds."""
        if not self._shape.hour:
            return list(map(int, stamps))
        minute = self._shape.hour + 1
        end = minute + len("15:30")
        return [start + CLOCK[stamp[minute:end]] for stamp in stamps]

    def _code(self, text: Text, places: Places) -> int:
        values = self._shape.values(text)
        if values is None:
            return NOT_ALIKE
        key_id = values.get("key_id", "").strip()
        endpoint = endpoint_of(values.get("endpoint", ""))
        if self._folding:
            endpoint = self._folding.path(endpoint)
        environment = environment_of(values.get("environment", ""), key_id)
        number = places.number((key_of(key_id), endpoint, environment))
        return -number if int(values["status"]) >= FIRST_ERROR_STATUS else number

    def _start_of(self, stamp: str) -> int | None:
        """Give the first second of a time's hour; None where no such hour can be read."""
        if not self._shape.hour:
            return int(stamp) // HOUR_S * HOUR_S
        try:
            return epoch_of(f"{stamp[: self._shape.hour]}:00:00{self._shape.offset}")
        except Unreadable:
            return None


def _in_order(stamps: list[str], codes: list[int]) -> tuple[list[str], list[int]]:
    """Give what is of the shape, by time: the last of each hour is last."""
    if NOT_ALIKE in codes:
        stamps, codes = list(compress(stamps, codes)), list(compress(codes, codes))
    ordered = sorted(stamps)
    if ordered != stamps:
        codes = [code for _, code in sorted(zip(stamps, codes, strict=True), key=itemgetter(0))]
    return ordered, codes
