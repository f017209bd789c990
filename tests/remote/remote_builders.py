"""A running MCP server over HTTP, on a port of its own in this process, and ways to ask it."""

import time
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import httpx
import httpx2
from faces import NOW
from listening import PATIENCE_S, served
from mcp import Client
from mcp.client.streamable_http import streamable_http_client

from edgedns_mcp.cli.listening import address_of, config_of, listen
from edgedns_mcp.server.remote.entrance import Clock
from edgedns_mcp.server.remote.limits import limits_of
from edgedns_mcp.server.remote.setup import CLOCK, application
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


class Time:
    """What time it is, until a test says otherwise."""

    def __init__(self) -> None:
        self._passed_s = 0.0
        self.clock = Clock(self.now, lambda: self._passed_s)

    def now(self) -> datetime:
        return datetime.fromisoformat(NOW) + timedelta(seconds=self._passed_s)

    def passes(self, seconds: float) -> None:
        self._passed_s += seconds


@contextmanager
def running(
    organisations: Sequence[Organisation] = (),
    *,
    settings: Settings,
    tick: Any = time.monotonic,
    clock: Clock = CLOCK,
    **remote: Any,
) -> Generator[Running]:
    """Serve in a thread what the settings say; without any of `remote`, for everybody on this machine.

    A public_url may begin with {here}, which is where it is served then.
    """
    with listen("127.0.0.1", 0) as port:
        here = address_of(port)
        if "public_url" in remote:
            remote["public_url"] = remote["public_url"].replace("{here}", here)
        chosen = RemoteSettings(**remote)
        app = application(chosen, settings, organisations, limits_of(chosen.rate_limit, tick), clock=clock)
        with (
            served(config_of(app, chosen.proxy, lifespan="on"), port),
            httpx.Client(base_url=here, trust_env=False, timeout=PATIENCE_S) as http,
        ):
            yield Running(here, http)


@asynccontextmanager
async def a_client(server: Running, token: str = "", **options: Any) -> AsyncGenerator[Client]:
    """Ask as a real client of MCP does."""
    async with (
        httpx2.AsyncClient(headers=bearer(token), trust_env=False) as http,
        Client(streamable_http_client(f"{server.url}/mcp", http_client=http), **options) as client,
    ):
        yield client


def called(tool: str, /, **arguments: Any) -> dict[str, Any]:
    """Give the message of the handshake's era that calls a tool."""
    return asked("tools/call", name=tool, arguments=arguments)


def asked(method: str, /, **params: Any) -> dict[str, Any]:
    """Give a message of the handshake's era."""
    return {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"} if token else {}


def a_day_before(settings: Settings) -> Settings:
    """Give settings of another organisation, whose figures are told from those of the first by their time."""
    return settings.model_copy(update={"as_of": datetime.fromisoformat(NOW) - timedelta(days=1)})


def whose_figures(answer: httpx.Response) -> str:
    """Tell which of the two organisations an answer is about."""
    end = answer.json()["result"]["structuredContent"]["window_end"]
    return "acme" if end.startswith(NOW[:10]) else "globex"


def sentence_of(answer: httpx.Response) -> str:
    """Give what a refusal says."""
    return answer.json()["error"]["message"]
