"""The shape of a line: a pattern learnt from one line, that every line alike matches and is read by in one go.

A shape matches only what the reader of single lines would certainly read alike; every other line is left to it.
"""

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from edgedns_mcp.intake.json_shape import json_tokens
from edgedns_mcp.intake.logs import Reader
from edgedns_mcp.intake.records import Columns
from edgedns_mcp.intake.tokens import Token, Wanted, field_token, literal, wanted_of

Text = Any  # of a line: one, or a tuple of several; None, or a tuple of that, where the line is not of the shape
CSV_FIELD = 9_999  # characters; the library gives up at 131,072
BARE = r'[^ "\\\n]++'
INSIDE_QUOTES = r'[^"\\\n]*+'
OF_COMBINED = {
    "remote_addr": r"\S++", "remote_user": r'[^ \[\]"\n]*+', "method": BARE, "path": BARE, "bytes": r"\S++",
    "referer": INSIDE_QUOTES, "user_agent": INSIDE_QUOTES,
}  # fmt: skip
COMBINED_PIECES = re.compile(r"(\w+)|\W+")
COMBINED_LINE = 'remote_addr ident remote_user [time] "method path protocol" status bytes'


class Shape(NamedTuple):
    """A pattern that every line matches: one of the shape with the time and the texts that hold the other fields.

    A text that ends the line is any text to the pattern: whether it is of the shape, `values` tells.
    """

    pattern: re.Pattern[str]
    segments: tuple[re.Pattern[str], ...]  # of the texts
    offset: str  # what stands behind the time's seconds
    hour: int  # characters of the time that tell the hour; 0 where it is written in seconds

    def columns(self, lines: str) -> tuple[list[str], list[Text]]:
        """Give the times and the texts of lines; of a line that is not of the shape they are None."""
        pieces: list[str] = self.pattern.split(lines)  # all in one row, which is faster than a tuple for each line
        step = self.pattern.groups + 1
        texts = [pieces[group::step] for group in range(1, step)]
        stamps = texts.pop(self.pattern.groupindex["stamp"] - 1)
        return stamps, texts[0] if len(texts) == 1 else list(zip(*texts, strict=True))

    def values(self, text: Text) -> dict[str, str] | None:
        """Give the values of our fields, but the time, in the texts of a line; None where it is not of the shape."""
        texts: Sequence[str | None] = text if len(self.segments) > 1 else (text,)
        found: dict[str, str] = {}
        for segment, one in zip(self.segments, texts, strict=True):
            match = segment.fullmatch(one or "")  # the one that holds the status is never empty
            if match is None:
                return None
            found |= match.groupdict()
        return found


def shape_of(reader: Reader, line: str) -> Shape | None:
    """Learn the shape of a line that the reader can read; None where lines like it are better read one by one."""
    line = line.rstrip("\r")
    wanted = wanted_of(reader.places, reader.record(line))
    if wanted is None:
        return None
    tokens = _tokens(reader, line, wanted)
    stamp = next((token for token in tokens or () if token.field == "timestamp"), None)
    if not tokens or not stamp or not any(token.field == "status" for token in tokens):
        return None
    shape = _compiled(tokens, stamp)
    _, (text,) = shape.columns(line)
    return shape if shape.values(text) else None


def _tokens(reader: Reader, line: str, wanted: Wanted) -> list[Token] | None:
    if reader.layout == "ndjson":
        return json_tokens(line, wanted)
    if reader.columns:
        return _csv_tokens(reader.columns, line, wanted)
    return _combined_tokens(reader.record(line), wanted)


def _compiled(tokens: Sequence[Token], stamp: Token) -> Shape:
    """Make one group of fields with nothing but fixed text between them, or behind them."""
    pieces: list[tuple[bool, list[Token]]] = []
    gap: list[Token] = []
    for token in tokens:
        if not token.field or token is stamp:
            gap.append(token)
        elif pieces and not any(between.varies for between in gap):
            pieces[-1][1].extend([*gap, token])
            gap = []
        else:
            pieces += [(False, gap), (True, [token])]
            gap = []
    gap.append(Token(r"\r?"))
    is_open = not any(between.varies for between in gap)
    if is_open:
        pieces[-1][1].extend(gap)
    else:
        pieces.append((False, gap))
    groups = [("({})" if is_segment else "{}", "".join(one.regex for one in piece)) for is_segment, piece in pieces]
    if is_open:
        groups[-1] = ("({})", ".*")  # logs repeat themselves: each text is looked at once, not on every line
    line = "".join(group.format(regex) for group, regex in groups)
    segments = tuple(
        re.compile("".join(f"(?P<{one.field}>{one.regex})" if one.field else one.regex for one in piece))
        for is_segment, piece in pieces
        if is_segment
    )
    return Shape(re.compile(rf"^(?:{line}|.*)$", re.MULTILINE), segments, stamp.offset, stamp.hour)


def _csv_tokens(columns: Columns, line: str, wanted: Wanted) -> list[Token] | None:
    pieces = line.split(columns.delimiter)
    if len(pieces) != len(columns.names):
        return None  # a delimiter inside quotes
    bare, quoted = rf'[^"\r\n{columns.delimiter}]', r'[^"\r\n]'
    tokens: list[Token] = []
    for name, piece in zip(columns.names, pieces, strict=True):
        is_quoted = piece.startswith('"')
        field, quote = wanted.fields.get(name, ""), literal('"' * is_quoted)
        value = f"{quoted if is_quoted else bare}{{{int(name in wanted.first_of_several)},{CSV_FIELD}}}+"
        if name in wanted.fixed:
            tokens.append(literal(piece))
        elif not field:
            tokens.append(Token(f'(?:"{quoted}{{0,{CSV_FIELD}}}+"|{bare}{{0,{CSV_FIELD}}}+)', varies=True))
        elif token := field_token(field, piece.strip('"'), value):
            tokens += [quote, token, quote]
        else:
            return None
        tokens.append(literal(columns.delimiter))
    return tokens[:-1]


def _combined_tokens(record: dict[str, str], wanted: Wanted) -> list[Token] | None:
    written = COMBINED_LINE + (' "referer" "user_agent"' if "user_agent" in record else "")
    tokens: list[Token] = []
    for piece in COMBINED_PIECES.finditer(written):
        name = piece[1]
        if name is None:
            tokens.append(literal(piece[0]))
        elif name in wanted.fields:
            token = field_token(wanted.fields[name], record[name], OF_COMBINED.get(name, BARE))
            if token is None:
                return None
            tokens.append(token)
        else:
            regex = {"time": r"[^\]\n]{1,40}", "status": "[0-9]{3}", "ident": r"\S++", "protocol": BARE}
            tokens.append(Token(OF_COMBINED.get(name) or regex[name], varies=True))
    return [*tokens, Token(".*+" if "user_agent" in record else "", varies=True)]
