"""The things to do that are shown: the evidence that only they need, read and put into words."""

from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.anomalies.misplaced import wrong_environments
from edgedns_mcp.domain.cells import DAY_S, HOUR_S, NOTHING
from edgedns_mcp.domain.governance import limits
from edgedns_mcp.domain.governance.subject import Subject, next_hour
from edgedns_mcp.domain.governance.todo import Task, is_gone
from edgedns_mcp.domain.naming import shown_name, visible
from edgedns_mcp.domain.periods import floor_hour
from edgedns_mcp.domain.report import percent, share
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.models import AuditItem, LimitProposal, Reason, Window
from edgedns_mcp.render import reasons as words
from edgedns_mcp.render.reasons import Wording
from edgedns_mcp.service.audited import Audited
from edgedns_mcp.service.watching import cells_of
from edgedns_mcp.sources.base import UsageView

IN_WINDOW, IN_PERIOD = "in 30 days", "in the billing period"


def items(view: UsageView, found: Audited, page: Sequence[Task], zone: ZoneInfo) -> list[AuditItem]:
    """Make the lines of a page."""
    proposals = _proposals(view, found, [one.subject.key_id for one in page if one.action == "limit"])
    strays = _strays(view, found, [one.subject for one in page if _has(one, "wrong_environment")])
    span = IN_PERIOD if found.coverage.window_start is None else IN_WINDOW
    made: list[AuditItem] = []
    for task in page:
        one = task.subject
        proposal = proposals.get(one.key_id) if task.action == "limit" else None
        names = visible(one.key_id), visible(one.team)
        wording = Wording(*names, one.requests, view.source, zone, span, proposal, one.key.created_at)
        reasons = [_with_figures(view, found, one, reason, strays) for reason in task.reasons]
        made.append(_item(task, found, reasons, wording))
    return made


def _item(task: Task, found: Audited, reasons: Sequence[Reason], wording: Wording) -> AuditItem:
    one, leading = task.subject, reasons[0]
    return AuditItem(
        action=task.action,
        urgency=task.urgency,
        effort=task.effort,
        key_id=wording.key_id,
        name=shown_name(one.key),
        environment=one.key.environment,
        team=wording.team,
        reasons=tuple(reason.kind for reason in reasons),
        also=task.also,
        evidence=words.evidence(reasons, wording),
        next_step=words.next_step(task.action, leading, wording),
        risk=words.risk(task.action, leading),
        request_count=one.requests,
        share_percent=_share(one, found),
        error_percent=percent(one.errors, one.requests),
        last_activity=None if one.last_used is None else moment(one.last_used),
        proposal=wording.proposal,
    )


def _share(one: Subject, found: Audited) -> float:
    """Give its part of the requests of all active keys; a revoked key is none of them."""
    return 0.0 if is_gone(one, found.given.now) else share(one.requests, found.given.total)


def _with_figures(view: UsageView, found: Audited, one: Subject, reason: Reason, strays: Mapping[str, int]) -> Reason:
    if reason.kind == "wrong_environment":
        return reason._replace(number=strays.get(one.key_id, 0))
    if reason.kind in ("expired_but_used", "revoked_but_used") and reason.at and view.observed():
        since = Window(start=moment(next_hour(reason.at)), end=found.window.end, period="since then")
        tally = view.totals(since).get(one.key_id, NOTHING)
        return reason._replace(number=tally.requests, percent=percent(tally.errors, tally.requests))
    return reason


def _proposals(view: UsageView, found: Audited, key_ids: Collection[str]) -> dict[str, LimitProposal]:
    """Learn a limit for each of these keys from what is stored of its hours."""
    observed = view.observed()
    if not observed or not key_ids:
        return {}
    end = floor_hour(min(found.given.now, moment(observed[-1][1])))
    window = Window(start=end - timedelta(days=limits.TRIED_DAYS + 1), end=end, period="the history of limits")
    until, made = int(end.timestamp()), dict[str, LimitProposal]()
    for key_id, cells in cells_of(view, window, key_ids).items():
        hours, days = (limits.counts(cells, observed, until, length) for length in (HOUR_S, DAY_S))
        if proposal := limits.proposal(hours, days):
            made[key_id] = proposal
    return made


def _strays(view: UsageView, found: Audited, subjects: Sequence[Subject]) -> dict[str, int]:
    """Count what keys did where they do not belong."""
    wrong = {one.key_id: wrong_environments(one.key, one.seen) for one in subjects}
    return {
        key_id: sum(cell.requests for cell in cells if cell.environment in wrong[key_id])
        for key_id, cells in cells_of(view, found.window, wrong).items()
    }


def _has(task: Task, kind: str) -> bool:
    return any(reason.kind == kind for reason in task.reasons)
