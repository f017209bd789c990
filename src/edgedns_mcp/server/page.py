"""The page that hosts with MCP Apps show beside an answer; it is read only where a host asks for it."""

from mcp.server.apps import APP_MIME_TYPE, Apps, ResourceCsp, ResourcePermissions
from mcp.server.mcpserver.resources import FunctionResource

PAGE_URI = "ui://edgedns/usage.html"
SHOWN_BY = {"ui": {"resourceUri": PAGE_URI}}  # what a tool says of the page that shows its answers
NOBODY = ResourceCsp(connect_domains=[], resource_domains=[], frame_domains=[], base_uri_domains=[])
MAY_COPY = ResourcePermissions(clipboard_write={})


def apps() -> Apps:
    """Offer the page, which asks nobody but its host for anything."""
    ui = {
        "csp": NOBODY.model_dump(by_alias=True),
        "permissions": MAY_COPY.model_dump(by_alias=True, exclude_none=True),
        "prefersBorder": True,
    }
    offered = Apps()
    offered.add_resource(
        FunctionResource.from_function(
            _page,
            uri=PAGE_URI,
            name="usage",
            title="Usage of API keys",
            description="Rankings, trends, changes, findings and chargebacks, shown from the answers of the tools.",
            mime_type=APP_MIME_TYPE,
            meta={"ui": ui},
        )
    )
    return offered


def _page() -> str:
    from edgedns_mcp.render.page import usage_page

    return usage_page()
