"""JSON that people write, with comments and commas at the end: read, and changed without touching the rest."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeVar

BLANK = re.compile(r"(?:[ \t\r\n]|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
STRING = re.compile(r'"(?:[^"\\\x00-\x1f]|\\.)*"')
PLAIN = re.compile(r"-?\d[\d.eE+-]*|true|false|null")
INDENT = re.compile(r"\n([ \t]+)\S")

Part = TypeVar("Part")


class NoJson(ValueError):  # noqa: N818 - what the text is
    """The text is no JSON, at this place."""

    def __init__(self, text: str, at: int) -> None:
        super().__init__("no JSON")
        self.line = text.count("\n", 0, at) + 1


class Member(NamedTuple):
    """A name and its value, and where the two stand."""

    name: str
    start: int
    value: "Value"


class Value(NamedTuple):
    """What a value is, where it stands, and its members if it is an object."""

    start: int
    end: int
    what: Any
    members: Sequence[Member] = ()

    def member(self, name: str) -> Member | None:
        """Find the member of this name; the last one, as JSON has it."""
        return next((one for one in reversed(self.members) if one.name == name), None)


def read(text: str) -> Value:
    """Read a text that is one object; an empty one is an object without members.

    Raises:
        NoJson: it is none.
    """
    begin = _skip(text, 1 if text.startswith("\ufeff") else 0)
    if begin == len(text):
        return Value(begin, begin, {})
    try:
        found = _value(text, begin)
    except RecursionError as exc:
        raise NoJson(text, begin) from exc
    if not isinstance(found.what, dict) or _skip(text, found.end) != len(text):
        raise NoJson(text, found.end)
    return found


def with_member(text: str, path: Sequence[str], value: Any) -> str:
    """Put a value where `path` leads; what is missing on the way is made.

    Raises:
        NoJson: the text is none, or something on the way is no object.
    """
    found = read(text)
    if found.start == found.end:
        return f"{text}{_written(_nested(path, value), text, '')}\n"
    for depth, name in enumerate(path):
        member = found.member(name)
        if member is None:
            return _added(text, found, name, _nested(path[depth + 1 :], value))
        found = member.value
        if depth + 1 < len(path) and not isinstance(found.what, dict):
            raise NoJson(text, found.start)
    return text[: found.start] + _written(value, text, _indent_at(text, found.start)) + text[found.end :]


def without_member(text: str, path: Sequence[str]) -> str:
    """Take out the value where `path` leads; a text without it stays as it is.

    Raises:
        NoJson: the text is none.
    """
    around = read(text)
    for name in path[:-1]:
        member = around.member(name)
        if member is None:
            return text
        around = member.value
    member = around.member(path[-1])
    return text if member is None else _removed(text, around, member)


def _added(text: str, around: Value, name: str, value: Any) -> str:
    outer = _indent_at(text, around.start)
    inner = _indent_at(text, around.members[-1].start) if around.members else outer + _unit(text)
    entry = f"{_newline(text)}{inner}{json.dumps(name)}: {_written(value, text, inner)}"
    close = around.end - 1
    if not around.members:
        kept = text[around.start + 1 : close].rstrip()
        return f"{text[: around.start + 1]}{kept}{entry}{_newline(text)}{outer}{text[close:]}"
    last = around.members[-1].value.end
    between = text[last:close]
    comma = "" if text[_skip(text, last)] == "," else ","
    tail = between[len(between.rstrip()) :] or f"{_newline(text)}{outer}"
    return f"{text[:last]}{comma}{between.rstrip()}{entry}{tail}{text[close:]}"


def _removed(text: str, around: Value, member: Member) -> str:
    at, end = around.members.index(member), member.value.end
    if at + 1 < len(around.members):
        return text[: member.start] + text[around.members[at + 1].start :]
    start = len(text[: member.start].rstrip())
    if at:
        before = around.members[at - 1].value.end
        comma = text.index(",", _skip(text, before))
        return text[:comma] + text[comma + 1 : max(start, comma + 1)] + text[end:]
    inside = text[around.start + 1 : member.start] + text[end : around.end - 1]
    kept = "" if not inside.replace(",", "").strip() else inside.rstrip().removesuffix(",")
    return text[: around.start + 1] + kept + text[around.end - 1 :]


def _nested(path: Sequence[str], value: Any) -> Any:
    for name in reversed(path):
        value = {name: value}
    return value


def _written(value: Any, text: str, indent: str) -> str:
    lines = json.dumps(value, indent=_unit(text), ensure_ascii=False).split("\n")
    return f"{_newline(text)}{indent}".join(lines)


def _unit(text: str) -> str:
    found = INDENT.search(text)
    return found[1] if found else "  "


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _indent_at(text: str, at: int) -> str:
    line = text[text.rfind("\n", 0, at) + 1 : at]
    return line[: len(line) - len(line.lstrip())]


def _skip(text: str, at: int) -> int:
    found = BLANK.match(text, at)
    return found.end() if found else at


def _value(text: str, at: int) -> Value:
    if text[at : at + 1] == "{":
        members, end = _parts(text, at, "}", _member)
        return Value(at, end, {one.name: one.value.what for one in members}, members)
    if text[at : at + 1] == "[":
        items, end = _parts(text, at, "]", _item)
        return Value(at, end, [one.what for one in items])
    found = STRING.match(text, at) or PLAIN.match(text, at)
    if not found:
        raise NoJson(text, at)
    try:
        return Value(at, found.end(), json.loads(found[0]))
    except ValueError as exc:
        raise NoJson(text, at) from exc


def _parts(text: str, at: int, close: str, one: Callable[[str, int], tuple[Part, int]]) -> tuple[list[Part], int]:
    parts, at = list[Part](), _skip(text, at + 1)
    while text[at : at + 1] != close:
        part, at = one(text, at)
        parts.append(part)
        at = _skip(text, at)
        if text[at : at + 1] == ",":
            at = _skip(text, at + 1)
        elif text[at : at + 1] != close:
            raise NoJson(text, at)
    return parts, at + 1


def _item(text: str, at: int) -> tuple[Value, int]:
    found = _value(text, at)
    return found, found.end


def _member(text: str, at: int) -> tuple[Member, int]:
    name = _value(text, at)
    colon = _skip(text, name.end)
    if not isinstance(name.what, str) or text[colon : colon + 1] != ":":
        raise NoJson(text, colon)
    value = _value(text, _skip(text, colon + 1))
    return Member(name.what, at, value), value.end
