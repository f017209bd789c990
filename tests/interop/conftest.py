"""When the suite runs, and what its tests compare."""

import asyncio
import json
import os
from typing import Any

import pytest
from interop_clients import AGENTS, AS_OF, RAW, SERVER_ENV, Finding, drive, run_away, server_command
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import Tool


def pytest_pycollect_makemodule(parent: pytest.Collector) -> None:
    asked = parent.config.getoption("markexpr") == "interop" or os.environ.get("EDGEDNS_INTEROP")
    if not asked or "PYTEST_XDIST_WORKER" in os.environ:
        pytest.skip("installs and drives other vendors' clients, one after the other: run `make interop`")


@pytest.fixture(scope="session", params=[*AGENTS, *RAW], ids=str)
def found(request: pytest.FixtureRequest) -> Finding:
    return drive(request.param)


@pytest.fixture(scope="session")
def listed() -> list[Tool]:
    async def ask() -> list[Tool]:
        command, *args = server_command()
        server = StdioServerParameters(command=command, args=args, env=SERVER_ENV)
        async with Client(stdio_client(server)) as client:
            return (await client.list_tools()).tools

    return asyncio.run(ask())


@pytest.fixture(scope="session")
def truth() -> dict[str, Any]:
    options = ["--source", "demo", "--as-of", AS_OF, "--limit", "3", "--json"]
    return json.loads(run_away([*server_command(), "usage", *options]).stdout)
