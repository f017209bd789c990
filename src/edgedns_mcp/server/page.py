"""The page that hosts with MCP Apps show beside an answer; it is read only where a host asks for it."""

from typing import Any

from mcp.server import MCPServer
from mcp.server.apps import APP_MIME_TYPE, Apps, ResourceCsp, ResourcePermissions
from mcp.server.mcpserver.resources import FunctionResource

from edgedns_mcp import __version__

PAGE = "ui://edgedns/usage.html"
PAGE_URI = f"{PAGE}?v={__version__}"  # hosts keep a page by its URI, so that of another version has another
SHOWN_BY = {"ui": {"resourceUri": PAGE_URI}}  # what a tool says of the page that shows its answers
NOBODY = ResourceCsp(connect_domains=[], resource_domains=[], frame_domains=[], base_uri_domains=[])
MAY_COPY = ResourcePermissions(clipboard_write={})
TITLE = "Usage of API keys"
META = {
    "ui": {
        "csp": NOBODY.model_dump(by_alias=True),
        "permissions": MAY_COPY.model_dump(by_alias=True, exclude_none=True),
        "prefersBorder": True,
    }
}


def apps() -> Apps:
    """Offer the page, which asks nobody but its host for anything."""
    offered = Apps()
    offered.add_resource(
        FunctionResource.from_function(
            _page,
            uri=PAGE_URI,
            name="usage",
            title=TITLE,
            description="Rankings, trends, changes, findings and chargebacks, shown from the answers of the tools.",
            mime_type=APP_MIME_TYPE,
            meta=META,
        )
    )
    return offered


def add_page_of_any_version(server: MCPServer[Any]) -> None:
    """Offer the page to whoever knows it by the URI of another version, as the answers in an old chat do."""

    @server.resource(PAGE + "{?v}", name="usage of any version", title=TITLE, mime_type=APP_MIME_TYPE, meta=META)
    def any_version(v: str = "") -> str:
        """The same page as it is now."""
        del v
        return _page()


def _page() -> str:
    from edgedns_mcp.render.page import usage_page

    return usage_page()
