"""How a client is connected to this installation, said below the demo's report."""

import json
import shutil
import sys
from pathlib import Path

from edgedns_mcp.cli.terminal.faces import say


def show_connection() -> None:
    """Say how a client is connected to this installation."""
    block = {"mcpServers": {"edgedns": {"command": _command(), "env": {"EDGEDNS_API_KEY": "your EdgeDNS API key"}}}}
    say(
        "\nConnect a client: put this into claude_desktop_config.json (Claude Desktop), .cursor/mcp.json (Cursor) or\n"
        "~/.gemini/settings.json (Gemini CLI); VS Code's .vscode/mcp.json names the outer key servers.\n"
        f"\n{json.dumps(block, indent=2)}\n\n"
        "Without a key and a database the server answers from this demo. Then ask:\n"
        '  "Which of our API keys used the most this month?"'
    )


def _command() -> str:
    beside = Path(sys.executable).with_name("edgedns-mcp.exe" if sys.platform == "win32" else "edgedns-mcp")
    return str(beside) if beside.exists() else shutil.which("edgedns-mcp") or "edgedns-mcp"
