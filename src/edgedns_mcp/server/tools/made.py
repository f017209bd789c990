"""How a tool is made of a function, and a result of an answer."""

from collections.abc import Callable
from typing import Any, Generic, TypeVar

from mcp.server.mcpserver.tools import Tool
from mcp.types import CallToolResult, TextContent, ToolAnnotations

from edgedns_mcp.models import Model
from edgedns_mcp.server.page import SHOWN_BY

READ_ONLY = {"read_only_hint": True, "destructive_hint": False, "idempotent_hint": True, "open_world_hint": True}
MOST_WRITTEN = 64  # as many as answers are remembered
Report = TypeVar("Report", bound=Model)


class Written(Generic[Report]):
    """The latest results: a report that was remembered need not be written again."""

    def __init__(self) -> None:
        self._latest: dict[int, tuple[Report, CallToolResult]] = {}

    def result_of(self, report: Report, words: Callable[[Report], str]) -> CallToolResult:
        """Give the result of a report, whose words are asked for once."""
        kept = self._latest.get(id(report))  # as long as it is kept, no other has its id
        if not kept:
            kept = self._latest[id(report)] = (report, result_of(words(report), report))
            while len(self._latest) > MOST_WRITTEN:
                del self._latest[next(iter(self._latest))]
        return kept[1]


def tool_of(title: str, function: Any, *, shown: bool = False) -> Tool:
    """Make a tool; where its answers are `shown`, hosts with MCP Apps show them on the page."""
    annotations = ToolAnnotations(title=title, **READ_ONLY)
    tool = Tool.from_function(function, title=title, annotations=annotations, meta=SHOWN_BY if shown else None)
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
