"""How an answer reaches a person: its picture on a terminal, its words where a program reads."""

import os
import shutil
from collections.abc import Callable
from typing import Generic, NamedTuple, TypeVar

import typer
from rich.console import Console, RenderableType
from rich.text import Text

Answered = TypeVar("Answered")


class Face(NamedTuple, Generic[Answered]):
    """An answer's words, byte for byte what the tool returns, and its picture for a width."""

    words: Callable[[Answered], str]
    picture: Callable[[Answered, int], RenderableType]

    def show(self, answer: Answered, console: Console | None = None) -> None:
        """Print an answer."""
        console = console or a_console()
        if console.is_terminal:
            console.print(self.picture(answer, console.width))
        else:
            print(self.words(answer))


def a_console(*, err: bool = False) -> Console:
    """Open standard output, or standard error, with its width; a dumb terminal has one, too."""
    is_dumb = os.environ.get("TERM", "").casefold() in ("dumb", "unknown")
    size = shutil.get_terminal_size() if is_dumb else None  # rich takes every dumb terminal for 80 columns
    return Console(stderr=err, width=size and size.columns, height=size and size.lines, highlight=False)


def say(text: str, *, err: bool = False) -> None:
    """Print sentences: wrapped at words on a terminal, as they are elsewhere."""
    console = a_console(err=err)
    if console.is_terminal:
        console.print(Text(text))
    else:
        typer.echo(text, err=err)
