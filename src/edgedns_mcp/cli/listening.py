"""A running HTTP server: it listens, says where, and finishes what it accepted before it stops."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import Any

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from edgedns_mcp.cli.workers import keep_working
from edgedns_mcp.errors import ConfigurationError

STOP_WITHIN_S = 30
LINGER_S = 1.0  # for clients that are about to ask again: their next answer tells them that it is the last one
POLL_S = 0.02
IDLE_S = 75  # longer than a proxy in front keeps a connection, which else sends a request into one that just closed
BACKLOG = 2048


def listen(host: str, port: int) -> socket.socket:
    """Take the port; 0 is any free one.

    Raises:
        ConfigurationError: the address is not this machine's, or the port is taken.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return _bound(family, address)
    except (OSError, OverflowError, UnicodeError) as exc:
        raise ConfigurationError(
            f"Nothing can listen on port {port} of that address; choose another --port or --host."
        ) from exc


def config_of(app: Any, proxy: str = "", **options: Any) -> uvicorn.Config:
    """Say how `app` is served; `proxy` is the address of the server whose X-Forwarded-For is believed."""
    return uvicorn.Config(
        app,
        http="h11",
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxy),
        forwarded_allow_ips=proxy or None,
        timeout_keep_alive=IDLE_S,
        timeout_graceful_shutdown=STOP_WITHIN_S,
        **options,
    )


def serve(config: uvicorn.Config, port: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM, with as many processes as `config` says; what was accepted is finished first.

    Raises:
        ConfigurationError: one of several processes could not begin.
    """

    def tell() -> None:
        print(f"Serving on {address_of(port)}", file=sys.stderr, flush=True)  # who started us waits for it

    if config.workers > 1:
        keep_working(partial(_answer, config), config.workers, port, tell)
    else:
        _answer(config, port, tell)


def address_of(port: socket.socket) -> str:
    """Give the address that a bound socket is reached at."""
    address, number = port.getsockname()[:2]
    return f"http://[{address}]:{number}" if port.family == socket.AF_INET6 else f"http://{address}:{number}"


def _bound(family: int, address: tuple[Any, ...]) -> socket.socket:
    # The protocol is named, or the event loop would not turn off Nagle's 40 ms.
    listening = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, os.name == "posix")
        listening.bind(address)
        listening.listen(BACKLOG)
    except OSError:
        listening.close()
        raise
    return listening


def _answer(config: uvicorn.Config, port: socket.socket, tell: Callable[[], object] | None = None) -> None:
    server = Server(config)

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)  # until the server listens to signals itself, and when it raises one again
    if tell:
        tell()
    server.run(sockets=[port])


class Server(uvicorn.Server):
    """Ends without losing a request: whoever connected is let in, and each answer says that it is the last one.

    uvicorn itself closes connections between two answers, even where the next request has already arrived.
    """

    linger_s = LINGER_S

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Close the port, take leave of the clients, and finish what was accepted."""
        self._say_goodbye()
        await self._let_in(sockets or [])
        until = monotonic() + self.linger_s
        while self._lingers() and monotonic() < until:  # noqa: ASYNC110 - nobody tells when a connection ends
            await asyncio.sleep(POLL_S)
        await super().shutdown(sockets)

    def _lingers(self) -> bool:
        return bool(self.server_state.connections) and not self.force_exit

    def _say_goodbye(self) -> None:
        state = self.server_state
        state.default_headers = [*state.default_headers, (b"connection", b"close")]
        for connection in state.connections:
            cycle: Any = getattr(connection, "cycle", None)
            if cycle:  # of an answer that may not have begun
                cycle.default_headers = state.default_headers

    async def _let_in(self, sockets: Sequence[socket.socket]) -> None:
        connected = [one for listening in sockets for one in _connected(listening)]
        for server in self.servers:
            server.close()  # at once after the last one was taken, or others would knock meanwhile
        for one in connected:
            await asyncio.get_running_loop().connect_accepted_socket(self._protocol, one)

    def _protocol(self) -> H11Protocol:
        return H11Protocol(self.config, self.server_state, self.lifespan.state)


def _connected(listening: socket.socket) -> Generator[socket.socket]:
    """Give the connections that nobody has taken yet."""
    with suppress(BlockingIOError):
        while True:
            one, _ = listening.accept()
            one.setblocking(False)
            yield one
