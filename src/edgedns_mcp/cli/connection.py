"""How a client is connected to this installation, said below the demo's report."""

import json

from edgedns_mcp.cli.connect.clients import command_here
from edgedns_mcp.cli.terminal.faces import say


def show_connection() -> None:
    """Say how a client is connected to this installation."""
    block = {
        "mcpServers": {
            "edgedns": {"command": command_here() or "edgedns-mcp", "env": {"EDGEDNS_API_KEY": "your EdgeDNS API key"}}
        }
    }
    say(
        "\nConnect a client: put this into claude_desktop_config.json (Claude Desktop), .cursor/mcp.json (Cursor) or\n"
        "~/.gemini/settings.json (Gemini CLI); VS Code's .vscode/mcp.json names the outer key servers.\n"
        f"\n{json.dumps(block, indent=2)}\n\n"
        "Without a key and a database the server answers from this demo. Then ask:\n"
        '  "Which of our API keys used the most this month?"'
    )
