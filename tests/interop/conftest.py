"""When the suite runs, and what its tests compare."""

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from interop_clients import (
    AGENTS,
    AS_OF,
    RAW,
    ROOT,
    SERVER_ENV,
    Far,
    Finding,
    clean,
    drive,
    run,
    run_away,
    server_command,
)
from listening import serving
from mcp import Client, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.types import Tool


def pytest_pycollect_makemodule(parent: pytest.Collector) -> None:
    asked = parent.config.getoption("markexpr") == "interop" or os.environ.get("EDGEDNS_INTEROP")
    if not asked or "PYTEST_XDIST_WORKER" in os.environ:
        pytest.skip("installs and drives other vendors' clients, one after the other: run `make interop`")


@contextmanager
def serving_http(home: Path, **settings: str) -> Iterator[str]:
    """Serve the demo over HTTP, and give the address."""
    chosen = {f"EDGEDNS_HTTP_{name}": value for name, value in {"RATE_LIMIT": "0", **settings}.items()}
    command = [*server_command(), "serve", "--http", "--port", "0", "--no-access-log"]
    with serving(command, env=clean(home) | SERVER_ENV | chosen, cwd=home) as server:
        yield f"{server.url}/mcp"


@pytest.fixture(scope="session")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Serve everybody on this machine, once for all that ask."""
    with serving_http(tmp_path_factory.mktemp("open")) as address:
        yield address


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Far]:
    """Serve whoever sends the one token there is, once for all that ask."""
    home = tmp_path_factory.mktemp("guarded")
    tokens = home / "tokens.toml"
    token = run_away([*server_command(), "tokens", "create", "interop", "--file", tokens]).stdout.strip()
    with serving_http(home, AUTH="token", TOKENS_FILE=str(tokens)) as address:
        yield Far(address, token)


@pytest.fixture(scope="session", params=[*AGENTS, *RAW], ids=str)
def found(request: pytest.FixtureRequest) -> Finding:
    return drive(request.param, request.getfixturevalue("guarded") if request.param.transport == "http" else None)


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


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Build what PyPI gets, by what it ends with."""
    folder = tmp_path_factory.mktemp("dist")
    run([sys.executable, "-m", "hatchling", "build", "--directory", folder], cwd=ROOT, timeout=120)
    return {"whl": next(folder.glob("*.whl")), "gz": next(folder.glob("*.tar.gz"))}
