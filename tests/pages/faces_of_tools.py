"""The whole face of each tool, resource and prompt, as a client gets it."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from faces import a_server
from mcp import Client

from edgedns_mcp.models import Answer
from pages.tables import table

Schema = Mapping[str, Any]
SCHEMAS = Path(__file__).parents[1] / "server" / "schemas"


async def published() -> dict[str, dict[str, Any]]:
    """Give each tool as a client gets it."""
    async with Client(a_server()) as client:
        listed = (await client.list_tools()).tools
    return {tool.name: tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in listed}


async def tools() -> str:
    """Give each tool; what every answer states is left out of those whose results begin with it."""
    async with Client(a_server()) as client:
        return "\n".join([_tool(tool) for tool in (await client.list_tools()).tools])


async def scope() -> str:
    """Give what every answer states."""
    return _fields(Answer.model_json_schema())


async def shapes() -> str:
    """Give the values of which results are made; each is the same in every tool that has it."""
    found: dict[str, Schema] = {}
    async with Client(a_server()) as client:
        for tool in (await client.list_tools()).tools:
            for name, schema in (tool.output_schema or {}).get("$defs", {}).items():
                assert found.setdefault(name, schema) == schema, f"{name} is of two shapes"
    return "\n".join(f"### {name}\n\n{_first(schema)}\n\n{_fields(schema)}" for name, schema in sorted(found.items()))


async def resources() -> str:
    async with Client(a_server()) as client:
        plain = [(str(one.uri), one) for one in (await client.list_resources()).resources]
        open_ = [(one.uri_template, one) for one in (await client.list_resource_templates()).resource_templates]
    rows = [f"| `{uri}` | {one.description} | {one.mime_type} |" for uri, one in (*plain, *open_)]
    return table("| resource | what it holds | as |", rows)


async def prompts() -> str:
    async with Client(a_server()) as client:
        listed = (await client.list_prompts()).prompts
    rows = [f"| `{one.name}` | {one.description} | {_arguments(one.arguments or ())} |" for one in listed]
    return table("| prompt | what it leads to | arguments |", rows)


def _arguments(arguments: Iterable[Any]) -> str:
    return "<br>".join(
        f"`{one.name}`{' (required)' if one.required else ''}: {_cell(one.description)}" for one in arguments
    )


def _tool(tool: Any) -> str:
    rows = [
        f"| `{name}` | {_kind(one)} | {_default(one, name in tool.input_schema.get('required', ()))} "
        f"| {_cell(one.get('description', ''))} |"
        for name, one in tool.input_schema["properties"].items()
    ]
    parameters = table("| parameter | type | default | meaning |", rows) if rows else "It has no parameters.\n"
    result = _result(tool.output_schema)
    return f"### {tool.name}\n\n{tool.description}\n\n{parameters}\n{result}"


def _result(schema: Schema) -> str:
    properties: dict[str, Any] = schema["properties"]
    if not Answer.model_fields.keys() <= properties.keys():
        return f"Its structured result:\n\n{_fields(schema)}"
    own = {"properties": {name: one for name, one in properties.items() if name not in Answer.model_fields}}
    return f"Its structured result has [what every answer states](#every-answer), and:\n\n{_fields(own)}"


def _fields(schema: Schema) -> str:
    rows = [
        f"| `{name}` | {_kind(one)} | {_cell(one.get('description', ''))} |"
        for name, one in schema["properties"].items()
    ]
    return table("| field | type | meaning |", rows)


def _kind(schema: Schema) -> str:
    """Write a type in words, with its bounds."""
    match schema:
        case {"$ref": ref}:
            name = ref.rpartition("/")[2]
            return f"[{name}](#{name.lower()})"
        case {"anyOf": kinds}:
            return " or ".join(_kind(kind) for kind in kinds)
        case {"enum": values}:
            return ", ".join(f"`{value}`" for value in values)
        case {"const": value}:
            return f"`{value}`"
        case {"type": "array", "items": items}:
            return f"list of {_kind(items)}"
        case {"type": "object", "additionalProperties": values} if isinstance(values, dict):
            return f"object of {_kind(values)}"
        case {"format": form}:
            return form
        case {"type": kind}:
            return f"{kind}{_range(schema)}"
        case _:
            return "any"


def _range(schema: Schema) -> str:
    least, most = schema.get("minimum"), schema.get("maximum")
    if most is None:
        return "" if least is None else f" ≥ {least:g}"
    return f" {least:g} to {most:g}"


def _default(schema: Schema, is_required: bool) -> str:
    if is_required:
        return "required"
    value = schema.get("default")
    return "-" if value in (None, "") else f"`{value}`"


def _first(schema: Schema) -> str:
    return schema.get("description", "").split("\n\n", 1)[0].replace("\n", " ")


def _cell(text: str) -> str:
    return text.replace("\n", " ").replace("|", "\\|")
