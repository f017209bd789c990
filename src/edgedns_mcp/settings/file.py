"""The file edgedns.toml: where it lies, what it says, and in which line."""

import os
import re
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from platformdirs import user_config_path

from edgedns_mcp.errors import ConfigurationError

NAME = "edgedns.toml"
MOST_BYTES = 1_000_000
TOO_LARGE = "keep only standing choices in it"
HEADER = re.compile(r"\s*(\[\[?)\s*([^\[\]]*?)\s*\]")
KEY = re.compile(r"""\s*(?:([\w-]+)|"([^"]*)"|'([^']*)')\s*[=.]""")
NOTHING: Mapping[str, Any] = MappingProxyType({})


class StandingChoices(NamedTuple):
    """What a file says; `path` is None where there is none. It `is_own` if its owner chose it, or keeps it at home."""

    path: Path | None = None
    text: str = ""
    values: Mapping[str, Any] = NOTHING
    is_own: bool = True

    def place(self, *location: str | int) -> str:
        """Name the file, and where it is known the line, of a key such as ("planned", 0, "start") or of its table."""
        line = line_of(lines_of_keys(self.text), *location)
        return f"{self.path}, line {line}" if line else f"{self.path}"


def line_of(lines: Mapping[tuple[str | int, ...], int], *location: str | int) -> int:
    """Give the line of a key or of the table around it; 0 where it is not known."""
    parents = (location[:length] for length in range(len(location), 0, -1))
    return next((lines[parent] for parent in parents if lines.get(parent)), 0)


def read(named: object) -> StandingChoices:
    """Read the file that is named, else the one in the current folder, else the user's own; none is fine.

    Raises:
        ConfigurationError: it cannot be read, is too large, or is not TOML.
    """
    if named:
        path = Path(os.path.expanduser(str(named))).absolute()  # noqa: PTH111 - Path.expanduser raises without a home
        return parsed(path, text_of(path, "The file named in EDGEDNS_CONFIG", TOO_LARGE))
    here, own = Path(NAME), own_folder() / NAME
    for path in (here, own):
        if _is_there(path):
            found = path.absolute()
            return parsed(found, text_of(found, f"{found}", TOO_LARGE))._replace(is_own=path is own)
    return StandingChoices()


def own_folder() -> Path:
    """Give the user's config folder of this program, whether it is there or not."""
    return user_config_path("edgedns-mcp")


def parsed(path: Path, text: str, example: str = 'timezone = "Europe/Berlin"') -> StandingChoices:
    """Read TOML.

    Raises:
        ConfigurationError: it is none.
    """
    import tomllib  # not needed where there is no file

    try:
        return StandingChoices(path, text, tomllib.loads(text))
    except (ValueError, RecursionError) as exc:  # a number of thousands of digits is a plain ValueError
        found = re.search(r"at line (\d+)", str(exc))
        place = f"{path}, line {found[1]}" if found else f"{path}"
        raise ConfigurationError(
            f"{place}: this is not TOML; write key = value, each key once, a text in quotes, as in {example}."
        ) from exc


def text_of(path: Path, name: str, advice: str) -> str:
    """Read a file that people write, which goes by `name`.

    Raises:
        ConfigurationError: it cannot be read, is too large (with `advice`), or is not UTF-8.
    """
    content = _content(path, name)
    if len(content) > MOST_BYTES:
        raise ConfigurationError(f"{path} has more than 1 MB; {advice}.")
    try:
        return content.decode("utf-8-sig")  # some editors begin a file with a mark of the byte order
    except UnicodeDecodeError as exc:
        raise ConfigurationError(f"{path} is not UTF-8 text; save it as UTF-8.") from exc


def _content(path: Path, name: str) -> bytes:
    unreadable = ConfigurationError(f"{name} cannot be read; check its path and permissions.")
    if not _is_there(path):
        raise unreadable
    try:
        with path.open("rb") as file:
            return file.read(MOST_BYTES + 1)
    except OSError as exc:
        raise unreadable from exc


def _is_there(path: Path) -> bool:
    """Tell whether a path is a file: no folder, and no pipe that may never end."""
    return os.path.isfile(path)  # noqa: PTH113 - Path.is_file raises where a folder may not be entered


def lines_of_keys(text: str) -> dict[tuple[str | int, ...], int]:
    """Find the line of each key and each table; 0 where a text of several lines makes it doubtful."""
    found: dict[tuple[str | int, ...], int] = {}
    tables: Counter[str] = Counter()
    inside: tuple[str | int, ...] = ()
    for number, words in enumerate(text.split("\n"), 1):
        if header := HEADER.match(words):
            names = tuple(re.split(r"\s*\.\s*", header[2]))
            inside = (*names, tables[header[2]]) if header[1] == "[[" else names
            tables[header[2]] += 1
            place = inside
        elif key := KEY.match(words):
            place = (*inside, key[1] or key[2] or key[3] or "")
        else:
            continue
        found[place] = 0 if place in found else number
    return found
