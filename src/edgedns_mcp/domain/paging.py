"""A cursor carries the whole question, the last row's rank and the version of the figures; we keep nothing.

The ranking is total, so with the same figures the rows after a rank are always the same ones.
"""

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import parse_qsl, urlencode
from zlib import crc32

from edgedns_mcp.domain import periods
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import UsageQuery, Window

HOUR_S = 3600
LATEST_HOUR = 2_500_000  # about the year 2255
QUESTION = ("group_by", "sort_by", "environment", "team", "name_contains", "endpoint")  # what must stay the same


class Cursor(NamedTuple):
    """Where a page ended."""

    query: UsageQuery
    window: Window
    rank: int
    version: str


def encode(cursor: Cursor) -> str:
    """Write a cursor as text; what has its default is left out."""
    window, fields = cursor.window, UsageQuery.model_fields
    asked = {name: getattr(cursor.query, name) for name in QUESTION}
    place = {
        "p": window.period,
        "s": _hour(window.start),
        "e": _hour(window.end),
        "r": cursor.rank,
        "v": cursor.version,
    }
    return urlencode({name: value for name, value in asked.items() if value != fields[name].default} | place)


def decode(query: UsageQuery) -> Cursor:
    """Read the cursor of `query` back; what else the query says must be the same question, or its default.

    Raises:
        QuestionError: the text is no cursor of ours, or belongs to another question.
    """
    fields = dict(parse_qsl(query.cursor, keep_blank_values=True))
    try:
        hours = [int(fields.pop(name)) for name in ("s", "e")]
        rank, version, period = int(fields.pop("r")), fields.pop("v"), fields.pop("p")
        first = UsageQuery.model_validate(fields)
    except (KeyError, ValueError) as exc:
        raise QuestionError(_NOT_OURS) from exc
    if rank < 1 or not 0 <= hours[0] < hours[1] <= LATEST_HOUR or not set(fields) <= set(QUESTION):
        raise QuestionError(_NOT_OURS)
    _check_same({**first.model_dump(include=set(QUESTION)), "period": period}, query)
    start, end = (datetime.fromtimestamp(hour * HOUR_S, UTC) for hour in hours)
    return Cursor(first, Window(start=start, end=end, period=period), rank, version)


def version_of(rows: Iterable[object]) -> str:
    """Give a short digest of every figure in the ranking: other figures, another digest."""
    return str(crc32(repr(list(rows)).encode()))


_NOT_OURS = "The cursor is not one of ours; pass next_cursor of the page before unchanged, or leave it out."


def _check_same(belongs: dict[str, str], query: UsageQuery) -> None:
    asked = query.model_dump(include=set(QUESTION)) | {"period": periods.asked(query.period, query.start, query.end)}
    for name, value in asked.items():
        if value not in (UsageQuery.model_fields[name].default, belongs[name]):
            raise QuestionError(
                f"The cursor belongs to a question with {name}={belongs[name] or '(empty)'}; "
                "repeat that, or ask the new question without a cursor."
            )


def _hour(moment: datetime) -> int:
    return int(moment.timestamp()) // HOUR_S
