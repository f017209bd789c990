"""The shape of a line that is one JSON object: its names and their order; what is not asked for may be any value."""

import re
from collections.abc import Iterator

from edgedns_mcp.intake.tokens import NUMBERS, Token, Wanted, field_token, literal

PIECES = re.compile(r'\s+|[{}\[\]:,]|"(?:[^"\\\x00-\x1f]|\\.)*+"|[^\s{}\[\]:,"]++')
TEXT = r'[^"\\\x00-\x1f]*+'
STRING = r'"(?:[^"\\\x00-\x1f]|\\["\\/bfnrt])*+"'
SCALAR = rf"(?:{STRING}|-?(?:0|[1-9][0-9]{{0,30}})(?:\.[0-9]{{1,30}})?(?:[eE][+-]?[0-9]{{1,3}})?|true|false|null)"
DEEPEST_VALUE = 2  # objects and lists within one another, where they may be anything
PLAIN_NAME = re.compile(r'"[^"\\.\x00-\x1f]++"')


def json_tokens(line: str, wanted: Wanted) -> list[Token] | None:
    """Give the pieces of a line that was read; None where lines like it are better read one by one."""
    pieces = PIECES.findall(line)
    walk = _Walk(pieces, wanted)
    tokens = list(walk.value(""))
    return None if walk.is_odd or walk.at < len(pieces) else tokens


class _Walk:
    """Goes through the pieces of a line once."""

    def __init__(self, pieces: list[str], wanted: Wanted) -> None:
        self.at = 0
        self.is_odd = False
        self._pieces = pieces
        self._wanted = wanted
        self._paths: set[str] = set()
        self._asked = wanted.fields.keys() | wanted.fixed

    def value(self, path: str) -> Iterator[Token]:
        """Give the pieces of the value at a path."""
        begins = self._pieces[self.at]
        if path in self._asked:
            self.at += 1
            yield from self._asked_for(path, begins)
        elif begins == "{" and (not path or any(one.startswith(f"{path}.") for one in self._asked)):
            yield from self._object(path)
        else:
            self._skip()
            yield Token(VALUE if begins in "{[" else SCALAR, varies=True)

    def _object(self, path: str) -> Iterator[Token]:
        while True:
            yield from self._fixed_text("{,")
            name = self._pieces[self.at]
            self.at += 1
            yield literal(name)
            if name == "}":
                return
            inner = f"{path}.{name[1:-1]}" if path else name[1:-1]
            self.is_odd |= inner in self._paths  # of a name that comes twice, the last counts
            self.is_odd |= not PLAIN_NAME.fullmatch(name)  # a path may mean it differently
            self._paths.add(inner)
            yield from self._fixed_text(":")
            yield from self.value(inner)

    def _fixed_text(self, marks: str) -> Iterator[Token]:
        while self._pieces[self.at] in marks or self._pieces[self.at].isspace():
            yield literal(self._pieces[self.at])
            self.at += 1

    def _asked_for(self, path: str, piece: str) -> Iterator[Token]:
        """Give the pieces of one of our fields: text without escapes, or a whole number."""
        field, quote = self._wanted.fields.get(path, ""), '"' * piece.startswith('"')
        token = field_token(field, piece.strip('"'), TEXT if quote else NUMBERS["int"]) if field else literal(piece)
        if (
            token is None
            or "\\" in piece
            or (not quote and not re.fullmatch(NUMBERS["any"] if field else "null", piece))
        ):
            self.is_odd = True
            return
        yield from (literal(quote), token, literal(quote))

    def _skip(self) -> None:
        """Pass a value by."""
        depth = 0
        while True:
            piece = self._pieces[self.at]
            depth += (piece in "{[") - (piece in "}]")
            self.at += 1
            if depth == 0:
                return


def _any_value(depth: int) -> str:
    if depth == 0:
        return SCALAR
    inner, gap = _any_value(depth - 1), r"[ \t]*+"
    member = f"{STRING}{gap}:{gap}{inner}{gap}"
    listed = rf"\[{gap}(?:{inner}{gap}(?:,{gap}{inner}{gap})*+)?\]"
    return rf"(?:{SCALAR}|{listed}|\{{{gap}(?:{member}(?:,{gap}{member})*+)?\}})"


VALUE = _any_value(DEEPEST_VALUE)
