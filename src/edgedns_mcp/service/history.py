"""The question `usage_history`: requests hour by hour, day by day, week by week or month by month."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edgedns_mcp.domain import bounds, history, lifetimes, report
from edgedns_mcp.domain.cells import NOTHING, add
from edgedns_mcp.domain.history import Calendar
from edgedns_mcp.domain.naming import shown_name, visible
from edgedns_mcp.domain.periods import floor_hour
from edgedns_mcp.domain.teams import is_guessed
from edgedns_mcp.domain.usages import Usages, usage_of
from edgedns_mcp.errors import NoDataError
from edgedns_mcp.models import (
    Bounds,
    Bucket,
    Coverage,
    HistoryGroup,
    HistoryQuery,
    HistoryReport,
    Key,
    Rest,
    Tally,
    UsualRange,
    Window,
)
from edgedns_mcp.render.history import history_summary, history_words
from edgedns_mcp.render.key_summary import ROTATE
from edgedns_mcp.render.phrases import instant
from edgedns_mcp.service.desk import Desk, as_recorded
from edgedns_mcp.service.filters import (
    ERRORS_PER_KEY,
    MOST_CHARACTERS,
    REVOKED_SINCE,
    TEAMS_GUESSED,
    UNTOLD,
    check_team,
    filter_words,
    selects_keys,
    size_of,
)
from edgedns_mcp.service.named_key import MOST_CANDIDATES, Found, Named, find, named
from edgedns_mcp.service.tracks import Tracks, Wanted, tracks
from edgedns_mcp.service.usual import usual_of
from edgedns_mcp.service.watching import Asked as Watched
from edgedns_mcp.sources.base import UsageView

NOTHING_RECORDED = (
    "EdgeDNS states sums of a billing period and no times, and fewer than two readings of it were recorded, so there "
    "is no history yet; leave this server running, or run edgedns-mcp record --every 1h, and ask again in two hours; "
    "usage_by_key answers the current billing period now."
)
MOST_USUAL = 100  # keys whose days are held against what was usual: each takes some 20 ms
SHORTENED = "The series were shortened to fit; ask for fewer rows, or a coarser bucket."


class Asked(NamedTuple):
    """A question ready to be answered."""

    query: HistoryQuery
    meant: Named
    window: Window
    when: Calendar
    now: datetime
    zone: ZoneInfo
    watched: Watched


class Read(NamedTuple):
    """What an answer is made of."""

    keys: Sequence[Key]
    coverage: Coverage
    found: Found | None
    used: Usages
    tallies: Mapping[str, Tally]
    tracks: Tracks
    usual: UsualRange | None


class Days(NamedTuple):
    """An answer about keys, whole, and beside it their errors in each bucket and what was usual for the busiest."""

    report: HistoryReport
    errors: Mapping[str, tuple[int | None, ...]]
    usual: Mapping[str, UsualRange]


async def usage_history(desk: Desk, query: HistoryQuery) -> HistoryReport:
    """Answer `usage_history`, shortened where it would not fit a host.

    Raises:
        UsageError: the question cannot be asked like this, or the source has no answer.
    """
    asked = _asked(desk, query)
    return await desk.ask(lambda view: _fitting(view, asked), as_recorded(asked.window))


async def days_of_keys(desk: Desk, query: HistoryQuery) -> Days:
    """Answer `usage_history` by key, whole, with all that a chart of each key has.

    Raises:
        UsageError: the question cannot be asked like this, or the source has no answer.
    """
    asked = _asked(desk, query)
    return await desk.ask(lambda view: _whole(view, asked), as_recorded(asked.window))


def _asked(desk: Desk, query: HistoryQuery) -> Asked:
    now = desk.now().replace(microsecond=0)
    window = _until_now(desk.window(query.period, query.start, query.end), now)
    when = history.calendar(window, query.bucket, desk.zone)
    watched = Watched(window, "day", "normal", now, desk.zone, desk.plans, desk.severity)
    return Asked(query, named(query.key), window, when, now, desk.zone, watched)


def _until_now(window: Window, now: datetime) -> Window:
    """End a window that reaches into the future at the last full hour, as the running periods do."""
    end = min(window.end, floor_hour(now))
    return window.model_copy(update={"end": end}) if window.start < end else window


def _whole(view: UsageView, asked: Asked) -> Days:
    read = _read(view, asked)
    busiest = read.used.at(report.order(read.used, "requests")[:MOST_USUAL])
    usual = _usual(view, asked, [one.key for one in busiest])
    return Days(_answer(view, asked, read), read.tracks.errors, {visible(key_id): one for key_id, one in usual.items()})


def _usual(view: UsageView, asked: Asked, keys: Sequence[Key]) -> Mapping[str, UsualRange]:
    return usual_of(view, asked.watched, keys, asked.when.edges[:-1]) if asked.when.size == "day" else {}


def _fitting(view: UsageView, asked: Asked) -> HistoryReport:
    read = _read(view, asked)
    answer, rows = _answer(view, asked, read), len(read.tracks.rows)
    while rows > 1 and size_of(answer, history_words(answer)) > MOST_CHARACTERS:
        rows = rows * 3 // 4
        answer = _answer(view, asked, read._replace(tracks=read.tracks.first(rows)))
    return answer if rows == len(read.tracks.rows) else answer.model_copy(update={"notes": (*answer.notes, SHORTENED)})


def _answer(view: UsageView, asked: Asked, read: Read) -> HistoryReport:
    rows = history.buckets(read.tracks.whole, asked.when, read.tracks.observed)
    total, query = read.used.total, asked.query
    beside = _beside(asked, read)
    answer = HistoryReport(
        summary="",
        source=view.source,
        period=asked.window.period,
        **read.coverage.model_dump(exclude=UNTOLD),
        timezone=asked.zone.key,
        now=asked.now,
        bounds=_bounds(read, rows, beside),
        filters=filter_words(query.model_copy(update={"key": asked.meant.wanted}), "key"),
        matched_by=read.found and read.found.by,
        group_by=_grouped_by(query, read.found),
        bucket=asked.when.size,
        keys=len(read.used),
        idle_keys=report.total(read.used).idle_keys,
        request_count=total.requests,
        error_count=total.errors,
        error_percent=report.percent(total.errors, total.requests),
        unplaced_request_count=total.requests - sum(read.tracks.whole.requests),
        **history.standouts(rows, read.tracks.whole.slack)._asdict(),
        buckets=rows,
        usual=read.usual,
        series=tuple(read.tracks.rows),
        rest=_rest(read, total) if read.tracks.ranked else None,
        unattributed_request_count=beside and beside.requests,
        notes=tuple(_notes(asked, read)),
    )
    warning = f"{ROTATE} " if asked.meant.was_secret else ""
    summary = warning + history_summary(answer, query, _name(read.found))
    return answer.model_copy(update={"summary": summary})


def _name(found: Found | None) -> str:
    return shown_name(found.keys[0]) if found and found.by != "several" else ""


def _read(view: UsageView, asked: Asked) -> Read:
    if view.source == "edgedns" and not view.observed():
        raise NoDataError(NOTHING_RECORDED)
    query, window, keys = asked.query, as_recorded(asked.window), view.keys()
    coverage, tallies = view.coverage(window), view.totals(window, query.endpoint)
    found = find(asked.meant, keys, tallies) if asked.meant.wanted else None
    every = lifetimes.present(keys, tallies, window.start, window.end)
    check_team(query.team, every)
    if found:
        meant = (usage_of(key, tallies.get(key.key_id, NOTHING)) for key in found.keys)
        every = report.rank_keys(meant, "requests")[:MOST_CANDIDATES]
    used = report.select(every, query)
    wanted = Wanted(window, asked.when, query.endpoint, _grouped_by(query, found), query.limit)
    one = [*found.keys] if query.usual and found and len(found.keys) == 1 else []
    usual = next(iter(_usual(view, asked, one).values()), None)
    return Read(keys, coverage, found, used, tallies, tracks(view, wanted, used), usual)


def _grouped_by(query: HistoryQuery, found: Found | None) -> HistoryGroup:
    """Say which key was found, tell keys of one name apart, and list candidates, even where nobody asked for rows."""
    return "key" if query.group_by == "none" and found else query.group_by


def _beside(asked: Asked, read: Read) -> Tally | None:
    if read.found or selects_keys(asked.query) or read.coverage.active_only:
        return None
    return lifetimes.unknown(read.keys, read.tallies)


def _bounds(read: Read, rows: Sequence[Bucket], beside: Tally | None) -> Bounds | None:
    slack = read.tracks.whole.slack
    in_buckets = {instant(rows[at].start): Tally(rows[at].request_count or 0, None, None, slack[at]) for at in slack}
    return bounds.bounds(read.used.total, beside, {**read.tracks.sums, **in_buckets})


def _rest(read: Read, total: Tally) -> Rest:
    rows = read.tracks.rows
    listed = add(Tally(row.request_count, row.error_count, None) for row in rows)
    errors = None if total.errors is None or listed.errors is None else total.errors - listed.errors
    return Rest(rows=read.tracks.ranked - len(rows), request_count=total.requests - listed.requests, error_count=errors)


def _notes(asked: Asked, read: Read) -> list[str]:
    query, told = asked.query, list(read.coverage.notes)
    if query.endpoint and None in read.used.errors:
        told.append(ERRORS_PER_KEY)
    if any(
        one.gone <= asked.now.timestamp() and some
        for one, some in zip(read.used.members, read.used.requests, strict=True)
    ):
        told.append(REVOKED_SINCE)
    if (query.team or query.group_by == "team") and any(is_guessed(one.key) for one in read.used.members):
        told.append(TEAMS_GUESSED)
    if read.found and len(read.found.keys) > MOST_CANDIDATES:
        told.append(f"{len(read.found.keys) - MOST_CANDIDATES} more keys match; write more of the name.")
    return told
