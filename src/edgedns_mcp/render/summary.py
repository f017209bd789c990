"""The finished sentences: what a person would forward, built from figures that are already there."""

import re

from edgedns_mcp.models import Answer, Filters, Highlights, Standing, StatusReport, UsageQuery, UsageReport
from edgedns_mcp.render.phrases import (
    amount,
    bounds_words,
    demo_words,
    inert,
    listed,
    moment_words,
    plural,
    window_words,
)

SUBJECT = {"key": "", "team": "Team ", "environment": "Environment ", "endpoint": "Endpoint "}
SEVERAL = 5  # ranked at least, for the share of the top three to say something
HOUR_S = 3600
OPENING = re.compile(r"^(?:All|No|None|Nothing)\b")  # of a sentence; a name that begins one stays as it is


def usage_summary(report: UsageReport, found: Highlights, asked: UsageQuery) -> str:
    """Say who leads and with what share, among which keys, what stands out, and how far the data reaches."""
    lead = _bounded(report, found) if report.bounds else _lead(report, found, asked)
    more = bounds_words(report) if report.bounds else _standouts(report, found, asked)
    sentences = [among(asked, lead), more, _account(report), reach_words(report)]
    return demo_words(report) + " ".join(filter(None, sentences))


def status_summary(report: StatusReport) -> str:
    """Say where the figures come from and how fresh they are."""
    demo = "DEMO: " if report.source == "demo" else ""
    held = f"{plural(report.request_count, 'request')} of {plural(report.total_keys, 'key')}"
    fresh = f", up to {report.data_to:%Y-%m-%d %H:%M} UTC" if report.data_to else ""
    trouble = f" The last attempt failed: {report.last_error}" if report.last_error else ""
    wrong = (
        f" Until the teams file is mended, no question is answered: {report.teams.error}" if report.teams.error else ""
    )
    where = f"Answers come from {report.source}, because {report.chosen_because}"
    return f"{demo}{where}; it holds {held}{fresh}.{trouble}{wrong}"


def reach_words(report: Answer) -> str:
    """Say which part of the window has no figures; nothing where it is complete or merely runs on."""
    if report.complete is not False or not report.data_from or not report.data_to or not report.window_start:
        return ""
    until = min(report.window_end or report.now, report.now)
    late = report.data_from > report.window_start
    early = (until - report.data_to).total_seconds() >= HOUR_S
    begin, end = (moment_words(report, moment) for moment in (report.data_from, report.data_to))
    if late and early:
        return f"Figures reach from {begin} to {end} only."
    if late:
        return f"Figures begin at {begin} only."
    return f"Figures end at {end} already." if early else ""


def among(asked: Filters, sentence: str) -> str:
    """Begin a sentence with the part of all usage that was asked for, where it is not all."""
    words = among_words(asked)
    return f"{words}: {OPENING.sub(lambda found: found[0].lower(), sentence)}" if words else sentence


def among_words(asked: Filters) -> str:
    """Name the part of all usage that was asked for: a sentence without it would be false."""
    environment = "" if asked.environment == "all" else f"{asked.environment} "
    team = f" of team {inert(asked.team)}" if asked.team else ""
    name = f" with '{inert(asked.name_contains)}' in their name" if asked.name_contains else ""
    keys = f"among {environment}keys{team}{name}" if environment or team or name else ""
    paths = f"on paths with {inert(asked.endpoint)}" if asked.endpoint else ""
    said = ", ".join(filter(None, [keys, paths]))
    return said[:1].upper() + said[1:]


def _bounded(report: UsageReport, found: Highlights) -> str:
    """Say what is certain where figures are not exact: who is idle, or first, nobody may know."""
    whole, errors, bounds, left = (
        report.totals.request_count,
        report.totals.error_count,
        report.bounds,
        report.unattributed,
    )
    said = [f"{plural(report.totals.keys, 'key')} made {amount(report, whole)} requests {window_words(report)}"]
    if found.leaders:
        said.append(f"{inert(found.leaders[0].name)} has most of what is certain, {found.leaders[0].requests:,}")
    if errors:
        said.append(f"at least {plural(errors, 'request')} failed")
    if _others(report):
        said.append(f"at least {_others(report)}")
    if bounds and left and bounds.unattributed_max != left.request_count:
        said.append("keys that are no longer active may have made more")
    return "; ".join(said) + "."


def _lead(report: UsageReport, found: Highlights, asked: UsageQuery) -> str:
    whole, when = report.totals.request_count, window_words(report)
    if not report.totals.keys:
        known = f"None of the {report.total_keys:,} active keys matches."
        return known if report.total_keys else f"There is no active key {when}."
    if not found.leaders:
        return _nothing(report, when, asked)
    if asked.sort_by in ("errors", "error_percent") and found.first and found.first.errors:
        return _failing(report, found.first, when)
    first = found.leaders[0]
    if found.tied > 1:
        names = listed([inert(one.name) for one in found.leaders[: found.tied]])
        who = names if found.tied <= len(found.leaders) else f"{found.tied:,} {report.group_by}s"
        each = f"{plural(first.requests, 'request')} each ({first.share_percent}%)"
        return f"{who} share the lead with {each} of {plural(whole, 'request')} {when}."
    if first.requests == whole and found.ranked > 1:
        way = "went to" if report.group_by == "endpoint" else "came from"
        return f"All {plural(whole, 'request')} {when} {way} {SUBJECT[report.group_by].lower()}{inert(first.name)}."
    if found.ranked == 1:
        verb = "received" if report.group_by == "endpoint" else "made"
        return f"{_subject(report, first)} {verb} {plural(whole, 'request')} {when}."
    share = f"{first.requests:,} of {plural(whole, 'request')} ({first.share_percent}%)"
    return f"{_subject(report, first)} leads with {share} {when}{_concentration(report, found)}."


def _nothing(report: UsageReport, when: str, asked: UsageQuery) -> str:
    if asked.endpoint:
        return f"No request {when}."
    if report.totals.keys == 1 and report.keys:
        return f"{inert(report.keys[0].name)} made no request {when}."
    return f"None of the {report.totals.keys:,} keys made a request {when}."


def _failing(report: UsageReport, first: Standing, when: str) -> str:
    own = f"{plural(first.errors or 0, 'error')} in {plural(first.requests, 'request')} ({first.error_percent}%)"
    return f"{_subject(report, first)} fails most with {own} {when}."


def _concentration(report: UsageReport, found: Highlights) -> str:
    if found.ranked < SEVERAL:
        return ""
    top = f"the top {len(found.leaders)} of {found.ranked:,} {report.group_by}s"
    test = f", test key {inert(found.test_leader.name)} among them," if found.test_leader else ""
    return f"; {top}{test} carry {found.leaders_share_percent}%"


def _standouts(report: UsageReport, found: Highlights, asked: UsageQuery) -> str:
    parts = [_errors(report, found), _idle(report, asked), _others(report)]
    said = "; ".join(filter(None, parts))
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def _errors(report: UsageReport, found: Highlights) -> str:
    totals, worst = report.totals, found.worst
    if totals.error_count is None or not totals.request_count:
        return ""
    if not totals.error_count:
        return "no request failed"
    failed = f"{plural(totals.error_count, 'request')} failed ({totals.error_percent}%)"
    if not worst or found.ranked == 1:
        return failed
    return f"{failed}, {worst.errors:,} of them by {inert(worst.name)} ({worst.error_percent}% of its requests)"


def _idle(report: UsageReport, asked: UsageQuery) -> str:
    idle = report.totals.idle_keys
    if not idle or idle == report.totals.keys:
        return ""
    if asked.endpoint:
        return f"{plural(idle, 'key')} made no such request"
    return f"{plural(idle, 'key')} {'was' if idle == 1 else 'were'} idle"


def _others(report: UsageReport) -> str:
    """Tell of requests beside the total: without them the sentence would hide part of the bill."""
    left = report.unattributed
    if not left or not left.request_count:
        return ""
    kinds = {"revoked keys": left.revoked, "unknown keys": left.unknown_key, "no key": left.no_key}
    return f"{left.request_count:,} more came from {listed([kind for kind, count in kinds.items() if count])}"


def _account(report: UsageReport) -> str:
    """Tell of requests that EdgeDNS counts for the account and for no active key of it."""
    check = report.account
    if not check or not check.unattributed_request_count:
        return ""
    rest = f"{check.unattributed_request_count:,} more than its active keys"
    when = moment_words(report, check.taken_at)
    return f"EdgeDNS's account total was {plural(check.request_count, 'request')} at {when}, {rest}."


def _subject(report: UsageReport, one: Standing) -> str:
    if report.group_by == "team" and one.name == "unassigned":
        return "Keys of no team"
    return SUBJECT[report.group_by] + inert(one.name)
