"""Help in two columns that fit a terminal: lines end between words and between choices, never within one."""

import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import typer
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text
from typer.core import TyperCommand, TyperGroup

from edgedns_mcp.cli.terminal.drawing import GAP
from edgedns_mcp.cli.terminal.faces import a_console
from edgedns_mcp.models.secrets import cut

FRAME = 4  # columns that a panel takes
NAMES_TAKE = 0.4  # of a line, where they could take more
CHOICES = re.compile(r"<([^<>]*\|[^<>]*)>")
WRONG_USE: Any = typer.BadParameter.__mro__[1]  # click's UsageError, wherever typer keeps it
Row: TypeAlias = tuple[str, str]  # what is written, and what it does


def fit_help(app: typer.Typer) -> None:
    """Let an app and all its commands show their help this way."""
    app.info.cls = _HelpedGroup
    for command in app.registered_commands:
        command.cls = _HelpedCommand
    for group in app.registered_groups:
        if group.typer_instance:
            fit_help(group.typer_instance)


class _HelpedCommand(TyperCommand):
    def format_help(self, ctx: Any, formatter: Any) -> None:
        del formatter  # it writes for 80 columns at most
        _show(self, ctx, {})


class _HelpedGroup(TyperGroup):
    def make_context(self, *args: Any, **kwargs: Any) -> Any:
        with _told_without_secrets():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:
        with _told_without_secrets():
            return super().invoke(ctx)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        del formatter
        _show(self, ctx, {name: self.get_command(ctx, name) for name in self.list_commands(ctx)})


@contextmanager
def _told_without_secrets() -> Generator[None]:
    """Cut the secrets in what is wrong with a command line, which repeats its words."""
    try:
        yield
    except WRONG_USE as exc:
        exc.message = cut(exc.message)
        raise


def _show(command: Any, ctx: Any, below: Any) -> None:
    console = a_console()
    rows: dict[str, list[Row]] = {"Arguments": [], "Options": [], "Commands": []}
    for one in command.get_params(ctx):
        rows["Arguments" if one.param_type_name == "argument" else "Options"].append(_row(one, ctx))
    rows["Commands"] = [(name, _paragraphs(one.help)[0]) for name, one in below.items()]
    usage = f"Usage: {ctx.command_path} {' '.join(command.collect_usage_pieces(ctx))}"
    for one in (Text(usage, "bold"), *map(Text, _paragraphs(command.help))):
        console.print(Padding(one, (0, 1, 1, 1)))
    for title, listed in rows.items():
        if listed:
            panel = Panel(_columns(listed, console.width - FRAME), title=title, title_align="left", border_style="dim")
            console.print(panel)


def _row(param: Any, ctx: Any) -> Row:
    written, does = param.get_help_record(ctx)
    spread = CHOICES.sub(lambda found: found[1].replace("|", " | "), written)
    return spread.replace(" range>", ">"), does


def _paragraphs(text: str | None) -> Sequence[str]:
    return [" ".join(one.split()) for one in (text or "").split("\n\n")]


def _columns(rows: Sequence[Row], width: int) -> Table:
    """Draw rows; the first column is as wide as its words need, and no wider than a part of the line beyond that."""
    longest = max(len(word) for written, _ in rows for word in written.split())
    names = max(longest, min(max(len(written) for written, _ in rows), round(width * NAMES_TAKE)))
    drawn = Table.grid(padding=(0, GAP, 0, 0))
    drawn.add_column(width=names, style="cyan")
    drawn.add_column(width=width - names - GAP)
    for written, does in rows:
        said, bracket, more = does.partition("  [")
        drawn.add_row(Text(written), Text.assemble(said, (f" [{more}" if bracket else "", "dim")))
    return drawn
