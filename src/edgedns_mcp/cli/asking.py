"""Put a question from the terminal, and print what comes back."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

import anyio
import typer

from edgedns_mcp.cli.terminal.faces import Face
from edgedns_mcp.models import Model
from edgedns_mcp.service.desk import Desk, open_desk
from edgedns_mcp.settings import Settings

PATIENCE_S = 60.0  # a person at a terminal waits longer than an MCP client
Answered = TypeVar("Answered")
Shown = TypeVar("Shown", bound=Model)


def ask(settings: Settings, question: Callable[[Desk], Awaitable[Answered]]) -> Answered:
    """Give the answer of the source that the settings name.

    Raises:
        UsageError: there is none.
    """

    async def asked() -> Answered:
        desk = replace(open_desk(settings), deadline_s=PATIENCE_S)
        try:
            return await question(desk)
        finally:
            await desk.source.aclose()

    return anyio.run(asked)


def show(answer: Shown, face: Face[Shown], *, as_json: bool) -> None:
    """Print an answer as a person reads it, or exactly as the tool returns it."""
    if as_json:
        typer.echo(answer.model_dump_json(indent=2))
    else:
        face.show(answer)
