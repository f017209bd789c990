"""The running server: it listens, says where, and finishes what it accepted before it stops."""

import logging
import os
import signal
import socket
import sys
import traceback
from types import TracebackType
from typing import Any, TypeAlias

import uvicorn

from edgedns_mcp.domain.naming import SECRET
from edgedns_mcp.endpoint.app import build_app
from edgedns_mcp.endpoint.setup import Setup
from edgedns_mcp.errors import ConfigurationError

STOP_WITHIN_S = 30
BACKLOG = 2048
_Raised: TypeAlias = "tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]"


class _Plain(logging.Formatter):
    """One line each, without secrets; of an exception its kind and place alone, for its words may be foreign."""

    def format(self, record: logging.LogRecord) -> str:
        return SECRET.sub("edns_...", super().format(record))

    def formatException(self, ei: _Raised) -> str:  # noqa: N802 - the name that logging knows
        last = (traceback.extract_tb(ei[2]) or [traceback.FrameSummary("?", 0, "?")])[-1]
        return f"{getattr(ei[0], '__name__', '?')} in {last.name}, line {last.lineno}"


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


def server_of(setup: Setup, proxy: str = "") -> uvicorn.Server:
    """Make the server; `proxy` is the address of the one whose X-Forwarded-For is believed."""
    options = uvicorn.Config(
        build_app(setup),
        http="h11",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(proxy),
        forwarded_allow_ips=proxy or None,
        timeout_graceful_shutdown=STOP_WITHIN_S,
    )
    return uvicorn.Server(options)


def serve(server: uvicorn.Server, port: socket.socket) -> None:
    """Serve until SIGINT or SIGTERM; accepted batches are finished first."""

    def stop(_number: int, _frame: object) -> None:
        server.should_exit = True

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, stop)  # until the server listens to signals itself, and when it raises one again
    address, number = port.getsockname()[:2]
    place = f"[{address}]" if port.family == socket.AF_INET6 else address
    print(f"Serving on http://{place}:{number}", file=sys.stderr, flush=True)  # noqa: T201 - who started us waits for it
    server.run(sockets=[port])


def log_plainly(level: str, *, access: bool) -> None:
    """Log on standard error; with `access`, a line for each request."""
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setFormatter(_Plain("%(asctime)s %(levelname)s %(message)s"))
    logging.basicConfig(level=level, handlers=[to_stderr], force=True)
    logging.getLogger("edgedns_mcp.access").setLevel("INFO" if access else "WARNING")


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
