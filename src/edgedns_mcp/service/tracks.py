"""What each key or group of keys did in each bucket, read from a source and put into rows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from edgedns_mcp.domain import history, report
from edgedns_mcp.domain.groups import Group, group, rank_groups
from edgedns_mcp.domain.history import Calendar, Track
from edgedns_mcp.domain.naming import PATH_LENGTH, shown_name, visible
from edgedns_mcp.domain.usages import Usages, tally_of
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import GroupRow, HistoryGroup, HistoryRow, KeyUsage, Observed, Tally, Window
from edgedns_mcp.sources.base import UsageView

EVERY_PATH = 1 << 20  # more than there are
MOST_SUMS = 12_000  # of a key in a bucket over some of its endpoints; about 0.2 ms each


class Wanted(NamedTuple):
    """Which buckets and rows are asked for."""

    window: Window
    when: Calendar
    endpoint: str
    by: HistoryGroup
    limit: int


class Tracks(NamedTuple):
    """The sum over all keys, what was observed of it, and the rows that were asked for."""

    requests: int  # in the window, in a bucket or not
    whole: Track
    observed: Sequence[Observed]
    rows: Sequence[HistoryRow] = ()
    sums: Mapping[str, Tally] = {}  # behind each row, by what names it
    ranked: int = 0
    errors: Mapping[str, tuple[int | None, ...]] = {}  # of each row that is a key, by its id

    def first(self, rows: int) -> "Tracks":
        """Keep the first rows only."""
        return self._replace(rows=self.rows[:rows], sums=dict(islice(self.sums.items(), rows)))


def tracks(view: UsageView, wanted: Wanted, used: Usages) -> Tracks:
    """Read what these keys did."""
    by_key = _by_key(view, wanted)
    whole = _together(by_key, used.key_ids, wanted)
    found = Tracks(
        used.total.requests, whole, history.at_least_in_part(history.observed(wanted.when, view.observed()), whole)
    )
    match wanted.by:
        case "none":
            return found
        case "key":
            return _keys(found, wanted, used, by_key)
        case "endpoint":
            groups, counts = group(used, "endpoint", _endpoints(view, wanted, used)), _of_paths(view, wanted, used)
        case "team" | "environment" as by:
            groups, counts = group(used, by, {}), _of_members(wanted, used, by_key)
    return _groups(found, wanted, groups, counts)


def _by_key(view: UsageView, wanted: Wanted) -> dict[str, Track]:
    if not wanted.endpoint:
        return history.tracks_of(view.series(wanted.when.edges), wanted.when)
    windows, keys = _windows(wanted.when), len(view.keys())
    if keys * len(windows) > MOST_SUMS:
        raise QuestionError(
            f"{len(windows)} {wanted.when.size}s of {keys:,} keys are too many to look for one endpoint in; "
            "leave endpoint out and ask group_by=endpoint, or a coarser bucket."
        )
    return history.tracks_of_totals([view.totals(one, wanted.endpoint) for one in windows])


def _windows(when: Calendar) -> list[Window]:
    return [Window(start=start, end=end, period="a bucket") for start, end in pairwise(when.edges)]


def _together(by_key: Mapping[str, Track], key_ids: Iterable[str], wanted: Wanted) -> Track:
    return history.together([by_key[one] for one in key_ids if one in by_key], len(wanted.when.edges) - 1)


def _keys(found: Tracks, wanted: Wanted, used: Usages, by_key: Mapping[str, Track]) -> Tracks:
    listed = used.at(report.order(used, "requests")[: wanted.limit])
    whole = used.total.requests
    tracks = [_together(by_key, [one.key.key_id], wanted) for one in listed]
    rows = [_key_row(one, whole, _shown(track.requests, found)) for one, track in zip(listed, tracks, strict=True)]
    sums = {visible(one.key.key_id): tally_of(one) for one in listed}
    errors = {row.key_id or "": _shown(track.errors, found) for row, track in zip(rows, tracks, strict=True)}
    return found._replace(rows=rows, sums=sums, ranked=len(used), errors=errors)


def _groups(found: Tracks, wanted: Wanted, groups: Sequence[Group], counts: Mapping[str, Sequence[int]]) -> Tracks:
    every = {one.name: one.tally for one in groups}
    ranked = rank_groups(groups, "requests")
    listed = ranked[: wanted.limit]
    rows = [_group_row(one, found.requests, _shown(counts[one.name], found)) for one in listed]
    return found._replace(rows=rows, sums={one.name: every[one.name] for one in listed}, ranked=len(ranked))


def _endpoints(view: UsageView, wanted: Wanted, used: Usages) -> dict[str, dict[str, Tally]]:
    part = wanted.endpoint.lower()
    return {
        key_id: {path: tally for path, tally in paths.items() if part in path.lower()}
        for key_id, paths in view.endpoints(wanted.window, used.key_ids).items()
    }


def _of_paths(view: UsageView, wanted: Wanted, used: Usages) -> dict[str, list[int]]:
    part, windows = wanted.endpoint.lower(), _windows(wanted.when)
    counts: dict[str, list[int]] = defaultdict(lambda: [0] * len(windows))
    for at, window in enumerate(windows):
        for path, requests in view.top_endpoints(window, used.key_ids, EVERY_PATH).items():
            if part in path.lower():
                counts[visible(path, PATH_LENGTH)][at] += requests
    return counts


def _of_members(wanted: Wanted, used: Usages, by_key: Mapping[str, Track]) -> dict[str, Sequence[int]]:
    members: dict[str, list[str]] = defaultdict(list)
    for one in used.members:
        members[visible(one.team) if wanted.by == "team" else one.environment].append(one.key_id)
    return {name: _together(by_key, key_ids, wanted).requests for name, key_ids in members.items()}


def _shown(counts: Sequence[int | None], found: Tracks) -> tuple[int | None, ...]:
    """Leave a gap where nothing was observed."""
    return tuple(None if seen == "no" else count for count, seen in zip(counts, found.observed, strict=True))


def _key_row(one: KeyUsage, whole: int, counts: tuple[int | None, ...]) -> HistoryRow:
    return HistoryRow(
        name=shown_name(one.key),
        key_id=visible(one.key.key_id),
        environment=one.key.environment,
        team=visible(one.team),
        request_count=one.requests,
        share_percent=report.share(one.requests, whole),
        error_count=one.errors,
        counts=counts,
    )


def _group_row(one: GroupRow, whole: int, counts: tuple[int | None, ...]) -> HistoryRow:
    return HistoryRow(
        name=one.name,
        key_id=None,
        environment=None,
        team=None,
        request_count=one.request_count,
        share_percent=report.share(one.request_count, whole),
        error_count=one.error_count,
        counts=counts,
    )
