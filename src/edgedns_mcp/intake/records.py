"""How a line is written: each layout turns it into names and values."""

import csv
import re
from collections.abc import Callable
from typing import Any, Literal, TypeAlias, cast

from pydantic_core import from_json

from edgedns_mcp.intake.fields import Unreadable

Layout = Literal["combined", "ndjson", "csv", "parquet"]
Record: TypeAlias = dict[str, Any]
RecordOf: TypeAlias = Callable[[str], Record]

# Apache's and nginx's combined format, its common prefix included; quotes inside a value are escaped by a backslash.
# The bound on the time and the possessive repetitions keep a line made to hurt as cheap as any other of its length.
COMBINED = re.compile(
    r'(?P<remote_addr>\S++) \S++ (?P<remote_user>.*?) \[(?P<time>[^\]]{1,40})\] "(?P<request>(?:[^"\\]|\\.)*+)" '
    r'(?P<status>\d{3}) (?P<bytes>\S++)(?: "(?P<referer>(?:[^"\\]|\\.)*+)" "(?P<user_agent>(?:[^"\\]|\\.)*+)")?'
)
COMBINED_FIELDS = ("remote_addr", "remote_user", "time", "method", "path", "status", "bytes", "referer", "user_agent")
DELIMITERS = ",;\t"


def json_object(line: str) -> Record:
    """Read a line that is one JSON object.

    Raises:
        Unreadable: it is not.
    """
    try:
        record = from_json(line)
    except (ValueError, RecursionError) as exc:
        raise Unreadable("not a JSON object") from exc
    if not isinstance(record, dict):
        raise Unreadable("not a JSON object")
    return cast("Record", record)


def combined(line: str) -> Record:
    """Read a line of the combined format.

    Raises:
        Unreadable: it is none.
    """
    found = COMBINED.match(line)
    if not found:
        raise Unreadable("not a line of the combined format")
    record: Record = {name: value for name, value in found.groupdict().items() if value is not None}
    words = record["request"].split(" ")
    # "GET /path HTTP/1.1"; clients also send garbage here, which is a request all the same
    record["method"], record["path"] = (words[0], " ".join(words[1:-1])) if len(words) > 2 else ("", record["request"])  # noqa: PLR2004
    return record


class Columns:
    """The columns that the first line of a CSV file names."""

    def __init__(self, header: str) -> None:
        """Take the names from the header line.

        Raises:
            Unreadable: the line is no header.
        """
        header = header.removeprefix("\ufeff")
        self.delimiter = max(DELIMITERS, key=header.count)
        self.names = [name.strip() for name in self.values(header)]
        if len(self.names) != len(set(self.names)):
            raise Unreadable("a column named twice")

    def values(self, line: str) -> list[str]:
        """Split a line.

        Raises:
            Unreadable: a quoted field does not end on the line.
        """
        try:
            (row,) = csv.reader([line.rstrip("\r\n")], delimiter=self.delimiter, strict=True)
        except (csv.Error, ValueError) as exc:
            raise Unreadable("not a line of CSV") from exc
        return row

    def __call__(self, line: str) -> Record:
        """Read a line; an empty field is none.

        Raises:
            Unreadable: the line does not have the fields that the header names.
        """
        values = self.values(line)
        if len(values) != len(self.names):
            raise Unreadable("more or fewer fields than the header names")
        return {name: value for name, value in zip(self.names, values, strict=True) if value}
