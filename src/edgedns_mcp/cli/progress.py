"""How far long work is: one line on standard error that changes, with rate and time left, where somebody looks."""

import shutil
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
from typing import TextIO

from edgedns_mcp.models.work import Far, Tell, tell_nobody

SEEN_EVERY_S = 0.5


class ProgressLine:
    """A line on a terminal, written over at most twice a second."""

    def __init__(self, clock: Callable[[], float] = monotonic, to: TextIO | None = None) -> None:
        self._clock = clock
        self._to = to or sys.stderr
        self.is_seen = self._to.isatty()
        self._next = clock()
        self._far: Far | None = None
        self._begun = 0.0, 0.0  # when this piece of work began, and how far it was then

    def __call__(self, far: Far) -> None:
        """Tell it, if it is time and somebody looks."""
        if not self.is_seen:
            return
        self.hear(far)
        if self._clock() >= self._next:
            self._next = self._clock() + SEEN_EVERY_S
            self.show(self.words())

    def hear(self, far: Far) -> None:
        """Note it; another unit, or less than before, is another piece of work."""
        if self._far is None or far.unit != self._far.unit or far.done < self._far.done:
            self._begun = self._clock(), far.done
        self._far = far

    def words(self) -> str:
        """Say what was told last; nothing before anything was."""
        at, before = self._begun
        return far_words(self._far, self._clock() - at, before) if self._far else ""

    @property
    def is_under_way(self) -> bool:
        """Tell whether there is counted work that is not yet done."""
        return self._far is not None and self._far.done != self._far.size

    def show(self, words: str) -> None:
        """Write over what the line said, cut to the terminal's width."""
        if self.is_seen:
            width = shutil.get_terminal_size().columns - 1  # in the last column some terminals begin a new line
            self._to.write(f"{words[:width]:{width}}\r")
            self._to.flush()

    def wipe(self) -> None:
        """Make room for what is said at the end."""
        self.show("")


def far_words(far: Far, seconds: float, before: float = 0) -> str:
    """Say how much is done, how fast since it was `before`, and how long the rest will take."""
    rate = (far.done - before) / seconds if seconds > 0 else 0
    told = f"{far.said}, {far.done:.0f} {far.unit}"
    if far.size:
        told += f" of {far.size:.0f} ({100 * far.done // far.size:.0f} %)"
    if rate:
        told += f", {rate:.1f} {far.unit}/s"
    if rate and far.size:
        told += f", {_duration(max(far.size - far.done, 0) / rate)} left"
    return told


@contextmanager
def waiting(words: str, most_s: float | None = None, line: ProgressLine | None = None) -> Generator[Tell]:
    """Say how far work is, and where that cannot be counted, how long it takes and may take; nothing of quick work."""
    line = line or ProgressLine()
    if not line.is_seen:
        yield tell_nobody
        return
    done = Event()
    ticking = Thread(target=_tick, args=(line, words, most_s, done), daemon=True)
    ticking.start()
    try:
        yield line.hear
    finally:
        done.set()
        ticking.join()
        line.wipe()


def _tick(line: ProgressLine, words: str, most_s: float | None, done: Event) -> None:
    began = monotonic()
    while not done.wait(SEEN_EVERY_S):
        gone = monotonic() - began
        left = "" if most_s is None else f", at most {max(most_s - gone, 0):.0f} s left"
        line.show(line.words() if line.is_under_way else f"{words}: {gone:.0f} s{left}")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
