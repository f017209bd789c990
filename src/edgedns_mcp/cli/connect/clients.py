"""The clients that we know: where their configuration lies, and how a server is written there."""

import os
import shutil
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple

from edgedns_mcp.errors import ConfigurationError

ClientName = Literal["claude-desktop", "claude-code", "cursor", "vscode", "gemini", "codex"]
SERVER = "edgedns"


class Client(NamedTuple):
    """A client that starts servers over stdio."""

    name: ClientName
    title: str
    table: str  # under which its file has servers
    is_toml: bool = False
    says_kind: bool = False  # wants "type": "stdio"
    after: str = ""  # what to do then

    def entry(self, command: Sequence[str], environment: Mapping[str, str]) -> dict[str, Any]:
        """Give what the file says of our server."""
        kind = {"type": "stdio"} if self.says_kind else {}
        begun = kind | {"command": command[0], "args": list(command[1:])}
        return begun | ({"env": dict(environment)} if environment else {})

    def file(self) -> Path:
        """Give where its configuration of this user lies, whether it is there or not.

        Raises:
            ConfigurationError: nobody knows where the user's files are.
        """
        return _places()[self.name]


RESTART = "Quit and start it again."
CLIENTS: Mapping[ClientName, Client] = {
    one.name: one
    for one in (
        Client("claude-desktop", "Claude Desktop", "mcpServers", after=RESTART),
        Client("claude-code", "Claude Code", "mcpServers", says_kind=True, after="Look with /mcp."),
        Client("cursor", "Cursor", "mcpServers", after="Look in Settings, MCP."),
        Client("vscode", "VS Code", "servers", says_kind=True, after="Run the command MCP: List Servers."),
        Client("gemini", "Gemini CLI", "mcpServers", after="Look with gemini mcp list."),
        Client("codex", "Codex", "mcp_servers", is_toml=True, after="Look with /mcp."),
    )
}


def command_here() -> str:
    """Give the path of this installation's command; '' where there is none."""
    beside = Path(sys.executable).with_name("edgedns-mcp.exe" if sys.platform == "win32" else "edgedns-mcp")
    return str(beside) if beside.is_file() else shutil.which("edgedns-mcp") or ""


def _places() -> dict[ClientName, Path]:
    home = _home()
    apps = _of_applications(home)
    return {
        "claude-desktop": apps / "Claude" / "claude_desktop_config.json",
        "claude-code": home / ".claude.json",
        "cursor": home / ".cursor" / "mcp.json",
        "vscode": apps / "Code" / "User" / "mcp.json",
        "gemini": home / ".gemini" / "settings.json",
        "codex": Path(os.environ.get("CODEX_HOME") or home / ".codex") / "config.toml",
    }


def _of_applications(home: Path) -> Path:
    if sys.platform == "win32":
        return Path(os.environ.get("APPDATA") or home / "AppData" / "Roaming")
    if sys.platform == "darwin":
        return home / "Library" / "Application Support"
    return Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")


def _home() -> Path:
    try:
        return Path.home()
    except RuntimeError as exc:
        raise ConfigurationError("Nobody knows where your home folder is; set HOME to it.") from exc
