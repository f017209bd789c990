"""What is known of closed periods when a chargeback is asked: the closed answer itself, and what corrects others."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.closed_lines import USUAL_LINES, cut
from edgedns_mcp.domain.correcting import closed_terms, corrections, digest, is_less
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.teams import on_record
from edgedns_mcp.domain.terms import team_patterns, teams_of
from edgedns_mcp.domain.usages import Member
from edgedns_mcp.models import (
    ChargebackReport,
    ChargeGroup,
    Closed,
    ClosedPeriod,
    Correction,
    Owner,
    Window,
)
from edgedns_mcp.render.chargeback import chargeback_words
from edgedns_mcp.render.phrases import instant, within_day
from edgedns_mcp.service.charge_files import when_of
from edgedns_mcp.service.charged import charged, is_counted, stated
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.retold import focus_of, view_of
from edgedns_mcp.service.sharing import Asked, Placed, asked_of
from edgedns_mcp.sources.base import UsageView
from edgedns_mcp.store.closings import Closings

BY_GROUP = ("even", "fixed", "hybrid")  # methods whose shares depend on who is charged
SHOWN = {"period", "start", "end", "group_by", "limit", "format", "currency"}  # says which answer, not other terms
OTHERWISE = (
    "This period was closed at {at} with other terms, so this only tells what would be; leave amount and terms out for "
    "what was charged."
)
IN_PART = "A part of this period is closed, and shared anew here; what was charged for it is told for it alone."
COUNTERS = (
    "This billing period was closed at {at}, and this only tells what its counters say, for EdgeDNS states no dates "
    "for it; ask {asked} for what was charged."
)
UNCORRECTED = (
    "{period} is closed; what corrects it, if anything does, is not told beside counters: ask {asked}, which has it."
)
GONE = "Usage of {period} was forgotten, or cut by folding, since it was closed; so nobody can tell what corrects it."
ELSEWHERE = "Later usage corrects {period}, in {currency}; ask with that currency."


class Outstanding(NamedTuple):
    """What closed periods should have charged besides, and the digests of usage that this accounts for."""

    corrections: tuple[Correction, ...] = ()
    seen: Mapping[datetime, bytes] = {}
    said: tuple[str, ...] = ()
    is_what_if: bool = False  # the period is closed, with other terms


class Answered(NamedTuple):
    """An answer, and its words."""

    report: ChargebackReport
    words: str


def closed_of(view: UsageView, desk: Desk, placed: Placed) -> Closed | None:
    """Give the closed charge that answers a question: one that names no terms, or the same.

    Raises:
        QuestionError: the question names terms that cannot be asked like this.
    """
    found = view.closings()
    dates = stated(view, placed.window) if (periods := found.periods()) else None
    period = period_at(periods, dates) if dates else None
    closed = period and found.closed(period)
    return closed if closed and means(desk, placed, closed) else None


def period_at(periods: Sequence[ClosedPeriod], window: Window) -> ClosedPeriod | None:
    """Give the closed period that a window is, to the hour."""
    return next((one for one in periods if (one.start, one.end) == (window.start, window.end)), None)


def means(desk: Desk, placed: Placed, closed: Closed) -> bool:
    """Tell whether a question leaves it to the closed period how it is charged, or names the same terms.

    What stands in edgedns.toml today is looked at only in the second case.
    """
    query = placed.query
    named = query.model_dump(exclude=SHOWN, exclude_defaults=True)
    if not named and (not query.currency or placed.currency == closed.terms.currency):
        return True
    return question_of(asked_of(desk, placed)) == closed.question


def group_of(placed: Placed, closed: Closed) -> ChargeGroup:
    """Say by what a closed charge is to be grouped: as it was closed, unless the question says how."""
    by = placed.query.group_by
    return closed.terms.group_by if by == "configured" else by


def question_of(asked: Asked) -> str:
    """Write what a charge depends on, but for the usage; 40 and 40.00 are one."""
    terms, whole = asked.terms, asked.whole
    said = {
        **closed_terms(terms, {path: str(Fraction(weight)) for path, weight in whole.weights.items()}),
        "has_amount": asked.has_amount,
        "currency": asked.currency,
        "group_by": whole.group_by if whole.method in BY_GROUP else "",
        "teams": asked.patterns,
    }
    return json.dumps(said, sort_keys=True, ensure_ascii=False)


def closed_answer(closed: Closed, placed: Placed, limit: int, command: str) -> Answered:
    """Give a closed answer as it was, grouped as asked and with so many lines; `command` writes its file."""
    query, view = placed.query, view_of(closed, group_of(placed, closed))
    report = cut(view.report, limit)
    if query.format != "table":
        file = view.csv if query.format == "csv" else focus_of(closed)
        report = report.model_copy(update={"file": file, "command": command})
        return Answered(report, chargeback_words(report))
    if report.rest.rows == view.report.rest.rows:
        return Answered(report, view.words)
    return Answered(report, view.brief if limit == USUAL_LINES else chargeback_words(report))


def outstanding(view: UsageView, asked: Asked) -> Outstanding:
    """Say what corrects closed periods: the one that begins where the last one ends carries it."""
    found = view.closings()
    periods = found.periods()
    if periods and is_counted(view, asked.window):
        return _beside_counters(found, asked.window, stated(view, asked.window))
    if not periods or periods[-1].end != asked.window.start:
        return _overlapping(periods, asked.window)
    every, seen, said = list[Correction](), dict[datetime, bytes](), list[str]()
    for period in periods:
        window = Window(start=period.start, end=period.end, period=f"closed {period.start:%Y-%m-%d}")
        requests = requests_in(view, window)
        known = digest(requests)
        if known == period.seen:
            continue
        closed = found.closed(period)
        if is_less(closed, requests):
            said.append(GONE.format(period=closed.period))
        elif closed.terms.currency != asked.currency:
            said.append(ELSEWHERE.format(period=closed.period, currency=closed.terms.currency))
        else:
            every += _corrections(view, closed, found.corrected(period))
            seen[period.start] = known
    return Outstanding(tuple(every), seen, tuple(said))


def requests_in(view: UsageView, window: Window) -> dict[str, int]:
    """Give the requests of each key, which tell whether usage is still what was charged."""
    return {key_id: tally.requests for key_id, tally in view.totals(window).items()}


def _corrections(view: UsageView, closed: Closed, corrected: Mapping[str, int]) -> list[Correction]:
    zone = ZoneInfo(closed.terms.timezone)
    found = charged(view, closed.window, zone)
    known = {one.key_id for one in closed.keys} | {*closed.unknown}
    used = {key_id for key_id, _, _ in found.parts}
    fresh = [one for one in found.keys.members if one.key_id in used - known]
    teams = teams_of((one.key for one in fresh), team_patterns(closed.terms.teams))
    return corrections(closed, [owner_of(one, teams) for one in fresh], found.parts, corrected)


def owner_of(member: Member, teams: Mapping[str, str]) -> Owner:
    """Write down whom a key belongs to."""
    return Owner(
        key_id=member.key_id,
        name=member.shown,
        environment=member.environment,
        team=on_record(visible(teams.get(member.key_id, member.team))),
        cost_center=visible(member.key.cost_center),
    )


def _beside_counters(found: Closings, window: Window, dates: Window | None) -> Outstanding:
    """Say how to ask for what is closed, or for what corrects it: by dates, which counters need not have."""
    periods = found.periods()
    if dates and period_at(periods, dates):
        return _overlapping(periods, dates)
    if same := period_at(periods, window):
        closed = found.closed(same)
        asked = _by_dates(closed.window, closed.terms.timezone)
        return Outstanding(said=(COUNTERS.format(at=instant(same.at), asked=asked),))
    if periods[-1].end != window.start:
        return Outstanding()
    closed = found.closed(periods[-1])
    asked = _by_dates(window, closed.terms.timezone)
    return Outstanding(said=(UNCORRECTED.format(period=closed.period, asked=asked),))


def _by_dates(window: Window, timezone: str) -> str:
    zone = ZoneInfo(timezone)
    begun = within_day(window.start, zone)
    when = {"period": f"{begun:%Y-%m}"} if begun.day == 1 else when_of(window, zone)
    return " and ".join(f"{name}={value}" for name, value in when.items())


def _overlapping(periods: Sequence[ClosedPeriod], window: Window) -> Outstanding:
    inside = [one for one in periods if one.start < window.end and window.start < one.end]
    if same := period_at(inside, window):
        return Outstanding(said=(OTHERWISE.format(at=instant(same.at)),), is_what_if=True)
    return Outstanding(said=(IN_PART,) if inside else ())
