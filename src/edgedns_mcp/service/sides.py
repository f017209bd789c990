"""The two windows of a comparison, read from one state of a source: which they are, and what each key did in both."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edgedns_mcp.domain import compare, lifetimes, report
from edgedns_mcp.domain.cells import HOUR_S, NOTHING, add
from edgedns_mcp.domain.compare import Line
from edgedns_mcp.domain.naming import PATH_LENGTH, visible
from edgedns_mcp.domain.periods import DAY, begins_day, day_of, floor_hour
from edgedns_mcp.domain.preceding import preceding, runs_on
from edgedns_mcp.domain.usages import Member, moment
from edgedns_mcp.errors import NoDataError
from edgedns_mcp.models import CompareQuery, Coverage, EndpointShift, Key, Tally, Window
from edgedns_mcp.service.desk import as_recorded
from edgedns_mcp.service.filters import check_team
from edgedns_mcp.sources.base import UsageView

EVERY_PATH = 1 << 20  # more than there are
NOTHING_RECORDED = (
    "EdgeDNS states its current billing period only, and fewer than two readings of it were recorded, so there is "
    "nothing to compare yet; leave this server running, or run edgedns-mcp record --every 1h, and ask again tomorrow; "
    "usage_by_key answers the current billing period now."
)


class Windows(NamedTuple):
    """What is compared with what; `same_part`: both are the begin of a longer period."""

    window: Window
    baseline: Window
    same_part: bool


class Sides(NamedTuple):
    """What both windows hold."""

    windows: Windows
    coverage: Coverage
    baseline_coverage: Coverage
    keys: Sequence[Line]
    lines: Sequence[Line]  # the keys, or the groups that were asked for
    beside: tuple[Tally, Tally]  # use by nobody known, now and before
    observed: tuple[float | None, float | None]  # percent of each window
    shifts: tuple[EndpointShift, ...]


class Calendar(NamedTuple):
    """How the words for windows are understood."""

    now: datetime
    zone: ZoneInfo
    billing_day: int


def windows_of(view: UsageView, window: Window, baseline: Window | None, when: Calendar) -> Windows:
    """Settle both windows; without a baseline, it is the one right before.

    Where the data ends within the window, both end there, so that like is compared with like.
    """
    end = min(window.end, max(floor_hour(when.now), window.start))
    if baseline:
        return Windows(_until(window, end), _until(baseline, floor_hour(when.now)), same_part=False)
    observed = view.observed()
    if observed and window.start < (reached := floor_hour(moment(observed[-1][1]))) < end:
        end = reached
    before = preceding(window, end, zone=when.zone, billing_day=when.billing_day)
    return Windows(as_recorded(_until(window, end)), before, same_part=runs_on(window, end))


def sides(view: UsageView, windows: Windows, query: CompareQuery, when: Calendar) -> Sides:
    """Read both windows.

    Raises:
        NoDataError: nothing was observed of one of them.
        QuestionError: there is no such team.
    """
    coverage = _observed(view, windows.window, "the window", when)
    baseline_coverage = _observed(view, windows.baseline, "the baseline", when)
    keys, both = view.keys(), (windows.window, windows.baseline)
    heir, raw = compare.heirs(keys), [view.totals(one, query.endpoint) for one in both]
    by_key = _keys(view, query, windows, heir, raw)
    own = {line.member.key_id for line in by_key if line.member}
    ids = [*own, *(key_id for key_id, successor in heir.items() if successor in own)]
    lines = by_key if query.group_by == "key" else _groups(query, by_key)
    if query.group_by == "endpoint":
        lines = _path_groups(view, windows, ids, query)
    beside = lifetimes.unknown(keys, raw[0]), lifetimes.unknown(keys, raw[1])
    seen = _seen(view, windows.window, coverage), _seen(view, windows.baseline, baseline_coverage)
    now, before = (_paths(view, one, ids, query) for one in both)
    return Sides(windows, coverage, baseline_coverage, by_key, lines, beside, seen, compare.shifts(now, before))


def _until(window: Window, end: datetime) -> Window:
    return window.model_copy(update={"end": end}) if window.start < end < window.end else window


def _observed(view: UsageView, window: Window, what: str, when: Calendar) -> Coverage:
    try:
        return view.coverage(window)
    except NoDataError as exc:
        observed = view.observed()
        if not observed or window.start == window.end:
            raise NoDataError(NOTHING_RECORDED if view.source == "edgedns" and not observed else str(exc)) from exc
        first, last = (f"{moment(at):%Y-%m-%dT%H:%MZ}" for at in (observed[0][0], observed[-1][1]))
        demo = "DEMO: " if view.source == "demo" else ""
        when_asked = f"{window.start:%Y-%m-%dT%H:%MZ} to {window.end:%Y-%m-%dT%H:%MZ}"
        raise NoDataError(
            f"{demo}Nothing was observed of {what}, {when_asked}, and that is not taken as 0; "
            f"figures reach from {first} to {last}; {_advice(observed[-1], when)}."
        ) from exc


def _seen(view: UsageView, window: Window, coverage: Coverage) -> float | None:
    """Tell how much was observed; of counters nobody knows."""
    return None if coverage.complete is None else compare.observed_percent(window, view.observed())


def _advice(stretch: tuple[int, int], when: Calendar) -> str:
    """Name a period that can be compared with the one before: half of the days, or of the hours, last observed."""
    first, last = moment(stretch[0]), min(moment(stretch[1]), when.now)
    begin = day_of(floor_hour(first), when.zone)
    begin += timedelta(days=not begins_day(first, when.zone))
    end = day_of(floor_hour(last), when.zone)
    days, hours = (end - begin).days // 2, (stretch[1] - stretch[0]) // HOUR_S // 2
    if days > 0:
        period = f"{end - days * DAY}..{end - DAY}" if days > 1 else f"{end - DAY}"
        return f"ask period={period}"
    if hours > 1 and when.now - last < timedelta(hours=1):
        return f"ask period={hours - 1}h"
    return "ask again when two whole days were observed"


def _keys(
    view: UsageView, query: CompareQuery, windows: Windows, heir: Mapping[str, str], raw: Sequence[Mapping[str, Tally]]
) -> list[Line]:
    now, before = (compare.inherited(tallies, heir) for tallies in raw)
    every = raw
    if query.endpoint:
        every = [view.totals(one) for one in (windows.window, windows.baseline)]
    key_now, key_before = (compare.inherited(tallies, heir) for tallies in every)
    used = {key_id for tallies in every for key_id, tally in tallies.items() if tally.requests}
    rotated: dict[str, list[str]] = defaultdict(list)
    for key_id in sorted(used & heir.keys()):
        rotated[heir[key_id]].append(key_id)
    return [
        Line(
            one.shown,
            now.get(one.key_id, NOTHING),
            before.get(one.key_id, NOTHING),
            key_now.get(one.key_id, NOTHING),
            key_before.get(one.key_id, NOTHING),
            one,
            tuple(rotated[one.key_id]),
        )
        for one in _members(view.keys(), query, windows, heir, [key_now, key_before])
    ]


def _members(
    keys: Iterable[Key],
    query: CompareQuery,
    windows: Windows,
    heir: Mapping[str, str],
    sums: Sequence[Mapping[str, Tally]],
) -> Sequence[Member]:
    own = [key for key in keys if key.key_id not in heir]
    both = {key_id: add(one.get(key_id, NOTHING) for one in sums) for key_id in {*sums[0], *sums[1]}}
    start = min(windows.window.start, windows.baseline.start)
    end = max(windows.window.end, windows.baseline.end)
    every = lifetimes.present(own, both, start, end)
    check_team(query.team, every)
    return report.select(every, query).members


def _groups(query: CompareQuery, keys: Sequence[Line]) -> list[Line]:
    members: dict[str, list[Line]] = defaultdict(list)
    for line in keys:
        if line.member:
            members[visible(line.member.team) if query.group_by == "team" else line.member.environment].append(line)
    return [
        _group(name, add(line.now for line in lines), add(line.before for line in lines))
        for name, lines in members.items()
    ]


def _group(name: str, now: Tally, before: Tally) -> Line:
    return Line(name, now, before, now, before)


def _path_groups(view: UsageView, windows: Windows, ids: Sequence[str], query: CompareQuery) -> list[Line]:
    now, before = (_by_path(view.endpoints(one, ids), query) for one in (windows.window, windows.baseline))
    return [_group(path, now.get(path, NOTHING), before.get(path, NOTHING)) for path in {**now, **before}]


def _by_path(by_key: Mapping[str, Mapping[str, Tally]], query: CompareQuery) -> dict[str, Tally]:
    sums: dict[str, list[Tally]] = defaultdict(list)
    for paths in by_key.values():
        for path, tally in paths.items():
            if query.endpoint.lower() in path.lower():
                sums[visible(path, PATH_LENGTH)].append(tally)
    return {path: add(tallies) for path, tallies in sums.items()}


def _paths(view: UsageView, window: Window, ids: Sequence[str], query: CompareQuery) -> dict[str, int]:
    found = view.top_endpoints(window, ids, EVERY_PATH)
    return {path: count for path, count in found.items() if query.endpoint.lower() in path.lower()}
