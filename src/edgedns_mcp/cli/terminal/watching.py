"""Watching: the same question again and again, its picture drawn anew, until Ctrl-C."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.text import Text

from edgedns_mcp.cli.terminal.faces import Face, a_console
from edgedns_mcp.errors import QuestionError, UnavailableError

NO_TERMINAL = "--watch needs a terminal to draw on; leave it out, and ask again as often as you like."
Answered = TypeVar("Answered")


async def keep_drawing(ask: Callable[[], Awaitable[Answered]], face: Face[Answered], every_s: float) -> None:
    """Draw the answer now and every so many seconds, for ever.

    Raises:
        QuestionError: nobody looks.
        UsageError: there is no answer, and asking again would not help.
    """
    console = a_console()
    if not console.is_terminal:
        raise QuestionError(NO_TERMINAL)
    with Live(console=console, screen=True, auto_refresh=False) as live:
        while True:
            head = Text(f"Asked every {every_s:g} s; Ctrl-C ends.", style="dim")
            live.update(Group(head, Text(), await _picture(ask, face, console)), refresh=True)
            await anyio.sleep(every_s)


async def _picture(ask: Callable[[], Awaitable[Answered]], face: Face[Answered], console: Console) -> RenderableType:
    """Draw the answer; a source that is out of reach for a while ends no watch."""
    try:
        return face.picture(await ask(), console.width)
    except UnavailableError as exc:
        return Text(str(exc))
