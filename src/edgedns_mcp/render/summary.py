"""The finished sentences: what a person would forward, built from figures that are already there."""

from edgedns_mcp.models import Answer, Highlights, KeyDetail, KeyReport, Standing, StatusReport, UsageReport
from edgedns_mcp.render.phrases import inert, listed, plural, window_words

ROTATE = "A whole API key was pasted into this chat: rotate it now; only its last four characters were used."
SUBJECT = {"key": "", "team": "Team ", "environment": "Environment ", "endpoint": "Endpoint "}


def usage_summary(report: UsageReport, found: Highlights) -> str:
    """Say who leads and with what share, what stands out, and how far the data reaches."""
    sentences = [_leader(report, found), _standouts(report, found), _reach(report)]
    return _demo(report) + " ".join(filter(None, sentences))


def key_summary(report: KeyReport, *, was_secret: bool) -> str:
    """Say what the key did; a whole secret in the question comes first."""
    warning = f"{ROTATE} " if was_secret else ""
    return warning + _demo(report) + " ".join(filter(None, [_keys(report), _reach(report)]))


def status_summary(report: StatusReport) -> str:
    """Say where the figures come from and how fresh they are."""
    demo = "DEMO: " if report.source == "demo" else ""
    held = f"{plural(report.request_count, 'request')} of {plural(report.total_keys, 'key')}"
    fresh = f", up to {report.data_to:%Y-%m-%d %H:%M} UTC" if report.data_to else ""
    trouble = f" The last attempt failed: {report.last_error}" if report.last_error else ""
    return f"{demo}Answers come from {report.source}, because {report.chosen_because}; it holds {held}{fresh}.{trouble}"


def _leader(report: UsageReport, found: Highlights) -> str:
    whole, when, thing = report.totals.request_count, window_words(report), report.group_by
    if not report.totals.keys:
        among = f"of {plural(report.total_keys, 'active key')} matches ({inert(report.filters)})"
        return f"No key {among} {when}." if report.total_keys else f"There is no active key {when}."
    if not found.leaders:
        none = "The only key" if report.totals.keys == 1 else f"None of the {report.totals.keys:,} keys"
        return f"{none} made {'no' if report.totals.keys == 1 else 'a'} request {when}."
    first = found.leaders[0]
    if found.tied > 1:
        names = listed([_name(one) for one in found.leaders[: found.tied]])
        who = names if found.tied <= len(found.leaders) else f"{found.tied:,} {thing}s"
        each = f"{plural(first.requests, 'request')} each ({first.share_percent} %)"
        return f"{who} share the lead with {each} of {plural(whole, 'request')} {when}."
    subject = SUBJECT[thing] + _name(first)
    if first.requests == whole:
        return f"{subject} made every one of the {plural(whole, 'request')} {when}."
    lead = f"{subject} leads with {first.requests:,} of {plural(whole, 'request')} ({first.share_percent} %) {when}"
    return f"{lead}{_concentration(found, thing)}."


def _concentration(found: Highlights, thing: str) -> str:
    count = len(found.leaders)
    if count < 3 or found.ranked <= count:  # noqa: PLR2004 - three leaders of more than three are worth a word
        return ""
    return f"; the top {count} of {found.ranked:,} {thing}s carry {found.leaders_share_percent} %"


def _standouts(report: UsageReport, found: Highlights) -> str:
    parts = [_errors(report, found.worst), _test(found), _idle(report)]
    said = "; ".join(filter(None, parts))
    return f"{said[:1].upper()}{said[1:]}." if said else ""


def _errors(report: UsageReport, worst: Standing | None) -> str:
    totals = report.totals
    if totals.error_count is None or not totals.request_count:
        return ""
    if not totals.error_count:
        return "no request failed"
    failed = f"{plural(totals.error_count, 'request')} failed ({totals.error_percent} %)"
    most = f", most at {_name(worst)}: {worst.errors:,}, {worst.error_percent} % of its own" if worst else ""
    return failed + most


def _test(found: Highlights) -> str:
    one = found.test_leader
    return f"the test key {_name(one)} is in the top {len(found.leaders)}" if one else ""


def _idle(report: UsageReport) -> str:
    idle = report.totals.idle_keys
    return f"{plural(idle, 'key')} {'was' if idle == 1 else 'were'} idle" if idle and idle < report.totals.keys else ""


def _reach(report: Answer) -> str:
    if report.complete is not False or not report.data_from or not report.data_to:
        return ""
    return f"The data covers {report.data_from:%Y-%m-%d %H:%M} to {report.data_to:%Y-%m-%d %H:%M} UTC only."


def _keys(report: KeyReport) -> str:
    if report.matched_by == "several":
        names = listed([_name(one) for one in report.keys[:3]])
        more = f" and {len(report.keys) - 3:,} more" if len(report.keys) > 3 else ""  # noqa: PLR2004 - three names fit a sentence
        return f"{plural(len(report.keys), 'key')} could be meant, among them {names}{more}; ask again with a key_id."
    first, *twins = report.keys
    if twins:
        parts = listed([f"{one.request_count:,} by the {one.environment} one" for one in report.keys])
        both = f"{plural(len(report.keys), 'key')} are named {_name(first)}"
        return f"{both}: {plural(report.request_count, 'request')} {window_words(report)}, {parts}."
    return _one_key(report, first)


def _one_key(report: KeyReport, key: KeyDetail) -> str:
    when, name = window_words(report), _name(key)
    last = f"its last request was at {key.last_activity:%Y-%m-%d %H:%M} UTC" if key.last_activity else ""
    if not key.request_count:
        return f"{name} made no request {when}; {last or 'no earlier request is known'}."
    place = f"{key.share_percent} %, rank {key.rank} of {report.total_keys:,} keys" if key.rank else "a revoked key"
    made = f"{name} made {plural(key.request_count, 'request')} {when} ({place})"
    failed = "" if key.error_count is None else f"; {plural(key.error_count, 'request')} failed"
    rate = f" ({key.error_percent} %)" if key.error_count else ""
    return f"{made}{failed}{rate}{'; ' + last if last else ''}."


def _name(one: Standing | KeyDetail) -> str:
    return inert(one.name)


def _demo(report: Answer) -> str:
    return "DEMO: " if report.source == "demo" else ""
