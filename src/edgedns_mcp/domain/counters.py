"""Two readings of cumulative counters become usage cells: exact only where that must be true, else a lower bound.

A billing period's counter starts again near a billing boundary, and a small count passes its old value within an hour.
So three things decide what a difference is worth:
- From a boundary on, until its new period was recognised, every difference is a lower bound, except that of a key in
  use which EdgeDNS describes word for word as before: to be back at its counts it would have had a later request.
- Before a boundary a reset is early only where EdgeDNS counts days in another zone. Those differences are exact; if no
  new period is recognised around the boundary, they are doubted afterwards.
- A counter that falls without a new period, or passes a boundary without one, may roll over the last 30 days: from
  then on, and back to `since`, all its differences are lower bounds, until a new period is recognised.
Where both readings state the same window, nothing of this is needed.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import chain
from math import ceil, floor
from typing import NamedTuple

from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.models import Bound, Cell, Count, KeyReading, Model, Reading

NEAR_BOUNDARY = timedelta(hours=36)  # a reset is that late (a slow job) or early (another zone) at most
RESET_BELOW_PERCENT = 50  # of its former count: less, and a counter started again
RESET_KEYS_PERCENT = 90  # of the keys with use: so many start again at once when a period begins
SHORTEST_ROLL = timedelta(days=1)  # a rolling counter at 0 had no request for at least that long
FALLS_OF_A_ROLL = 2  # readings with a fall in one period: one is a correction, more are days that drop out

Span = tuple[datetime, datetime]
Boundaries = Callable[[datetime], Span]


class Seen(Model):
    """One key's counters as they were at `at`; `gone`: it was missing from the last reading."""

    at: datetime
    counters: KeyReading
    gone: bool = False


class Known(Model):
    """What the next reading of an account is compared with."""

    began: datetime  # the first reading, or the last recognised new period
    taken_at: datetime  # the last reading
    resets: bool = False  # a new period was recognised once
    keys: dict[str, Seen]
    since: datetime  # a counter that turns out to roll puts in doubt what was recorded since then
    rolls: bool = False  # since a fall, or a boundary without a reset, until a new period is recognised
    falls: Count = 0  # readings with an unexplained fall in this period
    settled: datetime | None = None  # the boundary whose new period was recognised last
    window_start: datetime | None = None  # as the last reading stated it


class Step(NamedTuple):
    """What one reading adds to what was known."""

    known: Known
    cells: list[Cell]
    new_period: bool
    fallen: tuple[str, ...]


class Snapshot(NamedTuple):
    """One key's cumulative count at `at` (epoch seconds)."""

    at: int
    requests: int
    errors: int | None = None


class _Verdict(NamedTuple):
    """What the keys of two readings say together."""

    known: Known
    reading: Reading
    boundary: datetime  # the last one before the reading
    due: datetime | None  # the boundary whose reset the interval may hold
    same: bool = False  # both readings state the same window
    new_period: bool = False
    fallen: tuple[str, ...] = ()
    rolls: bool = False
    falls: int = 0
    doubt_from: datetime | None = None


def step(known: Known | None, reading: Reading, boundaries: Boundaries) -> Step | None:
    """Compare a reading with what was known; None if it is not newer.

    `boundaries` gives the billing period around a moment. `Step.fallen`: the keys that fell without a new period.
    """
    if known is None:
        return _first(_believed(reading))
    if reading.taken_at <= known.taken_at:
        return None
    verdict = _judged(known, _believed(reading), boundaries)
    used = chain.from_iterable(_of_key(verdict, one) for one in verdict.reading.keys)
    cells = [*used, *_vanished(verdict), *_doubted(verdict)]
    return Step(_now_known(verdict), cells, verdict.new_period, verdict.fallen)


def cells_between(key_id: str, before: Snapshot, after: Snapshot) -> list[Cell]:
    """Turn two totals of one key into its cells: a rise is exact, after a fall below half the new total counts.

    Any other fall adds nothing. Where a snapshot does not know its errors, none are counted.
    """
    if after.at <= before.at or after.requests == before.requests:
        return []
    start, end = _span(before.at, after.at)
    rose, restarted = after.requests > before.requests, _restarted(before.requests, after.requests)
    requests = after.requests - before.requests if rose else after.requests if restarted else 0
    known = before.errors is not None and after.errors is not None
    errors = (after.errors or 0) - (0 if restarted else before.errors or 0) if known else 0
    bound: Bound = "exact" if rose else "lower"
    return [Cell(start, end, key_id, "", "unknown", requests, max(0, min(errors, requests)), start, bound)]


def _believed(reading: Reading) -> Reading:
    """Take each key once, and no window that begins after the reading."""
    keys = tuple({one.key.key_id: one for one in reading.keys}.values())
    future = reading.window_start is not None and reading.window_start > reading.taken_at
    return reading.model_copy(update={"keys": keys, **({"window_start": None} if future else {})})


def _first(reading: Reading) -> Step:
    at, start = reading.taken_at, reading.window_start
    keys = {one.key.key_id: Seen(at=at, counters=one) for one in reading.keys}
    cells = [cell for one in reading.keys for cell in _used(one, None, (start, at))] if start else []
    known = Known(began=at, since=at, taken_at=at, keys=keys, window_start=start)
    return Step(known, cells, new_period=False, fallen=())


def _judged(known: Known, reading: Reading, boundaries: Boundaries) -> _Verdict:
    boundary = boundaries(reading.taken_at)[0]
    near = (boundary, boundaries(reading.taken_at + NEAR_BOUNDARY)[0])
    due = next((one for one in near if _may_hold_reset(known, one, known.taken_at)), None)
    old, new = known.window_start, reading.window_start
    verdict = _Verdict(known, reading, boundary, due, same=new is not None and old == new)
    if new is not None and new >= known.taken_at:
        return verdict._replace(new_period=True)
    if old is None or new is None:
        verdict = verdict._replace(new_period=due is not None and _started_again(known, reading))
    return verdict if verdict.new_period else _suspected(verdict._replace(fallen=tuple(_falls(verdict))))


def _may_hold_reset(known: Known, boundary: datetime, before: datetime) -> bool:
    """Tell whether what happened since `before` may include the reset of `boundary`, if that boundary was reached."""
    return boundary > before - NEAR_BOUNDARY and boundary != known.settled


def _started_again(known: Known, reading: Reading) -> bool:
    pairs = [
        (seen.counters.requests, one.requests)
        for one in reading.keys
        if (seen := known.keys.get(one.key.key_id)) and not seen.gone and seen.counters.requests
    ]
    restarted = sum(_restarted(*pair) for pair in pairs)
    return bool(pairs) and restarted * 100 >= RESET_KEYS_PERCENT * len(pairs)


def _restarted(before: int, after: int) -> bool:
    return after * 100 < before * RESET_BELOW_PERCENT


def _falls(verdict: _Verdict) -> Iterator[str]:
    known, start = verdict.known, verdict.reading.window_start
    for one in verdict.reading.keys:
        seen = known.keys.get(one.key.key_id)
        if seen and known.began <= seen.at and one.requests < seen.counters.requests and not _since(start, seen.at):
            yield one.key.key_id


def _suspected(verdict: _Verdict) -> _Verdict:
    """Decide whether the counter may roll, and from when that puts in doubt what was recorded."""
    known = verdict.known
    if verdict.same:
        return verdict._replace(rolls=known.rolls, falls=known.falls)
    falls = known.falls + bool(verdict.fallen and not verdict.due)  # near a boundary it may be a late reset of few keys
    around = verdict.boundary - NEAR_BOUNDARY
    missed = verdict.due == verdict.boundary and verdict.reading.taken_at - NEAR_BOUNDARY >= verdict.boundary
    unreset = missed and known.since <= around and any(seen.counters.requests for seen in known.keys.values())
    fell = bool(verdict.fallen) and (not known.resets or falls >= FALLS_OF_A_ROLL)
    rolls = known.rolls or fell or bool(_moved(verdict)) or (unreset and not known.resets)
    if rolls:
        return verdict._replace(rolls=True, falls=falls, doubt_from=None if known.rolls else known.since)
    return verdict._replace(falls=falls, doubt_from=max(around, known.since) if missed else None)


def _moved(verdict: _Verdict) -> timedelta:
    """Tell how far the stated window moved; where it moved less than a period, its counter rolls."""
    old, new = verdict.known.window_start, verdict.reading.window_start
    return new - old if old and new else timedelta()


def _of_key(verdict: _Verdict, one: KeyReading) -> list[Cell]:
    known, reading, seen = verdict.known, verdict.reading, verdict.known.keys.get(one.key.key_id)
    old, before = (seen.counters, seen.at) if seen else (None, known.taken_at)
    span = before, reading.taken_at
    if _since(reading.window_start, before):
        start = reading.window_start or before
        unknown = [_cell(one, (before, start), "lower")] if before < start else []
        return [*unknown, *_used(one, None, (start, reading.taken_at))]
    if verdict.new_period or before < known.began:
        return _after_reset(one, old, span)
    if one.key.key_id in verdict.fallen or _moved(verdict) < timedelta():  # then a rise may be older use
        return [_cell(one, span, "lower")]
    reset = _may_hold_reset(known, verdict.boundary, before)
    if verdict.same or not (verdict.rolls or reset):
        return _used(one, old, span)
    quiet = (_unchanged(one, old) and not verdict.rolls) or (
        one.requests == 0 and not reset and reading.taken_at - before <= SHORTEST_ROLL
    )
    return [] if quiet else _lower(one, old, span)


def _since(start: datetime | None, before: datetime) -> bool:
    """Tell whether the counters are stated to hold only what came after `before`."""
    return start is not None and before <= start


def _unchanged(one: KeyReading, old: KeyReading | None) -> bool:
    """Tell whether a key in use is described word for word as before, its last request included."""
    used = one.requests > 0 and one.last_activity is not None
    return used and old is not None and one.model_copy(update={"key": old.key}) == old


def _after_reset(one: KeyReading, old: KeyReading | None, span: Span) -> list[Cell]:
    """Count the new value; of one above the old value only the rise, for perhaps it was not reset."""
    if old and one.last_activity and one.last_activity <= span[0]:  # a correction, not use of this span
        return [_cell(one, span, "lower")]
    return _lower(one, old if old and one.requests >= old.requests else None, span)


def _lower(one: KeyReading, old: KeyReading | None, span: Span) -> list[Cell]:
    return _used(one, old, span, "lower") or [_cell(one, span, "lower")]


def _used(one: KeyReading, old: KeyReading | None, span: Span, bound: Bound = "exact") -> list[Cell]:
    """Give a key's rise per endpoint; what the endpoints do not explain, and all errors, have the endpoint ""."""
    requests = one.requests - (old.requests if old else 0)
    errors = max(0, min(one.errors - (old.errors if old else 0), requests))
    rises = _rises(one.endpoints, old.endpoints if old else {}, requests)
    start, end, key_id, _, environment, _, _, last, _ = _cell(one, span, bound)
    return [
        Cell(start, end, key_id, path, environment, count, 0 if path else errors, last, bound)
        for path, count in rises.items()
        if count or (errors and not path)
    ]


def _rises(now: dict[str, int], old: dict[str, int], requests: int) -> dict[str, int]:
    rises = {path: now.get(path, 0) - old.get(path, 0) for path in now | old}
    rest = requests - sum(rises.values())
    if rest < 0 or min(rises.values(), default=0) < 0:
        return {"": requests}
    return rises | {"": rises.get("", 0) + rest}


def _cell(one: KeyReading, span: Span, bound: Bound) -> Cell:
    start, end = _span(floor(span[0].timestamp()), ceil(span[1].timestamp()))
    last = floor(one.last_activity.timestamp()) if one.last_activity else start
    return Cell(start, end, one.key.key_id, "", "unknown", 0, 0, last if last < end else start, bound)


def _span(start: int, end: int) -> tuple[int, int]:
    """Widen a span within one UTC hour to that hour: windows end at full hours."""
    hour = start - start % HOUR_S
    return (hour, hour + HOUR_S) if end <= hour + HOUR_S else (start, end)


def _vanished(verdict: _Verdict) -> list[Cell]:
    listed, at = {one.key.key_id for one in verdict.reading.keys}, verdict.reading.taken_at
    left = (seen for key_id, seen in verdict.known.keys.items() if key_id not in listed and not seen.gone)
    return [_cell(seen.counters, (seen.at, at), "lower") for seen in left]


def _doubted(verdict: _Verdict) -> list[Cell]:
    if verdict.doubt_from is None:
        return []
    span = verdict.doubt_from, verdict.reading.taken_at
    return [_cell(seen.counters, span, "lower") for seen in verdict.known.keys.values()]


def _now_known(verdict: _Verdict) -> Known:
    known, at, started = verdict.known, verdict.reading.taken_at, verdict.new_period
    listed = {one.key.key_id: Seen(at=at, counters=one) for one in verdict.reading.keys}
    left = (pair for pair in known.keys.items() if pair[0] not in listed)
    gone = {key_id: Seen(at=seen.at, counters=seen.counters, gone=True) for key_id, seen in left}
    certain = _since(verdict.reading.window_start, known.taken_at)
    return Known(
        began=at if started else known.began,
        taken_at=at,
        resets=known.resets or started,
        keys=gone | listed,
        since=at if certain or (started and known.resets) else known.since,
        rolls=verdict.rolls,
        falls=verdict.falls,
        settled=verdict.due if started and verdict.due else known.settled,
        window_start=verdict.reading.window_start,
    )
