"""What the bodies of EdgeDNS say: the counters of every key, or the code of a refusal."""

import math
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, NamedTuple, cast

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    FailFast,
    Field,
    ValidationError,
    model_validator,
)

from edgedns_mcp.domain.naming import LAST_FOUR, SECRET
from edgedns_mcp.errors import UnavailableError
from edgedns_mcp.models import Environment, Key, KeyReading, Reading

MOST_COUNT = 2**53  # the largest whole number that every JSON reader keeps exact (RFC 8259, section 6)
PLANS = ("free", "developer", "pro", "enterprise")
TOKEN = re.compile(r"[A-Za-z0-9_-]{1,64}")
TIME_OF_DAY = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d")
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


def _without_secret(text: str) -> str:
    return SECRET.sub(lambda found: f"...{found[0][-LAST_FOUR:]}", text)


def _integral(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _utc(value: str) -> datetime:
    at = datetime.fromisoformat(value)
    return (at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)).replace(microsecond=0)


def _moment(value: object) -> datetime | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError("neither a text nor a number")  # noqa: TRY004 - pydantic collects only ValueError
    try:
        return _utc(value) if isinstance(value, str) else datetime.fromtimestamp(math.floor(value), UTC)
    except (OverflowError, OSError) as exc:
        raise ValueError("beyond the calendar") from exc


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


_Whole = Annotated[int, Field(strict=True, ge=0, le=MOST_COUNT), BeforeValidator(_integral)]
_Harmless = Annotated[str, AfterValidator(_without_secret)]
_Token = Annotated[str, BeforeValidator(_token)]


class _Foreign(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Share(_Foreign):
    endpoint: _Harmless = Field(validation_alias=AliasChoices("endpoint", "path", "name"))
    count: _Whole = Field(validation_alias=AliasChoices("count", "requests", "request_count"))


class _Row(_Foreign):
    key_id: _Harmless = Field(min_length=1)
    name: _Harmless | None = None
    environment: Annotated[Environment, BeforeValidator(_environment)] = "unknown"
    request_count: _Whole
    error_count: _Whole
    endpoint_distribution: Annotated[list[_Share], FailFast(), BeforeValidator(_listed)] = []
    last_activity: Annotated[datetime | None, BeforeValidator(_moment)] = None


class _Paging(_Foreign):
    next: object = None
    next_cursor: object = None
    has_more: object = None

    def goes_on(self) -> bool:
        return bool(self.next or self.next_cursor or self.has_more)


class _Period(_Foreign):
    start: object = None
    end: object = None


_PagingOrEmpty = Annotated[_Paging, BeforeValidator(_object_or_empty)]


class _Level(_Paging):
    """The root of the answer, or what it wraps in `data`."""

    keys: Annotated[list[_Row], FailFast()] = []
    total_keys: _Whole | None = None
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


class _Details(_Foreign):
    plan: Annotated[str, BeforeValidator(_plan)] = Field(
        default="", validation_alias=AliasChoices("required_tier", "requiredTier", "tier")
    )


class _Error(_Foreign):
    code: _Token = ""
    details: Annotated[_Details, BeforeValidator(_object_or_empty)] = _Details()


class _Envelope(_Foreign):
    error: Annotated[_Error, BeforeValidator(_object_or_empty)] = _Error()
    request_id: _Token = ""


def _levels(body: bytes) -> list[_Level]:
    text = body.removeprefix(BYTE_ORDER_MARK).strip()
    try:
        root = _Level.model_validate_json(text)
        wrapped = not root.lists_keys() and root.data is not None
        return [root, _Level.model_validate(root.data)] if wrapped else [root]
    except ValidationError as exc:
        wrong = _wrong(text, exc)
    raise unusable(wrong)  # outside the handler, so that no traceback carries words of the body


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
        for start, end in ((_stated(first), _stated(last)) for first, last in stated):
            if start and end and start < end:
                yield start, end


def _stated(value: object) -> datetime | None:
    if not (isinstance(value, str) and TIME_OF_DAY.match(value)):
        return None
    try:
        return _moment(value)
    except ValueError:
        return None
