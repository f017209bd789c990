"""What a person sees of an import: how far it is, and what it did."""

import shlex
import shutil
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.intake.importer import Outcome, Progress
from edgedns_mcp.render.phrases import plural

SEEN_EVERY_S = 0.5  # on a terminal
TOLD_EVERY_S = 10  # in a file of lines
MEGABYTE = 1_000_000


class ProgressLine:
    """Tells how far an import is: one line that changes on a terminal, now and then a new line elsewhere."""

    def __init__(self, clock: Callable[[], float], to: TextIO | None = None) -> None:
        self._clock = clock
        self._to = to or sys.stderr
        self._is_terminal = self._to.isatty()
        self._began = self._next = clock()
        if not self._is_terminal:
            self._next += TOLD_EVERY_S

    def __call__(self, progress: Progress) -> None:
        """Tell it, if it is time."""
        now = self._clock()
        if now < self._next:
            return
        self._next = now + (SEEN_EVERY_S if self._is_terminal else TOLD_EVERY_S)
        words = progress_words(progress, now - self._began)
        self._to.write(_over_the_last(words) if self._is_terminal else f"{words}\n")
        self._to.flush()

    def wipe(self) -> None:
        """Make room for what is said at the end."""
        if self._is_terminal:
            self._to.write(_over_the_last(""))
            self._to.flush()


def progress_words(progress: Progress, seconds: float) -> str:
    """Say how much was read, how fast, and how long the rest will take."""
    rate = progress.bytes_read / seconds if seconds > 0 else 0
    told = f"{progress.lines:,} lines, {progress.bytes_read / MEGABYTE:.0f} MB"
    if progress.size:
        told += f" of {progress.size / MEGABYTE:.0f} ({100 * progress.bytes_read // progress.size} %)"
    if rate:
        told += f", {rate / MEGABYTE:.1f} MB/s"
    if rate and progress.size:
        told += f", {_duration(max(progress.size - progress.bytes_read, 0) / rate)} left"
    return told


def _over_the_last(words: str) -> str:
    width = shutil.get_terminal_size().columns - 1  # in the last column some terminals begin a new line
    return f"{words[:width]:{width}}\r"


def show_outcome(outcome: Outcome, where: str, database: Path, rejects: Path) -> None:
    """Say what an import did; what was left out on standard error."""
    say(_imported(outcome, where, database))
    if outcome.without_key:
        carry = "carries" if outcome.without_key == 1 else "carry"
        say(
            f"{plural(outcome.without_key, 'request')} {carry} no key; "
            "where another field holds it, import into a new --database with --map key_id=field."
        )
    if outcome.rejected:
        were = "was" if outcome.rejected == 1 else "were"
        say(f"{plural(outcome.rejected, 'line')} could not be read and {were} left out:", err=True)
        for reject in outcome.first_rejects:
            say(f"  line {reject.line}: {reject.why}", err=True)
        say(f"{'It is' if outcome.rejected == 1 else 'They are'} kept in {rejects}.", err=True)
    if outcome.unfinished:
        say("The last line has no end yet and was left for the next import.", err=True)


def show_question(outcomes: list[Outcome], account: str) -> None:
    """Say what to ask next."""
    whose = f" --account {shlex.quote(account)}" if account else ""
    if newest := max((one.last for one in outcomes if one.last is not None), default=None):
        say(f"Ask: edgedns-mcp usage --source local --period {_moment(newest)[:7]}{whose}")


def _imported(outcome: Outcome, where: str, database: Path) -> str:
    known = plural(outcome.known_lines, "line") + (" was" if outcome.known_lines == 1 else " were")
    if outcome.first is not None and outcome.last is not None:
        requests, keys = plural(outcome.requests, "request"), plural(len(outcome.keys - {""}), "key")
        stretch = f"from {_moment(outcome.first)} to {_moment(outcome.last)}"
        before = f"; {known} imported before" if outcome.known_lines else ""
        return f"Imported {requests} of {keys} {stretch} into {database}{before}."
    if outcome.known_lines:
        return f"Nothing new in {where}: {known} imported before."
    return f"Nothing was imported: {where} {'has no whole line yet' if outcome.unfinished else 'is empty'}."


def _moment(at: int) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes_left = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes_left} min"
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"
