"""The reader of one file: a line in, the values of our fields out."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, Literal, TypeAlias, cast

from edgedns_mcp.domain.naming import visible
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.intake.fields import safe_id
from edgedns_mcp.intake.presets import PRESETS
from edgedns_mcp.intake.records import (
    COMBINED,
    COMBINED_FIELDS,
    Columns,
    Layout,
    Record,
    RecordOf,
    combined,
    json_object,
)

Format = Literal["auto", "combined", "ndjson", "csv", "parquet", "counts", "counters"]
Kind = Literal["log", "counts", "counters", "export"]
Places: TypeAlias = Mapping[str, tuple[str, ...]]

LISTED_FIELDS = 12
DEEPEST_FIELD = 4  # names from the top of an object, in a list of its fields

# Where each of our fields is found when --map does not say; the first that is there. A field without a place is only
# read where --map names one: many logs give a retry the id of the request that it repeats.
_COUNTS: Places = {
    field: (field,)
    for field in (
        *("key_id", "date", "hour", "start", "end", "requests"),
        *("errors", "endpoint", "environment", "last_activity", "bound"),
    )
}
USUAL: Mapping[Kind, Places] = {
    "log": {
        "timestamp": ("timestamp", "time", "ts", "@timestamp"),
        "key_id": ("key_id", "api_key_id", "consumer_id"),
        "endpoint": ("endpoint", "path", "uri", "url"),
        "status": ("status", "status_code"),
        "environment": ("environment", "env"),
        "event_id": (),
    },
    "counts": _COUNTS,
    "export": _COUNTS,
    "counters": {field: (field,) for field in ("key_id", "at", "total_requests", "total_errors")},
}
OF_COMBINED: Places = {
    "key_id": ("remote_user",),
    "timestamp": ("time",),
    "endpoint": ("path",),
    "status": ("status",),
    "event_id": (),
}
OPTIONAL = {"environment", "event_id", "errors", "last_activity", "bound", "total_errors"}


def reader(
    layout: Layout, mapping: Sequence[str] = (), *, kind: Kind = "log", columns: Columns | None = None, preset: str = ""
) -> "Reader":
    """Give the reader of a file; `mapping` holds `field=path` pairs, paths with dots reaching into objects.

    Raises:
        QuestionError: a pair names a field that is not ours or a path that the format does not have.
    """
    usual: Places = OF_COMBINED if layout == "combined" else {**USUAL[kind], **PRESETS.get(preset, {})}
    pairs = dict(_pair(text, tuple(USUAL[kind])) for text in mapping)
    for path in pairs.values():
        if layout == "combined" and path not in COMBINED_FIELDS:
            raise QuestionError(
                f"The combined format has no field {path!r}; map to one of {', '.join(COMBINED_FIELDS)}."
            )
    found = Reader(layout, kind, usual, columns)
    found.map(pairs, preset)
    return found


class Reader:
    """Reads the lines of one file, and knows enough of them to say why they cannot be read."""

    def __init__(self, layout: Layout, kind: Kind, usual: Places, columns: Columns | None = None) -> None:
        self.layout: Layout = layout
        self.kind: Kind = kind
        self.columns = columns
        self.places = dict(usual)
        self._usual = usual
        self._record_of: RecordOf = columns or {"combined": combined}.get(layout, json_object)
        self._preset = ""
        self._unseen: set[str] = set()
        self._first: Record | None = None

    def map(self, mapped: Mapping[str, str], preset: str = "") -> None:
        """Look for fields where they are mapped to, and nowhere else."""
        self.places |= {field: (path,) for field, path in mapped.items()}
        self._unseen = set(mapped.values())
        self._preset = preset

    @property
    def options(self) -> str:
        """Write the format and where fields are found, the same for all options that mean the same."""
        named = [
            f"--map {field}={paths[0]}"
            for field, paths in sorted(self.places.items())
            if paths and (paths != self._usual.get(field) or (self.layout == "combined" and field == "key_id"))
        ]
        named = [f"--preset {self._preset}", *named] if self._preset else named
        return " ".join([f"--format {self.layout if self.kind == 'log' else self.kind}", *named])

    def values(self, line: str) -> dict[str, object]:
        """Read the values of a line.

        Raises:
            Unreadable: the line is not of the format.
        """
        return self.picked(self.record(line))

    def record(self, line: str) -> Record:
        """Read the names and values of a line.

        Raises:
            Unreadable: the line is not of the format.
        """
        return self._record_of(line)

    def picked(self, record: Record) -> dict[str, object]:
        """Pick the values of our fields out of a record."""
        if self._first is None:
            self._first = record
        if self._unseen:
            self._unseen = {path for path in self._unseen if not _has(record, path)}
        return {
            field: next((found for path in paths if (found := value_at(record, path)) is not None), None)
            for field, paths in self.places.items()
        }

    def is_whole(self, line: str) -> bool:
        """Tell whether a line that could be read is certainly all of it, though no newline ends it."""
        if self.layout == "csv":
            return line.endswith('"')
        return self.layout == "ndjson" or "user_agent" in self._record_of(line)

    def read_part(self, line: str) -> str:
        """Give the part of a line that is the same however much of what is not read follows."""
        found = COMBINED.match(line) if self.layout == "combined" else None
        return found[0] if found else line.rstrip()

    def wrong_map(self) -> str:
        """Say which mapped field no line had; nothing where each was seen, or no line had any field."""
        if self._first is None or not self._unseen:
            return ""
        found = "" if self.layout == "combined" else f"; the first line has {self._fields()}"
        return f"No line of the file has the field {min(self._unseen)!r}{found}; check --map."

    def advice(self) -> str:
        """Say what was found and what is wanted, for a file of which no line could be read."""
        if self.layout == "combined" or self._first is None:
            return "check --format and --map."
        wanted = ", ".join(
            field if paths == (field,) else f"{field} ({' or '.join(paths)})"
            for field, paths in self.places.items()
            if field not in OPTIONAL
        )
        return f"the first line has {self._fields()}; wanted are {wanted}; check --format and --map."

    def _fields(self) -> str:
        paths = islice(_paths(self._first or {}, DEEPEST_FIELD), LISTED_FIELDS)
        return ", ".join(visible(safe_id(path)) for path in paths) or "no fields"


def value_at(record: Record, path: str) -> Any:
    """Find a value; a name with dots is tried whole first."""
    if path in record or "." not in path:
        return record.get(path)
    first, rest = path.split(".", 1)
    inner = record.get(first)
    return value_at(cast("Record", inner), rest) if isinstance(inner, dict) else None


def _pair(text: str, fields: Sequence[str]) -> tuple[str, str]:
    field, equals, path = text.partition("=")
    if not equals or not path or field not in fields:
        raise QuestionError(
            f"--map '{visible(text)}' is not understood; write field=path with one of {', '.join(fields)}, "
            "for example --map key_id=remote_addr."
        )
    return field, path


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
