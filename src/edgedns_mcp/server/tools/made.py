"""How a tool is made of a function, and a result of an answer."""

from typing import Any

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, TextContent, ToolAnnotations

from edgedns_mcp.models import Model

READ_ONLY = {"read_only_hint": True, "destructive_hint": False, "idempotent_hint": True, "open_world_hint": True}


def tool_of(title: str, function: Any) -> Tool:
    tool = Tool.from_function(function, title=title, annotations=ToolAnnotations(title=title, **READ_ONLY))
    return tool.model_copy(
        update={"parameters": _without_titles(tool.parameters), "description": " ".join(tool.description.split())}
    )


def _without_titles(schema: dict[str, Any]) -> dict[str, Any]:
    """Drop the titles that repeat each parameter's name: they cost tokens in every request."""
    properties = {
        name: {word: value for word, value in one.items() if word != "title"}
        for name, one in schema["properties"].items()
    }
    return {word: value for word, value in schema.items() if word != "title"} | {"properties": properties}


def result_of(words: str, report: Model) -> CallToolResult:
    return CallToolResult(
        content=[TextContent(type="text", text=words)], structured_content=report.model_dump(mode="json")
    )
