"""Watching: the same question again and again, its picture drawn anew, until Ctrl-C."""

from collections.abc import Awaitable, Callable
from typing import NamedTuple, TypeAlias, TypeVar

import anyio
from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.live import Live
from rich.segment import SegmentLines
from rich.text import Text

from edgedns_mcp.cli.terminal.faces import Face, a_console
from edgedns_mcp.errors import QuestionError, UnavailableError
from edgedns_mcp.render.phrases import plural

LOOK_EVERY_S = 0.25  # whether the terminal has another size
NO_TERMINAL = "--watch needs a terminal to draw on; leave it out, and ask again as often as you like."
Answered = TypeVar("Answered")
Drawn: TypeAlias = Callable[[int], RenderableType]  # for a width


class Fitting(NamedTuple):
    """As much of a picture as the screen has lines for; the last one says how many more there are."""

    picture: RenderableType

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Draw it."""
        lines, room = console.render_lines(self.picture, options.update(height=None)), options.size.height
        if len(lines) > room:
            hidden = plural(len(lines) - room + 1, "more line")
            lines[room - 1 :] = console.render_lines(Text(f"{hidden} below; this screen has {room}.", "bold"), options)
        yield SegmentLines(lines[:room], new_lines=True)


async def keep_drawing(ask: Callable[[], Awaitable[Answered]], face: Face[Answered], every_s: float) -> None:
    """Draw the answer now and every so many seconds, for ever.

    Raises:
        QuestionError: nobody looks.
        UsageError: there is no answer, and asking again would not help.
    """
    console = a_console()
    if not console.is_terminal:
        raise QuestionError(NO_TERMINAL)
    head = Text(f"Asked every {every_s:g} s; Ctrl-C ends.", style="dim")
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            drawn = await _drawn(ask, face)
            with anyio.move_on_after(every_s):
                await _keep_fitting(live, lambda width, drawn=drawn: Group(head, Text(), drawn(width)))


async def _drawn(ask: Callable[[], Awaitable[Answered]], face: Face[Answered]) -> Drawn:
    """Give the picture of the answer; a source that is out of reach for a while ends no watch."""
    try:
        answer = await ask()
    except UnavailableError as exc:
        trouble = Text(str(exc))
        return lambda _: trouble
    return lambda width: face.picture(answer, width)


async def _keep_fitting(live: Live, drawn: Drawn) -> None:
    """Draw, and again whenever the terminal has another size."""
    size = None
    while True:
        if live.console.size != size:
            size = live.console.size
            live.update(Fitting(drawn(size.width)), refresh=True)
        await anyio.sleep(LOOK_EVERY_S)
