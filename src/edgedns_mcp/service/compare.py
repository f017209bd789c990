"""The question `compare_usage`: what changed between two windows, and who changed it."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from edgedns_mcp.domain import bounds, compare, paging
from edgedns_mcp.domain.cells import HOUR_S, add
from edgedns_mcp.domain.compare import Line, Rules
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.periods import floor_hour
from edgedns_mcp.domain.preceding import PRECEDING
from edgedns_mcp.domain.teams import is_guessed
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import (
    Baseline,
    CompareQuery,
    CompareReport,
    Coverage,
    PerDay,
    Status,
    Tally,
    Window,
)
from edgedns_mcp.render.compare import compare_summary, compare_words
from edgedns_mcp.service.desk import Desk, as_recorded
from edgedns_mcp.service.filters import (
    ERRORS_PER_KEY,
    MOST_CHARACTERS,
    MOVED,
    REVOKED_SINCE,
    SHORTENED,
    TEAMS_GUESSED,
    UNTOLD,
    filter_words,
    selects_keys,
    size_of,
)
from edgedns_mcp.service.sides import Calendar, Sides, sides, windows_of
from edgedns_mcp.sources.base import UsageView

MOST_NAMED = 10
NAMED: tuple[Status, ...] = ("new", "gone", "woken")
CUT = "The window ends where the data ends, and its baseline as long before."
NOT_IN_ORDER = "The baseline does not lie before the window, so no key is told as new, gone or woken."
UNKNOWN_BEFORE = "The baseline was not observed as a whole, so its figures are too low, and a key may look new."
ROTATED = "A rotated key and its successor are one row, so a rotation is neither new nor gone."


class Asked(NamedTuple):
    """A question ready to be answered; without `baseline`, it is the window right before."""

    query: CompareQuery
    window: Window
    baseline: Window | None
    first_rank: int
    version: str
    when: Calendar


async def compare_usage(desk: Desk, query: CompareQuery) -> CompareReport:
    """Answer `compare_usage`, shortened where it would not fit a host.

    Raises:
        UsageError: the question cannot be asked like this, or the source has no answer.
    """
    asked = _asked(desk, query)
    windows = (asked.window, asked.baseline) if asked.baseline else (as_recorded(asked.window),)
    return await desk.ask(lambda view: _fitting(view, asked), *windows)


def _asked(desk: Desk, query: CompareQuery) -> Asked:
    first_rank, version, window = 1, "", None
    if query.cursor:
        cursor = paging.decode(query)
        query, window = cursor.query.model_copy(update={"limit": query.limit}), cursor.window
        first_rank, version = cursor.rank + 1, cursor.version
    window = window or desk.window(query.period, query.start, query.end)
    baseline = None if query.baseline in ("", PRECEDING) else _named_baseline(desk, query.baseline)
    when = Calendar(desk.now().replace(microsecond=0), desk.zone, desk.billing_day)
    return Asked(query, window, baseline, first_rank, version, when)


def _named_baseline(desk: Desk, words: str) -> Window:
    try:
        return desk.window(words, "", "")
    except QuestionError as exc:
        raise QuestionError(f"The baseline is {PRECEDING}, or a period: {exc}") from exc


def _fitting(view: UsageView, asked: Asked) -> CompareReport:
    read = sides(view, windows_of(view, asked.window, asked.baseline, asked.when), asked.query, asked.when)
    answer = _answer(view, asked, read, asked.query.limit)
    while len(answer.rows) > 1 and size_of(answer, compare_words(answer)) > MOST_CHARACTERS:
        answer = _answer(view, asked, read, len(answer.rows) * 3 // 4)
        answer = answer.model_copy(update={"notes": (*answer.notes, SHORTENED)})
    return answer


def _answer(view: UsageView, asked: Asked, read: Sides, limit: int) -> CompareReport:
    now, before = add(line.now for line in read.keys), add(line.before for line in read.keys)
    total, rules, ranked = compare.compared(now, before), _rules(read), compare.ranked(read.lines)
    page = ranked[asked.first_rank - 1 : asked.first_rank - 1 + limit]
    rows = tuple(compare.row(line, total.change, rules) for line in page)
    cursor, moved = _paging(asked, ranked, asked.first_rank - 1 + len(rows))
    beside = _beside(asked, read)
    answer = CompareReport(
        summary="",
        source=view.source,
        period=asked.window.period,
        **read.coverage.model_dump(exclude=UNTOLD),
        timezone=asked.when.zone.key,
        now=asked.when.now,
        bounds=bounds.bounds(now, beside and beside[0], {_id(line): line.now for line in page}),
        observed_percent=read.observed[0],
        baseline=_baseline(read),
        filters=filter_words(asked.query, first_rank=asked.first_rank),
        group_by=asked.query.group_by,
        keys=len(read.keys),
        total=total,
        per_day=_per_day(read, now, before),
        change_bounds=compare.change_bounds(now, before),
        baseline_bounds=bounds.bounds(before, beside and beside[1], {_id(line): line.before for line in page}),
        **_named(read, rules),
        rows=rows,
        rest=compare.rest(total, rows, len(ranked)),
        unattributed=beside and compare.left(*beside),
        endpoint_shifts=read.shifts,
        notes=(*moved, *_notes(asked, read)),
        next_cursor=cursor,
    )
    most = (line and compare.row(line, total.change, rules) for line in compare.extremes(ranked))
    return answer.model_copy(update={"summary": compare_summary(answer, asked.query, *most)})


def _id(line: Line) -> str:
    return visible(line.member.key_id) if line.member else line.name


def _rules(read: Sides) -> Rules:
    window, baseline = read.windows.window, read.windows.baseline
    return Rules(
        in_order=baseline.end <= window.start,
        is_complete=read.coverage.complete is not False,
        baseline_is_complete=read.baseline_coverage.complete is not False,
        baseline_end=baseline.end,
    )


def _beside(asked: Asked, read: Sides) -> tuple[Tally, Tally] | None:
    hides = read.coverage.active_only or read.baseline_coverage.active_only
    return None if hides or selects_keys(asked.query) else read.beside


def _baseline(read: Sides) -> Baseline:
    told = read.baseline_coverage
    return Baseline(
        period=read.windows.baseline.period,
        window_start=told.window_start,
        window_end=told.window_end,
        complete=told.complete,
        observed_percent=read.observed[1],
        same_part=read.windows.same_part,
    )


def _per_day(read: Sides, now: Tally, before: Tally) -> PerDay | None:
    hours = [_hours(coverage) for coverage in (read.coverage, read.baseline_coverage)]
    return compare.per_day(now, before, *hours) if all(hours) and now.slack == before.slack == 0 else None


def _hours(coverage: Coverage) -> int:
    """Count the hours of a window that is known and observed as a whole, else 0."""
    if not (coverage.window_start and coverage.window_end and coverage.complete):
        return 0
    return int((coverage.window_end - coverage.window_start).total_seconds()) // HOUR_S


def _named(read: Sides, rules: Rules) -> dict[str, Any]:
    found = compare.by_status(read.keys, rules)
    named: dict[str, Any] = {
        word: tuple(_name(line, rules) for line in compare.ranked(found.get(word, []))[:MOST_NAMED]) for word in NAMED
    }
    rotated = [line for line in compare.ranked(read.keys) if line.rotated_from]
    return {
        "statuses": {word: len(lines) for word, lines in found.items()},
        **named,
        "rotated": tuple(_name(line, rules) for line in rotated[:MOST_NAMED]),
    }


def _name(line: Line, rules: Rules) -> str:
    """Name a key, and say where it was revoked before its use ended."""
    member = line.member
    if member is None:
        return line.name
    revoked = compare.status(line, rules) == "gone" and member.key.revoked_at
    return f"{line.name} ({member.environment}{', revoked' if revoked else ''})"


def _paging(asked: Asked, ranked: Sequence[Line], last: int) -> tuple[str, tuple[str, ...]]:
    if len(ranked) <= last and not asked.version:
        return "", ()
    version = paging.digest([[_id(line), *line.now[:2], *line.before[:2]] for line in ranked])
    cursor = paging.encode(paging.Cursor(asked.query, asked.window, last, version)) if last < len(ranked) else ""
    return cursor, () if asked.version in ("", version) else (MOVED,)


def _notes(asked: Asked, read: Sides) -> list[str]:
    query, rules = asked.query, _rules(read)
    members = [line.member for line in read.keys if line.member]
    rows = zip(members, read.keys, strict=True)
    told = {
        **dict.fromkeys((*read.coverage.notes, *read.baseline_coverage.notes), True),
        CUT: read.windows.window.end < min(asked.window.end, floor_hour(asked.when.now)),
        NOT_IN_ORDER: not rules.in_order,
        UNKNOWN_BEFORE: not rules.baseline_is_complete,
        ROTATED: any(line.rotated_from for line in read.keys),
        REVOKED_SINCE: any(
            one.gone <= asked.when.now.timestamp() and line.key_now.requests + line.key_before.requests
            for one, line in rows
        ),
        ERRORS_PER_KEY: bool(query.endpoint) and any(line.now.errors is None for line in read.keys),
        TEAMS_GUESSED: "team" in (query.team and "team", query.group_by)
        and any(is_guessed(one.key) for one in members),
    }
    return [note for note, is_true in told.items() if is_true]
