"""The question `key_details`: the one key that is meant, its twins, or the candidates."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from edgedns_mcp.domain import bounds, naming, report
from edgedns_mcp.domain.cells import NOTHING, add
from edgedns_mcp.domain.teams import is_guessed
from edgedns_mcp.domain.usages import Usages, tally_of, usage_of
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import (
    Coverage,
    Key,
    KeyDetail,
    KeyQuery,
    KeyReport,
    KeyUsage,
    Plan,
    SeverityTable,
    Tally,
    Window,
)
from edgedns_mcp.render.key_summary import key_summary
from edgedns_mcp.service.desk import Desk, as_recorded
from edgedns_mcp.service.named_key import MOST_CANDIDATES, Named, find, named
from edgedns_mcp.service.signs import signs_of
from edgedns_mcp.service.watching import Asked as Watched
from edgedns_mcp.sources.base import UsageView

CANDIDATE_ENDPOINTS = 3
TEAM_GUESSED = "The team is read from the first part of the key's name; it is on no record."
UNKNOWN = "The key is in the data and in no inventory, so its requests count as unattributed; add it with keys import."
REVOKED = "A revoked key has no rank and no share; its requests count as unattributed."


class Asked(NamedTuple):
    """A question ready to be answered."""

    meant: Named
    top_endpoints: int
    window: Window
    now: datetime
    zone: ZoneInfo
    plans: Sequence[Plan]
    severity: SeverityTable


class Read(NamedTuple):
    """What is read once for all keys."""

    keys: Sequence[Key]
    coverage: Coverage
    tallies: Mapping[str, Tally]
    ranked: Usages  # the active keys, most first


class Meant(NamedTuple):
    """The keys that an answer is about, and what is told of those that it shows."""

    by: Literal["id", "name", "last_four", "part", "several"]
    keys: Sequence[KeyUsage]
    details: Sequence[KeyDetail]


async def key_details(desk: Desk, query: KeyQuery) -> KeyReport:
    """Answer `key_details`.

    Raises:
        UsageError: no key is meant by these words, or the source has no answer.
    """
    meant = named(query.key)
    if not meant.wanted:
        raise QuestionError("Name a key: its key_id, its name, or its last four characters, for example key=payments.")
    asked = _asked(desk, query, meant)
    answer = await desk.ask(lambda view: _answer(view, asked), asked.window, as_recorded(asked.window))
    return answer.model_copy(update={"summary": key_summary(answer, was_secret=meant.was_secret)})


async def every_key(desk: Desk, query: KeyQuery) -> list[KeyReport]:
    """Answer `key_details` for each key that is active or made requests in the window, read at once.

    Raises:
        UsageError: the source has no answer.
    """
    asked = _asked(desk, query, named(query.key))
    answers = await desk.ask(lambda view: _every(view, asked), asked.window, as_recorded(asked.window))
    return [one.model_copy(update={"summary": key_summary(one, was_secret=False)}) for one in answers]


def _asked(desk: Desk, query: KeyQuery, meant: Named) -> Asked:
    window = desk.window(query.period, query.start, query.end)
    now = desk.now().replace(microsecond=0)
    return Asked(meant, query.top_endpoints, window, now, desk.zone, desk.plans, desk.severity)


def _answer(view: UsageView, asked: Asked) -> KeyReport:
    read = _read(view, asked)
    match = find(asked.meant, read.keys, read.tallies)
    meant = _ranked(match.keys, read)
    details = _details(view, asked, read, meant[:MOST_CANDIDATES], several=match.by == "several")
    return _report(view, asked, read, Meant(match.by, meant, details))


def _every(view: UsageView, asked: Asked) -> list[KeyReport]:
    read = _read(view, asked)
    lived = [
        one for one in read.keys if report.is_active(one, asked.now) or read.tallies.get(one.key_id, NOTHING).requests
    ]
    meant = _ranked(lived, read)
    details = _details(view, asked, read, meant, several=False)
    return [
        _report(view, asked, read, Meant("id", [usage], [detail])) for usage, detail in zip(meant, details, strict=True)
    ]


def _read(view: UsageView, asked: Asked) -> Read:
    keys, tallies = view.keys(), view.totals(asked.window)
    active = report.attribute(keys, tallies, asked.now, asked.window.end)[0]
    return Read(keys, view.coverage(asked.window), tallies, report.rank_keys(active, "requests"))


def _ranked(keys: Sequence[Key], read: Read) -> Usages:
    return report.rank_keys((usage_of(key, read.tallies.get(key.key_id, NOTHING)) for key in keys), "requests")


def _report(view: UsageView, asked: Asked, read: Read, meant: Meant) -> KeyReport:
    shown = meant.keys[: len(meant.details)]
    sums = add(Tally(usage.requests, usage.errors, None) for usage in shown)
    whole = read.ranked.total
    return KeyReport(
        summary="",
        source=view.source,
        period=asked.window.period,
        **read.coverage.model_dump(exclude={"notes", "active_only"}),
        timezone=asked.zone.key,
        now=asked.now,
        matched_by=meant.by,
        matching_keys=len(meant.keys),
        keys=tuple(meant.details),
        request_count=sums.requests,
        error_count=sums.errors,
        total_request_count=whole.requests,
        total_keys=len(read.ranked),
        bounds=bounds.bounds(whole, None, {naming.visible(one.key.key_id): tally_of(one) for one in shown}),
        notes=tuple(_notes(read.coverage, meant.keys, asked.now, {key.key_id for key in read.keys})),
    )


def _details(
    view: UsageView,
    asked: Asked,
    read: Read,
    meant: Sequence[KeyUsage],
    *,
    several: bool,
) -> list[KeyDetail]:
    whole = read.ranked.total.requests
    ranks = {key_id: rank for rank, key_id in enumerate(read.ranked.key_ids, 1)}
    by_key = view.endpoints(asked.window, [usage.key.key_id for usage in meant])
    top = min(asked.top_endpoints, CANDIDATE_ENDPOINTS) if several else asked.top_endpoints
    signs = signs_of(view, _watched(asked), () if several else [usage.key for usage in meant])
    details: list[KeyDetail] = []
    for usage in meant:
        endpoints, rank = by_key.get(usage.key.key_id, {}), ranks.get(usage.key.key_id)
        row = report.key_row(usage, whole if rank else usage.requests, endpoints, top)
        more = {
            "share_percent": row.share_percent if rank else None,
            "rank": rank,
            "endpoints": len(endpoints),
            "other_endpoint_requests": max(usage.requests - sum(row.endpoint_distribution.values()), 0),
            "requests_per_day": report.per_day(usage.requests, read.coverage, usage.key) if usage.slack == 0 else None,
            "created_at": usage.key.created_at,
            "expires_at": usage.key.expires_at,
            "revoked_at": usage.key.revoked_at,
            "signs": signs.get(usage.key.key_id),
        }
        details.append(KeyDetail.model_validate(row.model_dump() | more))
    return details


def _watched(asked: Asked) -> Watched:
    return Watched(asked.window, "day", "normal", asked.now, asked.zone, asked.plans, asked.severity)


def _notes(coverage: Coverage, meant: Sequence[KeyUsage], now: datetime, known: Collection[str]) -> list[str]:
    told = list(coverage.notes)
    if any(is_guessed(usage.key) for usage in meant):
        told.append(TEAM_GUESSED)
    if any(usage.key.key_id not in known for usage in meant):
        told.append(UNKNOWN)
    if any(not report.is_active(usage.key, now) for usage in meant):
        told.append(REVOKED)
    if len(meant) > MOST_CANDIDATES:
        told.append(f"{len(meant) - MOST_CANDIDATES} more keys match; write more of the name.")
    return told
