"""Every command of the terminal, with its arguments and options, as its own help tells them."""

from collections.abc import Iterator
from typing import Any

import typer
from typer.main import get_command

from edgedns_mcp.cli.main import app
from edgedns_mcp.cli.terminal.help import _paragraphs, _row
from pages.tables import table


async def commands() -> str:
    root: Any = get_command(app)
    return "\n".join(_command(context) for context in _every(root.context_class(root, info_name="edgedns-mcp")))


def _every(context: typer.Context) -> Iterator[typer.Context]:
    below: dict[str, Any] = getattr(context.command, "commands", {})
    for name, command in below.items():
        inner = command.context_class(command, info_name=name, parent=context)
        if not hasattr(command, "commands"):
            yield inner
        yield from _every(inner)


def _command(context: typer.Context) -> str:
    command: Any = context.command
    *told, example = _paragraphs(command.help)
    rows = [_row(one, context) for one in command.get_params(context) if one.name != "help"]
    options = table("| | |", [f"| `{_cell(written)}` | {_cell(does)} |" for written, does in rows])
    usage = f"{context.command_path} {' '.join(command.collect_usage_pieces(context))}"
    shown = f"```sh\n{example.removeprefix('Example: ')}\n```"
    return "\n\n".join([f"### {context.command_path}", *told, f"`{usage}`", shown, options])


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
