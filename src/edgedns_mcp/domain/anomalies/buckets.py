"""From figures to keys that can be watched: which buckets were observed, and which count a span belongs to."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.anomalies.baseline import Rhythm
from edgedns_mcp.domain.anomalies.roll import Columns, Roll, Row, born_of
from edgedns_mcp.domain.anomalies.watched import Calendar, Gap, Watched, calendar_of
from edgedns_mcp.domain.periods import DAY, HOUR, day_of, floor_hour, midnight
from edgedns_mcp.models import Key, Plan, Series, Span

WHOLE = 0.75  # of a bucket must be observed, for its count to be learnt from
NONE = frozenset[int]()
SHORT = 1.5  # buckets: a span up to so long is counted where its middle lies


class Figures(NamedTuple):
    """What is known of every key; edges in epoch seconds, `observed` the stretches that any feed observed.

    The last bucket may still be running.
    """

    edges: Sequence[int]
    series: Series
    observed: Sequence[tuple[int, int]]
    zone: ZoneInfo
    rhythm: Rhythm
    is_running: bool = False


def edges_between(start: datetime, end: datetime, zone: ZoneInfo, *, hourly: bool) -> list[datetime]:
    """Cut time into hours, or into the days of a zone: from the bucket that holds `start` to `end`, a full hour."""
    first = floor_hour(start)
    if not hourly:
        first = floor_hour(midnight(day_of(start, zone), zone))
    edges = [first]
    while edges[-1] < end:
        following = edges[-1] + HOUR
        if not hourly:
            following = floor_hour(midnight((edges[-1] + HOUR).astimezone(zone).date() + DAY, zone))
        edges.append(min(following, end))
    return edges


def watched_keys(keys: Iterable[Key], figures: Figures, team_of: Mapping[str, str], plans: Sequence[Plan] = ()) -> Roll:
    """Make every key ready to be watched, by key id; a successor inherits what its predecessors did."""
    parts, every = _parts(figures.edges, figures.observed), {key.key_id: key for key in keys}
    before = ancestors(every)
    blind = [at for at, part in enumerate(parts) if not part]
    requests, errors = (_inherited(every, before, rows, len(parts)) for rows in figures.series[:2])
    columns = Columns(_calendar(figures, parts), blind, requests, errors)
    special = _Special(every, team_of, before, _planned(plans, figures.edges))
    return Roll(columns, every, team_of, _odd(columns, figures, special))


def _calendar(figures: Figures, parts: Sequence[float]) -> Calendar:
    starts = [datetime.fromtimestamp(edge, UTC) for edge in figures.edges[:-1]]
    whole = [part >= WHOLE for part in parts]
    whole[-1] = whole[-1] and not figures.is_running
    return calendar_of(starts, figures.zone, figures.rhythm, whole)


def _inherited(
    every: Iterable[str], before: Mapping[str, Sequence[str]], rows: Mapping[str, Row], buckets: int
) -> dict[str, Row]:
    """Give each key its row, and what its predecessors did in it."""
    nothing = (0,) * buckets
    found = {key_id: rows.get(key_id, nothing) for key_id in sorted(every)}
    for key_id, family in before.items():
        found[key_id] = tuple(map(sum, zip(*(rows.get(one, nothing) for one in (key_id, *family)), strict=True)))
    return found


class _Special(NamedTuple):
    """The keys and their teams, and what makes them special: whom they replaced, and what was planned for whom."""

    keys: Mapping[str, Key]
    team_of: Mapping[str, str]
    before: Mapping[str, Sequence[str]]
    planned: Mapping[str, Collection[int]]


def _odd(columns: Columns, figures: Figures, special: _Special) -> dict[str, Watched]:
    """Count the spans that reach over an edge into the rows, and give the keys of which these do not tell all."""
    apart: dict[str, list[Span]] = defaultdict(list)
    for span in figures.series.apart:
        apart[span.key_id].append(span)
    found: dict[str, Watched] = {}
    for key_id in columns.requests if apart or special.planned else ():
        key, team = special.keys[key_id], special.team_of[key_id]
        spans = [span for one in (key_id, *special.before.get(key_id, ())) for span in apart.get(one, ())]
        planned = NONE.union(*(special.planned.get(one, ()) for one in (key_id, team, "")))
        if spans or planned:
            counts = _Counts(columns, figures.edges, key_id)
            counts.add(spans)
            if one := counts.odd(key, team, planned):
                found[key_id] = one
    return found


class _Counts:
    """The counts of a key and its predecessors.

    A lower bound is an exception, such as a counter that was reset. Where most counts are lower bounds, as those of a
    rolling counter, one is as good as the other, and they are compared with each other.
    """

    def __init__(self, columns: Columns, edges: Sequence[int], key_id: str) -> None:
        self._columns = columns
        self._edges = edges
        self._key_id = key_id
        self._requests, self._errors = list(columns.requests[key_id]), list(columns.errors[key_id])
        self._lower: set[int] = set()
        self._gaps: list[Gap] = []

    def add(self, spans: Iterable[Span]) -> None:
        edges, buckets = self._edges, len(self._requests)
        for span in spans:
            first, last = _place(edges, span.start), _place(edges, span.end - 1)
            if span.bound == "lower":
                self._lower.update(range(max(first, 0), min(last + 1, buckets)))
            if first == last:
                continue  # counted already
            at = _place(edges, (span.start + span.end) // 2)
            if span.end - span.start <= SHORT * (edges[1] - edges[0]):
                if 0 <= at < buckets:
                    self._requests[at] += span.requests
                    self._errors[at] += span.errors
            elif gap := self._gap(span, first, last):
                self._gaps.append(gap)
        self._columns.requests[self._key_id], self._columns.errors[self._key_id] = self._requests, self._errors

    def odd(self, key: Key, team: str, planned: frozenset[int]) -> Watched | None:
        """Give the key, if its rows do not tell all."""
        dark = (at for gap in self._gaps for at in range(gap.first, gap.last + 1))
        requests: list[int | None] = [*self._requests]
        errors: list[int | None] = [*self._errors]
        for at in chain(self._columns.blind, dark):
            if not self._requests[at]:
                requests[at] = errors[at] = None
        lower = NONE
        if self._lower and 2 * len(self._lower) < len(requests) - requests.count(None):
            lower = frozenset(self._lower)
        if not (lower or planned or self._gaps):
            return None
        born = min([born_of(self._requests), *(gap.first for gap in self._gaps if gap.requests)])
        exceptions = lower, planned, tuple(sorted(self._gaps))
        whose, described = (self._key_id, team), (key.name, bool(key.replaced_by))
        return Watched(*whose, requests, errors, born, self._columns.calendar, *exceptions, *described)

    def _gap(self, span: Span, first: int, last: int) -> Gap | None:
        """Give the buckets that a span fills for the greater part; the first and last may be cut off."""
        edges, end = self._edges, len(self._requests)
        inside = [
            at
            for at in range(max(first, 0), min(last + 1, end))
            if 2 * (min(span.end, edges[at + 1]) - max(span.start, edges[at])) >= edges[at + 1] - edges[at]
        ]
        return Gap(inside[0], inside[-1], span.requests) if inside else None


def _parts(edges: Sequence[int], observed: Sequence[tuple[int, int]]) -> list[float]:
    """Tell which part of each bucket was observed."""
    found = [0.0] * (len(edges) - 1)
    for start, end in observed:
        for at in range(max(_place(edges, start), 0), min(_place(edges, end - 1) + 1, len(found))):
            length = edges[at + 1] - edges[at]
            found[at] += (min(end, edges[at + 1]) - max(start, edges[at])) / length
    return found


def ancestors(keys: Mapping[str, Key]) -> dict[str, list[str]]:
    """List the keys that each key has replaced, directly or not."""
    found: dict[str, list[str]] = defaultdict(list)
    for key_id, key in keys.items():
        seen, heir = {key_id}, key.replaced_by
        while heir and heir in keys and heir not in seen:
            found[heir].append(key_id)
            seen.add(heir)
            heir = keys[heir].replaced_by
    return found


def _planned(plans: Sequence[Plan], edges: Sequence[int]) -> Mapping[str, set[int]]:
    """List the buckets that plans touch, by whom they are for."""
    found: dict[str, set[int]] = defaultdict(set)
    for plan in plans:
        first, end = max(_place(edges, plan.start), 0), min(bisect_left(edges, plan.end), len(edges) - 1)
        found[plan.who].update(range(first, end))
    return found


def _place(edges: Sequence[int], at: int) -> int:
    return bisect_right(edges, at) - 1
