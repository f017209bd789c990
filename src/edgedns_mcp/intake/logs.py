"""Readers of request logs: one line in, one event out."""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any, Literal, TypeAlias, cast

from edgedns_mcp.domain.naming import visible
from edgedns_mcp.errors import IntakeError
from edgedns_mcp.intake.fields import FIELDS, NO_TIMESTAMP, Unreadable, event_of, safe_id
from edgedns_mcp.models import Event

Format = Literal["combined", "ndjson"]
Record: TypeAlias = dict[str, Any]

# Apache's and nginx's combined format, its common prefix included; quotes inside a value are escaped by a backslash.
# The bound on the time and the possessive repetitions keep a line made to hurt as cheap as any other of its length.
COMBINED = re.compile(
    r'(?P<remote_addr>\S++) \S++ (?P<remote_user>.*?) \[(?P<time>[^\]]{1,40})\] "(?P<request>(?:[^"\\]|\\.)*+)" '
    r'(?P<status>\d{3}) (?P<bytes>\S++)(?: "(?P<referer>(?:[^"\\]|\\.)*+)" "(?P<user_agent>(?:[^"\\]|\\.)*+)")?'
)
CLF_TIME = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})")
COMBINED_FIELDS = ("remote_addr", "remote_user", "time", "method", "path", "status", "bytes", "referer", "user_agent")
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
LISTED_FIELDS = 12
DEEPEST_FIELD = 4  # names from the top of an object, in a list of its fields

# Where each of our fields is found when --map does not say; the first that is there.
USUAL: Mapping[Format, Mapping[str, tuple[str, ...]]] = {
    "combined": {"key_id": ("remote_user",), "timestamp": ("time",), "endpoint": ("path",), "status": ("status",)},
    "ndjson": {
        "timestamp": ("timestamp", "time", "ts", "@timestamp"),
        "key_id": ("key_id", "api_key_id", "consumer_id"),
        "endpoint": ("endpoint", "path", "uri", "url"),
        "status": ("status", "status_code"),
        "environment": ("environment", "env"),
    },
}


def reader(log_format: Format, mapping: Sequence[str]) -> "Reader":
    """Give the reader of a format; `mapping` holds `field=path` pairs, paths with dots reaching into objects.

    Raises:
        IntakeError: a pair names a field that is not ours or a path that the format does not have.
    """
    pairs = dict(_pair(text) for text in mapping)
    for path in pairs.values():
        if log_format == "combined" and path not in COMBINED_FIELDS:
            raise IntakeError(f"The combined format has no field {path!r}; map to one of {', '.join(COMBINED_FIELDS)}.")
    return Reader(log_format, pairs)


class Reader:
    """Reads the lines of one log, and knows enough of them to say why they cannot be read."""

    def __init__(self, log_format: Format, mapped: Mapping[str, str]) -> None:
        self._format: Format = log_format
        self._record_of = RECORDS[log_format]
        self._places = dict(USUAL[log_format]) | {field: (path,) for field, path in mapped.items()}
        self._unseen = set(mapped.values())
        self._first: Record | None = None

    @property
    def options(self) -> str:
        """Write the format and where fields are found, the same for all options that mean the same."""
        usual = USUAL[self._format]
        named = [
            f"--map {field}={paths[0]}"
            for field, paths in sorted(self._places.items())
            if paths != usual.get(field) or (field == "key_id" and len(paths) == 1)
        ]
        return " ".join([f"--format {self._format}", *named])

    def __call__(self, line: str) -> Event:
        """Read a line.

        Raises:
            Unreadable: the line is not of the format, or its timestamp or status cannot be read.
        """
        record = self._record_of(line)
        if self._first is None:
            self._first = record
        if self._unseen:
            self._unseen = {path for path in self._unseen if not _has(record, path)}
        return event_of(_picked(record, self._places))

    def is_whole(self, line: str) -> bool:
        """Tell whether a line that could be read is certainly all of it, though no newline ends it."""
        return self._format == "ndjson" or "user_agent" in self._record_of(line)

    def read_part(self, line: str) -> str:
        """Give the part of a line that is the same however much of what is not read follows."""
        found = COMBINED.match(line) if self._format == "combined" else None
        return found[0] if found else line.rstrip()

    def wrong_map(self) -> str:
        """Say which mapped field no line had; nothing where each was seen, or no line had any field."""
        if self._first is None or not self._unseen:
            return ""
        found = f"; the first line has {self._fields()}" if self._format == "ndjson" else ""
        return f"No line of the file has the field {min(self._unseen)!r}{found}; check --map."

    def advice(self) -> str:
        """Say what was found and what is wanted, for a log of which no line could be read."""
        if self._format == "combined" or self._first is None:
            return "check --format and --map."
        wanted = ", ".join(
            f"{field} ({' or '.join(paths)})" for field, paths in self._places.items() if field != "environment"
        )
        return f"the first line has {self._fields()}; wanted are {wanted}; check --format and --map."

    def _fields(self) -> str:
        paths = islice(_paths(self._first or {}, DEEPEST_FIELD), LISTED_FIELDS)
        return ", ".join(visible(safe_id(path)) for path in paths) or "no fields"


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


def _has(record: Record, path: str) -> bool:
    if path in record or "." not in path:
        return path in record
    first, rest = path.split(".", 1)
    inner = record.get(first)
    return isinstance(inner, dict) and _has(cast("Record", inner), rest)


def _paths(record: Record, deep: int) -> Iterator[str]:
    for name, value in record.items():
        if isinstance(value, dict) and value and deep > 1:
            yield from (f"{name}.{rest}" for rest in _paths(cast("Record", value), deep - 1))
        else:
            yield name


def _object(line: str) -> Record:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as exc:
        raise Unreadable("not a JSON object") from exc
    if not isinstance(record, dict):
        raise Unreadable("not a JSON object")
    return cast("Record", record)


def _combined(line: str) -> Record:
    found = COMBINED.match(line)
    if not found:
        raise Unreadable("not a line of the combined format")
    record: Record = {name: value for name, value in found.groupdict().items() if value is not None}
    words = record["request"].split(" ")
    # "GET /path HTTP/1.1"; clients also send garbage here, which is a request all the same
    record["method"], record["path"] = (words[0], " ".join(words[1:-1])) if len(words) > 2 else ("", record["request"])  # noqa: PLR2004
    record["time"] = _clf_time(record["time"])
    return record


def _clf_time(text: str) -> str:
    found = CLF_TIME.fullmatch(text)
    if not found or found[2] not in MONTHS:
        raise Unreadable(NO_TIMESTAMP)
    day, year, hour, minute, second = (int(found[group]) for group in (1, 3, 4, 5, 6))
    offset = timedelta(hours=int(found[8]), minutes=int(found[9]))
    try:
        clock = datetime(year, MONTHS.index(found[2]) + 1, day, hour, minute, second, tzinfo=UTC)
        return (clock - offset if found[7] == "+" else clock + offset).isoformat()
    except (ValueError, OverflowError) as exc:
        raise Unreadable(NO_TIMESTAMP) from exc


RECORDS: Mapping[Format, Callable[[str], Record]] = {"combined": _combined, "ndjson": _object}
