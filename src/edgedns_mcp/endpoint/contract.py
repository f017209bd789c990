"""What /openapi.json says beside the bodies: parameters, the body of a batch, every status, every header."""

from typing import Any

from edgedns_mcp.endpoint.bodies import JSON, MOST_EVENTS, NDJSON
from edgedns_mcp.endpoint.items import CLOCKS_DIFFER_S
from edgedns_mcp.endpoint.wire import Envelope

DESCRIPTION = (
    "What is each of our API keys doing? EdgeDNS's usage endpoint, answered from a local database, and live events "
    "to fill it. Every error has EdgeDNS's envelope; quote its request_id."
)
IDEMPOTENCY_KEY = r"^[!-~]{1,200}$"
PERIOD: dict[str, Any] = {
    "name": "period",
    "in": "query",
    "required": False,
    "description": "The billing period so far, or the last 7 or 30 days; up to the last full hour.",
    "schema": {"type": "string", "enum": ["current", "7d", "30d"], "default": "current"},
}
NAME: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "One for each batch: sent again with the same body, the batch gets its first answer again and counts once.",  # noqa: E501 - one sentence
    "schema": {"type": "string", "pattern": IDEMPOTENCY_KEY, "minLength": 1, "maxLength": 200},
}
_EVENT = (
    "Each event is checked by itself, and a bad one is reported by its index: timestamp (ISO 8601, without offset UTC, "
    "or epoch seconds, milli-, micro- or nanoseconds; at most "
    f"{CLOCKS_DIFFER_S // 60} minutes in the future), endpoint (a path), status (100 to 599), and optionally key_id, "
    "method, environment (live or test), event_id (counted once per account and day)."
)
_EVENTS: dict[str, Any] = {"type": "array", "items": {}, "maxItems": MOST_EVENTS, "description": _EVENT}
_OBJECT: dict[str, Any] = {
    "type": "object",
    "properties": {"events": _EVENTS},
    "required": ["events"],
    "additionalProperties": False,
}
_EXAMPLE = {"timestamp": "2026-11-22T15:00:00Z", "key_id": "key_1", "endpoint": "/v1/dns/dnssec", "status": 200}
BATCH: dict[str, Any] = {
    "required": True,
    "description": "At most 5 MB, plain or as gzip.",
    "content": {
        JSON: {"schema": {"anyOf": [_EVENTS, _OBJECT]}, "example": [_EXAMPLE]},
        NDJSON: {"schema": {"type": "string", "description": "One event per line."}},
    },
}
_ID = {"X-Request-Id": {"required": True, "schema": {"type": "string"}, "description": "Name it when asking for help."}}
_WAIT = {"Retry-After": {"required": True, "schema": {"type": "integer", "minimum": 1}, "description": "Seconds."}}
_CHALLENGE = {"WWW-Authenticate": {"required": True, "schema": {"type": "string"}}}
ANSWERED: dict[int | str, dict[str, Any]] = {200: {"headers": _ID}}


def refusals(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Describe what an operation may answer instead of its figures."""
    return {status: {"model": Envelope, **_REFUSALS[status]} for status in statuses}


_REFUSALS: dict[int, dict[str, Any]] = {
    400: {"description": "VALIDATION_ERROR: the request cannot be understood.", "headers": _ID},
    401: {
        "description": "AUTHENTICATION_REQUIRED, INVALID_API_KEY (malformed, unknown or revoked) or API_KEY_EXPIRED.",
        "headers": _ID | _CHALLENGE,
    },
    403: {"description": "TIER_RESTRICTION: details.required_tier says which.", "headers": _ID},
    409: {"description": "IDEMPOTENCY_CONFLICT: the Idempotency-Key was used for another body.", "headers": _ID},
    429: {"description": "RATE_LIMIT_EXCEEDED.", "headers": _ID | _WAIT},
    500: {"description": "INTERNAL_ERROR.", "headers": _ID},
    503: {"description": "SERVICE_UNAVAILABLE: the database cannot answer now.", "headers": _ID | _WAIT},
}
OF_FIGURES = (400, 401, 403, 429, 500, 503)
OF_TOTALS = (400, 401, 429, 500, 503)
OF_EVENTS = (400, 401, 409, 429, 500, 503)
