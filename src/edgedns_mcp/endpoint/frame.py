"""Around every request: its id, HEAD and OPTIONS, headers that every answer has, one line in the log."""

import logging
import secrets
from collections.abc import Callable, Iterable
from typing import Any

from starlette.datastructures import MutableHeaders
from starlette.responses import Response
from starlette.routing import BaseRoute, Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

access = logging.getLogger("edgedns_mcp.access")
ALWAYS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


def allowed_methods(routes: Iterable[BaseRoute]) -> dict[str, str]:
    """Give the Allow header of each path."""
    return {route.path: _allow(route.methods or set()) for route in routes if isinstance(route, Route)}


class Frame:
    """The application as a server sees it."""

    def __init__(self, app: ASGIApp, allowed: dict[str, str], tick: Callable[[], float]) -> None:
        """Take the Allow header of each path, and a clock of seconds."""
        self.app = app
        self._allowed = allowed
        self._tick = tick

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        request_id, began, sent = f"req_{secrets.token_hex(12)}", self._tick(), [0]
        method = "GET" if scope["method"] == "HEAD" else scope["method"]  # the server leaves the body out
        inner: dict[str, Any] = {**scope, "method": method, "state": {"request_id": request_id}}

        async def stamped(message: Message) -> None:
            if message["type"] == "http.response.start":
                sent[0] = message["status"]
                MutableHeaders(scope=message).update(ALWAYS | {"X-Request-Id": request_id})
            await send(message)

        try:
            await self._answer(inner, receive, stamped)
        finally:
            self._log(scope, inner, sent[0], self._tick() - began)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        allow = self._allowed.get(scope["path"])
        if scope["method"] == "OPTIONS" and allow:
            await Response(status_code=204, headers={"Allow": allow})(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _log(self, asked: Scope, scope: Scope, status: int, took_s: float) -> None:
        path = scope["path"] if scope["path"] in self._allowed else "(no such path)"  # a path may hold a secret
        method = asked["method"] if asked["method"].isalpha() else "?"
        client = (asked.get("client") or ("-",))[0]
        key_id = scope["state"].get("key_id", "-")
        took_ms = round(took_s * 1000)
        access.info(
            "%s %s %s %s %s ms %s %s", client, method, path, status, took_ms, scope["state"]["request_id"], key_id
        )


def _allow(methods: set[str]) -> str:
    return ", ".join(sorted({*methods, *({"HEAD"} if "GET" in methods else ()), "OPTIONS"}))
