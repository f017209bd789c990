"""The search itself: every kind of finding over every key, then one incident for each story."""

from collections.abc import Callable, Collection, Iterable, Iterator
from itertools import groupby

from edgedns_mcp.domain.anomalies.baseline import Baseline
from edgedns_mcp.domain.anomalies.dormancy import may_wake, silences, sleeps
from edgedns_mcp.domain.anomalies.failing import Errors
from edgedns_mcp.domain.anomalies.incidents import KINDS, WAKING_DAYS, Incident, Kind, joined, told_once
from edgedns_mcp.domain.anomalies.looks import Looks
from edgedns_mcp.domain.anomalies.misplaced import Misplaced
from edgedns_mcp.domain.anomalies.roll import Roll
from edgedns_mcp.domain.anomalies.spikes import Bars, Detector
from edgedns_mcp.domain.anomalies.watched import Watched

ROTATION_DAYS = 7


class Search:
    """Looks through what was counted; what it learns of a key it learns once."""

    def __init__(self, keys: Roll, bars: Bars) -> None:
        self.keys = keys
        self.detector = Detector(keys, bars)
        self.errors = Errors(keys)
        self.per_day = keys.calendar.per_day
        self._bars = bars

    def with_news(self, key_ids: Iterable[str], kinds: Collection[Kind], lead_in: int, window: range) -> list[str]:
        """List those of these keys that may have news; of most a look at their rows says that they have none."""
        key_ids = list(key_ids)
        near = self._looked(Looks(self.keys, key_ids, lead_in, window), kinds)
        return [
            one
            for one in key_ids
            if (one in near or one in self.keys.odd) and self.is_news(self.keys[one], kinds, lead_in, window)
        ]

    def _looked(self, looks: Looks, kinds: Collection[Kind]) -> set[str]:
        found: set[str] = set()
        if "spike" in kinds:
            found |= looks.spikes(self._bars.excess, min(self._bars.record))
        if "error_burst" in kinds:
            found |= looks.error_bursts()
        if "dormant" in kinds and self.per_day == 1:
            found |= looks.wakings()
        if "silence" in kinds and self.per_day == 1:
            found |= looks.silences()
        return found

    def is_news(self, key: Watched, kinds: Collection[Kind], lead_in: int, window: range) -> bool:
        """Tell whether an incident in a key's counts may reach into a window, if it began from `lead_in` on.

        This is sooner told than `flagged` tells all, and most keys have no news.
        """
        first, end = window.start, window.stop
        is_spike = "spike" in kinds and (
            self.detector.is_news(key, lead_in, first, end) or self._has_gap(key, first, end)
        )
        if is_spike or ("error_burst" in kinds and self.errors.is_news(key, first, end)):
            return True
        if key.calendar.per_day > 1:
            return False
        return ("dormant" in kinds and may_wake(key, lead_in, end)) or (
            "silence" in kinds and bool(silences(key, self._learn(key), first, end))
        )

    def _learn(self, key: Watched) -> Callable[[int], Baseline | None]:
        return lambda at: self.detector.learnt(key, at)

    def _has_gap(self, key: Watched, first: int, end: int) -> bool:
        return any(first <= gap.last < end and self.detector.gap(key, gap).gate == "passed" for gap in key.gaps)

    def flagged(self, key: Watched, kinds: Collection[Kind], first: int, end: int) -> Iterator[Incident]:
        """List what stands out of a key's counts from the bucket `first` to `end`, bucket by bucket."""
        if "spike" in kinds:
            yield from self._spikes(key, first, end)
        if "error_burst" in kinds:
            for at, failing in self.errors.bursts(key, first, end):
                excess = (key.errors[at] or 0) - failing.share * (key.counts[at] or 0)
                yield Incident(key.key_id, "error_burst", at, at, at, excess, failing=failing)
        if "dormant" in kinds and key.calendar.per_day == 1:
            for sleep in sleeps(key, first, end):
                last = _awake_until(key, sleep.at, end)
                made = [key.counts[at] or 0 for at in range(sleep.at, last + 1)]
                peak = sleep.at + made.index(max(made))
                yield Incident(key.key_id, "dormant", sleep.at, last, peak, sum(made), sleep=sleep)
        if "silence" in kinds and key.calendar.per_day == 1:
            for one in silences(key, self._learn(key), first, end):
                if not self._is_rotated(key, one.first):
                    yield Incident(key.key_id, "silence", one.first, one.last, one.first, one.mean, silence=one)

    def _is_rotated(self, key: Watched, at: int) -> bool:
        """Tell whether another key took over: a linked one, or one of the same name and team that began just then."""
        others = self.keys.namesakes(key) if key.name != key.key_id and not key.is_replaced else []
        return key.is_replaced or any(-ROTATION_DAYS <= other.born - at <= ROTATION_DAYS for other in others)

    def _spikes(self, key: Watched, first: int, end: int) -> Iterator[Incident]:
        for at, trial in self.detector.spikes(key, first, end):
            yield Incident(key.key_id, "spike", at, at, at, trial.requests, trial=trial)
        for gap in key.gaps:
            is_planned = not key.planned.isdisjoint(range(gap.first, gap.last + 1))
            trial = self.detector.gap(key, gap) if first <= gap.last < end and not is_planned else None
            if trial and trial.gate == "passed":
                yield Incident(key.key_id, "spike", gap.first, gap.last, gap.first, trial.requests, trial=trial)


def _awake_until(key: Watched, at: int, end: int) -> int:
    """Give the last of the first days that a woken key was used on."""
    last = at
    while last + 1 < min(end, at + WAKING_DAYS) and key.counts[last + 1]:
        last += 1
    return last


def misplaced(key_id: str, kind: Kind, found: Iterable[Misplaced]) -> Iterator[Incident]:
    """Give an incident for each bucket in which a key was where it does not belong."""
    for one in found:
        yield Incident(key_id, kind, one.at, one.at, one.at, one.requests, misplaced=(one,))


def gathered(flagged: Iterable[Incident], per_day: int) -> list[Incident]:
    """Join buckets into incidents, and tell each story once; in order of time, then of key and kind."""
    found: list[Incident] = []
    in_order = sorted(flagged, key=lambda one: (one.key_id, KINDS.index(one.kind), one.first))
    for _, of_key in groupby(in_order, key=lambda one: one.key_id):
        incidents = [
            incident
            for _, of_kind in groupby(of_key, key=lambda one: one.kind)
            for incident in joined(of_kind, per_day)
        ]
        found += told_once(incidents, per_day)
    return sorted(found, key=lambda one: (one.first, one.key_id, KINDS.index(one.kind)))
