"""What the source knows, made ready to be searched for anomalies: buckets, keys, and what needs more than counts."""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.anomalies import misplaced, search
from edgedns_mcp.domain.anomalies.baseline import DAILY, HOURLY
from edgedns_mcp.domain.anomalies.buckets import Figures, ancestors, edges_between, watched_keys
from edgedns_mcp.domain.anomalies.incidents import Incident, Kind
from edgedns_mcp.domain.anomalies.misplaced import LEAST_REQUESTS, NEW_DAYS, wrong_environments
from edgedns_mcp.domain.anomalies.search import Search
from edgedns_mcp.domain.anomalies.spikes import DAILY_BARS, HISTORY_DAYS, HOURLY_BARS
from edgedns_mcp.domain.anomalies.tested import Reach
from edgedns_mcp.domain.periods import floor_hour
from edgedns_mcp.domain.teams import team_of
from edgedns_mcp.domain.usages import Roster, moment, roster_of
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
from edgedns_mcp.models.work import Far, Tell, tell_nobody
from edgedns_mcp.sources.base import UsageView

HISTORY = {"day": timedelta(days=400), "hour": timedelta(days=36)}
LEAD_IN = {"day": timedelta(days=15), "hour": timedelta(days=2)}  # incidents that reach into a window begin before it
NOWHERE: frozenset[Environment] = frozenset(("unknown",))
KEYS_AT_ONCE = 1_000
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
    tell: Tell = tell_nobody


@dataclass(frozen=True)
class Watch:
    """A view with everything that a search needs. Buckets from `first` to `end` touch the window."""

    view: UsageView
    roster: Roster
    edges: Sequence[datetime]
    search: Search
    lead_in: int
    first: int
    end: int
    tell: Tell = tell_nobody

    @cached_property
    def keys(self) -> Mapping[str, Key]:
        """Give the keys by id."""
        return {key.key_id: key for key in self.roster}

    @cached_property
    def epochs(self) -> list[int]:
        """Give the edges in epoch seconds."""
        return [int(edge.timestamp()) for edge in self.edges]

    def incidents(self, key_ids: Collection[str], kinds: Collection[Kind]) -> list[Incident]:
        """List what happened to these keys in the window, each story once.

        What came before the window, which may be the beginning of a story, is searched for keys with news only.
        """
        busy = self._busy(key_ids) if "endpoint_shift" in kinds else []
        callers = self._calling_new(busy)
        misplaced = {*callers, *(self._in_wrong_place() if "environment" in kinds else ())}
        others = [one for one in key_ids if one not in misplaced]
        news = self._with_news(others, kinds)
        with_news = [one for one in key_ids if one in misplaced or one in news]
        flagged = {key_id: self._flagged(key_id, kinds) for key_id in with_news}
        told = [key_id for key_id, some in flagged.items() if key_id in misplaced or any(map(self._is_news, some))]
        if "endpoint_shift" in kinds:  # what began and ended before the window may be part of another story
            callers |= self._calling_new({*told}.difference(busy))
        elsewhere = chain(
            self._in_wrong_environments(told if "environment" in kinds else ()),
            self._on_new_endpoints({one: callers[one] for one in told if one in callers}),
        )
        found = search.gathered([*chain(*(flagged[one] for one in told)), *elsewhere], self.search.per_day)
        return [one for one in found if self._is_news(one) and one.first < self.end]

    def reach(self, kinds: Collection[Kind], with_budget: Collection[str] = ()) -> Reach:
        """Tell how far these kinds could be looked for."""
        known: dict[Kind, Collection[str]] = {"budget": with_budget}
        if "environment" in kinds:
            known["environment"] = {one for one, where in self.environments.items() if not NOWHERE.issuperset(where)}
        if "endpoint_shift" in kinds:
            known["endpoint_shift"] = self.may_call_new.keys()
        return Reach(self.search, self.keys, self.first, known)

    def _with_news(self, key_ids: Sequence[str], kinds: Collection[Kind]) -> set[str]:
        found: set[str] = set()
        for done in range(0, len(key_ids), KEYS_AT_ONCE):
            self.tell(Far("Searching", done, len(key_ids), "keys"))
            some = key_ids[done : done + KEYS_AT_ONCE]
            found.update(self.search.with_news(some, kinds, self.lead_in, range(self.first, self.end)))
        self.tell(Far("Searching", len(key_ids), len(key_ids), "keys"))
        return found

    def _is_news(self, one: Incident) -> bool:
        return one.news_until >= self.first

    def _in_wrong_place(self) -> list[str]:
        seen = self.environments.items()
        return [
            one
            for one, where in seen
            if one in self.keys and {self.keys[one].environment} != where and wrong_environments(self.keys[one], where)
        ]

    def _flagged(self, key_id: str, kinds: Collection[Kind]) -> list[Incident]:
        found = self.search.flagged(self.search.keys[key_id], kinds, self.lead_in, self.end)
        return [one for one in found if one.kind != "silence" or not self._is_retired(one)]

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
        """Tell where each key was seen in the window."""
        return self.view.environments(self.between(self.first, self.end))

    @cached_property
    def may_call_new(self) -> Mapping[str, bool]:
        """Tell of each key whose endpoints are known whether it may have called one lately that it had not before."""
        return self.view.may_call_new(self.between(self._since, self.end))

    @property
    def _since(self) -> int:
        """Give the bucket before which an endpoint must have been called, not to be new."""
        return max(self.lead_in - NEW_DAYS * self.search.per_day, 0)

    def _is_retired(self, one: Incident) -> bool:
        """Tell whether a key was revoked or expired by then, so that it should be silent."""
        key, end = self.keys[one.key_id], self.edges[one.first + 1]
        return any(at and at <= end for at in (key.revoked_at, key.expires_at))

    def _in_wrong_environments(self, key_ids: Sequence[str]) -> Iterator[Incident]:
        """Look back to the beginning where it may have begun sooner, for a story has one name however long it lasts."""
        seen = self.view.environments(self.between(self.lead_in, self.end), key_ids)
        wrong = {one: wrong_environments(self.keys[one], seen.get(one, ())) for one in key_ids}
        suspects = [key_id for key_id in key_ids if wrong[key_id]]
        for key_id, cells in self._cells_of(suspects, self.lead_in).items():
            found = misplaced.in_wrong_environment(cells, wrong[key_id], self.epochs)
            if found and found[0].at - self.lead_in < misplaced.STANDING_DAYS * self.search.per_day:
                found = misplaced.in_wrong_environment(self._cells_of([key_id], 0)[key_id], wrong[key_id], self.epochs)
            yield from search.misplaced(key_id, "environment", found)

    def _on_new_endpoints(self, known: Mapping[str, Collection[str]]) -> Iterator[Incident]:
        """Tell of keys that call something new; `known` is what each of them called before."""
        for key_id, every in self._cells_of([*known], self._since).items():
            watched = self.search.keys[key_id]
            cells = misplaced.unplanned(every, watched.planned, self.epochs)
            found = misplaced.on_new_endpoints(cells, known[key_id], self.epochs, self.lead_in)
            old_enough = (one for one in found if watched.history_days(one.at) >= HISTORY_DAYS)
            yield from search.misplaced(key_id, "endpoint_shift", old_enough)

    def _busy(self, key_ids: Iterable[str]) -> list[str]:
        """Give the keys with enough requests in a bucket of the window for new endpoints to be told there."""
        roll, window = self.search.keys, slice(self.first, self.end)
        return [one for one in key_ids if max(roll.requests[one][window]) >= LEAST_REQUESTS or one in roll.odd]

    def _calling_new(self, key_ids: Collection[str]) -> dict[str, set[str]]:
        """Give the keys that called endpoints lately which they had not called before, and those that they had."""
        key_ids = [one for one in key_ids if self.may_call_new.get(one)] if self._since else []
        if not key_ids:
            return {}
        families = {one: self.family(one) for one in key_ids}
        every = {each for family in families.values() for each in family}
        before = self.view.endpoints(self.between(0, self._since), every)
        lately = self.view.endpoints(self.between(self._since, self.end), key_ids)
        known = {one: {path for each in family for path in before.get(each, ())} for one, family in families.items()}
        return {one: known[one] for one in key_ids if _has_new(known[one], lately.get(one, {}))}

    def _cells_of(self, key_ids: Collection[str], first: int) -> dict[str, list[Cell]]:
        return cells_of(self.view, self.between(first, self.end), key_ids)


def cells_of(view: UsageView, window: Window, key_ids: Collection[str]) -> dict[str, list[Cell]]:
    """Read what is stored of some keys."""
    found: dict[str, list[Cell]] = {key_id: [] for key_id in key_ids}
    for cell in view.cells(window, key_ids) if key_ids else ():
        found[cell.key_id].append(cell)
    return found


def _has_new(before: Collection[str], lately: Mapping[str, Tally]) -> bool:
    new = [tally.requests for path, tally in lately.items() if path not in before]
    return sum(new) >= LEAST_REQUESTS and len(new) <= MANY_PATHS


def watch(view: UsageView, asked: Asked, only: Collection[str] | None = None) -> Watch:
    """Read what was counted in the window and long before, of all keys or of some."""
    observed = view.observed()
    window, hour = asked.window, asked.bucket == "hour"
    begun = moment(observed[0][0]) if observed else window.start
    start = min(max(begun, window.start - HISTORY[asked.bucket]), window.start)
    end = max(min(window.end, floor_hour(asked.now)), window.start + timedelta(hours=1))
    edges = edges_between(start, end, asked.zone, hourly=hour)
    epochs = [int(edge.timestamp()) for edge in edges]
    is_running = edges_between(end, end, asked.zone, hourly=hour) != [end]
    figures = Figures(epochs, view.series(edges, only), observed, asked.zone, HOURLY if hour else DAILY, is_running)
    listed = roster_of(view.keys())
    roster = listed if only is None else Roster(key for key in listed if key.key_id in only)
    strangers = {*figures.series.requests} - {*roster.members.key_ids, ""}
    if strangers:
        roster = Roster((*roster, *(Key(key_id=key_id, name=key_id) for key_id in sorted(strangers))))
    teams = {one.key_id: one.team for one in roster.members}
    found = Search(
        watched_keys(roster, figures, teams, asked.plans),
        (HOURLY_BARS if hour else DAILY_BARS)[asked.sensitivity],
    )
    return Watch(
        view,
        roster,
        edges,
        found,
        _bucket(edges, window.start - LEAD_IN[asked.bucket]),
        _bucket(edges, window.start),
        len(edges) - 1,
        asked.tell,
    )


def watch_with_mates(view: UsageView, asked: Asked, keys: Sequence[Key]) -> Watch:
    """Read the same of some keys and of their teams alone."""
    teams, listed = {team_of(key) for key in keys}, view.keys()
    return watch(view, asked, {key.key_id for key in (*listed, *keys) if team_of(key) in teams})


def _bucket(edges: Sequence[datetime], at: datetime) -> int:
    return max(bisect_right(edges, at) - 1, 0)
