"""From figures to keys that can be watched: which buckets were observed, and which count a span belongs to."""

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from itertools import chain
from operator import add
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.anomalies.baseline import Rhythm
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


def watched_keys(
    keys: Iterable[Key], figures: Figures, team_of: Callable[[Key], str], plans: Sequence[Plan] = ()
) -> list[Watched]:
    """Make every key ready to be watched, by key id; a successor inherits what its predecessors did."""
    parts = _parts(figures.edges, figures.observed)
    starts = [datetime.fromtimestamp(edge, UTC) for edge in figures.edges[:-1]]
    whole = [part >= WHOLE for part in parts]
    whole[-1] = whole[-1] and not figures.is_running
    calendar = calendar_of(starts, figures.zone, figures.rhythm, whole)
    apart: dict[str, list[Span]] = defaultdict(list)
    for span in figures.series.apart:
        apart[span.key_id].append(span)
    every = {key.key_id: key for key in keys}
    before, planned, blind = (
        ancestors(every),
        _planned(plans, figures.edges),
        [at for at, one in enumerate(parts) if not one],
    )
    found: list[Watched] = []
    for key_id in sorted(every):
        counts = _Counts(figures, blind)
        for one in (key_id, *before.get(key_id, ())):
            counts.add(one, apart.get(one, ()))
        key, team = every[key_id], team_of(every[key_id])
        mine = frozenset[int]().union(*(planned.get(who, ()) for who in (key_id, team, ""))) if planned else NONE
        found.append(counts.watched(key, team, calendar, mine))
    return found


class _Counts:
    """The counts of a key and its predecessors; `blind` are the buckets that nobody observed.

    A lower bound is an exception, such as a counter that was reset. Where most counts are lower bounds, as those of a
    rolling counter, one is as good as the other, and they are compared with each other.
    """

    def __init__(self, figures: Figures, blind: Sequence[int]) -> None:
        self._figures = figures
        self._blind = blind
        self._requests: list[int] = []
        self._errors: list[int] = []
        self._lower: set[int] = set()
        self._gaps: list[Gap] = []

    def add(self, key_id: str, spans: Iterable[Span]) -> None:
        series, edges = self._figures.series, self._figures.edges
        buckets = len(edges) - 1
        self._requests = _sum(self._requests, series.requests.get(key_id), buckets)
        self._errors = _sum(self._errors, series.errors.get(key_id), buckets)
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

    def watched(self, key: Key, team: str, calendar: Calendar, planned: frozenset[int]) -> Watched:
        used = (at for at, count in enumerate(self._requests) if count)
        born = min([next(used, len(self._requests)), *(gap.first for gap in self._gaps if gap.requests)])
        dark = (at for gap in self._gaps for at in range(gap.first, gap.last + 1))
        requests, errors = list[int | None](self._requests), list[int | None](self._errors)
        for at in chain(self._blind, dark):
            if not self._requests[at]:
                requests[at] = errors[at] = None
        gaps, lower = tuple(sorted(self._gaps)), NONE
        if self._lower and 2 * len(self._lower) < len(requests) - requests.count(None):
            lower = frozenset(self._lower)
        return Watched(
            key.key_id, team, requests, errors, born, calendar, lower, planned, gaps, key.name, bool(key.replaced_by)
        )

    def _gap(self, span: Span, first: int, last: int) -> Gap | None:
        """Give the buckets that a span fills for the greater part; the first and last may be cut off."""
        edges, end = self._figures.edges, len(self._requests)
        inside = [
            at
            for at in range(max(first, 0), min(last + 1, end))
            if 2 * (min(span.end, edges[at + 1]) - max(span.start, edges[at])) >= edges[at + 1] - edges[at]
        ]
        return Gap(inside[0], inside[-1], span.requests) if inside else None


def _sum(counts: list[int], more: Sequence[int] | None, buckets: int) -> list[int]:
    if not counts:
        return [0] * buckets if more is None else [*more]
    return counts if more is None else list(map(add, counts, more))


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
