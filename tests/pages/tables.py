"""The tables of tools and settings."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from faces import a_server
from mcp import Client
from pydantic.fields import FieldInfo

from edgedns_mcp.render.phrases import duration_words
from edgedns_mcp.settings import PREFIX, Variables
from edgedns_mcp.settings.remote import REMOTE_PREFIX, RemoteSettings


def table(head: str, rows: Iterable[str]) -> str:
    return "\n".join([head, "|" + " --- |" * (head.count("|") - 1), *rows]) + "\n"


async def tools() -> str:
    async with Client(a_server()) as client:
        rows = [
            f"| `{tool.name}` | {tool.description.split('. ')[0]}. | {_parameters(tool.input_schema)} |"
            for tool in (await client.list_tools()).tools
        ]
    return table("| tool | what it answers | parameters (default) |", rows)


async def settings() -> str:
    rows = [
        f"| `{PREFIX}{name.upper()}` | {field.description} | {_default(name, field)} |"
        for name, field in Variables.model_fields.items()
    ]
    return table("| variable | what it sets | default |", rows)


async def settings_over_http() -> str:
    rows = [
        f"| `{name}` | `{REMOTE_PREFIX}{name.upper()}` | {field.description} | {_default(name, field)} |"
        for name, field in RemoteSettings.model_fields.items()
    ]
    return table("| key of [http] | variable | what it sets | default |", rows)


def _parameters(schema: Mapping[str, Any]) -> str:
    return (
        ", ".join(
            f"`{name}`" + (f" ({one['default']})" if one.get("default") not in (None, "") else "")
            for name, one in schema["properties"].items()
        )
        or "-"
    )


def _default(name: str, field: FieldInfo) -> str:
    value = field.get_default()
    if name == "database":
        return "`usage.db` in the user's data folder"
    if value == ():
        return "-"
    if isinstance(value, timedelta):
        return f"`{duration_words(value).replace(' ', '')}`"
    return f"`{value}`" if value not in (None, "") else "-"
