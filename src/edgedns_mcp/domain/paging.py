"""A cursor carries the whole question, the last row's rank and the version of the figures; we keep nothing.

The ranking is total, so with the same figures the rows after a rank are always the same ones.
"""

import marshal
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Generic, NamedTuple, TypeVar
from urllib.parse import parse_qsl, urlencode
from zlib import crc32

from edgedns_mcp.domain import periods
from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.usages import Usages
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import GroupRow, PagedQuery, Window

Paged = TypeVar("Paged", bound=PagedQuery)

LATEST_HOUR = 2_100_000  # in the year 2209
CURRENT = "current"
PLAIN = 2  # the version of marshal that writes equal values alike, whoever else holds them
CURSOR = re.compile(
    r"(?P<place>(?P<start>\d{1,7})\.(?P<end>\d{1,7})\.(?P<rank>\d{1,7})\.(?P<version>\d{1,10}))"
    r"\.(?P<check>\d{1,5})(?:\.(?P<words>.*))?",
    re.ASCII,
)
NOT_OURS = "The cursor is not one of ours; pass next_cursor of the page before unchanged, or leave it out."
ON_ANY_PAGE = {"period", "start", "end", "limit", "top_endpoints", "cursor"}  # all else must stay the same


class Cursor(NamedTuple, Generic[Paged]):
    """Where a page ended."""

    query: Paged
    window: Window
    rank: int
    version: str


def encode(cursor: Cursor[Paged]) -> str:
    """Write a cursor as text: figures first, then what is not a default."""
    window, asked = cursor.window, cursor.query.model_dump(exclude=ON_ANY_PAGE, exclude_defaults=True)
    figures = (_hour(window.start), _hour(window.end), cursor.rank, cursor.version)
    place = ".".join(map(str, figures))
    words = urlencode(asked | ({} if window.period == CURRENT else {"period": window.period}))
    return f"{place}.{_check(place, words)}" + (f".{words}" if words else "")


def decode(query: Paged) -> Cursor[Paged]:
    """Read the cursor of `query` back; what else the query says must be the same question, or its default.

    Raises:
        QuestionError: the text is no cursor of ours, or belongs to another question.
    """
    found = CURSOR.fullmatch(query.cursor)
    words = (found and found["words"]) or ""
    if not found or found["check"] != _check(found["place"], words):
        raise QuestionError(NOT_OURS)
    try:
        first = type(query).model_validate(dict(parse_qsl(words)))
    except ValueError as exc:
        raise QuestionError(NOT_OURS) from exc
    start, end, rank = (int(found[name]) for name in ("start", "end", "rank"))
    if not start < end <= LATEST_HOUR or not rank:
        raise QuestionError(NOT_OURS)
    _check_same(first, query)
    window = Window(start=_moment(start), end=_moment(end), period=first.period)
    return Cursor(first.model_copy(update={"period": CURRENT}), window, rank, found["version"])


def version_of(rows: Usages | Sequence[GroupRow]) -> str:
    """Give a short digest of every figure in the ranking: other figures, another digest."""
    figures: list[Any]
    if isinstance(rows, Usages):
        figures = [rows.members.marks, rows.requests, rows.errors, rows.last]
    else:
        figures = [_figures(row) for row in rows]
    return digest(figures)


def digest(figures: list[Any]) -> str:
    """Give a short digest of plain values."""
    return str(crc32(marshal.dumps(figures, PLAIN)) % 1_000_000)


def _check(place: str, words: str) -> str:
    """Give the check digits that a mangled cursor does not have."""
    return str(crc32(f"{place}.{words}".encode()) % 100_000)


def _check_same(first: PagedQuery, query: PagedQuery) -> None:
    belongs = first.model_dump()
    asked = query.model_dump(exclude=ON_ANY_PAGE) | {"period": periods.asked(query.period, query.start, query.end)}
    for name, value in asked.items():
        if value not in (type(query).model_fields[name].default, belongs[name]):
            raise QuestionError(
                f"The cursor belongs to a question with {name}={visible(belongs[name]) or '(empty)'}; "
                "repeat that, or ask the new question without a cursor."
            )


def _figures(row: GroupRow) -> tuple[object, ...]:
    last = row.last_activity and row.last_activity.timestamp()
    return row.name, row.keys, row.request_count, row.error_count, last


def _hour(moment: datetime) -> int:
    return int(moment.timestamp()) // HOUR_S


def _moment(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * HOUR_S, UTC)
