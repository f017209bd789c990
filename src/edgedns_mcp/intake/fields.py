"""From a log's own fields to an event: what each value means, and what must never be stored."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import TypeAlias

from edgedns_mcp.domain.environments import ENVIRONMENTS
from edgedns_mcp.domain.naming import FINGERPRINT
from edgedns_mcp.models import Environment, Event
from edgedns_mcp.models.secrets import SECRET, holds_secret, without_secrets
from edgedns_mcp.render.charge_csv import as_named

# Epoch seconds, milli-, micro- and nanoseconds tell themselves apart: as seconds 10^11 would be the year 5138.
UNITS = ((10**17, 10**9), (10**14, 10**6), (10**11, 10**3))
CLF_TIME = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# From 2000 to 2100, because one line with a timestamp of 0 would make decades observed.
EARLIEST_S, LATEST_S = 946_684_800, 4_102_444_800
LONGEST_ID = 200
REMEMBERED = 4096  # keys and paths; logs repeat both
METHOD = re.compile(r"^[A-Z]{3,7} (?=/)")
HALF_CHARACTER = re.compile("[\ud800-\udfff]")  # JSON can escape one half of a pair, which no database stores
NO_TIMESTAMP = "no readable timestamp"
NO_STATUS = "no readable status"


Values: TypeAlias = Mapping[str, object]


class Unreadable(ValueError):  # noqa: N818 - a line's state, and never an error of the program
    """Why a line cannot be read, in words of ours: no part of the line is in them."""


def event_of(values: Values) -> Event:
    """Make an event of the values of a log's line.

    Raises:
        Unreadable: the timestamp or the status cannot be read.
    """
    key_id = text_of(values.get("key_id")).strip()
    return Event(
        at=epoch_of(values.get("timestamp")),
        key_id=key_of(key_id),
        endpoint=endpoint_of(text_of(values.get("endpoint"))),
        status=status_of(values.get("status")),
        environment=environment_of(text_of(values.get("environment")), key_id),
    )


def key_of(key_id: str) -> str:
    """Give the id that a key is stored under; "" is no key."""
    return "" if key_id == "-" else safe_id(key_id)


@lru_cache(maxsize=REMEMBERED)
def safe_id(key_id: str) -> str:
    """Keep an identifier as it is; of one with a secret in it keep a fingerprint and the last four characters."""
    key_id = as_named(key_id)
    if holds_secret(key_id):
        return f"{FINGERPRINT}{sha256(key_id.encode()).hexdigest()[:10]}-{key_id[-4:]}"
    return key_id[:LONGEST_ID]


@lru_cache(maxsize=REMEMBERED)
def endpoint_of(path: str) -> str:
    """Take the path alone: no query, no fragment, no host, no method before it, no secret."""
    path = re.split(r"[?#]", as_named(path), maxsplit=1)[0]
    path = re.sub(r"^[a-z][a-z0-9+.-]*://[^/]*", "", path, flags=re.IGNORECASE)
    return without_secrets(METHOD.sub("", path)) or "/"


def epoch_of(value: object, latest_s: int = LATEST_S) -> int:
    """Read a moment: ISO 8601 (without offset UTC), the combined format's, or epoch seconds, milliseconds and less.

    Raises:
        Unreadable: it is none, or lies beyond any log.
    """
    try:
        seconds = _seconds(value)
    except (ValueError, OverflowError) as exc:
        raise Unreadable(NO_TIMESTAMP) from exc
    if not EARLIEST_S <= seconds < latest_s:
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
    return ENVIRONMENTS.get(word, "unknown")


def text_of(value: object) -> str:
    """Write a value as text that a database can store; none is ""."""
    text = "" if value is None else str(value)
    return text if text.isascii() else HALF_CHARACTER.sub("\ufffd", text)


def _seconds(value: object) -> float:
    if isinstance(value, str):
        value = value.strip()
        if not re.fullmatch(r"\d+(\.\d+)?", value):
            return _moment(value).timestamp()
        value = float(value) if "." in value else int(value)
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).timestamp()
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable(NO_TIMESTAMP)
    unit = next((unit for least, unit in UNITS if value >= least), 1)
    return value // unit if isinstance(value, int) else value / unit


def _moment(text: str) -> datetime:
    if found := CLF_TIME.fullmatch(text):
        return _clf_time(found)
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _clf_time(found: re.Match[str]) -> datetime:
    day, year, hour, minute, second = (int(found[group]) for group in (1, 3, 4, 5, 6))
    offset = timedelta(hours=int(found[8]), minutes=int(found[9]))
    clock = datetime(year, MONTHS.index(found[2]) + 1, day, hour, minute, second, tzinfo=UTC)
    return clock - offset if found[7] == "+" else clock + offset
