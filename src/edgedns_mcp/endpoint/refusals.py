"""Why a request is refused: EdgeDNS's status and code, and one sentence of ours."""

from collections.abc import Mapping
from math import ceil

from edgedns_mcp.errors import UsageError

CHALLENGE = {"WWW-Authenticate": "Bearer"}
NEEDED_TIER = "developer"
BUSY_S = 1


class Refusal(UsageError):  # noqa: N818 - an answer to a request, and never an error of the program
    """A request that is answered with the error envelope."""

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        details: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        """Keep what the envelope carries."""
        super().__init__(message)
        self.status = status
        self.code = code
        self.details = details
        self.headers = headers or {}


def invalid(message: str, **details: str) -> Refusal:
    """Refuse what cannot be understood."""
    return Refusal(400, "VALIDATION_ERROR", message, details=details or None)


def nobody() -> Refusal:
    """Refuse a request without a key."""
    return Refusal(
        401,
        "AUTHENTICATION_REQUIRED",
        "This needs an API key. Send the header Authorization: Bearer edns_...",
        headers=CHALLENGE,
    )


def stranger() -> Refusal:
    """Refuse a malformed, an unknown and a revoked key, all in the same words."""
    return Refusal(
        401, "INVALID_API_KEY", "This API key is not valid. Send an active key of this endpoint.", headers=CHALLENGE
    )


def expired() -> Refusal:
    """Refuse a key whose holder proved to have its secret, after its time."""
    return Refusal(401, "API_KEY_EXPIRED", "This API key has expired. Send a newer one.", headers=CHALLENGE)


def below_tier() -> Refusal:
    """Refuse an account whose tier does not reach."""
    return Refusal(
        403,
        "TIER_RESTRICTION",
        f"This needs the {NEEDED_TIER} tier.",
        details={"required_tier": NEEDED_TIER},
    )


def reused() -> Refusal:
    """Refuse another body under a known Idempotency-Key: each request is valid, only not both."""
    return Refusal(
        409,
        "IDEMPOTENCY_CONFLICT",
        "This Idempotency-Key was used for another body; nothing was counted. Send each batch under a key of its own.",
    )


def too_many(wait_s: float) -> Refusal:
    """Refuse for `wait_s` seconds."""
    seconds = max(1, ceil(wait_s))
    return Refusal(
        429,
        "RATE_LIMIT_EXCEEDED",
        "There were too many requests. Wait as long as Retry-After says.",
        headers={"Retry-After": str(seconds)},
    )


def unavailable() -> Refusal:
    """Refuse while the database cannot answer; why is for the log alone."""
    return Refusal(
        503,
        "SERVICE_UNAVAILABLE",
        "The database cannot answer now, and nothing was changed. Send the same request again.",
        headers={"Retry-After": str(BUSY_S)},
    )
