"""What no server of the SDK can answer faster than over HTTP: MCPServer with a tool that does nothing.

Its other tool, `same_bytes`, answers what stands in the file that is named, checked against the output model of ours.
"""

import sys
from contextlib import closing
from pathlib import Path
from typing import Annotated

from mcp.server import MCPServer
from mcp.types import CallToolResult

from edgedns_mcp.cli.listening import config_of, listen, serve
from edgedns_mcp.models import UsageReport

server = MCPServer("bare", log_level="WARNING")
prepared = CallToolResult.model_validate_json(Path(sys.argv[1]).read_bytes())


@server.tool()
async def nothing() -> str:
    """Do nothing; were it no coroutine, the SDK would take the longer way into a thread."""
    return ""


@server.tool()
async def same_bytes() -> Annotated[CallToolResult, UsageReport]:
    """Give the prepared answer."""
    return prepared


with closing(listen("127.0.0.1", 0)) as port:
    serve(config_of(server.streamable_http_app(stateless_http=True, json_response=True), lifespan="on"), port)
