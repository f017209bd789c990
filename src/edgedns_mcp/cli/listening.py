"""A running HTTP server: it listens, says where, and finishes what it accepted before it stops."""

import os
import signal
import socket
import sys
from typing import Any

import uvicorn
from uvicorn.supervisors import Multiprocess

from edgedns_mcp.errors import ConfigurationError

STOP_WITHIN_S = 30
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
    """Serve until SIGINT or SIGTERM, with as many processes as `config` says; what was accepted is finished first."""
    server = uvicorn.Server(config)

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)  # until the server listens to signals itself, and when it raises one again
    print(f"Serving on {address_of(port)}", file=sys.stderr, flush=True)  # who started us waits for it
    if config.workers > 1:
        Multiprocess(config, sockets=[port]).run()
    else:
        server.run(sockets=[port])


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
