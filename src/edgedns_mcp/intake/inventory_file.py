"""The rows of an inventory file, whether it is CSV, JSON or NDJSON, each with its place in the file."""

import csv
import json
from collections.abc import Mapping
from io import StringIO
from pathlib import Path
from typing import NamedTuple, cast

from edgedns_mcp.errors import IntakeError
from edgedns_mcp.render.charge_csv import as_named
from edgedns_mcp.render.phrases import plural

MOST_BYTES = 64 << 20  # an inventory of 100,000 keys has about 10 MB
DELIMITERS = ",;\t"  # spreadsheets write each of them
NEEDED = "key_id"
NOT_AN_OBJECT = "Nothing was imported: {place} of the inventory is not a whole JSON object."


class Row(NamedTuple):
    """What the file says of one key: cells by column; `place` is "line 3", or "entry 3" of a JSON list."""

    place: str
    cells: dict[str, object]


def rows_in(path: Path) -> list[Row]:
    """Read the rows of a file, whose kind its first character tells.

    Raises:
        IntakeError: the file cannot be read, or a row cannot; the sentence names its place.
    """
    text = _text(path)
    match text.lstrip()[:1]:
        case "[":
            return _entries(_parsed(text))
        case "{":
            whole = _parsed(text)
            return _lines(text) if whole is None else _of_object(whole)
        case _:
            return _table(text)


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        text = content.decode("utf-8-sig")
    except OSError as exc:
        raise IntakeError(f"The file {path} cannot be read; check its name and permissions.") from exc
    except UnicodeDecodeError as exc:
        raise IntakeError(f"The file {path} is not text in UTF-8; save it as CSV in UTF-8, or as JSON.") from exc
    if len(content) > MOST_BYTES:
        raise IntakeError(
            f"The file {path} is larger than {MOST_BYTES >> 20} MiB; split it, each part adds to the rest."
        )
    return text


def _parsed(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _of_object(whole: object) -> list[Row]:
    """Take the list under `keys`, as EdgeDNS's own answers have it; an object without it is the only key."""
    found = cast("dict[str, object]", whole)
    return _entries(found["keys"]) if "keys" in found else [_row("line 1", found)]


def _entries(value: object) -> list[Row]:
    if not isinstance(value, list):
        raise IntakeError("Nothing was imported: the inventory is no JSON list of keys, or a list that is cut short.")
    return [_row(f"entry {number}", entry) for number, entry in enumerate(cast("list[object]", value), 1)]


def _lines(text: str) -> list[Row]:
    numbered = enumerate(text.split("\n"), 1)
    return [_row(f"line {number}", _parsed(line)) for number, line in numbered if line.strip()]


def _row(place: str, value: object) -> Row:
    if not isinstance(value, dict):
        raise IntakeError(NOT_AN_OBJECT.format(place=place))
    fields = cast("Mapping[str, object]", value)
    return Row(place, {_column(name): cell for name, cell in fields.items()})


def _table(text: str) -> list[Row]:
    (_, head), *rows = _numbered(text) or [(1, [])]
    columns = [_column(name) for name in head]
    if NEEDED not in columns:
        raise IntakeError(f"The inventory has no column {NEEDED}; its first line must name the columns.")
    if twice := len(columns) - len(set(columns)):
        raise IntakeError(f"The inventory names {twice} of its columns twice; give each column a name of its own.")
    for line, cells in rows:
        if len(cells) != len(columns):
            raise IntakeError(
                f"Nothing was imported: line {line} of the inventory has {plural(len(cells), 'cell')} and the "
                f"first line {len(columns)}; put text that holds the separator between double quotes."
            )
    return [Row(f"line {line}", dict(zip(columns, map(as_named, cells), strict=True))) for line, cells in rows]


def _numbered(text: str) -> list[tuple[int, list[str]]]:
    """Give the rows that hold anything, each with the line it begins at."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(DELIMITERS, key=head.count), strict=True)
    rows: list[tuple[int, list[str]]] = []
    begins = 1
    try:
        for cells in reader:
            rows.append((begins, cells))
            begins = reader.line_num + 1
    except csv.Error as exc:
        raise IntakeError(
            f"Nothing was imported: the row at line {begins} of the inventory is not CSV; check its double quotes."
        ) from exc
    return [(line, cells) for line, cells in rows if any(cell.strip() for cell in cells)]


def _column(name: str) -> str:
    return name.strip().lower().replace(" ", "_").replace("-", "_")
