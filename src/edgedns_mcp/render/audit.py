"""The answer of `audit_keys` in words: what to do first, the list with evidence and risk, and what was not tested."""

from collections.abc import Iterable

from edgedns_mcp.models import AuditItem, AuditQuery, AuditReason, AuditReport, LimitProposal
from edgedns_mcp.render.phrases import demo_words, figure, inert, listed, plural, window_words
from edgedns_mcp.render.summary import among, among_words, reach_words
from edgedns_mcp.render.text import as_lines, next_lines, note_lines, paragraphs, scope_line

NAMED = 3  # things to do that fit a summary
IN_SHORT: dict[AuditReason, str] = {
    "never_used": "never used",
    "dormant": "no longer used",
    "zero_in_window": "no request in what was observed",
    "expired": "expired",
    "expired_but_used": "expired, and used",
    "near_expiry": "soon expired",
    "revoked_but_used": "revoked, and used",
    "replaced_but_used": "replaced, and used",
    "open_finding": "open finding",
    "wrong_environment": "used outside its environment",
    "name_conflict": "named for another environment",
    "duplicate_name": "named like another key",
    "over_budget": "budget",
    "error_heavy": "many errors",
    "several_services": "several services in one",
    "concentration": "most of all requests",
    "old": "old",
    "no_owner": "no team",
    "limit_proposal": "no limit yet",
}


def audit_summary(report: AuditReport, asked: AuditQuery, first: int = 1) -> str:
    """Say how much there is to do and what first, how many keys need nothing, and how use is spread."""
    spread = "" if among_words(asked) else _spread(report)  # it is of all keys, whichever were asked about
    sentences = [among(asked, _lead(report, asked, first)), _others(report), spread, reach_words(report)]
    return demo_words(report) + " ".join(filter(None, sentences))


def audit_words(report: AuditReport) -> str:
    """Write the answer of `audit_keys`."""
    scope = (
        f"{scope_line(report)}; filters {inert(report.filters)}; dormant_days {report.dormant_days}; "
        f"keys {report.total_keys}"
    )
    return paragraphs(
        report.summary,
        scope,
        *(as_lines(_item(one)) for one in report.items),
        as_lines([beside_items(report), *next_lines(report.next_cursor)]),
    )


def beside_items(report: AuditReport) -> str:
    """Write what stands below the list: sums, what was not tested, notes."""
    return as_lines([*_sums(report), *_untested(report), *note_lines(report.notes)])


def _lead(report: AuditReport, asked: AuditQuery, first: int) -> str:
    keys, when, action = plural(report.total_keys, "key"), window_words(report), asked.action
    if not report.total_keys:
        return f"No active key matches {when}."
    if not report.item_count:
        return f"Nothing to {'do' if action == 'all' else action} was found on {keys} {when}."
    what = f"{report.listed_keys:,} of {keys} to {action}"
    if action == "all":
        things = "1 thing" if report.item_count == 1 else f"{report.item_count:,} things"
        what = f"{things} to do on {report.listed_keys:,} of {keys}"
    named = [_brief(one, asked) for one in report.items[:NAMED]]
    more = report.item_count - first + 1 - len(named)
    since = "" if first == 1 else f", from place {first:,} on"
    return f"{what} {when}{since}: {listed(named, more)}."


def _brief(one: AuditItem, asked: AuditQuery) -> str:
    verb = f"{one.action} " if asked.action == "all" else ""
    limit = one.proposal if one.reasons[0] == "limit_proposal" else None
    why = f"{limit.limit_count:,} in each {limit.per}" if limit else IN_SHORT[one.reasons[0]]
    return f"{verb}{inert(one.name)} ({one.urgency}: {why}, {inert(one.key_id)})"


def _others(report: AuditReport) -> str:
    """Say how many keys need nothing; a key of which nobody knows whether it is used is none of them."""
    need = "needs" if report.healthy_keys == 1 else "need"
    are = "it is" if report.unknown_keys == 1 else "they are"
    parts = {
        f"{plural(report.healthy_keys, 'key')} {need} nothing of what was tested": report.listed_keys
        and report.healthy_keys,
        f"of {plural(report.unknown_keys, 'key')} nobody knows whether {are} used": report.unknown_keys,
    }
    said = "; ".join(words for words, count in parts.items() if count)
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def _spread(report: AuditReport) -> str:
    over = report.concentration
    if not over.top_key or over.used_keys == 1:
        return ""
    return (
        f"{inert(over.top_key)} carries most, {over.top_share_percent}% of all requests; they are spread as if "
        f"{over.equal_keys} keys shared them equally (HHI {over.hhi:,})."
    )


def _item(one: AuditItem) -> Iterable[str]:
    who = f"{inert(one.name)} ({inert(one.key_id)}, {one.environment}, team {inert(one.team)})"
    yield f"{one.urgency} {one.action}: {who}"
    yield f"Why: {one.evidence}"
    yield f"Do: {one.next_step}"
    yield f"Risk: {one.risk}"
    yield (
        f"Figures: {' '.join(one.reasons)}, also {' '.join(one.also) or '-'}; effort {one.effort}; requests "
        f"{one.request_count} ({one.share_percent} %), errors {figure(one.error_percent)} %, last activity "
        f"{figure(one.last_activity)}{_proposal(one.proposal)}"
    )


def _proposal(one: LimitProposal | None) -> str:
    if one is None:
        return "; limit -"
    alerts = ", ".join(f"{percent} at {count}" for percent, count in one.budget_alerts.items()) or "-"
    return (
        f"; limit {one.limit_count} per {one.per} (99 % {one.p99_count}, record {one.record_count}, tested "
        f"{one.tested}, blocked {one.blocked}, in burst {one.blocked_in_burst} from {figure(one.burst_start)}); month "
        f"{figure(one.monthly_budget)}, told {alerts}"
    )


def _sums(report: AuditReport) -> Iterable[str]:
    over = report.concentration
    by_action = ", ".join(f"{action} {count}" for action, count in report.by_action.items()) or "-"
    yield f"To do {report.item_count}, of them listed {len(report.items)}: {by_action}."
    yield f"Keys: to do {report.listed_keys}, healthy {report.healthy_keys}, unknown {report.unknown_keys}."
    top = f"top {inert(figure(over.top_key))} {over.top_share_percent} %"
    yield (f"Concentration: used keys {over.used_keys}, {top}, HHI {over.hhi}, equal keys {figure(over.equal_keys)}.")


def _untested(report: AuditReport) -> Iterable[str]:
    for one in report.untested:
        yield f"Not tested for {one.test}: keys {one.keys}, {one.why}; {one.fix}."
