"""The application: routes, one answer for every failure, and what they share."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

import anyio
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException

from edgedns_mcp import __version__
from edgedns_mcp.endpoint import refusals
from edgedns_mcp.endpoint.contract import DESCRIPTION
from edgedns_mcp.endpoint.doors import Door
from edgedns_mcp.endpoint.frame import Frame, allowed_methods
from edgedns_mcp.endpoint.ingest import Ingest
from edgedns_mcp.endpoint.refusals import Refusal
from edgedns_mcp.endpoint.routes import router
from edgedns_mcp.endpoint.setup import Setup
from edgedns_mcp.endpoint.wire import Envelope, Trouble
from edgedns_mcp.errors import StoreError

log = logging.getLogger("edgedns_mcp.endpoint")
MISSING = Refusal(404, "NOT_FOUND", "There is nothing at this address. See /openapi.json.")
BROKEN = Refusal(500, "INTERNAL_ERROR", "The request failed for a reason that was not foreseen; it was logged.")


def build_app(setup: Setup) -> Frame:
    """Build the application; nothing listens yet.

    Raises:
        StoreError: the database does not keep what it commits.
    """
    app = FastAPI(
        title="edgedns-mcp endpoint",
        version=__version__,
        description=DESCRIPTION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    app.include_router(router)
    app.state.setup = setup
    app.state.door = Door(setup)
    app.state.ingest = Ingest(setup.writes, setup.keep_hours)
    app.state.one_writer = anyio.CapacityLimiter(1)  # writes wait their turn without holding a thread
    allowed = allowed_methods(router.routes)
    _answer_failures(app, allowed)
    return Frame(app, allowed, setup.tick)


def _answer_failures(app: FastAPI, allowed: Mapping[str, str]) -> None:
    def refused(request: Request, exc: Exception) -> Response:
        return _envelope(request, exc if isinstance(exc, Refusal) else BROKEN)

    def out_of_reach(request: Request, exc: Exception) -> Response:
        log.warning("%s: %s", request.state.request_id, exc)
        return _envelope(request, refusals.unavailable())

    def unrouted(request: Request, exc: Exception) -> Response:
        status = exc.status_code if isinstance(exc, HTTPException) else HTTPStatus.BAD_REQUEST
        if status == HTTPStatus.METHOD_NOT_ALLOWED:
            return _envelope(request, _wrong_method(allowed.get(request.url.path, "")))
        return _envelope(request, MISSING if status == HTTPStatus.NOT_FOUND else refusals.invalid("No such request."))

    app.add_exception_handler(Refusal, refused)
    app.add_exception_handler(StoreError, out_of_reach)
    app.add_exception_handler(HTTPException, unrouted)
    app.add_exception_handler(RequestValidationError, unrouted)
    app.add_exception_handler(Exception, refused)


def _wrong_method(allow: str) -> Refusal:
    return Refusal(405, "METHOD_NOT_ALLOWED", f"This address takes {allow}.", headers={"Allow": allow})


def _envelope(request: Request, refusal: Refusal) -> Response:
    trouble = Trouble(code=refusal.code, message=str(refusal), details=dict(refusal.details or {}) or None)
    body = Envelope(error=trouble, request_id=request.state.request_id).model_dump_json(exclude_none=True)
    return Response(body, refusal.status, dict(refusal.headers), media_type="application/json")
