"""The answer of `find_anomalies` in words: what each finding is, what to do next, and what was not tested."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from edgedns_mcp.models import AnomalyReport, FindingBucket, FindingKind, FindingRow, Unflagged
from edgedns_mcp.render.phrases import demo_words, figure, inert, listed, plural, window_words, within_day
from edgedns_mcp.render.text import as_lines, counts_words, note_lines, paragraphs, scope_line

UNASSIGNED = "unassigned"  # the team of keys that have none
NAMED = 3  # findings that fit a summary
KIND_WORDS: Mapping[FindingKind, str] = {
    "spike": "a spike",
    "dormant": "a dormant key that woke",
    "environment": "use in the wrong environment",
    "error_burst": "an error burst",
    "endpoint_shift": "a shift to new endpoints",
    "silence": "silence",
    "budget": "a budget",
}
NEXT_STEPS: Mapping[FindingKind, str] = {
    "spike": "Ask {who} what began then; if nobody knows, rotate the key.",
    "dormant": "Ask {who} who uses it again; if nobody does, revoke it.",
    "environment": "Ask {who} which program holds the key, give it one of its own environment, and rotate this one.",
    "error_burst": "Ask {who} what was deployed then, and look at the failing requests in the gateway's log.",
    "endpoint_shift": "Ask {who} whether the new calls are theirs; if not, rotate the key.",
    "silence": "Ask {who} whether the program was retired; if so, revoke the key.",
    "budget": "Ask {who} whether the rest of the month needs more; forecast_quota says where it ends.",
}


def anomalies_summary(report: AnomalyReport, every: Sequence[FindingRow]) -> str:
    """Say how many findings there are and which weigh most, or that what was tested shows none."""
    lead = _lead(report, every) if every else _nothing(report)
    hidden = f"{plural(report.acknowledged_count, 'known finding')} hidden." if report.acknowledged_count else ""
    return demo_words(report) + " ".join(filter(None, [lead, _reach(report), hidden]))


def in_words(row: FindingRow, zone: ZoneInfo, bucket: FindingBucket) -> FindingRow:
    """Give a finding its sentences."""
    sentences = (
        _what(row, zone, bucket),
        _against(row, zone, bucket),
        _peers(row),
        _where(row),
        _failed(row),
        _also(row),
    )
    owner = "the key's owner" if row.key_id else "the owners of all keys"
    team = f"team {inert(row.team)}" if row.team not in ("", UNASSIGNED) else owner
    return row.model_copy(
        update={"what": " ".join(filter(None, sentences)), "next_step": NEXT_STEPS[row.kind].format(who=team)}
    )


def why_not_flagged(day: Unflagged, zone: ZoneInfo) -> str:
    """Say at which gate a day stopped, with the figures of it."""
    when, count, expected = _day(within_day(day.start, zone)), day.request_count, day.expected_count
    made, are = (f"{count} request", "is") if count == 1 else (f"{count} requests", "are")
    match day.gate:
        case "observed":
            return f"No exact count is known of {when}, so it was not tested."
        case "planned":
            return f"Unusual use was planned on {when}, so its {made} {are} no finding."
        case "history":
            days = plural(day.history_days, "day")
            return f"On {when} the key had {days} of history; {day.bar:g} are needed to know its usual."
        case "effect":
            more = f" above the {expected} expected" if expected else ""
            return f"The {made} on {when} {are} fewer than the {day.bar:g}{more} that a spike has at least."
        case "record":
            return (
                f"The {made} on {when} {are} not more than {day.bar:g} times {day.record_count}, which is the "
                f"record for such a day{_usual_range(day)}."
            )
        case "ratio":
            return f"The {made} on {when} {are} {day.ratio} times the {expected} expected; {day.bar:g} are needed."
        case "rarity":
            return (
                f"The {made} on {when} {are} not rare enough for a key that scatters as this one "
                f"does{_usual_range(day)}."
            )
        case "team":
            return (
                f"The rest of its team made {day.team_ratio} times their usual on {when}, so {expected} requests were "
                f"expected, and its {count} {are} no finding."
            )
        case "passed":
            return f"The {made} on {when} passed every gate."


def _usual_range(day: Unflagged) -> str:
    return f"; {day.expected_low} to {day.expected_high} are usual" if day.expected_high is not None else ""


def anomaly_words(report: AnomalyReport) -> str:
    """Write the answer of `find_anomalies`."""
    scope = f"{scope_line(report)}; filters {inert(report.filters)}; bucket {report.bucket}; keys {report.total_keys}"
    return paragraphs(
        report.summary,
        scope,
        *(as_lines(_finding(row)) for row in report.findings),
        beside_findings(report),
    )


def beside_findings(report: AnomalyReport) -> str:
    """Write what stands below the findings: sums, what was tested, notes."""
    sums = (
        f"Findings {report.finding_count}, of them listed {len(report.findings)}; "
        f"acknowledged and hidden {report.acknowledged_count}; keys with planned times {report.planned_keys}."
    )
    return as_lines([sums, *_tested(report), *note_lines(report.notes)])


def _lead(report: AnomalyReport, every: Sequence[FindingRow]) -> str:
    named = [f"{inert(one.name)} ({one.severity}: {_sign(one)})" for one in every[:NAMED]]
    more = len(every) - len(named)
    names = listed(named, more)
    return f"{plural(report.finding_count, 'finding')} {window_words(report)}: {names}."


def _sign(row: FindingRow) -> str:
    at = f" at {row.budget_percent} %" if row.budget_percent else ""
    return f"{KIND_WORDS[row.kind]}{at}" + (f", {row.key_id}" if row.key_id else "")


def _nothing(report: AnomalyReport) -> str:
    return f"No sign in what was tested {window_words(report)}; usage figures cannot prove a key safe."


def _reach(report: AnomalyReport) -> str:
    """Say how far the search reached: never that there is nothing where nothing could be tested."""
    learnt = [one for one in report.tested if one.kind != "budget"] or report.tested
    counts = [one.keys for one in learnt if one.keys]
    none = [KIND_WORDS[one.kind] for one in learnt if not one.keys]
    if not counts:
        return "No key could be tested."
    low, high = min(counts), max(counts)
    span = f"{high:,} of" if low == high else f"{low:,} to {high:,} of"
    kinds = ", by kind of sign" if low != high else ""
    untested = f"; none could be tested for {listed(none)}" if none else ""
    return f"Tested were {span} {plural(report.total_keys, 'key')}{kinds}{untested}."


def _what(row: FindingRow, zone: ZoneInfo, bucket: FindingBucket) -> str:
    name, when = inert(row.name), when_words(row, zone, bucket)
    requests = f"{row.request_count} request{'' if row.request_count == 1 else 's'}"
    match row.kind:
        case "dormant":
            return f"{name} woke {when} after {row.quiet_days} quiet days and made {requests}."
        case "environment":
            seen = listed([f"{count} in {where}" for where, count in row.wrong_environments.items()])
            return f"{name} is meant for {row.environment}, but made requests elsewhere {when}: {seen}."
        case "error_burst":
            return (
                f"{row.error_percent} % of {requests} of {name} failed {when}; usually {row.usual_error_percent} % do."
            )
        case "endpoint_shift":
            return f"{name} called endpoints {when} that it had not called before: {counts_words(row.new_endpoints)}."
        case "silence":
            since, last = _day(within_day(row.start, zone)), _day((row.end - timedelta(seconds=1)).astimezone(zone))
            return (
                f"{name} stopped calling on {since}, though it had called every day; it was silent up to {last} at "
                f"least, and {row.expected_count} requests a day were expected."
            )
        case "spike":
            return f"{name} made {requests} {when}."
        case "budget":
            whose = f"team {name}" if row.team and not row.key_id else name
            when = when if bucket == "day" else f"in the hour from {_hour(row.start.astimezone(zone))}"
            return (
                f"The budget of {whose}, {row.budget} a month, reached {row.budget_percent} % {when}: {requests} since "
                f"the billing period began."
            )


def when_words(row: FindingRow, zone: ZoneInfo, bucket: FindingBucket) -> str:
    """Say when a finding was: on which days, or in which hours."""
    start, last = row.start.astimezone(zone), (row.end - timedelta(seconds=1)).astimezone(zone)
    if bucket == "hour":
        until = f"to {_hour(row.end.astimezone(zone))}" if row.end - row.start > timedelta(hours=1) else "(one hour)"
        return f"from {_hour(start)} {until}"
    first = within_day(row.start, zone)
    return f"on {_day(first)}" if first.date() == last.date() else f"from {_day(first)} to {_day(last)}"


def _day(moment: datetime) -> str:
    return f"{moment:%a} {moment:%Y-%m-%d}"


def _hour(moment: datetime) -> str:
    return f"{moment:%a} {moment:%Y-%m-%d %H:%M}"


def _record(row: FindingRow, zone: ZoneInfo, bucket: FindingBucket) -> str:
    if row.record_count is None or row.record_start is None:
        return "it had no request before"
    start = within_day(row.record_start, zone)
    when = f"{start:%Y-%m-%d}" if bucket == "day" else f"{start:%Y-%m-%d %H:%M}"
    return f"its highest {bucket} before was {row.record_count} ({when})"


def _against(row: FindingRow, zone: ZoneInfo, bucket: FindingBucket) -> str:
    """Say what was expected, and what the record was."""
    record = _record(row, zone, bucket)
    if row.expected_low is None or row.ratio is None:
        if row.kind != "spike":
            return ""
        young = f"a young key with {plural(row.history_days, 'day')} of history"
        return f"The worst {bucket} had {row.worst_count}; {record}; it is {young}."
    return (
        f"The worst {bucket} had {row.worst_count}; about {row.expected_count} were expected ({row.expected_low} to "
        f"{row.expected_high}, from {row.history_days} days of history), so that is {row.ratio} times the usual; "
        f"{record}."
    )


def _peers(row: FindingRow) -> str:
    if row.team_ratio is None:
        return ""
    team = "without a team" if row.team in ("", UNASSIGNED) else "of its team"
    others = f"{row.team_peers} other keys {team}" if row.team_peers > 1 else f"other key {team}"
    return f"The {others} made {row.team_ratio} times their usual."


def _where(row: FindingRow) -> str:
    if not row.endpoint_distribution or row.kind == "endpoint_shift":
        return ""
    new = f", new for this key: {counts_words(row.new_endpoints)}" if row.new_endpoints else ""
    return f"Most went to {counts_words(row.endpoint_distribution)}{new}."


def _failed(row: FindingRow) -> str:
    if row.kind == "error_burst" or row.error_percent is None:
        return ""
    usual = "" if row.usual_error_percent is None else f", usually {row.usual_error_percent} %"
    return f"{row.error_percent} % failed{usual}."


def _also(row: FindingRow) -> str:
    return f"Signs of the same incident: {listed([KIND_WORDS[kind] for kind in row.also])}." if row.also else ""


def _finding(row: FindingRow) -> Iterable[str]:
    yield (
        f"{row.severity} {row.kind}: {inert(row.name)} ({inert(figure(row.key_id))}, {row.environment}, "
        f"team {inert(figure(row.team))}), finding_id {row.finding_id}"
    )
    yield row.what
    yield f"Next: {row.next_step}"
    yield f"Evidence: {'; '.join(_evidence(row))}"


def _evidence(row: FindingRow) -> Iterable[str]:
    yield f"{figure(row.start)} to {figure(row.end)}"
    usual = f"usually {figure(row.usual_error_percent)} %"
    yield f"requests {row.request_count}, errors {figure(row.error_count)} ({figure(row.error_percent)} %, {usual})"
    span = f"{figure(row.expected_low)} to {figure(row.expected_high)}"
    yield f"worst {figure(row.worst_start)}: {row.worst_count}, expected {figure(row.expected_count)} ({span})"
    record = f"record {figure(row.record_count)} ({figure(row.record_start)})"
    yield f"ratio {figure(row.ratio)}, {record}, history {row.history_days} days"
    yield f"team ratio {figure(row.team_ratio)} of {row.team_peers} keys, quiet days {figure(row.quiet_days)}"
    yield f"endpoints {counts_words(row.endpoint_distribution)}, new {counts_words(row.new_endpoints)}"
    yield f"wrong environments {counts_words(row.wrong_environments)}, also {', '.join(row.also) or '-'}"
    if row.budget:
        yield f"budget {row.budget}, threshold {figure(row.budget_percent)} %"


def _tested(report: AnomalyReport) -> Iterable[str]:
    for one in report.tested:
        why = f" ({one.why})" if one.why else ""
        yield f"Tested for {one.kind}: keys {one.keys}, not {one.untested_keys}{why}."
