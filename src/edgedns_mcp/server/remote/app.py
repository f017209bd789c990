"""The application: what stands at which address, and the way of a request to the organisation that it asks about."""

from collections.abc import AsyncGenerator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import anyio.to_thread
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edgedns_mcp.models.scopes import USAGE
from edgedns_mcp.server.remote import refusals
from edgedns_mcp.server.remote.callers import exchange_of
from edgedns_mcp.server.remote.doors import Door
from edgedns_mcp.server.remote.frame import Bounds, Frame, Whence
from edgedns_mcp.server.remote.limits import Limits
from edgedns_mcp.server.remote.readiness import Readiness
from edgedns_mcp.server.remote.refusals import Refusal, answer_to
from edgedns_mcp.server.remote.telemetry import Meter
from edgedns_mcp.server.remote.tenants import Tenants

PATH = "/mcp"
LOCAL = r"http://(localhost|127\.0\.0\.1|\[::1\])(:\d+)?"
SENT = (
    "Authorization Content-Type Accept MCP-Protocol-Version Mcp-Method Mcp-Name Mcp-Session-Id Last-Event-ID "
    "traceparent tracestate"
)
SHOWN = "WWW-Authenticate Retry-After X-Request-Id Mcp-Session-Id"


@dataclass(frozen=True)
class House:
    """What the application is built of."""

    tenants: Tenants
    door: Door
    limits: Limits
    tick: Callable[[], float]
    meter: Meter
    flush: Callable[[], None]  # sends what is measured, at the end
    public_url: str = ""
    origins: Sequence[str] = ()
    most_at_once: int = 64
    is_local: bool = True
    routes: Sequence[Route] = ()


def build_app(house: House) -> ASGIApp:
    """Build the application; nothing listens yet."""
    public = urlsplit(house.public_url)
    readiness = Readiness(house.tenants.wrong, house.tick)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncGenerator[None]:
        async with house.tenants.running():
            yield
        await house.door.aclose()
        await anyio.to_thread.run_sync(house.flush)

    async def healthy(_request: Request) -> Response:
        return JSONResponse({"status": "ok"})

    async def ready(_request: Request) -> Response:
        wrong = await readiness.wrong()
        return JSONResponse(
            {"status": "not ready", "why": wrong} if wrong else {"status": "ready"}, 503 if wrong else 200
        )

    origins = [*house.origins, *([f"{public.scheme}://{public.netloc}"] if public.netloc else [])]
    asked = Bounds(Gate(house), house.most_at_once)
    shared = CORSMiddleware(
        Whence(asked, [public.netloc] if public.netloc else [], origins, is_local=house.is_local),
        allow_origins=origins,
        allow_origin_regex=LOCAL if house.is_local else None,
        allow_methods=["GET", "POST"],
        allow_headers=SENT.split(),
        expose_headers=SHOWN.split(),
    )
    routes = [
        Route(PATH, shared),
        Route("/healthz", healthy),
        Route("/readyz", ready),
        *house.routes,
    ]
    app = Starlette(routes=routes, lifespan=lifespan, exception_handlers={HTTPException: _unrouted})
    app.router.redirect_slashes = False
    return Frame(app, {route.path for route in routes}, house.meter, house.tick)


class Gate:
    """Lets a request in by the door, and to the server of its caller's organisation."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            app = await self._admitted(scope)
        except Refusal as refusal:
            await answer_to(refusal)(scope, receive, send)
        else:
            await app(scope, receive, self._stepping_up(scope, send) if self._house.door.steps_up else send)

    async def _admitted(self, scope: Scope) -> ASGIApp:
        house, exchange = self._house, exchange_of(scope)
        if scope["method"] != "POST":
            raise refusals.wrong_method()
        try:
            caller = await house.door.admit(Headers(scope=scope).getlist("authorization"))
        except Refusal as refusal:
            is_guess = refusal.status == 401  # noqa: PLR2004 - HTTP's own
            if is_guess and (wait_s := house.limits.guesses.take(exchange.address)):
                raise refusals.too_often(wait_s) from None
            raise
        exchange.caller = caller
        if wait_s := house.limits.requests.take((caller.tenant, caller.identity)):
            raise refusals.too_often(wait_s)
        if USAGE not in caller.scopes:
            raise house.door.lacking(USAGE)
        return await house.tenants.app_of(caller.tenant)

    def _stepping_up(self, scope: Scope, send: Send) -> Send:
        """Answer as the door does where it turned out that the caller lacks a scope: clients may ask for it then."""
        replaced = False

        async def sent(message: Message) -> None:
            nonlocal replaced
            exchange = exchange_of(scope)
            if exchange.lacks and not replaced:
                replaced = True
                await answer_to(self._house.door.lacking(exchange.lacks))(scope, _nothing, send)
            elif not replaced:
                await send(message)

        return sent


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def _unrouted(_request: Request, exc: Exception) -> Response:
    status = exc.status_code if isinstance(exc, HTTPException) else 400
    return answer_to(refusals.wrong_method("GET") if status == 405 else refusals.nowhere(PATH))  # noqa: PLR2004 - HTTP's own
