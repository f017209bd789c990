"""A stand-in for api.edgedns.dev: a real HTTP server on loopback that plays a script and records what it was asked.

    async with fake_edgedns(failure(503), ok()) as upstream:
        ...  # upstream.url, upstream.requests

Every request takes the next response; the last one is played again for all that follow. What a recorder asks once a day
has scripts of its own (`keys`, `usage`): without one, this key may not, and `upstream.daily` has those requests.
"""

import asyncio
import gzip
import itertools
import json
import socket
import ssl
import struct
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from http import client as http_client
from typing import Any
from urllib.parse import parse_qs, urlsplit

BY_KEY = "/v1/analytics/usage/by-key"
KEYS, USAGE = "/v1/keys", "/v1/analytics/usage"
TLS_HELLO = b"\x16"
FOREVER_S = 3600.0
Json = dict[str, Any]
Attend = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]  # to one connection


@dataclass(frozen=True)
class Request:
    """What the server was asked or told; header names in lower case."""

    method: str
    target: str
    headers: Mapping[str, str]
    body: bytes = b""

    @property
    def path(self) -> str:
        return urlsplit(self.target).path

    @property
    def query(self) -> dict[str, list[str]]:
        return parse_qs(urlsplit(self.target).query)


@dataclass(frozen=True)
class Response:
    """A script: bytes are sent, numbers are seconds to wait; afterwards the connection is closed or reset."""

    steps: Callable[[], Iterable[bytes | float]]
    reset: bool = False


@dataclass
class Upstream:
    """The running server."""

    url: str
    requests: list[Request] = field(default_factory=list)
    daily: list[Request] = field(default_factory=list)
    _news: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def note(self, request: Request) -> None:
        async with self._news:
            (self.daily if request.path in (KEYS, USAGE) else self.requests).append(request)
            self._news.notify_all()

    async def asked_beside(self, times: int) -> None:
        """Wait until it got so many of the requests that are made once a day."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.daily) >= times)

    async def asked(self, times: int) -> None:
        """Wait until it was asked so often."""
        async with self._news:
            await self._news.wait_for(lambda: len(self.requests) >= times)


@asynccontextmanager
async def fake_edgedns(
    *responses: Response,
    keys: Sequence[Response] = (),
    usage: Sequence[Response] = (),
    tls: ssl.SSLContext | None = None,
) -> AsyncGenerator[Upstream]:
    script, may_not = _script(responses or [ok()]), failure(403, "TIER_RESTRICTION")
    scripts = {KEYS: _script(keys or [may_not]), USAGE: _script(usage or [may_not])}
    upstream = Upstream("")

    async def attend(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            first = await reader.readexactly(1)
            if first == TLS_HELLO:
                return writer.write(head(400))
            request = await _request(first, reader)
            await upstream.note(request)
            await _play(next(scripts.get(request.path, script)), writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client left, or the test is over
        finally:
            writer.transport.abort() if asyncio.current_task().cancelling() else writer.close()

    async with attended(attend, tls) as port:
        upstream.url = f"https://localhost:{port}" if tls else f"http://127.0.0.1:{port}"
        yield upstream


@asynccontextmanager
async def attended(attend: Attend, tls: ssl.SSLContext | None = None) -> AsyncGenerator[int]:
    """Attend to connections at a port of this machine, and give it; at the end all that is at work is cancelled."""
    at_work: set[asyncio.Task[None]] = set()

    async def noted(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        at_work.add(asyncio.current_task())
        await attend(reader, writer)

    server = await asyncio.start_server(noted, "127.0.0.1", 0, ssl=tls)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in at_work:
            task.cancel()
        await asyncio.gather(*at_work, return_exceptions=True)
        await server.wait_closed()
        await asyncio.sleep(0)  # lets the transports say goodbye before the loop closes


def a_key(key_id: str = "key_1", requests: Any = 100, errors: Any = 5, **changes: Any) -> Json:
    """Build one key's row as the endpoint's page describes it; a change to `...` leaves the field out."""
    row = {
        "key_id": key_id,
        "name": f"{key_id}-service",
        "environment": "live",
        "request_count": requests,
        "endpoint_distribution": {"/v1/domain/whois": requests},
        "error_count": errors,
        "last_activity": "2026-11-20T08:15:30Z",
    }
    return {name: value for name, value in (row | changes).items() if value is not ...}


def a_body(*keys: Json, **changes: Any) -> Json:
    """Build a whole body; without keys, one busy key and one idle one."""
    keys = keys or (a_key(), a_key("key_2", 0, 0, endpoint_distribution={}, last_activity=None))
    body = {"keys": list(keys), "total_keys": len(keys)} | changes
    return {name: value for name, value in body.items() if value is not ...}


def dated(key_id: str = "key_1", /, **changes: Any) -> Json:
    """Build one key's row of EdgeDNS's list of keys; a change to `...` leaves the field out."""
    row = {
        "id": key_id,
        "name": f"{key_id}-service",
        "environment": "live",
        "created_at": "2026-01-15T09:00:00Z",
        "last_used_at": "2026-11-09T08:15:30Z",
        "expires_at": None,
    }
    return {name: value for name, value in (row | changes).items() if value is not ...}


def ok(body: Any = None, **headers: str) -> Response:
    """Answer 200 with JSON."""
    return raw(json.dumps(a_body() if body is None else body).encode(), **headers)


def failure(
    status: int, code: str = "", *, details: Any = None, request_id: str = "req_abc123", **headers: str
) -> Response:
    """Answer with EdgeDNS's error envelope; the message must never be shown."""
    error = {"code": code, "message": "words of the other side", "details": details}
    return raw(json.dumps({"error": error, "request_id": request_id}).encode(), status, **headers)


def raw(body: bytes, status: int = 200, **headers: str) -> Response:
    """Answer with these bytes; `Retry_After="1"` becomes a Retry-After header."""
    return play(head(status, **{"Content_Length": str(len(body)), "Content_Type": "application/json"} | headers), body)


def play(*steps: bytes | float) -> Response:
    """Send and wait as told."""
    return Response(lambda: steps)


def head(status: int = 200, **headers: str) -> bytes:
    """Build the status line and the headers."""
    lines = [f"HTTP/1.1 {status} {http_client.responses.get(status, 'Odd')}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join([*lines, "", ""]).encode("latin-1")


def html(status: int = 200) -> Response:
    """Answer like a captive portal."""
    return raw(b"<!doctype html><title>Sign in</title>", status, Content_Type="text/html")


def redirect(location: str, status: int = 302) -> Response:
    return raw(b"", status, Location=location)


def gzipped(body: bytes) -> Response:
    return raw(gzip.compress(body), Content_Encoding="gzip")


def chunked(body: bytes, size: int = 7) -> Response:
    parts = [body[at : at + size] for at in range(0, len(body), size)]
    sent = b"".join(f"{len(part):x}\r\n".encode() + part + b"\r\n" for part in parts)
    return play(head(Transfer_Encoding="chunked"), sent, b"0\r\n\r\n")


def hang() -> Response:
    """Take the request and say nothing."""
    return play(FOREVER_S)


def drip(pause_s: float = 0.05) -> Response:
    """Send the headers, then one blank after the other without end."""
    return Response(lambda: itertools.chain([head()], _forever(b" ", pause_s)))


def slow_head(pause_s: float = 0.05) -> Response:
    """Send the status line, then one header after the other without end."""
    return Response(lambda: itertools.chain([b"HTTP/1.1 200 OK\r\n"], _forever(b"X: y\r\n", pause_s)))


def flood(block: bytes = b"[" + b" " * 65_535) -> Response:
    """Send a body without end, as fast as it is taken."""
    return Response(lambda: itertools.chain([head()], _forever(block)))


def bomb(size: int = 200_000_000) -> Response:
    """Send few bytes that unpack to `size`."""
    return gzipped(b"[" + b" " * size)


def truncated(body: bytes = b'{"keys": [') -> Response:
    """Promise more bytes than are sent."""
    return play(head(Content_Length=str(len(body) + 1000)), body)


def reset(*steps: bytes) -> Response:
    """Reset the connection, after `steps` if there are any."""
    return Response(lambda: steps, reset=True)


def _script(responses: Sequence[Response]) -> Iterator[Response]:
    return itertools.chain(responses[:-1], itertools.repeat(responses[-1]))


def _forever(block: bytes, pause_s: float = 0.0) -> Iterator[bytes | float]:
    while True:
        yield block
        yield pause_s


async def _request(first: bytes, reader: asyncio.StreamReader) -> Request:
    lines = (first + await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
    method, target, _ = lines[0].split(" ", 2)
    pairs = (line.split(":", 1) for line in lines[1:] if line)
    headers = {name.lower(): value.strip() for name, value in pairs}
    return Request(method, target, headers, await reader.readexactly(int(headers.get("content-length", 0))))


async def _play(response: Response, writer: asyncio.StreamWriter) -> None:
    for step in response.steps():
        if isinstance(step, bytes):
            writer.write(step)
            await writer.drain()
        else:
            await asyncio.sleep(step)
    if response.reset:
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        writer.transport.abort()
