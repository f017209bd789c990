"""Put a question from the terminal, and print what comes back."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from typing import TypeVar

import anyio
import typer

from edgedns_mcp.cli.progress import waiting
from edgedns_mcp.cli.terminal.faces import Face
from edgedns_mcp.cli.terminal.watching import keep_drawing
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import Model
from edgedns_mcp.models.work import Tell, tell_nobody
from edgedns_mcp.service.desk import Desk, open_desk
from edgedns_mcp.settings import Settings

PATIENCE_S = 60.0  # a person at a terminal waits longer than an MCP client
Answered = TypeVar("Answered")
Shown = TypeVar("Shown", bound=Model)


def ask(settings: Settings, question: Callable[[Desk], Awaitable[Answered]]) -> Answered:
    """Give the answer of the source that the settings name, and say meanwhile how far it is.

    Raises:
        UsageError: there is none.
    """
    what = "Building the demo" if settings.source == "demo" else "Reading the figures"
    with waiting(what, PATIENCE_S) as told:
        return anyio.run(_asked, settings, question, told)


async def _asked(
    settings: Settings, question: Callable[[Desk], Awaitable[Answered]], told: Tell = tell_nobody
) -> Answered:
    desk = replace(open_desk(settings, told), deadline_s=PATIENCE_S)
    try:
        return await question(desk)
    finally:
        await desk.source.aclose()


def tell(
    settings: Settings,
    question: Callable[[Desk], Awaitable[Shown]],
    face: Face[Shown],
    *,
    as_json: bool,
    watch: float | None = None,
) -> None:
    """Put a question and print the answer; where it is watched, again and again until Ctrl-C.

    Raises:
        UsageError: there is no answer, or nobody can watch.
    """
    if watch is None:
        show(ask(settings, question), face, as_json=as_json)
        return
    if as_json:
        raise QuestionError("Choose one of --watch and --json.")

    async def drawn(desk: Desk) -> None:
        await keep_drawing(lambda: question(desk), face, watch)

    with suppress(KeyboardInterrupt):  # how a watch ends
        anyio.run(_asked, settings, drawn)


def show(answer: Shown, face: Face[Shown], *, as_json: bool) -> None:
    """Print an answer as a person reads it, or exactly as the tool returns it."""
    if as_json:
        typer.echo(answer.model_dump_json(indent=2))
    else:
        face.show(answer)
