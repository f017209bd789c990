"""A change of a client's file: worked out, shown, written at once or not at all, and undone to the byte."""

import difflib
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from edgedns_mcp.cli.connect import json_text, toml_text
from edgedns_mcp.cli.connect.clients import SERVER, Client
from edgedns_mcp.cli.connect.json_text import NoJson
from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.settings.file import parsed
from edgedns_mcp.store.files import new_file

MOST_BYTES = 20_000_000  # Claude Code keeps its history in the same file
BACKUP = ".before-edgedns-mcp"
OWNER_ALONE, WRITABLE = 0o600, 0o222


class Change(NamedTuple):
    """What a file says, and what it is to say; None where it is not, or is not to be, there."""

    client: Client
    file: Path
    before: str | None
    after: str | None

    @property
    def backup(self) -> Path:
        """Give where the file as it was before us is kept."""
        return self.file.with_name(self.file.name + BACKUP)

    def shown(self) -> Iterator[str]:
        """Give the lines that change, and none around them: what else stands there is nobody's business."""
        lines = difflib.unified_diff(
            (self.before or "").splitlines(),
            (self.after or "").splitlines(),
            f"{self.file}",
            f"{self.file}",
            "",
            "",
            0,
            "",
        )
        return (line for line in lines if not line.startswith("@@"))


def installed(client: Client, entry: Mapping[str, Any]) -> Change:
    """Work out how the file is to look with our server in it.

    Raises:
        ConfigurationError: the file cannot be read, is not what it should be, or the client is not there.
    """
    file = _real(client)
    before = _read(file)
    if before is None and not file.parent.is_dir():
        raise ConfigurationError(
            f"{client.title} does not seem to be installed: there is no folder {file.parent}; "
            f"start it once, or add what edgedns-mcp install {client.name} --print prints yourself."
        )
    after = _with(client, file, before or "", entry)
    return Change(client, file, before, after)


def uninstalled(client: Client) -> Change:
    """Work out how the file is to look without our server: as before us, where nothing else changed since.

    Raises:
        ConfigurationError: the file cannot be read or is not what it should be.
    """
    file = _real(client)
    before = _read(file)
    if before is None:
        return Change(client, file, None, None)
    change = Change(client, file, before, _without(client, file, before))
    original = _read(change.backup)
    if original is not None and _bare(client, file, original) == _bare(client, file, before):
        return change._replace(after=original)
    is_ours = original is None and change.after != before and not _bare(client, file, before)
    return change._replace(after=None) if is_ours else change


def servers_of(client: Client) -> Mapping[str, Any]:
    """Give the servers that a client has.

    Raises:
        ConfigurationError: its file cannot be read.
    """
    file = _real(client)
    text = _read(file)
    return {} if text is None else _servers(client, file, text)


def carry_out(change: Change) -> None:
    """Write the file, keeping the first one before us beside it; undoing removes that again.

    Raises:
        ConfigurationError: the file is read-only; nothing has changed.
        StoreError: it cannot be written; nothing has changed.
    """
    mode = change.file.stat().st_mode if change.before is not None else OWNER_ALONE
    if not mode & WRITABLE:
        raise ConfigurationError(f"{change.file} is read-only; make it writable, or change it as --print prints.")
    is_undone = change.after is None or SERVER not in _servers(change.client, change.file, change.after)
    if change.before is not None and not is_undone and not change.backup.exists():
        _write(change.backup, change.before, mode)
    if change.after is None:
        change.file.unlink()
    else:
        _write(change.file, change.after, mode)
    if is_undone:
        change.backup.unlink(missing_ok=True)


def _write(file: Path, text: str, mode: int) -> None:
    with new_file(file, force=True) as new:
        new.write(text)
    file.chmod(mode)


def _with(client: Client, file: Path, text: str, entry: Mapping[str, Any]) -> str:
    path = (client.table, SERVER)
    try:
        after = toml_text.with_table(text, path, entry) if client.is_toml else json_text.with_member(text, path, entry)
    except NoJson as exc:
        raise _unfit(file, exc.line) from exc
    expected = _parsed(client, file, text)
    expected[client.table] = {**expected.get(client.table, {}), SERVER: entry}
    return _checked(client, file, after, expected)


def _without(client: Client, file: Path, text: str) -> str:
    path = (client.table, SERVER)
    try:
        after = toml_text.without_table(text, path) if client.is_toml else json_text.without_member(text, path)
    except NoJson as exc:
        raise _unfit(file, exc.line) from exc
    expected = _parsed(client, file, text)
    if client.table in expected:
        expected[client.table].pop(SERVER, None)
    return _checked(client, file, after, expected)


def _checked(client: Client, file: Path, after: str, expected: Mapping[str, Any]) -> str:
    """Make sure that the changed text says what it should, and everything else as before."""
    with suppress(ConfigurationError):
        if _full(_parsed(client, file, after)) == _full(expected):
            return after
    raise ConfigurationError(
        f"{file} is written in a way that edgedns-mcp does not change safely; "
        f"add or take out [{client.table}.{SERVER}] yourself, as --print prints it."
    )


def _bare(client: Client, file: Path, text: str) -> Mapping[str, Any]:
    """Give what a file says but for our server and for empty tables."""
    found = _parsed(client, file, text)
    if isinstance(found.get(client.table), dict):
        found[client.table] = {name: one for name, one in found[client.table].items() if name != SERVER}
    return _full(found)


def _full(found: Mapping[str, Any]) -> Mapping[str, Any]:
    return {name: value for name, value in found.items() if value != {}}


def _servers(client: Client, file: Path, text: str) -> Mapping[str, Any]:
    return _parsed(client, file, text).get(client.table, {})


def _parsed(client: Client, file: Path, text: str) -> dict[str, Any]:
    if client.is_toml:
        return dict(parsed(file, text).values)
    try:
        found = json_text.read(text).what
    except NoJson as exc:
        raise _unfit(file, exc.line) from exc
    if not isinstance(found.get(client.table, {}), dict):
        raise _unfit(file, 1)
    return found


def _unfit(file: Path, line: int) -> ConfigurationError:
    return ConfigurationError(f"{file}, line {line}: this is not JSON as the client writes it; mend it there first.")


def _read(file: Path) -> str | None:
    try:
        if not file.exists():
            return None
        if file.stat().st_size > MOST_BYTES:
            raise ConfigurationError(
                f"{file} has more than {MOST_BYTES // 1_000_000} MB; add the server there yourself."
            )
        return file.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as exc:
        raise ConfigurationError(f"{file} cannot be read as text; check its permissions.") from exc


def _real(client: Client) -> Path:
    """Follow links: a file that lies elsewhere stays there."""
    return Path(os.path.realpath(client.file()))
