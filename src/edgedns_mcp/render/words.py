"""Answers as text: summary, scope, a compact table, the rest, notes. Every value of the structure stands in it."""

from collections.abc import Iterable

from edgedns_mcp.models import (
    GroupRow,
    KeyDetail,
    KeyReport,
    KeyRow,
    KeySigns,
    StatusReport,
    TeamsStatus,
    UsageReport,
)
from edgedns_mcp.render.phrases import figure, inert, instant, plural
from edgedns_mcp.render.text import as_lines, bounds_lines, counts_words, next_lines, note_lines, paragraphs, scope_line

KEY_HEAD = "name|key_id|environment|team|requests|share %|errors|error %|last activity|endpoints"
GROUP_HEAD = "name|keys|requests|share %|errors|error %|last activity"


def usage_words(report: UsageReport) -> str:
    """Write the answer of `usage_by_key`."""
    asked = f"filters {inert(report.filters)}; per {report.group_by}; {report.total_keys} active keys"
    return paragraphs(
        report.summary,
        f"{scope_line(report)}; {asked}",
        as_lines(_table(report)),
        as_lines([*_sums(report), *note_lines(report.notes), *next_lines(report.next_cursor)]),
    )


def key_words(report: KeyReport) -> str:
    """Write the answer of `key_details`."""
    return paragraphs(
        report.summary,
        f"{scope_line(report)}; matched by {report.matched_by}",
        *(as_lines(_detail(key)) for key in report.keys),
        beside_keys(report),
    )


def beside_keys(report: KeyReport) -> str:
    """Write what stands below the keys: sums and notes."""
    errors = figure(report.error_count)
    total = (
        f"Listed together: requests {report.request_count}, errors {errors}; matching keys {report.matching_keys}; "
        f"active keys in all {report.total_keys}, requests {report.total_request_count}."
    )
    return as_lines([total, *bounds_lines(report), *note_lines(report.notes)])


def status_words(report: StatusReport) -> str:
    """Write the answer of `server_status`."""
    return paragraphs(
        report.summary,
        as_lines(f"{name}: {value}" for name, value in status_facts(report).items()),
        as_lines(team_lines(report.teams)),
        as_lines(missing_lines(report)),
    )


def missing_lines(report: StatusReport) -> list[str]:
    """Write what is not configured, and what would configure it."""
    return [f"Not configured: {one.what}. {one.fix}" for one in report.not_configured]


def status_facts(report: StatusReport) -> dict[str, str]:
    """Give each thing that is known by its name."""
    return {
        "source": f"{report.source}, because {report.chosen_because}",
        "data": f"{figure(report.data_from)} to {figure(report.data_to)}, age {figure(report.age_s)} s, "
        f"gaps {report.gaps}, rejected lines {report.rejected_lines}, "
        f"unattributed {figure(report.unattributed_percent)} %",
        "held": f"{report.total_keys} keys, {report.request_count} requests, {report.readings} readings",
        "calls to EdgeDNS since start": str(report.calls_spent),
        "account total": figure(report.account_total),
        "dates of keys": figure(report.key_dates),
        "last error": figure(report.last_error),
        "recording": report.recording,
        "database": f"{figure(report.database)}, {figure(report.size_bytes)} bytes",
        "config": figure(report.config),
        "teams": _teams(report.teams),
        "time": f"now {instant(report.now)}, zone {report.timezone}",
        "version": ", ".join(
            f"{name} {number}" for name, number in {"edgedns-mcp": report.version, **report.versions}.items()
        ),
    }


def _teams(teams: TeamsStatus) -> str:
    lines = f"file {figure(teams.file)}, {plural(teams.lines, 'line')}, {teams.idle_lines} of them matching no key"
    return (
        f"keys by file {teams.keys_by_file}, by inventory {teams.keys_by_inventory}, by name {teams.keys_by_name}, "
        f"unassigned {teams.keys_unassigned}; {lines}; error {figure(teams.error)}"
    )


def team_lines(teams: TeamsStatus) -> Iterable[str]:
    """Write what the lines of the teams file match, and which keys are on no record."""
    for one in teams.listed_lines:
        said = f"team {figure(one.team)}, cost centre {figure(one.cost_center)}"
        where = f"environments {figure(one.allowed_environments)}"
        yield f"line {one.line}: {inert(f'{one.key}: {said}')}, {where}; keys {one.keys}"
    if teams.listed_keys:
        some = (f"{inert(one.name)} ({inert(one.key_id)}) {inert(one.team)}" for one in teams.listed_keys)
        yield f"On no record: {', '.join(some)}."


def _table(report: UsageReport) -> Iterable[str]:
    if report.group_by == "key":
        rows = [_key_line(row) for row in report.keys]
        return [KEY_HEAD, *rows] if rows else []
    rows = [_group_line(row) for row in report.groups]
    return [GROUP_HEAD.replace("name", report.group_by, 1), *rows] if rows else []


def _key_line(row: KeyRow) -> str:
    names = (inert(row.name), inert(row.key_id), row.environment, inert(row.team))
    return "|".join((*names, *_figures(row), counts_words(row.endpoint_distribution)))


def _group_line(row: GroupRow) -> str:
    return "|".join((inert(row.name), str(row.keys), *_figures(row)))


def _figures(row: KeyRow | GroupRow) -> tuple[str, ...]:
    values = (row.request_count, row.share_percent, row.error_count, row.error_percent, row.last_activity)
    return tuple(figure(value) for value in values)


def _sums(report: UsageReport) -> Iterable[str]:
    totals, rest, left = report.totals, report.rest, report.unattributed
    things = "keys" if report.group_by == "key" else "rows"
    yield (
        f"Total: keys {totals.keys}, requests {totals.request_count} (live {totals.live_requests}, "
        f"test {totals.test_requests}, unknown {totals.unknown_requests}), errors {figure(totals.error_count)} "
        f"({figure(totals.error_percent)} %), idle keys {totals.idle_keys}."
    )
    yield from bounds_lines(report)
    errors = figure(rest.error_count)
    yield f"Not listed: {things} {rest.rows}, requests {rest.request_count}, errors {errors}."
    if left:
        yield (
            f"Unattributed: requests {left.request_count} (revoked {left.revoked}, "
            f"unknown key {left.unknown_key}, no key {left.no_key})."
        )
    if report.top_endpoints:
        yield f"Top endpoints: {counts_words(report.top_endpoints)}."


def _detail(key: KeyDetail) -> Iterable[str]:
    rank = f"rank {key.rank}" if key.rank else "not ranked"
    yield f"{inert(key.name)} ({inert(key.key_id)}), {key.environment}, team {inert(key.team)}, {rank}"
    yield (
        f"requests {key.request_count} ({figure(key.share_percent)} %, {figure(key.requests_per_day)} per day); "
        f"errors {figure(key.error_count)} ({figure(key.error_percent)} %); last activity {figure(key.last_activity)}; "
        f"created {figure(key.created_at)}; expires {figure(key.expires_at)}; revoked {figure(key.revoked_at)}"
    )
    yield f"endpoints {key.endpoints}: {counts_words(key.endpoint_distribution)}; other {key.other_endpoint_requests}"
    if key.signs:
        yield from sign_lines(key.signs)


def sign_lines(signs: KeySigns) -> Iterable[str]:
    """Write the findings of a key, what it was tested for, and why its most unusual day is none."""
    for one in signs.findings:
        span = f"{instant(one.start)} to {instant(one.end)}"
        yield f"finding {one.finding_id}: {one.severity} {one.kind}, {span}; find_anomalies has the evidence"
    if signs.acknowledged_count:
        yield f"known findings hidden: {signs.acknowledged_count}"
    lacking = "; ".join(f"{kind}: {why}" for kind, why in signs.untested.items())
    yield f"tested for {', '.join(signs.tested) or 'nothing'}" + (f"; not tested for {lacking}" if lacking else "")
    day = signs.unflagged
    if day:
        usual = f"{figure(day.expected_low)} to {figure(day.expected_high)}"
        yield f"not flagged: {day.why}"
        yield (
            f"({instant(day.start)}: gate {day.gate}, bar {figure(day.bar)}; requests {day.request_count}, expected "
            f"{figure(day.expected_count)} ({usual}), ratio {figure(day.ratio)}, record {figure(day.record_count)}, "
            f"team ratio {figure(day.team_ratio)}, history {day.history_days} days)"
        )
