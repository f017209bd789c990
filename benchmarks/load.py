"""A load generator of its own process: so many connections that are kept, each asking again as soon as it is answered.

`python load.py HOST PORT CONNECTIONS SECONDS` reads one HTTP request from standard input and writes one line of JSON.
"""

import asyncio
import json
import sys
from time import perf_counter


class Asker(asyncio.Protocol):
    """One connection; it parses no more of an answer than where it ends."""

    def __init__(self, request: bytes, lasts: list[float], taken_s: list[float]) -> None:
        self._request = request
        self._lasts = lasts
        self._taken_s = taken_s
        self._got = b""
        self._whole = 0
        self._began = 0.0
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def ask(self) -> None:
        self._got, self._whole, self._began = b"", 0, perf_counter()
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        self._got += data
        if not self._whole:
            self._whole = _length(self._got)
        if self._whole and len(self._got) >= self._whole:
            self._answered()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(exc or RuntimeError("The server closed a connection."))

    def _answered(self) -> None:
        now = perf_counter()
        self._taken_s.append(now - self._began)
        if not self._got.startswith(b"HTTP/1.1 200 ") or b'"isError":true' in self._got or b'"error":' in self._got:
            self.done.set_exception(RuntimeError(f"Not an answer: {self._got[:600]!r}"))
        elif now < self._lasts[0]:
            self.ask()
        else:
            self.done.set_result(None)


def _length(got: bytes) -> int:
    """Give how long an answer is whose head is there, else 0."""
    head, end, _ = got.partition(b"\r\n\r\n")
    if not end:
        return 0
    (length,) = (line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    return len(head) + len(end) + int(length.split(b":")[1])


async def load(host: str, port: int, connections: int, seconds: float) -> None:
    """Ask on all connections for so long, and tell how long each answer took."""
    request, lasts, taken_s = sys.stdin.buffer.read(), [0.0], list[float]()
    loop = asyncio.get_running_loop()
    askers = [
        (await loop.create_connection(lambda: Asker(request, lasts, taken_s), host, port))[1]
        for _ in range(connections)
    ]
    began = perf_counter()
    lasts[0] = began + seconds
    for asker in askers:
        asker.ask()
    await asyncio.gather(*(asker.done for asker in askers))
    print(json.dumps({"seconds": perf_counter() - began, "taken_s": taken_s}))


if __name__ == "__main__":
    host, port, connections, seconds = sys.argv[1:]
    asyncio.run(load(host, int(port), int(connections), float(seconds)))
