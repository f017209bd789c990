"""The pieces that the shape of a line is made of."""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple

from edgedns_mcp.intake.logs import Places, value_at

# Minutes and seconds of any hour are alike; an offset of half hours would cut UTC hours, so such lines are left out.
_CLOCK = r":[0-5][0-9]:[0-5][0-9]"
_D = "[0-9]"  # one by one, and with an empty branch, they are read faster than counted and optional ones
_ISO = rf"(?P<stamp>{_D}{_D}{_D}{_D}-{_D}{_D}-{_D}{_D}[T ]{_D}{_D}{_CLOCK}(?:\.[0-9]{{1,6}}|))"
_CLF = rf"(?P<stamp>{_D}{_D}/[A-Z][a-z][a-z]/{_D}{_D}{_D}{_D}:{_D}{_D}{_CLOCK})"
_SECONDS = r"(?P<stamp>[1-9][0-9]{9})"
NUMBERS = {"status": "[1-9][0-9]{2}", "int": r"(?:0|-?[1-9][0-9]{0,17})", "any": r"-?[0-9.]+"}


class Token(NamedTuple):
    """A piece of a line: fixed text, or what varies and may hold one of our fields."""

    regex: str
    field: str = ""
    varies: bool = False
    offset: str = ""  # of a time: what stands behind its seconds
    hour: int = 0  # of a time: how many characters tell the hour; 0 where it is written in seconds


class Stamp(NamedTuple):
    """A way to write the time."""

    pattern: re.Pattern[str]
    regex: str
    hour: int = 0

    def token(self, found: re.Match[str]) -> Token:
        """Give the piece of a line for times written like this one."""
        behind = found.groupdict().get("offset", "")
        return Token(self.regex + re.escape(behind), "timestamp", varies=True, offset=behind, hour=self.hour)


STAMPS = (
    Stamp(re.compile(rf"{_ISO}(?P<offset>Z|[+-][0-9]{{2}}:?00|)"), _ISO, len("2026-10-05T10")),
    Stamp(re.compile(rf"{_CLF}(?P<offset> [+-][0-9]{{2}}00)"), _CLF, len("05/Oct/2026:10")),
    *(
        Stamp(re.compile(regex), regex)
        for regex in (
            rf"{_SECONDS}(?:\.[0-9]{{1,6}})?",
            *(rf"{_SECONDS}[0-9]{{{digits}}}" for digits in (3, 6, 9)),  # milli-, micro- and nanoseconds
        )
    ),
)


class Wanted(NamedTuple):
    """Where our fields are in a line, by path."""

    fields: Mapping[str, str]
    fixed: frozenset[str]  # would be looked at first, and hold nothing
    first_of_several: frozenset[str]  # if they held nothing, others would be looked at


def literal(text: str) -> Token:
    """Give the piece for a fixed text."""
    return Token(re.escape(text))


def wanted_of(places: Places, record: Mapping[str, Any]) -> Wanted | None:
    """Find the fields that a record has; None where one path holds two of them."""
    fields: dict[str, str] = {}
    fixed: set[str] = set()
    several: set[str] = set()
    for field, paths in places.items():
        held = next((path for path in paths if value_at(dict(record), path) is not None), None)
        fixed |= set(paths[: paths.index(held)] if held else paths)
        if held in fields:
            return None
        if held:
            fields[held] = field
            several |= {held} if held != paths[-1] else set()
    return None if fixed & set(fields) else Wanted(fields, frozenset(fixed), frozenset(several))


def field_token(field: str, text: str, regex: str) -> Token | None:
    """Give the piece of a field that holds text like this; None where such a field is better read one by one."""
    if field == "timestamp":
        stamps = ((stamp, stamp.pattern.fullmatch(text)) for stamp in STAMPS)
        return next((stamp.token(found) for stamp, found in stamps if found), None)
    if field == "status":
        return Token(NUMBERS["status"], "status", varies=True) if re.fullmatch(NUMBERS["status"], text) else None
    return Token(regex, field, varies=True)
