"""Readers of request logs: one line in, one event out."""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias, cast

from edgedns_mcp.errors import IntakeError
from edgedns_mcp.intake.fields import FIELDS, event_of
from edgedns_mcp.models import Event

Format = Literal["combined", "ndjson"]
ReadLine: TypeAlias = Callable[[str], Event]
Record: TypeAlias = dict[str, Any]

# Apache's and nginx's combined format, its common prefix included; quotes inside a value are escaped by a backslash.
COMBINED = re.compile(
    r'(?P<remote_addr>\S+) \S+ (?P<remote_user>.*?) \[(?P<time>[^\]]+)\] "(?P<request>(?:[^"\\]|\\.)*)" '
    r'(?P<status>\d{3}) (?P<bytes>\S+)(?: "(?P<referer>(?:[^"\\]|\\.)*)" "(?P<user_agent>(?:[^"\\]|\\.)*)")?'
)
COMBINED_FIELDS = ("remote_addr", "remote_user", "time", "method", "path", "status", "bytes", "referer", "user_agent")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")

# Where each of our fields is found when --map does not say; the first that is there.
COMBINED_MAP = {"key_id": ("remote_user",), "timestamp": ("time",), "endpoint": ("path",), "status": ("status",)}
NDJSON_MAP = {
    "key_id": ("key_id", "api_key_id", "consumer_id"),
    "timestamp": ("timestamp", "time", "ts", "@timestamp"),
    "endpoint": ("endpoint", "path", "uri", "url"),
    "status": ("status", "status_code"),
    "environment": ("environment", "env"),
}


def reader(log_format: Format, mapping: Sequence[str]) -> ReadLine:
    """Give the reader of a format; `mapping` holds `field=path` pairs, paths with dots reaching into objects.

    Raises:
        IntakeError: a pair names a field that is not ours or a path that the format does not have.
    """
    pairs = dict(_pair(text) for text in mapping)
    if log_format == "ndjson":
        places = NDJSON_MAP | {field: (path,) for field, path in pairs.items()}
        return lambda line: event_of(_picked(_object(line), places))
    for path in pairs.values():
        if path not in COMBINED_FIELDS:
            raise IntakeError(f"The combined format has no field {path!r}; map to one of {', '.join(COMBINED_FIELDS)}.")
    places = COMBINED_MAP | {field: (path,) for field, path in pairs.items()}
    return lambda line: event_of(_picked(_combined(line), places))


def _pair(text: str) -> tuple[str, str]:
    field, equals, path = text.partition("=")
    if not equals or not path or field not in FIELDS:
        raise IntakeError(
            f"--map {text!r} is not understood; write field=path with one of {', '.join(FIELDS)}, "
            "for example --map key_id=remote_addr."
        )
    return field, path


def _picked(record: Record, places: Mapping[str, Sequence[str]]) -> dict[str, object]:
    return {
        field: next((found for path in paths if (found := _at(record, path)) is not None), None)
        for field, paths in places.items()
    }


def _at(record: Record, path: str) -> Any:
    """Find a value; a name with dots is tried whole first."""
    if path in record or "." not in path:
        return record.get(path)
    first, rest = path.split(".", 1)
    inner = record.get(first)
    return _at(cast("Record", inner), rest) if isinstance(inner, dict) else None


def _object(line: str) -> Record:
    record = json.loads(line)
    if not isinstance(record, dict):
        raise ValueError("not a JSON object")  # noqa: TRY004 - any unreadable line is one kind of failure
    return cast("Record", record)


def _combined(line: str) -> Record:
    found = COMBINED.match(line)
    if not found:
        raise ValueError("not a line of the combined format")
    record: Record = found.groupdict()
    words = record["request"].split(" ")
    # "GET /path HTTP/1.1"; clients also send garbage here, which is a request all the same
    record["method"], record["path"] = (words[0], " ".join(words[1:-1])) if len(words) > 2 else ("", record["request"])  # noqa: PLR2004
    record["time"] = _clf_time(record["time"])
    return record


def _clf_time(text: str) -> str:
    found = re.fullmatch(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})", text)
    if not found or found[2] not in MONTHS:
        raise ValueError("no readable timestamp")
    day, year, hour, minute, second = (int(found[group]) for group in (1, 3, 4, 5, 6))
    clock = datetime(year, MONTHS.index(found[2]) + 1, day, hour, minute, second, tzinfo=UTC)
    offset = timedelta(hours=int(found[8]), minutes=int(found[9]))
    return (clock - offset if found[7] == "+" else clock + offset).isoformat()
