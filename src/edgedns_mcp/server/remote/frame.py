"""Around every HTTP request: its id, where it may come from, how many and how long at once, a line in the log."""

import logging
import secrets
from collections.abc import Callable, Collection
from urllib.parse import urlsplit

import anyio
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edgedns_mcp.server.remote import refusals
from edgedns_mcp.server.remote.callers import Exchange, exchange_of, keep
from edgedns_mcp.server.remote.refusals import Refusal, answer_to
from edgedns_mcp.server.remote.telemetry import Meter

LOG = logging.getLogger("edgedns_mcp.access")
ALWAYS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
MOST_S = 30.0  # for a request to be received and answered; an answer has a deadline of its own, 3.8 s


class Frame:
    """The application as a server sees it."""

    def __init__(self, app: ASGIApp, paths: Collection[str], meter: Meter, tick: Callable[[], float]) -> None:
        """Take the paths that are known, what measures, and a clock of seconds."""
        self._app = app
        self._paths = paths
        self._meter = meter
        self._tick = tick

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        exchange = Exchange(f"req_{secrets.token_hex(12)}", (scope.get("client") or ("-",))[0])
        keep(scope, exchange)
        began, status = self._tick(), [0]

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
                headers = MutableHeaders(scope=message)
                headers.update(ALWAYS | {"X-Request-Id": exchange.request_id})
            await send(message)

        try:
            await self._app(scope, receive, stamped)
        finally:
            self._log(scope, status[0], self._tick() - began)

    def _log(self, scope: Scope, status: int, took_s: float) -> None:
        exchange = exchange_of(scope)
        path = scope["path"] if scope["path"] in self._paths else "(no such path)"  # a path may hold a secret
        method = scope["method"] if scope["method"] in METHODS else "_OTHER"
        self._meter.request(method, path, status, took_s)
        fields = {
            "request_id": exchange.request_id,
            "client": exchange.address,
            "method": method,
            "path": path,
            "status": status,
            "took_ms": round(took_s * 1000),
            "trace_id": exchange.trace_id,
            "caller": exchange.caller.name if exchange.caller else None,
            "tenant": exchange.caller.tenant if exchange.caller else None,
        }
        LOG.info("request", extra={"fields": fields})


class Bounds:
    """So many requests at once, and so long each."""

    def __init__(self, app: ASGIApp, most_at_once: int, most_s: float = MOST_S) -> None:
        self._app = app
        self._most_at_once = most_at_once
        self._most_s = most_s
        self._now_answered = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, or say that it cannot be now."""
        if self._now_answered >= self._most_at_once:
            await answer_to(refusals.too_many_at_once())(scope, receive, send)
            return
        self._now_answered += 1
        try:
            await self._in_time(scope, receive, send)
        finally:
            self._now_answered -= 1

    async def _in_time(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        with anyio.move_on_after(self._most_s) as limit:
            await self._app(scope, receive, noted)
        if limit.cancelled_caught and not begun:
            await answer_to(refusals.too_slow(self._most_s))(scope, receive, send)


class Whence:
    """Refuses names that this server does not go by, and pages that nobody allowed: a browser may be misled to us."""

    def __init__(self, app: ASGIApp, hosts: Collection[str], origins: Collection[str], *, is_local: bool) -> None:
        """Take the names and origins that are known; on this machine its own names are, whatever their port."""
        self._app = app
        self._hosts = {host.lower() for host in hosts}
        self._origins = {origin.lower() for origin in origins}
        self._is_local = is_local

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        wrong = self._wrong(Headers(scope=scope))
        if wrong:
            await answer_to(wrong)(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def _wrong(self, headers: Headers) -> Refusal | None:
        host, origin = headers.get("host", "").lower(), headers.get("origin", "").lower()
        if (self._hosts or self._is_local) and host not in self._hosts and not self._is_own(f"//{host}"):
            return refusals.wrong_host()
        if origin and origin not in self._origins and not self._is_own(origin):
            return refusals.wrong_origin()
        return None

    def _is_own(self, address: str) -> bool:
        return self._is_local and is_own_name(address)


def is_own_name(address: str) -> bool:
    """Tell whether an address names this machine, as it only does on this machine."""
    try:
        return urlsplit(address).hostname in ("localhost", "127.0.0.1", "::1")
    except ValueError:
        return False
