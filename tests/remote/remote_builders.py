"""A running MCP server over HTTP, on a port of its own in this process, and ways to ask it."""

import time
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
from listening import PATIENCE_S, served

from edgedns_mcp.cli.listening import address_of, config_of, listen
from edgedns_mcp.server.remote.limits import limits_of
from edgedns_mcp.server.remote.setup import application
from edgedns_mcp.settings import Settings
from edgedns_mcp.settings.remote import Organisation, RemoteSettings

ACCEPT = {"Accept": "application/json, text/event-stream"}


@dataclass
class Running:
    """A server, and the way to it."""

    url: str
    http: httpx.Client

    def post(self, message: Any, token: str = "", **headers: str) -> httpx.Response:
        return self.http.post("/mcp", json=message, headers=ACCEPT | bearer(token) | headers)

    def ask(self, tool: str, token: str = "", **arguments: Any) -> httpx.Response:
        return self.post(called(tool, **arguments), token)


@contextmanager
def running(
    organisations: Sequence[Organisation] = (), *, settings: Settings, tick: Any = time.monotonic, **remote: Any
) -> Generator[Running]:
    """Serve in a thread what the settings say; without any of `remote`, for everybody on this machine."""
    chosen = RemoteSettings(**{"port": 0, **remote})
    limits = limits_of(chosen.rate_limit, tick)
    app = application(chosen, settings, organisations, limits)
    with (
        listen(chosen.host, chosen.port) as port,
        served(config_of(app, chosen.proxy, lifespan="on"), port),
        httpx.Client(base_url=address_of(port), trust_env=False, timeout=PATIENCE_S) as http,
    ):
        yield Running(address_of(port), http)


def called(tool: str, /, **arguments: Any) -> dict[str, Any]:
    """Give the message of the handshake's era that calls a tool."""
    params = {"name": tool, "arguments": arguments}
    return {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def sentence_of(answer: httpx.Response) -> str:
    """Give what a refusal says."""
    return answer.json()["error"]["message"]
