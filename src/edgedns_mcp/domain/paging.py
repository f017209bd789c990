"""A cursor carries the whole question, the last row shown and the version of the figures; the server keeps nothing."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable
from datetime import datetime
from hashlib import blake2b
from typing import Annotated

from pydantic import Field, ValidationError

from edgedns_mcp.domain import periods
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import Filters, GroupBy, Model, SortBy, UsageQuery

SortValue = tuple[int | str, ...]


class Cursor(Model):
    """Where a page ended."""

    period: str
    start: datetime
    end: datetime
    filters: Filters
    group_by: GroupBy
    sort_by: SortBy
    last: SortValue
    rank: Annotated[int, Field(ge=1)]
    version: str


def encode(cursor: Cursor) -> str:
    """Write a cursor as URL-safe text."""
    return urlsafe_b64encode(cursor.model_dump_json().encode()).decode().rstrip("=")


def decode(text: str, query: UsageQuery) -> Cursor:
    """Read a cursor back and check that `query` asks the same question, or nothing else.

    Raises:
        QuestionError: the text is no cursor of ours, or belongs to another question.
    """
    try:
        cursor = Cursor.model_validate_json(urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, ValidationError) as exc:
        raise QuestionError(
            "The cursor is not one of ours; pass next_cursor of the page before unchanged, or leave it out."
        ) from exc
    asked = {name: getattr(query, name) for name in ("group_by", "sort_by", *Filters.model_fields)}
    asked["period"] = periods.asked(query.period, query.start, query.end)
    belongs = {**cursor.filters.model_dump(), **cursor.model_dump(include={"group_by", "sort_by", "period"})}
    for name, value in asked.items():
        if value not in (UsageQuery.model_fields[name].default, belongs[name]):
            raise QuestionError(
                f"The cursor belongs to a question with {name}={belongs[name] or '(empty)'}; "
                "repeat that, or ask the new question without a cursor."
            )
    return cursor


def version_of(rows: Iterable[SortValue]) -> str:
    """Give a short digest of every figure in the ranking: equal digests, equal figures."""
    return blake2b(json.dumps(list(rows)).encode(), digest_size=6).hexdigest()
