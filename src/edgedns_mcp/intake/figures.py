"""From a line of counts or of counters to what it states."""

from typing import Any, NamedTuple

from edgedns_mcp.domain.cells import DAY_S, HOUR_S
from edgedns_mcp.domain.counters import Snapshot
from edgedns_mcp.intake.fields import Unreadable, Values, endpoint_of, environment_of, epoch_of, key_of, text_of
from edgedns_mcp.models import Cell

MOST_REQUESTS = 10**15  # sums of so many still fit a database's integer
Span = tuple[int, int]


class Total(NamedTuple):
    """A key's cumulative total at one moment."""

    key_id: str
    snapshot: Snapshot


def counted(values: Values, *, full_hours: bool = True) -> Cell:
    """Read a statement: so many requests of a key in that hour, day or span, which may have to be full hours.

    Raises:
        Unreadable: a figure is missing or cannot be right.
    """
    start, end = _span(values, full_hours=full_hours)
    requests, errors = _count(values.get("requests"), "requests"), _count(values.get("errors"), "errors", missing=0)
    last = values.get("last_activity")
    last_activity = start if last is None else epoch_of(last)
    if errors > requests:
        raise Unreadable("more errors than requests")
    if last_activity >= end:
        raise Unreadable("a last activity outside its time")
    bound = text_of(values.get("bound")).strip().lower() or "exact"
    if bound not in ("exact", "lower"):
        raise Unreadable("a bound that is neither exact nor lower")
    key_id, path = text_of(values.get("key_id")).strip(), text_of(values.get("endpoint")).strip()
    environment = environment_of(text_of(values.get("environment")), key_id)
    endpoint = endpoint_of(path) if path else ""
    return Cell(start, end, key_of(key_id), endpoint, environment, requests, errors, last_activity, bound)


def total(values: Values) -> Total:
    """Read a cumulative total.

    Raises:
        Unreadable: a figure is missing or cannot be right.
    """
    requests = _count(values.get("total_requests"), "total_requests")
    stated = values.get("total_errors")
    errors = None if stated is None else _count(stated, "total_errors")
    if errors is not None and errors > requests:
        raise Unreadable("more errors than requests")
    key_id = text_of(values.get("key_id")).strip()
    return Total(key_of(key_id), Snapshot(epoch_of(values.get("at")), requests, errors))


def _span(values: Values, *, full_hours: bool) -> Span:
    given = [name for name in ("date", "hour", "start") if values.get(name) is not None]
    if len(given) != 1:
        raise Unreadable("no date, hour or start" if not given else "more than one of date, hour and start")
    start = epoch_of(values[given[0]])
    end = start + (DAY_S if given == ["date"] else HOUR_S) if given != ["start"] else epoch_of(values.get("end"))
    if full_hours and (start % (DAY_S if given == ["date"] else HOUR_S) or end % HOUR_S):
        raise Unreadable("a date that is no whole day" if given == ["date"] else "a time that is no full hour")
    if end <= start:
        raise Unreadable("an end that is not after its start")
    return start, end


def _count(value: Any, name: str, missing: int | None = None) -> int:
    if value is None and missing is not None:
        return missing
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Unreadable(f"no readable {name}")
    try:
        count = int(value)
    except ValueError as exc:
        raise Unreadable(f"no readable {name}") from exc
    if not 0 <= count <= MOST_REQUESTS:
        raise Unreadable(f"a number out of range in {name}")
    return count
