"""One event of a batch, checked field by field: the right type, a sane value, nothing else beside."""

from collections.abc import Mapping
from typing import NamedTuple, cast

from edgedns_mcp.intake.fields import Unreadable, endpoint_of, epoch_of, safe_id
from edgedns_mcp.models import Environment, Event

FIELDS = frozenset(("timestamp", "key_id", "endpoint", "status", "method", "environment", "event_id"))
ENVIRONMENTS: Mapping[object, Environment] = {None: "unknown", "live": "live", "test": "test"}
CLOCKS_DIFFER_S = 300  # so far ahead of ours may a sender's clock be
LONGEST_TEXT = 200
LONGEST_PATH = 2048
LONGEST_METHOD = 16
FIRST_STATUS, LAST_STATUS = 100, 599


class Item(NamedTuple):
    """An event that can be counted; `event_id` is "" where it has none."""

    event: Event
    event_id: str


def item_of(value: object, now_s: int) -> Item:
    """Check one event, sent at `now_s` (epoch seconds).

    Raises:
        Unreadable: why not, in words of ours.
    """
    if not isinstance(value, dict):
        raise Unreadable("an event must be an object")
    fields = cast("dict[str, object]", value)
    if not fields.keys() <= FIELDS:
        raise Unreadable(f"an unknown field; the fields are {', '.join(sorted(FIELDS))}")
    _check_method(fields.get("method"))
    event = Event(
        at=_moment(fields.get("timestamp"), now_s),
        key_id=_key_id(fields.get("key_id")),
        endpoint=_path(fields.get("endpoint")),
        status=_status(fields.get("status")),
        environment=_environment(fields.get("environment")),
    )
    return Item(event, _event_id(fields.get("event_id")))


def _moment(value: object, now_s: int) -> int:
    at = epoch_of(value)
    if at > now_s + CLOCKS_DIFFER_S:
        raise Unreadable(f"a timestamp more than {CLOCKS_DIFFER_S // 60} minutes in the future")
    return at


def _key_id(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or len(value) > LONGEST_TEXT:
        raise Unreadable(f"key_id must be a text of at most {LONGEST_TEXT} characters")
    key_id = value.strip()
    return "" if key_id == "-" else safe_id(key_id)


def _path(value: object) -> str:
    if not isinstance(value, str) or not value.startswith(("/", "http://", "https://")) or len(value) > LONGEST_PATH:
        raise Unreadable(f"endpoint must be a path such as /v1/dns/dnssec, of at most {LONGEST_PATH} characters")
    return endpoint_of(value)


def _status(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not FIRST_STATUS <= value <= LAST_STATUS:
        raise Unreadable(f"status must be a whole number from {FIRST_STATUS} to {LAST_STATUS}")
    return value


def _environment(value: object) -> Environment:
    if not (value is None or isinstance(value, str)) or value not in ENVIRONMENTS:
        raise Unreadable("environment must be live or test, or left out")
    return ENVIRONMENTS[value]


def _event_id(value: object) -> str:
    if value is None:
        return ""
    if not isinstance(value, str) or not 1 <= len(value) <= LONGEST_TEXT:
        raise Unreadable(f"event_id must be a text of 1 to {LONGEST_TEXT} characters")
    return value


def _check_method(value: object) -> None:
    if value is not None and not (isinstance(value, str) and value.isascii() and value.isalpha()):
        raise Unreadable("method must be a word such as GET")
    if isinstance(value, str) and len(value) > LONGEST_METHOD:
        raise Unreadable(f"method must be a word of at most {LONGEST_METHOD} letters")
