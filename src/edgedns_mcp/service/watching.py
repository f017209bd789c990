"""What the source knows, made ready to be searched for anomalies: buckets, keys, and what needs more than counts."""

from bisect import bisect_right
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.anomalies import misplaced, search
from edgedns_mcp.domain.anomalies.baseline import DAILY, HOURLY
from edgedns_mcp.domain.anomalies.buckets import Figures, ancestors, edges_between, watched_keys
from edgedns_mcp.domain.anomalies.incidents import Incident, Kind
from edgedns_mcp.domain.anomalies.search import Search
from edgedns_mcp.domain.anomalies.spikes import DAILY_BARS, HISTORY_DAYS, HOURLY_BARS
from edgedns_mcp.domain.periods import floor_hour
from edgedns_mcp.domain.teams import team_of
from edgedns_mcp.models import (
    SEVERITY,
    Cell,
    Environment,
    FindingBucket,
    Key,
    Plan,
    Sensitivity,
    SeverityTable,
    Tally,
    Window,
)
from edgedns_mcp.sources.base import UsageView

HISTORY = {"day": timedelta(days=400), "hour": timedelta(days=36)}
LEAD_IN = {"day": timedelta(days=15), "hour": timedelta(days=2)}  # incidents that reach into a window begin before it
MANY_PATHS = 50  # new ones of a key: ids that nobody folded


class Asked(NamedTuple):
    """Where to look, and how closely."""

    window: Window
    bucket: FindingBucket
    sensitivity: Sensitivity
    now: datetime
    zone: ZoneInfo
    plans: Sequence[Plan] = ()
    severity: SeverityTable = SEVERITY


@dataclass(frozen=True)
class Watch:
    """A view with everything that a search needs. Buckets from `first` to `end` touch the window."""

    view: UsageView
    keys: Mapping[str, Key]
    edges: Sequence[datetime]
    search: Search
    lead_in: int
    first: int
    end: int

    @cached_property
    def epochs(self) -> list[int]:
        """Give the edges in epoch seconds."""
        return [int(edge.timestamp()) for edge in self.edges]

    def incidents(self, key_ids: Collection[str], kinds: Collection[Kind]) -> list[Incident]:
        """List what happened to these keys in the window, each story once."""
        found = search.gathered(self._flagged(key_ids, kinds), self.search.per_day)
        return [one for one in found if one.news_until >= self.first and one.first < self.end]

    def _flagged(self, key_ids: Collection[str], kinds: Collection[Kind]) -> Iterator[Incident]:
        for key_id in key_ids:
            found = self.search.flagged(self.search.keys[key_id], kinds, self.lead_in, self.end)
            yield from (one for one in found if one.kind != "silence" or not self._is_retired(one))
        if "environment" in kinds:
            yield from self._in_wrong_environments(key_ids)
        if "endpoint_shift" in kinds:
            yield from self._on_new_endpoints(key_ids)

    def cells(self, key_id: str, first: int, end: int) -> Sequence[Cell]:
        """List what is stored of a key, and of those that it replaced, from one bucket to another."""
        return self.view.cells(self.between(first, end), self.family(key_id))

    def family(self, key_id: str) -> list[str]:
        """List a key and those that it replaced."""
        return [key_id, *self._ancestors.get(key_id, ())]

    @cached_property
    def _ancestors(self) -> Mapping[str, Sequence[str]]:
        return ancestors(self.keys)

    def between(self, first: int, end: int) -> Window:
        """Give the window of some buckets."""
        return Window(start=self.edges[first], end=self.edges[end], period="buckets")

    @cached_property
    def environments(self) -> Mapping[str, Collection[Environment]]:
        """Tell where each key was seen in the buckets that are searched."""
        return self.view.environments(self.between(self.lead_in, self.end))

    @cached_property
    def endpoints(self) -> "Endpoints":
        """Tell which endpoints each key called, long before and lately."""
        since = max(self.lead_in - misplaced.NEW_DAYS * self.search.per_day, 0)
        every = [*self.keys]
        before = self.view.endpoints(self.between(0, since), every if since else ())
        return Endpoints(since, before, self.view.endpoints(self.between(since, self.end), every))

    def _is_retired(self, one: Incident) -> bool:
        """Tell whether a key was revoked or expired by then, so that it should be silent."""
        key, end = self.keys[one.key_id], self.edges[one.first + 1]
        return any(at and at <= end for at in (key.revoked_at, key.expires_at))

    def _in_wrong_environments(self, key_ids: Collection[str]) -> Iterator[Incident]:
        """Look back to the beginning, for a story has one name however long it lasts."""
        seen = self.environments
        wrong = {one: misplaced.wrong_environments(self.keys[one], seen.get(one, ())) for one in key_ids}
        suspects = [key_id for key_id, where in wrong.items() if where]
        for key_id, cells in self._cells_of(suspects, 0).items():
            found = misplaced.in_wrong_environment(cells, wrong[key_id], self.epochs)
            yield from search.misplaced(key_id, "environment", found)

    def _on_new_endpoints(self, key_ids: Collection[str]) -> Iterator[Incident]:
        since, before, lately = self.endpoints
        if not since:
            return
        known = {one: {path for each in self.family(one) for path in before.get(each, ())} for one in key_ids}
        suspects = [key_id for key_id in key_ids if _has_new(known[key_id], lately.get(key_id, {}))]
        for key_id, every in self._cells_of(suspects, since).items():
            watched = self.search.keys[key_id]
            cells = misplaced.unplanned(every, watched.planned, self.epochs)
            found = misplaced.on_new_endpoints(cells, known[key_id], self.epochs, self.lead_in)
            old_enough = (one for one in found if watched.history_days(one.at) >= HISTORY_DAYS)
            yield from search.misplaced(key_id, "endpoint_shift", old_enough)

    def _cells_of(self, key_ids: Collection[str], first: int) -> dict[str, list[Cell]]:
        found: dict[str, list[Cell]] = {key_id: [] for key_id in key_ids}
        for cell in self.view.cells(self.between(first, self.end), key_ids) if key_ids else ():
            found[cell.key_id].append(cell)
        return found


class Endpoints(NamedTuple):
    """What each key sent to each endpoint before the bucket `since`, and from then on."""

    since: int
    before: Mapping[str, Mapping[str, Tally]]
    lately: Mapping[str, Mapping[str, Tally]]


def _has_new(before: Collection[str], lately: Mapping[str, Tally]) -> bool:
    new = [tally.requests for path, tally in lately.items() if path not in before]
    return sum(new) >= misplaced.LEAST_REQUESTS and len(new) <= MANY_PATHS


def watch(view: UsageView, asked: Asked, only: Collection[str] | None = None) -> Watch:
    """Read what was counted in the window and long before, of all keys or of some."""
    observed = view.observed()
    window, hour = asked.window, asked.bucket == "hour"
    begun = datetime.fromtimestamp(observed[0][0], UTC) if observed else window.start
    start = min(max(begun, window.start - HISTORY[asked.bucket]), window.start)
    end = max(min(window.end, floor_hour(asked.now)), window.start + timedelta(hours=1))
    edges = edges_between(start, end, asked.zone, hourly=hour)
    epochs = [int(edge.timestamp()) for edge in edges]
    is_running = edges_between(end, end, asked.zone, hourly=hour) != [end]
    figures = Figures(epochs, view.series(edges, only), observed, asked.zone, HOURLY if hour else DAILY, is_running)
    listed = view.keys()
    keys = {key.key_id: key for key in listed if only is None or key.key_id in only}
    unknown = {*figures.series.requests} - {*keys, ""}
    keys |= {key_id: Key(key_id=key_id, name=key_id) for key_id in unknown}
    found = Search(
        watched_keys(keys.values(), figures, team_of, asked.plans),
        (HOURLY_BARS if hour else DAILY_BARS)[asked.sensitivity],
    )
    return Watch(
        view,
        keys,
        edges,
        found,
        _bucket(edges, window.start - LEAD_IN[asked.bucket]),
        _bucket(edges, window.start),
        len(edges) - 1,
    )


def _bucket(edges: Sequence[datetime], moment: datetime) -> int:
    return max(bisect_right(edges, moment) - 1, 0)
