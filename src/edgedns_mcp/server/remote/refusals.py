"""Why a request is not answered: a status, and one sentence that says what to do."""

from collections.abc import Mapping
from math import ceil
from typing import Any

from mcp.types import INVALID_REQUEST
from starlette.responses import JSONResponse, Response

from edgedns_mcp.errors import UsageError


class Refusal(UsageError):  # noqa: N818 - an answer to a request, and never an error of the program
    """A request that is answered by a status and a sentence."""

    def __init__(
        self, status: int, sentence: str, *, headers: Mapping[str, str] | None = None, **details: str | int
    ) -> None:
        """Keep what the answer carries; `details` are for programs."""
        super().__init__(sentence)
        self.status = status
        self.headers = headers or {}
        self.details = details


def answer_to(refusal: Refusal) -> Response:
    """Make the response: the error of JSON-RPC, which clients of MCP pass on to their users."""
    error: dict[str, Any] = {"code": INVALID_REQUEST, "message": str(refusal)}
    if refusal.details:
        error["data"] = refusal.details
    return JSONResponse({"jsonrpc": "2.0", "id": None, "error": error}, refusal.status, dict(refusal.headers))


def nowhere(path: str) -> Refusal:
    """Refuse an address at which there is nothing."""
    return Refusal(404, f"There is nothing at this address; the MCP server is at {path}.")


def wrong_method(takes: str = "POST") -> Refusal:
    """Refuse other methods than an address takes: no stream is offered, and no session is kept."""
    return Refusal(405, f"This address takes {takes} alone; no stream is offered here.", headers={"Allow": takes})


def wrong_host() -> Refusal:
    """Refuse a name that this server does not go by: a page of somebody else's may have been pointed here."""
    return Refusal(
        421, "This server does not go by that host name; set EDGEDNS_HTTP_PUBLIC_URL to the address that clients use."
    )


def wrong_origin() -> Refusal:
    """Refuse the script of a web page that nobody allowed."""
    return Refusal(403, "Pages of this origin may not ask; name it in EDGEDNS_HTTP_ALLOWED_ORIGINS to allow them.")


def too_many_at_once() -> Refusal:
    """Refuse while as many requests as may be are being answered."""
    return Refusal(503, "Too many requests are being answered; ask again in 1 s.", headers={"Retry-After": "1"})


def too_slow(most_s: float) -> Refusal:
    """Refuse what was not received and answered in time."""
    return Refusal(503, f"The request was not received and answered within {most_s:g} s; ask again.")


def too_often(wait_s: float) -> Refusal:
    """Refuse for `wait_s` seconds."""
    seconds = max(1, ceil(wait_s))
    return Refusal(
        429,
        f"There were too many requests; ask again in {seconds} s.",
        headers={"Retry-After": str(seconds)},
        retry_after_s=seconds,
    )


def unjudged(wait_s: float) -> Refusal:
    """Refuse while nobody can tell who asks."""
    seconds = max(1, ceil(wait_s))
    return Refusal(
        503,
        f"It cannot be told now who you are; ask again in {seconds} s, and tell who runs this server if it stays so.",
        headers={"Retry-After": str(seconds)},
        retry_after_s=seconds,
    )


def no_organisation() -> Refusal:
    """Refuse a caller who is known and belongs nowhere."""
    return Refusal(
        403, "You are known here but belong to no organisation whose figures are here; ask who runs this server."
    )
