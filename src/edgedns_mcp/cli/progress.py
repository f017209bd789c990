"""How far long work is: one line on standard error that changes, with rate and time left, where somebody looks."""

import shutil
import sys
from collections.abc import Callable, Generator
from contextlib import contextmanager
from threading import Event, Thread
from time import monotonic
from typing import NamedTuple, TextIO

SEEN_EVERY_S = 0.5


class Far(NamedTuple):
    """How far some work is: so much of `size`, which is None where nobody knows it."""

    said: str
    done: float
    size: float | None
    unit: str


class ProgressLine:
    """A line on a terminal, written over at most twice a second."""

    def __init__(self, clock: Callable[[], float] = monotonic, to: TextIO | None = None) -> None:
        self._clock = clock
        self._to = to or sys.stderr
        self.is_seen = self._to.isatty()
        self._began = self._next = clock()

    def __call__(self, far: Far) -> None:
        """Tell it, if it is time and somebody looks."""
        now = self._clock()
        if self.is_seen and now >= self._next:
            self._next = now + SEEN_EVERY_S
            self.show(far_words(far, now - self._began))

    def show(self, words: str) -> None:
        """Write over what the line said, cut to the terminal's width."""
        if self.is_seen:
            width = shutil.get_terminal_size().columns - 1  # in the last column some terminals begin a new line
            self._to.write(f"{words[:width]:{width}}\r")
            self._to.flush()

    def wipe(self) -> None:
        """Make room for what is said at the end."""
        self.show("")


def far_words(far: Far, seconds: float) -> str:
    """Say how much is done, how fast, and how long the rest will take."""
    rate = far.done / seconds if seconds > 0 else 0
    told = f"{far.said}, {far.done:.0f} {far.unit}"
    if far.size:
        told += f" of {far.size:.0f} ({100 * far.done // far.size:.0f} %)"
    if rate:
        told += f", {rate:.1f} {far.unit}/s"
    if rate and far.size:
        told += f", {_duration(max(far.size - far.done, 0) / rate)} left"
    return told


@contextmanager
def waiting(words: str, most_s: float, line: ProgressLine | None = None) -> Generator[None]:
    """Say how long a question has been worked on, and how long it may be at most; nothing of a quick one."""
    line = line or ProgressLine()
    if not line.is_seen:
        yield
        return
    done = Event()
    ticking = Thread(target=_tick, args=(line, words, most_s, done), daemon=True)
    ticking.start()
    try:
        yield
    finally:
        done.set()
        ticking.join()
        line.wipe()


def _tick(line: ProgressLine, words: str, most_s: float, done: Event) -> None:
    began = monotonic()
    while not done.wait(SEEN_EVERY_S):
        gone = monotonic() - began
        line.show(f"{words}: {gone:.0f} s, at most {max(most_s - gone, 0):.0f} s left")


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
