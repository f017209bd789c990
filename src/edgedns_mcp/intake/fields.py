"""From a log's own fields to an event: what each value means, and what must never be stored."""

import re
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha256

from edgedns_mcp.domain.naming import SECRET
from edgedns_mcp.intake.secrets import holds_secret, without_secrets
from edgedns_mcp.models import Environment, Event

FIELDS = ("key_id", "timestamp", "endpoint", "status", "environment")
MILLISECONDS_FROM = 100_000_000_000  # as seconds this would be the year 5138
LATEST_S = 32_503_680_000  # the year 3000
LONGEST_ID = 200
REMEMBERED = 4096  # keys and paths; logs repeat both
HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON can escape one half of a pair, which no database stores
NO_TIMESTAMP = "no readable timestamp"
NO_STATUS = "no readable status"


class Unreadable(ValueError):  # noqa: N818 - a line's state, and never an error of the program
    """Why a line cannot be read, in words of ours: no part of the line is in them."""


def event_of(values: dict[str, object]) -> Event:
    """Make an event of the values under FIELDS.

    Raises:
        Unreadable: the timestamp or the status cannot be read.
    """
    key_id = _text(values.get("key_id")).strip()
    return Event(
        at=epoch_of(values.get("timestamp")),
        key_id="" if key_id == "-" else safe_id(key_id),
        endpoint=endpoint_of(_text(values.get("endpoint"))),
        status=status_of(values.get("status")),
        environment=environment_of(_text(values.get("environment")), key_id),
    )


@lru_cache(maxsize=REMEMBERED)
def safe_id(key_id: str) -> str:
    """Keep an identifier as it is; of one with a secret in it keep a fingerprint and the last four characters."""
    if holds_secret(key_id):
        return f"secret-{sha256(key_id.encode()).hexdigest()[:10]}-{key_id[-4:]}"
    return key_id[:LONGEST_ID]


@lru_cache(maxsize=REMEMBERED)
def endpoint_of(path: str) -> str:
    """Take the path alone: no query, no fragment, no host, no secret."""
    path = re.split(r"[?#]", path, maxsplit=1)[0]
    path = re.sub(r"^[a-z][a-z0-9+.-]*://[^/]*", "", path, flags=re.IGNORECASE)
    return without_secrets(path) or "/"


def epoch_of(value: object) -> int:
    """Read a moment: ISO 8601 (without offset UTC), or epoch seconds or milliseconds."""
    try:
        seconds = _seconds(value)
    except (ValueError, OverflowError) as exc:
        raise Unreadable(NO_TIMESTAMP) from exc
    if not 0 <= seconds < LATEST_S:
        raise Unreadable("a timestamp out of range")
    return int(seconds)


def status_of(value: object) -> int:
    """Read an HTTP status."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise Unreadable(NO_STATUS)
    try:
        status = int(value)
    except ValueError as exc:
        raise Unreadable(NO_STATUS) from exc
    if not 100 <= status <= 999:  # noqa: PLR2004 - three digits, as HTTP has it
        raise Unreadable("no HTTP status")
    return status


def environment_of(value: str, key_id: str) -> Environment:
    """Take the environment as logged, else as an EdgeDNS key tells it, else unknown."""
    word = value.strip().lower()
    if not word and (secret := SECRET.search(key_id)):
        word = secret[0].split("_")[1]
    if word in ("live", "production", "prod"):
        return "live"
    return "test" if word in ("test", "sandbox") else "unknown"


def _text(value: object) -> str:
    text = "" if value is None else str(value)
    return text if text.isascii() else HALF_CHARACTER.sub("\ufffd", text)


def _seconds(value: object) -> float:
    if isinstance(value, str) and not re.fullmatch(r"\d+(\.\d+)?", value.strip()):
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Unreadable(NO_TIMESTAMP)
    seconds = float(value)
    return seconds / 1000 if seconds >= MILLISECONDS_FROM else seconds
