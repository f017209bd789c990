"""The single bridge from our errors, and from a model's mistaken arguments, to what the SDK lets a model read."""

import re
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from difflib import get_close_matches
from typing import Any, cast

from mcp import MCPError
from mcp.server.context import CallNext, HandlerResult, ServerRequestContext
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.server.mcpserver.prompts import Prompt
from mcp.server.mcpserver.tools import Tool
from mcp.types import INVALID_PARAMS, CallToolResult, TextContent
from pydantic import ValidationError

from edgedns_mcp.errors import QuestionError, UsageError
from edgedns_mcp.server.examples import example


@contextmanager
def told_to_the_model() -> Generator[None]:
    """Let a tool's failure reach the model.

    Raises:
        ToolError: with the sentence of the error.
    """
    try:
        yield
    except UsageError as exc:
        raise ToolError(str(exc)) from exc


@contextmanager
def told_to_the_reader() -> Generator[None]:
    """Let a resource's failure reach the client.

    Raises:
        ResourceError: with the sentence of the error.
    """
    try:
        yield
    except QuestionError as exc:
        raise ResourceNotFoundError(str(exc)) from exc
    except UsageError as exc:
        raise ResourceError(str(exc)) from exc


@contextmanager
def told_to_the_picker() -> Generator[None]:
    """Let a prompt's failure reach the client that a person picked it in.

    Raises:
        MCPError: with the sentence of the error.
    """
    try:
        yield
    except UsageError as exc:
        raise MCPError(INVALID_PARAMS, str(exc)) from exc


class PlainFailures:
    """Middleware: checks arguments before the SDK does, and keeps the SDK's own words out of errors.

    Unknown arguments are refused with the valid names; null means not given. The published schema stays as it is,
    because clients stumble over a closed one.
    """

    def __init__(self, tools: Sequence[Tool]) -> None:
        self._tools = {tool.name: tool for tool in tools}

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.method != "tools/call" or not ctx.params:
            return await call_next(ctx)
        name, given = ctx.params.get("name"), ctx.params.get("arguments")
        tool = self._tools.get(name) if isinstance(name, str) else None
        if tool is None:
            return _failed(f"There is no such tool; the tools are {', '.join(self._tools)}.")
        if given is not None and not isinstance(given, Mapping):
            return _failed(f"The arguments of {tool.name} must be an object, for example {example(tool)}.")
        arguments = {key: value for key, value in cast("Mapping[str, Any]", given or {}).items() if value is not None}
        wrong = _unknown(tool, arguments) or _invalid(tool, arguments)
        if wrong:
            return _failed(wrong)
        return _plain(tool.name, await call_next(replace(ctx, params={**ctx.params, "arguments": arguments})))


class PlainPicks:
    """Middleware: checks the arguments of prompts before the SDK does; null and an empty field mean not given."""

    def __init__(self, prompts: Sequence[Prompt]) -> None:
        self._prompts = {prompt.name: prompt for prompt in prompts}

    async def __call__(self, ctx: ServerRequestContext[Any, Any], call_next: CallNext) -> HandlerResult:
        if ctx.method != "prompts/get" or not ctx.params:
            return await call_next(ctx)
        name, given = ctx.params.get("name"), ctx.params.get("arguments")
        prompt = self._prompts.get(name) if isinstance(name, str) else None
        if prompt is None:
            raise MCPError(INVALID_PARAMS, f"There is no such prompt; the prompts are {', '.join(self._prompts)}.")
        if given is not None and not isinstance(given, Mapping):
            raise MCPError(INVALID_PARAMS, f"The arguments of {prompt.name} must be an object of texts.")
        arguments = {
            key: value for key, value in cast("Mapping[str, Any]", given or {}).items() if value not in (None, "")
        }
        if wrong := _mispicked(prompt, arguments):
            raise MCPError(INVALID_PARAMS, wrong)
        return await call_next(replace(ctx, params={**ctx.params, "arguments": arguments}))


def _mispicked(prompt: Prompt, given: Mapping[str, Any]) -> str:
    takes = {one.name: one for one in prompt.arguments or ()}
    if unknown := next((name for name in given if name not in takes), None):
        return f"{prompt.name} has no {_named(unknown)}: it takes {', '.join(takes)}."
    if untold := next((one for one in takes.values() if one.required and one.name not in given), None):
        return f"{prompt.name} needs {untold.name}: {untold.description}"
    if wrong := next((name for name, value in given.items() if not isinstance(value, str)), None):
        return f"{wrong} of {prompt.name} must be a text: {takes[wrong].description}"
    return ""


def _named(unknown: str) -> str:
    return f"argument {unknown}" if re.fullmatch(r"[A-Za-z_]{1,40}", unknown) else "such argument"


def _failed(sentence: str) -> CallToolResult:
    return CallToolResult(content=[TextContent(type="text", text=sentence)], is_error=True)


def _unknown(tool: Tool, arguments: Mapping[str, Any]) -> str:
    valid: dict[str, Any] = tool.parameters["properties"]
    unknown = next((name for name in arguments if name not in valid), None)
    if unknown is None:
        return ""
    near = get_close_matches(unknown, valid, n=1)
    meant = f"did you mean {near[0]}? " if near else ""
    takes = f"it takes {', '.join(valid)}" if valid else "it takes none"
    return f"{tool.name} has no {_named(unknown)}: {meant}{takes}; for example {example(tool)}."


def _invalid(tool: Tool, arguments: dict[str, Any]) -> str:
    try:
        tool.fn_metadata.validate_arguments(arguments)
    except ValidationError as exc:
        name = str(exc.errors(include_url=False, include_input=False)[0]["loc"][0])
        expected = _expected(tool.parameters["properties"][name])
        return f"{name} of {tool.name} must be {expected}, for example {example(tool, name)}."
    return ""


def _expected(schema: Mapping[str, Any]) -> str:
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    if schema.get("type") == "integer":
        return f"a whole number from {schema['minimum']} to {schema['maximum']}"
    return "true or false" if schema.get("type") == "boolean" else "a text"


def _plain(name: str, result: HandlerResult) -> HandlerResult:
    """Take the SDK's prefix off an error, and give a crash a sentence."""
    if not isinstance(result, dict) or not result.get("isError"):
        return result
    text = str(result["content"][0]["text"])
    crashed = f"Error executing tool {name}"
    sentence = text.removeprefix(f"{crashed}: ")
    if sentence == crashed:
        sentence = f"{name} failed for a reason that edgedns-mcp did not foresee; its log on standard error tells more."
    return {**result, "content": [{"type": "text", "text": sentence}]}
