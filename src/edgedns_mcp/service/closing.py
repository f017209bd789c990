"""Closing a period: what was charged is kept as it was told, and the same question is answered with it for ever."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple, get_args

from edgedns_mcp import __version__
from edgedns_mcp.domain.charge_rows import charge_rows
from edgedns_mcp.domain.charges import label_of
from edgedns_mcp.domain.closed_lines import USUAL_LINES
from edgedns_mcp.domain.correcting import closed_terms, corrected_ids, correction_rows, digest
from edgedns_mcp.errors import ConfigurationError, QuestionError
from edgedns_mcp.models import (
    EVERY_LINE,
    ChargebackQuery,
    ChargeGroup,
    Closed,
    ClosedKey,
    ClosedPeriod,
    ClosedTerms,
    ClosedView,
)
from edgedns_mcp.render.charge_csv import chargeback_csv
from edgedns_mcp.render.chargeback import chargeback_words
from edgedns_mcp.render.phrases import instant
from edgedns_mcp.service.charge_files import file_of, named
from edgedns_mcp.service.charge_report import is_running, named_terms, notes_of, report_of
from edgedns_mcp.service.charged import is_reached, months_of, stated
from edgedns_mcp.service.closed import means, outstanding, owner_of, period_at, question_of, requests_in
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.sharing import Asked, Placed, Shared, asked_of, grouped, ledger_of, placed_of, shared_of
from edgedns_mcp.sources.base import UsageView

KEEPS_NOTHING = "The demo keeps nothing, so no period can be closed; name a database of your own with --database."
NO_TOTAL = "A closed period has a total; name it, for example --amount 1200.00, or --method price with --unit-price."
NO_DATES = (
    "EdgeDNS states no dates for a billing period; close a month that was recorded, for example --period 2026-10."
)
RUNS_ON = "This period ends {end}, so it cannot be closed yet; close one that is over, for example --period last_month."
NOT_REACHED = (
    "The data ends {reached}, and this period {end}; import what is missing, or let edgedns-mcp record, then close it."
)
OUT_OF_ORDER = (
    "Periods are closed in their order, and the last closed one ends {end}: close what begins then, or give that one "
    "back with edgedns-mcp chargeback --reopen."
)
ALREADY = (
    "{period} was closed at {at} by version {version}, and this would differ; usage that arrived later is charged in "
    "the next period, and edgedns-mcp chargeback --reopen gives the last closed period back."
)


class Closing(NamedTuple):
    """A period that is closed, by now or since before, and the digests of the usage it accounts for."""

    closed: Closed
    seen: Mapping[datetime, bytes] = {}
    is_new: bool = True


async def close_period(desk: Desk, query: ChargebackQuery) -> Closing:
    """Close the period of a question, unless it is closed with the very same charge.

    Raises:
        UsageError: it cannot be closed; the sentence says why not.
    """
    placed = placed_of(desk, query)
    windows = placed.window, *months_of(placed.window, desk.zone)
    made = await desk.ask(lambda view: _made(view, desk, placed), *windows)
    if made.is_new:
        await desk.source.close_period(made.closed, made.seen)
    return made


async def reopen_period(desk: Desk) -> ClosedPeriod:
    """Give the last closed period back, as if it had not been closed.

    Raises:
        UsageError: none is closed.
    """
    return await desk.source.reopen_period()


def _made(view: UsageView, desk: Desk, placed: Placed) -> Closing:
    if view.source == "demo":
        raise ConfigurationError(KEEPS_NOTHING)
    if stated(view, placed.window) is None:
        raise QuestionError(NO_DATES)
    requests = requests_in(view, placed.window)
    periods = view.closings().periods()
    if same := period_at(periods, placed.window):
        closed = view.closings().closed(same)
        if digest(requests) == same.seen and means(desk, placed, closed):
            return Closing(closed, is_new=False)
        raise QuestionError(ALREADY.format(period=closed.period, at=instant(same.at), version=same.version))
    asked = asked_of(desk, placed)._replace(closed_at=placed.now.replace(microsecond=0))
    if periods and periods[-1].end != asked.window.start:
        raise QuestionError(OUT_OF_ORDER.format(end=instant(periods[-1].end)))
    due, shared = outstanding(view, asked), shared_of(view, asked)
    _refuse_unready(view, asked, shared)
    shared = shared._replace(corrections=due.corrections, said=due.said)
    return Closing(_closed(view, asked, shared, desk.account), {**due.seen, asked.window.start: digest(requests)})


def _refuse_unready(view: UsageView, asked: Asked, shared: Shared) -> None:
    coverage, end = shared.charged.coverage, instant(asked.window.end)
    if not asked.has_amount:
        raise QuestionError(NO_TOTAL)
    if is_running(asked):
        raise QuestionError(RUNS_ON.format(end=end))
    if not is_reached(view, coverage, asked.window):
        reached = coverage.data_to and instant(coverage.data_to)
        raise QuestionError(NOT_REACHED.format(reached=reached, end=end))


def _closed(view: UsageView, asked: Asked, shared: Shared, account: str) -> Closed:
    ledger = ledger_of(asked, shared)
    whole = report_of(view, asked, shared, EVERY_LINE)
    assert asked.closed_at  # noqa: S101 - it is being closed
    return Closed(
        period=named(asked.window, asked.zone) or f"{instant(asked.window.start)} to {instant(asked.window.end)}",
        window=asked.window,
        at=asked.closed_at,
        version=__version__,
        account=account,
        question=question_of(asked),
        asked=named_terms(asked),
        standing=dict(asked.whole.taken),
        shares=dict(asked.whole.shares),
        terms=_terms(asked, shared),
        **_parts(shared),
        corrections=tuple(shared.corrections),
        views={by: _view(view, asked, shared, by) for by in get_args(ChargeGroup)},
        rows=(*charge_rows(ledger), *correction_rows(shared.corrections, asked.currency)),
        focus=file_of(whole, ledger, account)["focus"](),
    )


def _terms(asked: Asked, shared: Shared) -> ClosedTerms:
    return ClosedTerms(
        **closed_terms(shared.terms, asked.whole.weights),
        currency=asked.currency,
        group_by=asked.whole.group_by,
        teams=asked.query.teams,
        timezone=asked.zone.key,
    )


def _parts(shared: Shared) -> dict[str, Any]:
    """Write down what each key used and was charged."""
    found, units = shared.charged, dict[str, int]()
    for (key_id, _, _), part in shared.charges.parts.items():
        units[key_id] = units.get(key_id, 0) + part
    rows = zip(found.keys.members, found.keys.requests, strict=True)
    keys = tuple(
        ClosedKey(**owner_of(one, shared.teams).model_dump(), request_count=requests, units=units.pop(one.key_id, 0))
        for one, requests in rows
    )
    return {"keys": keys, "unknown": dict(found.unknown), "unattributed_units": sum(units.values())}


def _view(view: UsageView, asked: Asked, shared: Shared, by: ChargeGroup) -> ClosedView:
    asked = asked._replace(whole=asked.whole._replace(group_by=by))
    shared = grouped(shared, by)
    report, brief = (report_of(view, asked, shared, limit) for limit in (EVERY_LINE, USUAL_LINES))
    return ClosedView(
        report=report,
        words=chargeback_words(report),
        brief=chargeback_words(brief) if brief.rest.rows else "",
        csv=chargeback_csv(report),
        ids=tuple(label_of(one) for one in shared.accounts) if by == "key" else (),
        corrected_ids=tuple(corrected_ids(shared.corrections)) if by == "key" else (),
        notes=notes_of(asked, shared),
    )
