"""What is generated from the code and compared with what is committed."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from faces import a_server
from mcp import Client

from edgedns_mcp.render.phrases import duration_words
from edgedns_mcp.settings import PREFIX, Variables
from edgedns_mcp.settings.remote import REMOTE_PREFIX, RemoteSettings

ROOT = Path(__file__).parent.parent
SCHEMAS = ROOT / "tests" / "server" / "schemas"
README = ROOT / "README.md"
REMOTE = ROOT / "docs" / "remote.md"
TABLES = ("tools", "settings")


async def tool_faces() -> dict[str, dict[str, Any]]:
    async with Client(a_server()) as client:
        return {
            tool.name: tool.model_dump(mode="json", by_alias=True, exclude_none=True) for tool in await _tools(client)
        }


async def readme_with_tables() -> str:
    text = README.read_text(encoding="utf-8")
    tables = {"tools": await tools_table(), "settings": settings_table()}
    for name in TABLES:
        begin, end = f"<!-- {name} -->\n", f"<!-- /{name} -->"
        before, rest = text.split(begin)
        text = before + begin + tables[name] + end + rest.split(end, 1)[1]
    return text


async def tools_table() -> str:
    async with Client(a_server()) as client:
        rows = [
            f"| `{tool.name}` | {tool.description.split('. ')[0]}. | {_parameters(tool.input_schema)} |"
            for tool in await _tools(client)
        ]
    return _table("| tool | what it answers | parameters (default) |", rows)


def settings_table() -> str:
    rows = [
        f"| `{PREFIX}{name.upper()}` | {field.description} | {_default(name, field.get_default())} |"
        for name, field in Variables.model_fields.items()
    ]
    return _table("| variable | what it sets | default |", rows)


def remote_page() -> str:
    """Give docs/remote.md with its table of settings as the code has them."""
    text = REMOTE.read_text(encoding="utf-8")
    rows = [
        f"| `{name}` | `{REMOTE_PREFIX}{name.upper()}` | {field.description} | {_default(name, field.get_default())} |"
        for name, field in RemoteSettings.model_fields.items()
    ]
    begin, end = "<!-- http -->\n", "<!-- /http -->"
    before, rest = text.split(begin)
    return (
        before
        + begin
        + _table("| key of [http] | variable | what it sets | default |", rows)
        + end
        + rest.split(end)[1]
    )


def _table(head: str, rows: list[str]) -> str:
    return "\n".join([head, "|" + " --- |" * (head.count("|") - 1), *rows]) + "\n"


def _parameters(schema: dict[str, Any]) -> str:
    return (
        ", ".join(
            f"`{name}`" + (f" ({one['default']})" if one.get("default") not in (None, "") else "")
            for name, one in schema["properties"].items()
        )
        or "-"
    )


def _default(name: str, value: object) -> str:
    if name == "database":
        return "`usage.db` in the user's data folder"
    if value == ():
        return "-"
    if isinstance(value, timedelta):
        return f"`{duration_words(value).replace(' ', '')}`"
    return f"`{value}`" if value not in (None, "") else "-"


async def _tools(client: Client):
    return (await client.list_tools()).tools
