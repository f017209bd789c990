"""Answers as text: summary, scope, a compact table, the rest, notes. Every value of the structure stands in it."""

from collections.abc import Iterable, Mapping, Sequence

from edgedns_mcp.models import Answer, GroupRow, KeyDetail, KeyReport, KeyRow, StatusReport, UsageReport
from edgedns_mcp.render.phrases import demo_words, figure, inert, instant

KEY_HEAD = "name|key_id|environment|team|requests|share %|errors|error %|last activity|endpoints"
GROUP_HEAD = "name|keys|requests|share %|errors|error %|last activity"


def usage_words(report: UsageReport) -> str:
    """Write the answer of `usage_by_key`."""
    return _paragraphs(
        report.summary,
        f"{_scope(report)}; filters {inert(report.filters)}; per {report.group_by}; {report.total_keys} active keys",
        _lines(_table(report)),
        _lines([*_sums(report), *_notes(report.notes), *_next(report.next_cursor)]),
    )


def key_words(report: KeyReport) -> str:
    """Write the answer of `key_details`."""
    errors = figure(report.error_count)
    total = (
        f"Listed together: requests {report.request_count}, errors {errors}; matching keys {report.matching_keys}; "
        f"active keys in all {report.total_keys}, requests {report.total_request_count}."
    )
    return _paragraphs(
        report.summary,
        f"{_scope(report)}; matched by {report.matched_by}",
        *(_lines(_detail(key)) for key in report.keys),
        _lines([total, *_bounds(report), *_notes(report.notes)]),
    )


def status_words(report: StatusReport) -> str:
    """Write the answer of `server_status`."""
    facts = {
        "source": f"{report.source}, because {report.chosen_because}",
        "data": f"{figure(report.data_from)} to {figure(report.data_to)}, age {figure(report.age_s)} s, "
        f"gaps {report.gaps}, rejected lines {report.rejected_lines}, "
        f"unattributed {figure(report.unattributed_percent)} %",
        "held": f"{report.total_keys} keys, {report.request_count} requests, {report.readings} readings",
        "calls to EdgeDNS since start": str(report.calls_spent),
        "last error": figure(report.last_error),
        "recording": report.recording,
        "database": f"{figure(report.database)}, {figure(report.size_bytes)} bytes",
        "time": f"now {instant(report.now)}, zone {report.timezone}",
        "version": ", ".join(
            f"{name} {number}" for name, number in {"edgedns-mcp": report.version, **report.versions}.items()
        ),
    }
    missing = [f"Not configured: {one.what}. {one.fix}" for one in report.not_configured]
    return _paragraphs(report.summary, _lines(f"{name}: {value}" for name, value in facts.items()), _lines(missing))


def scope_words(answer: Answer) -> str:
    """Write the window, its coverage and the clock it was asked by."""
    window = f"{figure(answer.window_start)} to {figure(answer.window_end)}"
    data = f"{figure(answer.data_from)} to {figure(answer.data_to)}, complete {figure(answer.complete)}"
    return (
        f"period {inert(answer.period)} = {window}; data {data}, age {answer.age_s} s; "
        f"{answer.timezone}, now {answer.now:%a} {instant(answer.now)}"
    )


def _scope(answer: Answer) -> str:
    return f"Scope: {demo_words(answer)}source {answer.source}; {scope_words(answer)}"


def _table(report: UsageReport) -> Iterable[str]:
    if report.group_by == "key":
        rows = [_key_line(row) for row in report.keys]
        return [KEY_HEAD, *rows] if rows else []
    rows = [_group_line(row) for row in report.groups]
    return [GROUP_HEAD.replace("name", report.group_by, 1), *rows] if rows else []


def _key_line(row: KeyRow) -> str:
    names = (inert(row.name), inert(row.key_id), row.environment, inert(row.team))
    return "|".join((*names, *_figures(row), _counts(row.endpoint_distribution)))


def _group_line(row: GroupRow) -> str:
    return "|".join((inert(row.name), str(row.keys), *_figures(row)))


def _figures(row: KeyRow | GroupRow) -> tuple[str, ...]:
    values = (row.request_count, row.share_percent, row.error_count, row.error_percent, row.last_activity)
    return tuple(figure(value) for value in values)


def _counts(counts: Mapping[str, int]) -> str:
    return " ".join(f"{inert(path)}:{count}" for path, count in counts.items()) or "-"


def _sums(report: UsageReport) -> Iterable[str]:
    totals, rest, left = report.totals, report.rest, report.unattributed
    things = "keys" if report.group_by == "key" else "rows"
    yield (
        f"Total: keys {totals.keys}, requests {totals.request_count} (live {totals.live_requests}, "
        f"test {totals.test_requests}, unknown {totals.unknown_requests}), errors {figure(totals.error_count)} "
        f"({figure(totals.error_percent)} %), idle keys {totals.idle_keys}."
    )
    yield from _bounds(report)
    errors = figure(rest.error_count)
    yield f"Not listed: {things} {rest.rows}, requests {rest.request_count}, errors {errors}."
    if left:
        yield (
            f"Unattributed: requests {left.request_count} (revoked {left.revoked}, "
            f"unknown key {left.unknown_key}, no key {left.no_key})."
        )
    if report.top_endpoints:
        yield f"Top endpoints: {_counts(report.top_endpoints)}."


def _bounds(report: Answer) -> Iterable[str]:
    """List the most there may have been, as far as anybody can know it."""
    if report.bounds:
        rows = [f"{inert(name)} {figure(most)}" for name, most in report.bounds.rows.items()]
        in_all = f"in all {figure(report.bounds.request_count_max)}"
        beside = f"unattributed {figure(report.bounds.unattributed_max)}"
        most = ", ".join([in_all, beside, *rows])
        yield f"Not exact, figures are the least; the most: {most}."


def _notes(notes: Sequence[str]) -> list[str]:
    return [f"Note: {note}" for note in notes]


def _next(cursor: str) -> list[str]:
    return [f"More: cursor={cursor}"] if cursor else []


def _detail(key: KeyDetail) -> Iterable[str]:
    rank = f"rank {key.rank}" if key.rank else "not ranked"
    yield f"{inert(key.name)} ({inert(key.key_id)}), {key.environment}, team {inert(key.team)}, {rank}"
    yield (
        f"requests {key.request_count} ({figure(key.share_percent)} %, {figure(key.requests_per_day)} per day); "
        f"errors {figure(key.error_count)} ({figure(key.error_percent)} %); last activity {figure(key.last_activity)}; "
        f"created {figure(key.created_at)}; revoked {figure(key.revoked_at)}"
    )
    yield f"endpoints {key.endpoints}: {_counts(key.endpoint_distribution)}; other {key.other_endpoint_requests}"


def _lines(lines: Iterable[str]) -> str:
    return "\n".join(lines)


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(filter(None, parts))
