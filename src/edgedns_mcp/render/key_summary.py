"""The finished sentences about one key, its twins, or the candidates."""

from zoneinfo import ZoneInfo

from edgedns_mcp.models import KeyDetail, KeyReport
from edgedns_mcp.render.phrases import (
    amount,
    bounds_words,
    demo_words,
    inert,
    listed,
    moment_words,
    plural,
    window_words,
    within_day,
)
from edgedns_mcp.render.summary import reach_words

ROTATE = "A whole API key was pasted into this chat: rotate it now; only its last four characters were used."
NAMED = 3  # candidates that fit a sentence


def key_summary(report: KeyReport, *, was_secret: bool) -> str:
    """Say what the key did; a whole secret in the question comes first."""
    warning = f"{ROTATE} " if was_secret else ""
    return (
        warning
        + demo_words(report)
        + " ".join(filter(None, [_keys(report), _findings(report), _bounds(report), reach_words(report)]))
    )


def _findings(report: KeyReport) -> str:
    """Say which findings are open, where the key that was meant has any."""
    open_ones = [one for key in report.keys if key.signs for one in key.signs.findings]
    if not open_ones:
        return ""
    zone = ZoneInfo(report.timezone)
    begun = [within_day(one.start, zone) for one in open_ones]
    named = listed(
        [
            f"{one.severity} {one.kind.replace('_', ' ')} of {start:%Y-%m-%d}"
            for one, start in zip(open_ones, begun, strict=True)
        ]
    )
    return f"{plural(len(open_ones), 'open finding')}: {named}."


def _bounds(report: KeyReport) -> str:
    if report.bounds and not report.bounds.rows:
        return "The total of all keys is not exact, so its share and rank are not either."
    return bounds_words(report)


def _keys(report: KeyReport) -> str:
    if report.matched_by == "several":
        return _candidates(report)
    first, *twins = report.keys
    return _twins(report) if twins else _one(report, first)


def _candidates(report: KeyReport) -> str:
    named = [f"{inert(one.name)} ({one.environment}, {inert(one.key_id)})" for one in report.keys[:NAMED]]
    more = report.matching_keys - len(named)
    names = listed(named, more)
    return f"{plural(report.matching_keys, 'key')} match: {names}; ask again with a key_id."


def _twins(report: KeyReport) -> str:
    count, name = plural(len(report.keys), "key"), inert(report.keys[0].name)
    if not report.request_count and not (report.bounds and report.bounds.rows):
        return f"{count} are named {name}, and none made a request {window_words(report)}."
    parts = listed([_part(report, one) for one in report.keys])
    made = f"made {_together(report)} {window_words(report)}"
    return f"{count} are named {name} and {made}: {parts}."


def _part(report: KeyReport, one: KeyDetail) -> str:
    ended = f" (it {words})" if (words := _ended(report, one)) else ""
    return f"{_amount(report, one)} by the {one.environment} one{ended}"


def _amount(report: KeyReport, one: KeyDetail) -> str:
    failed = f" ({one.error_percent}% failed)" if one.error_count else ""
    made = amount(report, one.request_count, one.key_id)
    return "none" if made == "0" else f"{made}{failed}"


def _together(report: KeyReport) -> str:
    is_exact = not (report.bounds and report.bounds.rows)
    return (
        plural(report.request_count, "request") if is_exact else f"at least {plural(report.request_count, 'request')}"
    )


def _requests(report: KeyReport, requests: int, row: str = "") -> str:
    """Say how many requests: "1 request", "between 1 and 3 requests"."""
    made = amount(report, requests, row)
    return plural(requests, "request") if made == f"{requests:,}" else f"{made} requests"


def _one(report: KeyReport, key: KeyDetail) -> str:
    when, name = window_words(report), inert(key.name)
    if report.window_end and key.created_at and key.created_at >= report.window_end:
        return f"{name} did not exist then: it was created on {key.created_at:%Y-%m-%d}."
    ended = f"; it {words}" if (words := _ended(report, key)) else ""
    last = f"its last request was at {moment_words(report, key.last_activity)}" if key.last_activity else ""
    is_exact = not (report.bounds and key.key_id in report.bounds.rows)
    if not key.request_count and is_exact:
        return f"{name} made no request {when}; {last or 'no earlier request is known'}{ended}."
    ranked = key.rank and not report.bounds
    place = f" ({key.share_percent}%, rank {key.rank} of {report.total_keys:,} keys)" if ranked else ""
    made = f"{name} made {_requests(report, key.request_count, key.key_id)} {when}{place}"
    return f"{made}{_failed(report, key)}{'; ' + last if last else ''}{ended}."


def _ended(report: KeyReport, key: KeyDetail) -> str:
    """Say when a key was revoked, or expired, and whether it was used since it expired."""
    if key.revoked_at:
        return f"was revoked at {moment_words(report, key.revoked_at)}"
    if not key.expires_at or key.expires_at > report.now:
        return ""
    used = ", and was used since" if key.last_activity and key.last_activity >= key.expires_at else ""
    return f"expired at {moment_words(report, key.expires_at)}{used}"


def _failed(report: KeyReport, key: KeyDetail) -> str:
    if key.error_count is None:
        return ""
    if report.bounds and key.key_id in report.bounds.rows:
        return f"; at least {key.error_count:,} failed" if key.error_count else ""
    return f"; {key.error_count:,} failed ({key.error_percent}%)" if key.error_count else "; none failed"
