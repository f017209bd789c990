"""Clients of a server over HTTP that ask again as soon as they are answered, and what became of each request."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

META = {
    "io.modelcontextprotocol/protocolVersion": "2026-07-28",
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": {"name": "soak", "version": "1"},
}
GONE = (ConnectionError, asyncio.IncompleteReadError)


def message(method: str, /, headers: Mapping[str, str] | None = None, **params: Any) -> bytes:
    """Make a request of the handshake's era, or of the newest one where `params` say so in `_meta`."""
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": params}).encode()
    sent = {"Host": "localhost", "Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    if "_meta" in params:
        sent |= {"MCP-Protocol-Version": "2026-07-28", "Mcp-Method": method}
        if name := params.get("name") or params.get("uri"):
            sent["Mcp-Name"] = name
    sent |= {"Content-Length": str(len(body)), **(headers or {})}
    return b"POST /mcp HTTP/1.1\r\n" + "".join(f"{n}: {v}\r\n" for n, v in sent.items()).encode() + b"\r\n" + body


@dataclass
class Heard:
    """What became of the requests of all clients; `enough` is set once so many were answered as are wanted."""

    wanted: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event, repr=False)
    statuses: Counter[int] = field(default_factory=Counter)  # of full answers
    refused: int = 0  # nobody listened
    unmet: int = 0  # a new connection that nobody took: it ended before a byte of its first answer
    lost: list[str] = field(default_factory=list)  # sent to somebody who had taken the connection, and never answered

    def note(self, status: int) -> None:
        self.statuses[status] += 1
        if self.statuses.total() >= self.wanted:
            self.enough.set()


class Connection:
    """One connection, and whether another request may be sent over it."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.answers = 0
        self.is_over = False

    async def ask(self, request: bytes) -> tuple[int, bytes]:
        """Send a request and read the whole answer."""
        self.send(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = next(int(line[15:]) for line in head.split("\r\n") if line.startswith("content-length:"))
        body = await self._reader.readexactly(length)
        self.answers += 1
        self.is_over = "\r\nconnection: close\r\n" in head
        return int(head.split()[1]), body

    def send(self, request: bytes) -> None:
        self._writer.write(request)

    def close(self) -> None:
        self._writer.transport.abort()


class Pipe:
    """A server over stdio, which is asked one thing after the other."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin
        assert process.stdout
        self.pid = process.pid
        self._process, self._to, self._from = process, process.stdin, process.stdout
        self._number = 0

    @classmethod
    async def opened(cls, *command: str, env: Mapping[str, str]) -> "Pipe":
        """Start a server and shake hands with it."""
        pipes = dict.fromkeys(("stdin", "stdout"), asyncio.subprocess.PIPE)
        pipe = cls(await asyncio.create_subprocess_exec(*command, env=env, limit=1 << 20, **pipes))
        client = {"name": "soak", "version": "1"}
        await pipe.ask("initialize", protocolVersion="2025-11-25", capabilities={}, clientInfo=client)
        pipe._send({"method": "notifications/initialized"})
        return pipe

    async def ask(self, method: str, /, **params: Any) -> dict[str, Any]:
        """Send a request and read its answer."""
        self._number += 1
        self._send({"id": self._number, "method": method, "params": params})
        while True:
            told = json.loads(await self._from.readuntil(b"\n"))
            if told.get("id") == self._number:
                return told

    async def closed(self) -> int:
        """Let it end by itself, as a client does, and give how it ended."""
        self._to.close()
        return await self._process.wait()

    def _send(self, message: Mapping[str, Any]) -> None:
        self._to.write(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")


async def connected(url: str) -> Connection:
    host, _, port = url.removeprefix("http://").rpartition(":")
    return Connection(*await asyncio.open_connection(host, int(port)))


async def ask_until_gone(url: str, request: bytes, heard: Heard) -> None:
    """Ask again and again, over one connection for as long as the server keeps it, until nobody is there."""
    while True:
        try:
            connection = await connected(url)
        except ConnectionError:
            heard.refused += 1
            return
        if not await _ask_while_kept(connection, request, heard):
            return


async def _ask_while_kept(connection: Connection, request: bytes, heard: Heard) -> bool:
    """Tell whether the connection ended as the server had said before."""
    try:
        while not connection.is_over:
            status, _ = await connection.ask(request)
            heard.note(status)
    except GONE as exc:
        if connection.answers or (isinstance(exc, asyncio.IncompleteReadError) and exc.partial):
            heard.lost.append(f"{exc!r} after {connection.answers} answers")
        else:
            heard.unmet += 1
        return False
    finally:
        connection.close()
    return True
