"""What no server of the SDK can answer faster than over HTTP: MCPServer with a tool that does nothing.

With a file as argument it has another tool, `same_bytes`, that answers what stands in the file, checked by our model.
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


@server.tool()
def nothing() -> str:
    """Do nothing."""
    return ""


if sys.argv[1:]:
    prepared = CallToolResult.model_validate_json(Path(sys.argv[1]).read_bytes())

    @server.tool()
    async def same_bytes() -> Annotated[CallToolResult, UsageReport]:
        """Give the prepared answer."""
        return prepared


with closing(listen("127.0.0.1", 0)) as port:
    serve(config_of(server.streamable_http_app(stateless_http=True, json_response=True), lifespan="on"), port)
