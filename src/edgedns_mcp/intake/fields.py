"""From a log's own fields to an event: what each value means, and what must never be stored."""

import re
from datetime import UTC, datetime
from hashlib import sha256

from edgedns_mcp.domain.naming import SECRET
from edgedns_mcp.models import Environment, Event

FIELDS = ("key_id", "timestamp", "endpoint", "status", "environment")
MILLISECONDS_FROM = 100_000_000_000  # as seconds this would be the year 5138
LATEST_S = 32_503_680_000  # the year 3000
LONGEST_ID = 200

# Shapes that credentials have and identifiers do not: vendors' prefixes, HTTP schemes, JWTs, long mixed-case tokens.
LOOKS_SECRET = re.compile(
    r"edns_(?:live|test)_[A-Za-z0-9]{8,}|(?:Bearer|Basic)\s+\S+|eyJ[\w-]+\.[\w-]+\.[\w-]*"
    r"|(?:sk|rk|pk|ghp|gho|ghs|glpat|xox[a-z]|AKIA|whsec)[-_]?[\w-]{16,}"
    r"|(?=[^A-Z]*[A-Z])(?=[^a-z]*[a-z])(?=\D*\d)[A-Za-z0-9+/]{32,}={0,2}"
)


def event_of(values: dict[str, object]) -> Event:
    """Make an event of the values under FIELDS.

    Raises:
        ValueError: the timestamp or the status cannot be read.
    """
    key_id = str(values.get("key_id") or "").strip()
    return Event(
        at=epoch_of(values.get("timestamp")),
        key_id="" if key_id == "-" else safe_id(key_id),
        endpoint=endpoint_of(str(values.get("endpoint") or "")),
        status=status_of(values.get("status")),
        environment=environment_of(str(values.get("environment") or ""), key_id),
    )


def safe_id(key_id: str) -> str:
    """Keep an identifier as it is; of what looks like a secret keep a fingerprint and the last four characters."""
    if LOOKS_SECRET.fullmatch(key_id):
        return f"secret-{sha256(key_id.encode()).hexdigest()[:10]}-{key_id[-4:]}"
    return key_id[:LONGEST_ID]


def endpoint_of(path: str) -> str:
    """Take the path alone: no query, no fragment, no host, no secret."""
    path = re.split(r"[?#]", path, maxsplit=1)[0]
    path = re.sub(r"^[a-z][a-z0-9+.-]*://[^/]*", "", path, flags=re.IGNORECASE)
    return SECRET.sub("{secret}", path) or "/"


def epoch_of(value: object) -> int:
    """Read a moment: ISO 8601 (without offset UTC), or epoch seconds or milliseconds."""
    if isinstance(value, str) and not re.fullmatch(r"\d+(\.\d+)?", value.strip()):
        moment = datetime.fromisoformat(value.strip())
        return _in_range((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp())
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("no readable timestamp")  # noqa: TRY004 - any unreadable line is one kind of failure
    seconds = float(value)
    return _in_range(seconds / 1000 if seconds >= MILLISECONDS_FROM else seconds)


def status_of(value: object) -> int:
    """Read an HTTP status."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("no readable status")  # noqa: TRY004 - any unreadable line is one kind of failure
    status = int(value)
    if not 100 <= status <= 999:  # noqa: PLR2004 - three digits, as HTTP has it
        raise ValueError("no HTTP status")
    return status


def environment_of(value: str, key_id: str) -> Environment:
    """Take the environment as logged, else as an EdgeDNS key tells it, else unknown."""
    word = value.lower() or (SECRET.match(key_id) and key_id.split("_")[1]) or ""
    if word in ("live", "production", "prod"):
        return "live"
    return "test" if word in ("test", "sandbox") else "unknown"


def _in_range(seconds: float) -> int:
    if not 0 <= seconds < LATEST_S:
        raise ValueError("a timestamp out of range")
    return int(seconds)
