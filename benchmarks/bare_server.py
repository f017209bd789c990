"""What no server of the SDK can start faster than: MCPServer with one tool that does nothing.

With the argument `without-rich` it skips the import of rich as ours does, which the SDK makes where rich is installed.
"""

import sys

from mcp.server import MCPServer

if "without-rich" in sys.argv:
    sys.modules["rich.console"] = None  # type: ignore[assignment] - how Python marks a module as not to be imported

server = MCPServer("bare", log_level="WARNING")


@server.tool()
def nothing() -> str:
    """Do nothing."""
    return ""


server.run()
