"""The question `usage_by_key`: every key, or every group of keys, ranked."""

from collections.abc import Hashable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from edgedns_mcp.domain import bounds, naming, paging, report
from edgedns_mcp.domain.cells import add
from edgedns_mcp.domain.groups import Group, group, rank_groups
from edgedns_mcp.domain.teams import is_guessed
from edgedns_mcp.domain.usages import Usages, tally_of
from edgedns_mcp.models import (
    AccountCheck,
    AccountTotal,
    Coverage,
    GroupRow,
    KeyRow,
    KeyUsage,
    Tally,
    Unattributed,
    UsageQuery,
    UsageReport,
    Window,
)
from edgedns_mcp.render.summary import usage_summary
from edgedns_mcp.render.words import usage_words
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.filters import (
    ERRORS_PER_KEY,
    MOST_CHARACTERS,
    MOVED,
    SHORTENED,
    TEAMS_GUESSED,
    UNTOLD,
    check_team,
    filter_words,
    selects_keys,
    size_of,
)
from edgedns_mcp.sources.base import UsageView

ALWAYS_FITS = 60  # endpoints on a page: longest names and paths stay below the bound


class Asked(NamedTuple):
    """A question ready to be answered."""

    query: UsageQuery
    window: Window
    first_rank: int
    version: str
    now: datetime
    timezone: str


class Ranked(NamedTuple):
    """Everything a page is cut from."""

    keys: Usages
    order: Sequence[int]  # the places of the keys, most first
    groups: Sequence[GroupRow]
    sums: Mapping[str, Tally]  # of each group, by name
    unattributed: Unattributed
    beside: Tally  # the sum of what is unattributed
    others: Sequence[str]  # the ids of all other keys with requests
    active: int


async def usage_by_key(desk: Desk, query: UsageQuery) -> UsageReport:
    """Answer `usage_by_key`, shortened where it would not fit a host.

    Raises:
        UsageError: the question cannot be asked like this, or the source has no answer.
    """
    asked = _asked(desk, query)
    words = (asked.query, asked.window, asked.first_rank, asked.version, asked.timezone)

    def known(state: Hashable) -> UsageReport | None:
        return desk.memory.recall((state, words), asked.now)

    def worked_out(view: UsageView) -> UsageReport:
        answer = _fitting(view, asked)
        if view.state is not None and asked.window.end <= asked.now:  # a window that runs on is told by the clock
            desk.memory.keep((view.state, words), answer, report.next_change(view.keys(), asked.now))
        return answer

    return await desk.ask(worked_out, asked.window, known=known)


def _asked(desk: Desk, query: UsageQuery) -> Asked:
    first_rank, version = 1, ""
    window: Window | None = None
    if query.cursor:
        cursor = paging.decode(query)
        query = cursor.query.model_copy(update={"limit": query.limit, "top_endpoints": query.top_endpoints})
        window, first_rank, version = cursor.window, cursor.rank + 1, cursor.version
    window = window or desk.window(query.period, query.start, query.end)
    return Asked(query, window, first_rank, version, desk.now().replace(microsecond=0), desk.zone.key)


def _fitting(view: UsageView, asked: Asked) -> UsageReport:
    """Shorten the lists of endpoints first, then the page, until the answer fits."""
    wanted = asked.query
    while True:
        answer = _answer(view, asked, shortened=asked.query != wanted)
        query = asked.query
        if (
            query.limit * (1 + query.top_endpoints) <= ALWAYS_FITS
            or size_of(answer, usage_words(answer)) <= MOST_CHARACTERS
        ):
            return answer
        smaller = (
            {"top_endpoints": query.top_endpoints // 2} if query.top_endpoints else {"limit": query.limit * 3 // 4}
        )
        asked = asked._replace(query=query.model_copy(update=smaller))


def _answer(view: UsageView, asked: Asked, *, shortened: bool) -> UsageReport:
    query, first = asked.query, asked.first_rank
    coverage = view.coverage(asked.window)
    ranked = _ranked(view, asked)
    totals = report.total(ranked.keys)
    every: Usages | Sequence[GroupRow] = ranked.keys if query.group_by == "key" else ranked.groups
    page = slice(first - 1, first - 1 + query.limit)
    listed = ranked.keys.at(ranked.order[page])
    keys = _key_rows(view, asked, listed, totals.request_count)
    groups = ranked.groups[page]
    rows = keys if query.group_by == "key" else groups
    cursor, moved = _paging(asked, every)
    knows_beside = not (coverage.active_only or selects_keys(query))
    answer = UsageReport(
        summary="",
        source=view.source,
        period=asked.window.period,
        **coverage.model_dump(exclude=UNTOLD),
        timezone=asked.timezone,
        now=asked.now,
        bounds=bounds.bounds(ranked.keys.total, ranked.beside if knows_beside else None, _sums(ranked, listed, groups)),
        filters=_filter_words(asked),
        group_by=query.group_by,
        total_keys=ranked.active,
        totals=totals,
        top_endpoints=_top_endpoints(view, asked, ranked),
        keys=tuple(keys if query.group_by == "key" else ()),
        groups=tuple(groups),
        rest=report.rest(totals, rows, len(every)),
        unattributed=ranked.unattributed if knows_beside else None,
        account=None if selects_keys(query) or query.endpoint else _account(view.account_total(asked.window)),
        notes=(*moved, *_notes(coverage, asked, ranked, shortened=shortened)),
        next_cursor=cursor if first - 1 + len(rows) < len(every) and rows else "",
    )
    first_place = ranked.order[0] if query.group_by == "key" and ranked.order else 0
    found = report.outstanding(every, totals.request_count, first_place)
    return answer.model_copy(update={"summary": usage_summary(answer, found, query)})


def _account(total: AccountTotal | None) -> AccountCheck | None:
    return total and AccountCheck(
        taken_at=total.taken_at,
        request_count=total.requests,
        keys_request_count=total.keys_requests,
        unattributed_request_count=total.unattributed,
    )


def _sums(ranked: Ranked, keys: Usages, groups: Sequence[GroupRow]) -> dict[str, Tally]:
    """Give the sums behind the rows of the page, by what names a row."""
    if ranked.groups:
        return {row.name: ranked.sums[row.name] for row in groups}
    return {naming.visible(usage.key.key_id): tally_of(usage) for usage in keys}


def _ranked(view: UsageView, asked: Asked) -> Ranked:
    query = asked.query
    tallies = view.totals(asked.window, query.endpoint)
    roster = view.keys()
    used, left = report.part(roster, tallies, asked.now, asked.window.end)
    check_team(query.team, used)
    keys = report.select(used, query)
    groups: Sequence[Group] = ()
    if query.group_by != "key":
        by_key = _endpoints(view, asked, keys if query.group_by == "endpoint" else ())
        groups = group(keys, query.group_by, by_key)
    sums = {one.name: one.tally for one in groups}
    return Ranked(
        keys,
        report.order(keys, query.sort_by, asked.first_rank - 1 + query.limit),
        rank_groups(groups, query.sort_by),
        sums,
        report.unattributed(roster, left),
        add(left.values()),
        _others(used, keys, left),
        len(used),
    )


def _others(used: Usages, keys: Usages, left: Mapping[str, Tally]) -> list[str]:
    """Give the ids of all with requests but these keys."""
    apart = set(used.used_ids) - set(keys.used_ids) if keys is not used else ()
    return [*apart, *(key_id for key_id, tally in left.items() if tally.requests)]


def _key_rows(view: UsageView, asked: Asked, page: Sequence[KeyUsage], whole: int) -> list[KeyRow]:
    if asked.query.group_by != "key":
        return []
    top = asked.query.top_endpoints
    by_key = _endpoints(view, asked, page if top else ())
    return [report.key_row(usage, whole, by_key.get(usage.key.key_id, {}), top) for usage in page]


def _endpoints(view: UsageView, asked: Asked, keys: Sequence[KeyUsage]) -> Mapping[str, Mapping[str, Tally]]:
    part = asked.query.endpoint.lower()
    by_key = view.endpoints(asked.window, [usage.key.key_id for usage in keys])
    if not part:
        return by_key
    return {
        key_id: {path: tally for path, tally in paths.items() if part in path.lower()}
        for key_id, paths in by_key.items()
    }


def _top_endpoints(view: UsageView, asked: Asked, ranked: Ranked) -> dict[str, int]:
    most, keys = asked.query.top_endpoints, ranked.keys
    if not most or asked.query.group_by == "endpoint":
        return {}
    if asked.query.endpoint:
        rows = rank_groups(group(keys, "endpoint", _endpoints(view, asked, keys)), "requests")
        return {row.name: row.request_count for row in rows[:most]}
    found = view.top_endpoints(asked.window, keys.used_ids, most, others=ranked.others)
    return {naming.visible(path, naming.PATH_LENGTH): count for path, count in found.items()}


def _paging(asked: Asked, every: Usages | Sequence[GroupRow]) -> tuple[str, tuple[str, ...]]:
    if len(every) <= asked.query.limit and not asked.version:
        return "", ()
    version = paging.version_of(every)
    last = asked.first_rank - 1 + asked.query.limit
    cursor = paging.encode(paging.Cursor(asked.query, asked.window, last, version))
    return cursor, () if asked.version in ("", version) else (MOVED,)


def _notes(coverage: Coverage, asked: Asked, ranked: Ranked, *, shortened: bool) -> list[str]:
    query = asked.query
    told = list(coverage.notes)
    if query.endpoint and None in ranked.keys.errors:
        told.append(ERRORS_PER_KEY)
    if (query.team or query.group_by == "team") and any(is_guessed(usage.key) for usage in ranked.keys):
        told.append(TEAMS_GUESSED)
    if selects_keys(query):
        told.append("Shares and ranks are among the keys that match the filters.")
    if query.group_by == "endpoint":
        told.append("keys counts the keys that called an endpoint.")
    if shortened:
        told.append(SHORTENED)
    return told


def _filter_words(asked: Asked) -> str:
    """Write what was asked beyond the defaults; the window and the shape of the page stand elsewhere."""
    return filter_words(asked.query, "sort_by", first_rank=asked.first_rank)
