"""What EdgeDNS says beside its counters: the dates of its keys, and the account's total and quota.

Its pages name few of these fields. So a body that can be read in more than one way, or in none,
is refused whole.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple, cast

from pydantic_core import from_json

from edgedns_mcp.errors import UnavailableError
from edgedns_mcp.models import KeyDates
from edgedns_mcp.models.secrets import cut
from edgedns_mcp.sources.edgedns_fields import MOST_COUNT, is_overfull, repeats_a_field, stated_moment

SKEW = timedelta(minutes=5)  # between two clocks
IDS = ("key_id", "id")
OTHER_NAMES = {
    "created_at": re.compile("creat", re.IGNORECASE),
    "expires_at": re.compile("expir", re.IGNORECASE),
    "last_used_at": re.compile("last_?use", re.IGNORECASE),
}
WRAPPERS = ("data", "usage")
TOTALS = ("total_requests", "total_request_count", "request_count", "requests")
QUOTAS = ("monthly_quota", "quota_limit", "plan_limit", "monthly_limit")
QUOTAS_INSIDE = ("limit", "monthly_limit", "monthly_quota")  # of an object called quota
STARTS, ENDS = ("period_start", "start"), ("period_end", "end")

_Object = Mapping[str, object]


class Stated(NamedTuple):
    """The account's requests in the current billing period, and what its plan allows in a month, where stated."""

    requests: int
    quota: int | None
    window_start: datetime | None


def key_dates_of(body: bytes, now: datetime) -> tuple[KeyDates, ...]:
    """Read when each listed key was made and last used, and when it expires; the list may be a part of all keys.

    Raises:
        UnavailableError: the body can be read in more than one way, or in none.
    """
    found = tuple(_dates(row, now) for row in _list(_parsed(body)))
    if len({one.key_id for one in found}) < len(found):
        raise unclear("the same key more than once")
    return found


def account_total_of(body: bytes, now: datetime) -> Stated:
    """Read the account's total of the current billing period.

    Raises:
        UnavailableError: the body can be read in more than one way, or in none.
    """
    levels = _levels(_parsed(body))
    start = _current(levels, now)
    total = _one(_counts(levels, TOTALS), "totals of requests")
    if total is None:
        raise unclear("no total of requests")
    inside = _counts(_objects(level.get("quota") for level in levels), QUOTAS_INSIDE)
    quota = _one([*_counts(levels, QUOTAS), *inside], "quotas")
    if quota == 0:
        raise unclear("a quota of 0")
    return Stated(total, quota, start)


def unclear(why: str) -> UnavailableError:
    """Say why an answer is not used; the words are ours, never the body's."""
    return UnavailableError(f"EdgeDNS's answer has {why}, so nothing of it is used")


def _parsed(body: bytes) -> object:
    if is_overfull(body):
        raise unclear("too many values")
    try:
        root = from_json(body)
    except ValueError:
        wrong = "a body that is not JSON"
    else:
        if not repeats_a_field(body):
            return root
        wrong = "an object that has the same field twice"
    raise unclear(wrong)  # outside the handler, so that no traceback carries words of the body


def _list(root: object) -> list[object]:
    levels = [root, *(fields.get("data") for fields in _objects([root]))]
    inside = [fields.get("keys") for fields in _objects(levels)]
    lists = [cast("list[object]", one) for one in (*levels, *inside) if isinstance(one, list)]
    if len(lists) != 1:
        raise unclear("more than one list of keys" if lists else "no list of keys")
    return lists[0]


def _objects(values: Iterable[object]) -> list[_Object]:
    return [cast("_Object", one) for one in values if isinstance(one, dict)]


def _dates(row: object, now: datetime) -> KeyDates:
    fields = next(iter(_objects([row])), None)
    if fields is None:
        raise unclear("a key that is no object")
    created, expires, used = (_date(fields, name) for name in OTHER_NAMES)
    if created is None:
        raise unclear("a key without created_at")
    latest = now + SKEW
    if created > latest or (used and not created - SKEW <= used <= latest) or (expires and expires < created):
        raise unclear("dates of a key that contradict each other")
    return KeyDates(_id(fields), created, expires, used)


def _date(fields: _Object, name: str) -> datetime | None:
    value = fields.get(name)
    if value is None:
        others = (other for other, its in fields.items() if other != name and its not in (None, ""))
        if any(OTHER_NAMES[name].search(other) for other in others):
            raise unclear(f"a key without {name}, but with something like it")
        return None
    at = stated_moment(value)
    if at is None:
        raise unclear(f"a key whose {name} is no time")
    return at


def _id(fields: _Object) -> str:
    named = {str(fields[name]) for name in IDS if isinstance(fields.get(name), str) and fields[name]}
    if len(named) != 1:
        raise unclear("a key with two ids" if named else "a key without an id")
    return cut(named.pop())


def _levels(root: object) -> list[_Object]:
    roots = _objects([root])
    return [*roots, *_objects(fields.get(name) for fields in roots for name in WRAPPERS)]


def _current(levels: Sequence[_Object], now: datetime) -> datetime | None:
    """Check that the answer is about the current period, and give its start where that is stated."""
    periods = [period for level in levels if (period := level.get("period")) is not None]
    if any(period.casefold() != "current" for period in periods if isinstance(period, str)):
        raise unclear("another period than the current one")
    places = [*levels, *_objects(periods)]
    starts, ends = _moments(places, STARTS), _moments(places, ENDS)
    if len(starts) > 1 or any(start > now for start in starts) or any(end <= now - SKEW for end in ends):
        raise unclear("another period than the current one")
    return next(iter(starts), None)


def _moments(places: Iterable[_Object], names: Iterable[str]) -> set[datetime]:
    return {at for place in places for name in names if (at := stated_moment(place.get(name)))}


def _counts(places: Iterable[_Object], names: Iterable[str]) -> list[int]:
    """List what is stated under any of these names; lists and objects are no count, and may have one's name."""
    named = [(name, place[name]) for place in places for name in names if place.get(name) is not None]
    return [_whole(name, value) for name, value in named if not isinstance(value, dict | list)]


def _whole(name: str, value: object) -> int:
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= MOST_COUNT:
        whole = int(value)
        if whole == value:
            return whole
    raise unclear(f"a {name} that is no whole number from 0 up")


def _one(counts: Iterable[int], what: str) -> int | None:
    found = set(counts)
    if len(found) > 1:
        raise unclear(f"different {what}")
    return next(iter(found), None)
