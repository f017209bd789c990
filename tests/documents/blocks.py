"""What a document shows in blocks: data that parses, commands that exist, and sessions that really went that way."""

import json
import re
import shlex
import subprocess
import tomllib
from collections.abc import Iterator
from itertools import dropwhile, groupby
from pathlib import Path
from typing import Any, NamedTuple

from typer.main import get_command

from edgedns_mcp.cli.main import app
from edgedns_mcp.cli.terminal.help import WRONG_USE

FENCE = re.compile(r"(?ms)^( *)```(\w*)\n(.*?)^\1```$")
INLINE = re.compile(r"`edgedns-mcp ([a-z][a-z-]*)[^`]*`")
LANGUAGES = {"diff", "json", "toml", "csv", "sh", "console", "sql", "python", "text"}
ENDS = {"|", "&&", "||", ";", "&", ">"}  # of a command, for a shell
ROOT: Any = get_command(app)


class Block(NamedTuple):
    """A block of a document, and in which language."""

    language: str
    text: str


class Turn(NamedTuple):
    """A command of a session, and what came of it; … stands for anything."""

    command: str
    printed: str


def blocks(document: str) -> list[Block]:
    return [Block(found[2], re.sub(f"(?m)^{found[1]}", "", found[3])) for found in FENCE.finditer(document)]


def wrong_data(block: Block) -> str:
    """Say what is wrong with JSON, TOML or Python; '' where nothing is."""
    try:
        match block.language:
            case "json":
                json.loads(block.text)
            case "toml":
                tomllib.loads(block.text)
            case "python":
                compile(block.text, "a document", "exec")
            case _:
                pass
    except (ValueError, SyntaxError) as exc:
        return f"{exc}: {block.text}"
    return ""


def commands(block: Block) -> Iterator[list[str]]:
    """Give each command of ours that a shell would start, without its first word."""
    session = "\n".join(turn.command for turn in turns(block))
    for line in (session or block.text.replace("\\\n", " ")).splitlines():
        words = shlex.split(line.replace(";", " ; "), comments=True)
        for ends, part in groupby(words, ENDS.__contains__):
            command = list(dropwhile(_leads, part))
            if not ends and command[:1] and command[0].endswith("edgedns-mcp"):
                yield command[1:]


def turns(block: Block) -> list[Turn]:
    parts = re.split(r"(?m)^\$ ", block.text)[1:]
    return [Turn(*part.partition("\n")[::2]) for part in parts]


def unknown(words: list[str]) -> str:
    """Say why our command line does not take these words; '' where it does."""
    try:
        _parsed(ROOT, words)
    except WRONG_USE as exc:
        return f"{' '.join(words)}: {exc.format_message()}"
    return ""


def unlike(turn: Turn, folder: Path, environment: dict[str, str]) -> str:
    """Do what a session does, and say what differs; a file that it shows by `cat` is put there."""
    match turn.command.split():
        case ["cat", name]:
            (folder / name).write_text(turn.printed, encoding="utf-8")
            return ""
        case _:
            done = subprocess.run(
                turn.command,
                shell=True,
                cwd=folder,
                env=environment,
                capture_output=True,
                encoding="utf-8",
                timeout=60,
                check=False,
            )
    printed = (done.stdout + done.stderr).strip()
    pattern = "(?s)" + re.escape(turn.printed.strip()).replace("…", ".*?")
    return "" if re.fullmatch(pattern, printed) else f"$ {turn.command}\n{printed}\n-- and not --\n{turn.printed}"


def _parsed(command: Any, words: list[str]) -> None:
    context = command.make_context(command.name, list(words), resilient_parsing=False)
    rest = [*context._protected_args, *context.args]
    if hasattr(command, "commands") and rest:
        _, inner, args = command.resolve_command(context, rest)
        _parsed(inner, args)


def _leads(word: str) -> bool:
    """Tell whether a word may stand before a command: a variable, a time of cron, or what runs it."""
    return "=" in word or word in {"uvx", "*"} or word.isdigit()
