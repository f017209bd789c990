"""What the bodies of EdgeDNS say: the counters of every key, or the code of a refusal."""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, NamedTuple, cast

from pydantic import AliasChoices, BeforeValidator, FailFast, Field, ValidationError, model_validator

from edgedns_mcp.errors import UnavailableError
from edgedns_mcp.models import Environment, Key, KeyReading, Reading
from edgedns_mcp.models.secrets import SECRET
from edgedns_mcp.sources.edgedns_fields import (
    Foreign,
    Harmless,
    Whole,
    is_overfull,
    moment,
    repeats_a_field,
    stated_moment,
)

PLANS = ("free", "developer", "pro", "enterprise")
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
EMPTY = "an empty body"
WEB_PAGE = "a web page instead of JSON"
NOT_JSON = "a body that is not JSON"
NO_LIST = "no readable list of keys"
FROM_ELSEWHERE = frozenset({WEB_PAGE, NOT_JSON, NO_LIST})  # a sign that something else than the API answered
BYTE_ORDER_MARK = b"\xef\xbb\xbf"
WRONG_FIELDS = {
    "key_id": "a key without a usable key_id",
    "name": "a key whose name is no text",
    "request_count": "a request_count that is no whole number from 0 up",
    "error_count": "an error_count that is no whole number from 0 up",
    "endpoint_distribution": "an endpoint_distribution that cannot be read",
    "last_activity": "a last_activity that is no time",
    "total_keys": "a total_keys that is no whole number from 0 up",
}


def reading_of(body: bytes, taken_at: datetime) -> Reading:
    """Read the counters of every key.

    Raises:
        UnavailableError: the body is not a whole, consistent list of keys.
    """
    levels = _levels(body)
    if any(level.goes_on() for level in levels):
        raise unusable("only a part of the keys (it names a next page)")
    keys = tuple(_key_reading(row) for row in _rows(levels))
    if len({reading.key.key_id for reading in keys}) < len(keys):
        raise unusable("the same key_id more than once")
    if any(level.total_keys not in (None, len(keys)) for level in levels):
        raise unusable("a total_keys that differs from the number of keys listed")
    start, end = next(_windows(levels), (None, None))
    return Reading(taken_at=taken_at, keys=keys, window_start=start, window_end=end)


class Trouble(NamedTuple):
    """What the body of a refusal says, as far as it may be shown; "" where it says nothing sane."""

    code: str = ""
    request_id: str = ""
    plan: str = ""


def trouble_of(body: bytes) -> Trouble:
    """Read the error envelope, whatever the body is."""
    try:
        envelope = _Envelope.model_validate_json(body)
    except ValidationError:
        return Trouble()
    return Trouble(envelope.error.code, envelope.request_id, envelope.error.details.plan)


def unusable(what: str) -> UnavailableError:
    """Say what is wrong with an answer; the words are ours, never the body's."""
    step = "Check EDGEDNS_BASE_URL." if what in FROM_ELSEWHERE else "Ask again later, and tell EdgeDNS if it stays so."
    return UnavailableError(f"EdgeDNS answered with {what}, so nothing was recorded. {step}")


def _listed(value: object) -> object:
    if isinstance(value, dict):
        counts = cast("dict[str, object]", value)
        return [{"endpoint": endpoint, "count": count} for endpoint, count in counts.items()]
    return [] if value is None else value


def _object_or_empty(value: object) -> object:
    return cast("object", value) if isinstance(value, dict) else {}


def _token(value: object) -> str:
    sane = isinstance(value, str) and TOKEN.fullmatch(value) and not SECRET.search(value)
    return str(value) if sane else ""


def _plan(value: object) -> str:
    return value.lower() if isinstance(value, str) and value.lower() in PLANS else ""


def _environment(value: object) -> object:
    return value if value in ("live", "test") else "unknown"


_Token = Annotated[str, BeforeValidator(_token)]


class _Share(Foreign):
    endpoint: Harmless = Field(validation_alias=AliasChoices("endpoint", "path", "name"))
    count: Whole = Field(validation_alias=AliasChoices("count", "requests", "request_count"))


class _Row(Foreign):
    key_id: Harmless = Field(min_length=1)
    name: Harmless | None = None
    environment: Annotated[Environment, BeforeValidator(_environment)] = "unknown"
    request_count: Whole
    error_count: Whole
    endpoint_distribution: Annotated[list[_Share], FailFast(), BeforeValidator(_listed)] = Field(default=[])
    last_activity: Annotated[datetime | None, BeforeValidator(moment)] = None


class _Paging(Foreign):
    next: object = None
    next_cursor: object = None
    has_more: object = None

    def goes_on(self) -> bool:
        return bool(self.next or self.next_cursor or self.has_more)


class _Period(Foreign):
    start: object = None
    end: object = None


_PagingOrEmpty = Annotated[_Paging, BeforeValidator(_object_or_empty)]


class _Level(_Paging):
    """The root of the answer, or what it wraps in `data`."""

    keys: Annotated[list[_Row], FailFast()] = Field(default=[])
    total_keys: Whole | None = None
    data: object = None
    meta: _PagingOrEmpty = _Paging()
    links: _PagingOrEmpty = _Paging()
    pagination: _PagingOrEmpty = _Paging()
    period: Annotated[_Period, BeforeValidator(_object_or_empty)] = _Period()
    period_start: object = None
    period_end: object = None
    start: object = None
    end: object = None

    @model_validator(mode="before")
    @classmethod
    def _bare_list(cls, value: object) -> object:
        return {"keys": cast("object", value)} if isinstance(value, list) else value

    def lists_keys(self) -> bool:
        return "keys" in self.model_fields_set

    def goes_on(self) -> bool:
        return super().goes_on() or any(part.goes_on() for part in (self.meta, self.links, self.pagination))


class _Details(Foreign):
    plan: Annotated[str, BeforeValidator(_plan)] = Field(
        default="", validation_alias=AliasChoices("required_tier", "requiredTier", "tier")
    )


class _Error(Foreign):
    code: _Token = ""
    details: Annotated[_Details, BeforeValidator(_object_or_empty)] = _Details()


class _Envelope(Foreign):
    error: Annotated[_Error, BeforeValidator(_object_or_empty)] = _Error()
    request_id: _Token = ""


def _levels(body: bytes) -> list[_Level]:
    text = body.removeprefix(BYTE_ORDER_MARK).strip()
    if is_overfull(text):
        raise unusable("more values than usage by key has")
    try:
        levels = _validated(text)
    except ValidationError as exc:
        wrong = _wrong(text, exc)
    else:
        if not repeats_a_field(text):
            return levels
        wrong = "an object that has the same field twice"
    raise unusable(wrong)  # outside the handler, so that no traceback carries words of the body


def _validated(text: bytes) -> list[_Level]:
    root = _Level.model_validate_json(text)
    wrapped = not root.lists_keys() and root.data is not None
    return [root, _Level.model_validate(root.data)] if wrapped else [root]


def _wrong(text: bytes, exc: ValidationError) -> str:
    first = exc.errors(include_url=False, include_context=False, include_input=False)[0]
    if first["type"] != "json_invalid":
        return next((WRONG_FIELDS[str(part)] for part in first["loc"] if part in WRONG_FIELDS), NO_LIST)
    if not text:
        return EMPTY
    if text.startswith(b"<"):
        return WEB_PAGE
    return "JSON that breaks off or is malformed" if text[:1] in b"[{" else NOT_JSON


def _rows(levels: list[_Level]) -> list[_Row]:
    rows = next((level.keys for level in levels if level.lists_keys()), None)
    if rows is None:
        raise unusable(NO_LIST)
    return rows


def _key_reading(row: _Row) -> KeyReading:
    if row.error_count > row.request_count:
        raise unusable("a key with more errors than requests")
    if sum(share.count for share in row.endpoint_distribution) > row.request_count:
        raise unusable("a key whose endpoints sum to more than its requests")
    name = row.name if row.name and row.name.strip() else row.key_id
    return KeyReading(
        key=Key(key_id=row.key_id, name=name, environment=row.environment),
        requests=row.request_count,
        errors=row.error_count,
        last_activity=row.last_activity,
        endpoints=_endpoints(row),
    )


def _endpoints(row: _Row) -> dict[str, int]:
    counts: dict[str, int] = {}
    for share in row.endpoint_distribution:
        counts[share.endpoint] = counts.get(share.endpoint, 0) + share.count
    return counts


def _windows(levels: list[_Level]) -> Iterator[tuple[datetime, datetime]]:
    for level in levels:
        stated = (
            (level.period.start, level.period.end),
            (level.period_start, level.period_end),
            (level.start, level.end),
        )
        for start, end in ((stated_moment(first), stated_moment(last)) for first, last in stated):
            if start and end and start < end:
                yield start, end
