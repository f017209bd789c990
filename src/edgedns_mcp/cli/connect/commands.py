"""The commands that connect a client: install, uninstall."""

import getpass
import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, NamedTuple

import typer

from edgedns_mcp.cli.connect import toml_text
from edgedns_mcp.cli.connect.changes import Change, carry_out, installed, uninstalled
from edgedns_mcp.cli.connect.clients import CLIENTS, SERVER, Client, ClientName, command_here
from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.errors import ConfigurationError, QuestionError
from edgedns_mcp.settings import PREFIX, SourceChoice, load
from edgedns_mcp.settings.file import own_folder
from edgedns_mcp.store.files import new_file

Named = Annotated[ClientName, typer.Argument(metavar="CLIENT", help="Whose configuration.")]
Yes = Annotated[bool, typer.Option("--yes", help="Do not ask; needed where nobody can be asked.")]
KEY_FILE = f"{PREFIX}API_KEY_FILE"
NEW_KEY = "EdgeDNS API key (it is not shown; Enter for none): "


class Asked(NamedTuple):
    """What the server is to be started with."""

    key_file: Path | None
    source: SourceChoice | None
    database: Path | None

    def environment(self) -> Mapping[str, str]:
        """Give it as variables, paths in full: a client starts us in a folder of its own."""
        given = {
            KEY_FILE: self.key_file and self.key_file.absolute(),
            f"{PREFIX}SOURCE": self.source,
            f"{PREFIX}DATABASE": self.database and self.database.absolute(),
        }
        return {name: str(value) for name, value in given.items() if value}


def install(
    client: Named,
    *,
    only_print: Annotated[
        bool, typer.Option("--print", help="Print what belongs into its file, and do nothing.")
    ] = False,
    yes: Yes = False,
    api_key_file: Annotated[Path | None, typer.Option(help="A file that holds the EdgeDNS API key alone.")] = None,
    source: Annotated[SourceChoice | None, typer.Option(help="Where figures come from, if it is always one.")] = None,
    database: Annotated[Path | None, typer.Option(help="The SQLite file, if not the usual one.")] = None,
) -> None:
    """Put this server into the configuration of a client, after showing the change; the file before is kept.

    Example: edgedns-mcp install claude-desktop
    """
    chosen, asked = CLIENTS[client], Asked(api_key_file, source, database)
    if api_key_file and not api_key_file.is_file():
        raise ConfigurationError(f"There is no file {api_key_file}; name one that holds the API key alone.")
    if only_print:
        typer.echo(_block(chosen, chosen.entry(command(), asked.environment())))
        return
    if not yes and not sys.stdin.isatty():
        raise QuestionError("Nobody can be asked here; add --yes to change the file, or --print to see it.")
    asked = asked if yes else asked._replace(key_file=api_key_file or _key_file(asked))
    change = installed(chosen, chosen.entry(command(), asked.environment()))
    _agreed(change, f"{chosen.title} has this server already", yes=yes)
    say(f"{chosen.title} has edgedns now. {chosen.after} Undo: edgedns-mcp uninstall {client}")


def uninstall(client: Named, *, yes: Yes = False) -> None:
    """Take this server out of the configuration of a client; the file is as it was before.

    Example: edgedns-mcp uninstall claude-desktop
    """
    chosen = CLIENTS[client]
    if not yes and not sys.stdin.isatty():
        raise QuestionError("Nobody can be asked here; add --yes to change the file.")
    _agreed(uninstalled(chosen), f"{chosen.title} does not have this server", yes=yes)
    say(f"{chosen.title} no longer has edgedns. {chosen.after}")


def _agreed(change: Change, nothing: str, *, yes: bool) -> None:
    if change.before == change.after:
        say(f"{nothing}; {change.file} stays as it is.")
        raise typer.Exit
    for line in change.shown():
        typer.echo(line)
    if not yes and not typer.confirm(f"Change {change.file}?"):
        say("Nothing was changed.")
        raise typer.Exit
    carry_out(change)


def _block(client: Client, entry: Mapping[str, object]) -> str:
    if client.is_toml:
        return toml_text.with_table("", (client.table, SERVER), entry).rstrip()
    return json.dumps({client.table: {SERVER: entry}}, indent=2)


def command() -> Sequence[str]:
    """Name this command by its full path: a desktop client does not know the shell's."""
    found = command_here()
    return [os.path.abspath(found)] if found else [sys.executable, "-m", "edgedns_mcp"]  # noqa: PTH100 - links stay


def _key_file(asked: Asked) -> Path | None:
    """Give the file of the API key, made for a key that is typed: none stands in a client's file."""
    settings = load()
    if asked.source in ("local", "demo") or settings.api_key_file:
        return settings.api_key_file if os.environ.get(KEY_FILE) else None  # edgedns.toml is read anyway
    key = settings.api_key.get_secret_value() if settings.api_key else getpass.getpass(NEW_KEY).strip()
    if not key:
        return None
    file = own_folder() / "api_key"
    with new_file(file, force=True) as new:
        new.write(f"{key}\n")
    say(f"The API key is kept in {file}, which you alone can read; no client's file has it.")
    return file
