"""The file that says whose keys are: read when a question comes, and again when it is another one."""

import csv
import re
from collections.abc import Hashable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import NamedTuple, cast

from edgedns_mcp.domain.environments import ENVIRONMENTS
from edgedns_mcp.domain.team_lines import TeamLine, TeamLines
from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.models import Environment
from edgedns_mcp.models.secrets import holds_secret
from edgedns_mcp.render.phrases import plural
from edgedns_mcp.settings import file

COLUMNS = ("key", "team", "cost_center", "allowed_environments")
KNOWN = ", ".join(COLUMNS)
HEAD = "begin the file with the line key,team,cost_center,allowed_environments, of which all but key may be left out"
TABLE = '[[keys]], and below it key = "checkout*" and team = "payments"'
DELIMITERS = ",;\t"  # spreadsheets write each of them
BETWEEN = re.compile(r"[\s,;|]+")
LONGEST = 200  # characters of a text
HARMLESS = re.compile(r"(?!edns(?:mcp)?_)[A-Za-z0-9_ -]{1,23}")  # shorter than a secret


class Row(NamedTuple):
    """What the file says of one key, or of one pattern, and in which line; where its cells have lines, in which."""

    line: int
    cells: Mapping[str, object]
    lines: Mapping[str, int] = {}

    def place(self, name: str) -> int:
        """Give the line of a cell."""
        return self.lines.get(name) or self.line


class TeamsFile:
    """A file of lines, as it is now."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._known: tuple[Hashable, TeamLines] | None = None

    def read(self) -> tuple[Hashable, TeamLines]:
        """Give a mark that no other state of the file has, and its lines.

        Raises:
            ConfigurationError: it cannot be read, or a line is wrong.
        """
        mark = self._mark()
        if self._known is None or self._known[0] != mark:
            self._known = mark, lines_of(self.path)
        return self._known

    def _mark(self) -> Hashable:
        try:
            found = self.path.stat()
        except (OSError, ValueError):
            return None  # reading it will say why
        return found.st_mtime_ns, found.st_size, found.st_ino


def lines_of(path: Path) -> TeamLines:
    """Read a file: TOML where its name ends so, else CSV.

    Raises:
        ConfigurationError: it cannot be read, or a line is wrong; the sentence names the line.
    """
    text = file.text_of(path, f"The teams file {path}", "name keys by patterns, such as checkout*")
    rows = _tables(path, text) if path.suffix.lower() == ".toml" else _table(path, text)
    lines, seen = TeamLines(), dict[str, int]()
    for row in rows:
        line = _line(path, row)
        if first := seen.get(line.key.casefold()):
            raise _wrong(path, row.line, f"it has the key of line {first} again; keep one of the two")
        seen[line.key.casefold()] = row.line
        lines.append(line)
    return lines


def _wrong(path: Path, line: int, words: str) -> ConfigurationError:
    return ConfigurationError(f"{path}, line {line}: {words}." if line else f"{path}: {words}.")


def _table(path: Path, text: str) -> Iterator[Row]:
    """Read the rows of a CSV; the first names the columns, and # begins a remark."""
    rows = [(line, cells) for line, cells in _numbered(path, text) if any(cells) and not cells[0].startswith("#")]
    if not rows:
        raise _wrong(path, 0, f"the file is empty; {HEAD}")
    (first, head), *rows = rows
    columns = [name.lower().replace(" ", "_").replace("-", "_") for name in head]
    _check_columns(path, first, columns)
    for line, cells in rows:
        if len(cells) != len(columns):
            raise _wrong(
                path,
                line,
                f"it has {plural(len(cells), 'cell')}, and line {first} has {len(columns)}; separate all of them, "
                "also empty ones, and put a text that holds the separator between double quotes",
            )
        yield Row(line, dict(zip(columns, cells, strict=True)))


def _numbered(path: Path, text: str) -> Iterator[tuple[int, list[str]]]:
    head = next((line for line in text.splitlines() if line.strip() and not line.startswith("#")), "")
    reader = csv.reader(StringIO(text, newline=""), delimiter=max(DELIMITERS, key=head.count), strict=True)
    begins = 1
    try:
        for cells in reader:
            yield begins, [cell.strip() for cell in cells]
            begins = reader.line_num + 1
    except csv.Error as exc:
        raise _wrong(path, begins, "it is not CSV; check its double quotes") from exc


def _check_columns(path: Path, line: int, columns: list[str]) -> None:
    for at, name in enumerate(columns):
        if name not in COLUMNS:
            shown = name if HARMLESS.fullmatch(name) else "this"
            raise _wrong(path, line, f"{shown} is no column that is known; {HEAD}")
        if name in columns[:at]:
            raise _wrong(path, line, f"the column {name} stands there twice; {HEAD}")
    if COLUMNS[0] not in columns:
        raise _wrong(path, line, f"the column key is missing; {HEAD}")


def _tables(path: Path, text: str) -> Iterator[Row]:
    """Read the tables [[keys]] of a TOML file; `key` may be a list, each of which has a line of its own."""
    found = file.parsed(path, text, 'team = "payments"').values
    lines = file.lines_of_keys(text)
    unknown = next((name for name in found if name != "keys"), None)
    tables = found.get("keys", [])
    if unknown is not None or not isinstance(tables, list):
        raise _wrong(path, file.line_of(lines, unknown or "keys", 0), f"write the file as tables {TABLE}")
    for at, table in enumerate(cast("list[object]", tables)):
        line = file.line_of(lines, "keys", at)
        if not isinstance(table, dict):
            raise _wrong(path, line, f"write the file as tables {TABLE}")
        cells = cast("dict[str, object]", table)
        yield from _rows(path, Row(line, cells, {name: file.line_of(lines, "keys", at, name) for name in cells}))


def _rows(path: Path, table: Row) -> Iterator[Row]:
    if unknown := next((name for name in table.cells if name not in COLUMNS), None):
        shown = unknown if HARMLESS.fullmatch(unknown) else "this"
        raise _wrong(path, table.place(unknown), f"{shown} is no key of [[keys]], which has {KNOWN}; write {TABLE}")
    keys = table.cells.get("key", "")
    for key in cast("list[object]", keys) if isinstance(keys, list) else [keys]:
        yield table._replace(line=table.place("key"), cells={**table.cells, "key": key})


def _line(path: Path, row: Row) -> TeamLine:
    key, team, cost_center = (_text(path, row, name) for name in COLUMNS[:3])
    environments = _environments(path, row)
    if not key:
        raise _wrong(path, row.place("key"), "key is empty; write a key_id, a name, or a pattern such as checkout*")
    if holds_secret(key):
        raise _wrong(
            path, row.place("key"), "key looks like a secret; write its key_id, and rotate a secret that was shared"
        )
    if not (team or cost_center or environments):
        raise _wrong(path, row.line, "it says nothing of its key; write for example checkout*,payments")
    return TeamLine(row.line, key, team, cost_center, environments)


def _text(path: Path, row: Row, name: str) -> str:
    value = row.cells.get(name, "")
    if not isinstance(value, str) or len(value) > LONGEST:
        words = f"{name} is not valid; write a text of at most {LONGEST} characters, in quotes"
        raise _wrong(path, row.place(name), words)
    return value.strip()


def _environments(path: Path, row: Row) -> tuple[Environment, ...]:
    value = row.cells.get(COLUMNS[3], "")
    words = cast("list[object]", value) if isinstance(value, list) else BETWEEN.split(str(value).strip())
    found = [ENVIRONMENTS.get(str(word).lower()) for word in words if word != ""]
    if None in found:
        words = "allowed_environments is not valid; write live, test, or both, as in live test"
        raise _wrong(path, row.place(COLUMNS[3]), words)
    return tuple(dict.fromkeys(cast("list[Environment]", found)))
