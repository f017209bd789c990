"""The operations: who asks, what for, and the answer."""

import re
from collections.abc import Callable
from typing import Annotated, cast

import anyio.to_thread
from fastapi import APIRouter, Depends, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from edgedns_mcp.endpoint import contract
from edgedns_mcp.endpoint.bodies import batch_of, received
from edgedns_mcp.endpoint.doors import admitted, analyst
from edgedns_mcp.endpoint.figures import account_usage, usage_by_key
from edgedns_mcp.endpoint.ingest import Ingest
from edgedns_mcp.endpoint.refusals import invalid
from edgedns_mcp.endpoint.setup import Setup
from edgedns_mcp.endpoint.wire import AccountUsage, Health, Period, Receipt, UsageByKey
from edgedns_mcp.store.accounts import Account
from edgedns_mcp.store.database import Transaction
from edgedns_mcp.store.keys import Owner

PERIODS: tuple[Period, ...] = ("current", "7d", "30d")
router = APIRouter()


def asked_period(request: Request, _: Annotated[Owner, Depends(admitted)]) -> Period:
    """Read the only parameter there is, once the door is open.

    Raises:
        Refusal: another parameter, another value, or the same parameter twice.
    """
    words = request.query_params.multi_items()
    if [name for name, _ in words] not in ([], ["period"]):
        raise invalid("The only parameter is period, once.", parameter="period")
    asked = words[0][1] if words else "current"
    if asked not in PERIODS:
        raise invalid(f"period must be one of {', '.join(PERIODS)}.", parameter="period")
    return asked


Admitted = Annotated[Owner, Depends(admitted)]
Analyst = Annotated[Owner, Depends(analyst)]
Asked = Annotated[Period, Depends(asked_period)]


@router.get(
    "/v1/analytics/usage/by-key",
    response_model=UsageByKey,
    responses={**contract.ANSWERED, **contract.refusals(*contract.OF_FIGURES)},
    openapi_extra={"parameters": [contract.PERIOD]},
    summary="Every active key, most requests first",
)
async def get_usage_by_key(request: Request, owner: Analyst, period: Asked) -> Response:
    """Requests, errors, endpoints and last activity of every key that is not revoked; keys without requests too."""
    setup = _setup(request)
    window = setup.window(period)
    now = setup.second()
    return await _read(setup, owner, lambda account: usage_by_key(account, window, now))


@router.get(
    "/v1/analytics/usage",
    response_model=AccountUsage,
    responses={**contract.ANSWERED, **contract.refusals(*contract.OF_TOTALS)},
    openapi_extra={"parameters": [contract.PERIOD]},
    summary="The whole account",
)
async def get_usage(request: Request, owner: Admitted, period: Asked) -> Response:
    """Give all requests, those of no active key included, and which part of the window was observed."""
    setup = _setup(request)
    window = setup.window(period)
    now = setup.second()
    return await _read(setup, owner, lambda account: account_usage(account, window, period, now))


@router.post(
    "/v1/events",
    response_model=Receipt,
    responses={**contract.ANSWERED, **contract.refusals(*contract.OF_EVENTS)},
    openapi_extra={"parameters": [contract.NAME], "requestBody": contract.BATCH},
    summary="Requests that happened",
)
async def post_events(request: Request, owner: Admitted) -> Response:
    """Count a batch of requests; the answer comes after they are on disk. An empty batch says that none happened."""
    if request.query_params:
        raise invalid("This takes no parameters.")
    name, posted, now_s = _idempotency_key(request), await received(request), int(_setup(request).now().timestamp())
    batch = await anyio.to_thread.run_sync(batch_of, posted, now_s)
    ingest: Ingest = request.app.state.ingest
    receipt = await anyio.to_thread.run_sync(
        ingest.take, owner.account_no, name, batch, now_s, limiter=request.app.state.one_writer
    )
    return _json(receipt)


@router.get(
    "/healthz",
    response_model=Health,
    responses={**contract.ANSWERED, **contract.refusals(500, 503)},
    summary="Whether the database answers",
)
async def get_health(request: Request) -> Response:
    """Ask the database the smallest question."""
    await anyio.to_thread.run_sync(_setup(request).reads.read, _heartbeat, abandon_on_cancel=True)
    return _json(Health())


@router.get("/openapi.json", include_in_schema=False)
async def get_openapi(request: Request) -> Response:
    """Describe all of this."""
    return JSONResponse(request.app.openapi())


def _heartbeat(tx: Transaction) -> object:
    return tx.value("SELECT EXISTS(SELECT 1 FROM account)")


async def _read(setup: Setup, owner: Owner, question: Callable[[Account], BaseModel]) -> Response:
    def body() -> Response:
        return _json(setup.reads.read(lambda tx: question(Account(tx, owner.account_no))))

    return await anyio.to_thread.run_sync(body, abandon_on_cancel=True)


def _setup(request: Request) -> Setup:
    return cast("Setup", request.app.state.setup)


def _json(body: BaseModel) -> Response:
    return Response(body.model_dump_json(), media_type="application/json")


def _idempotency_key(request: Request) -> str:
    sent = request.headers.getlist("Idempotency-Key")
    if not sent:
        return ""
    if len(sent) > 1 or not re.fullmatch(contract.IDEMPOTENCY_KEY, sent[0]):
        raise invalid("The Idempotency-Key must be 1 to 200 visible ASCII characters, sent once.")
    return sent[0]
