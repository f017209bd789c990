"""The answer of `usage_history` in words: what a row of buckets comes to, its table, and what is missing in it."""

from collections.abc import Iterable

from edgedns_mcp.models import Filters, HistoryReport, HistoryRow
from edgedns_mcp.render.phrases import (
    amount,
    bounds_words,
    demo_words,
    figure,
    inert,
    listed,
    plural,
    window_words,
)
from edgedns_mcp.render.summary import SUBJECT, among, reach_words
from edgedns_mcp.render.text import as_lines, bounds_lines, note_lines, paragraphs, scope_line

NAMED = 3  # candidates that fit a sentence
SERIES_HEAD = "name|key_id|environment|team|requests|share %|errors|requests in each"


def history_summary(report: HistoryReport, asked: Filters, name: str) -> str:
    """Say how much it was in all, how high and low it went, what the last full bucket was like, and what is missing."""
    sentences = [among(asked, _lead(report, name)), _range(report), _missing(report), _inexact(report)]
    return demo_words(report) + " ".join(filter(None, sentences))


def history_words(report: HistoryReport) -> str:
    """Write the answer of `usage_history`."""
    scope = (
        f"{scope_line(report)}; filters {inert(report.filters)}; matched by {figure(report.matched_by)}; "
        f"group_by {report.group_by}; keys {report.keys}, idle {report.idle_keys}"
    )
    return paragraphs(
        report.summary,
        scope,
        as_lines([*_buckets(report), *_usual(report)]),
        beside_buckets(report),
    )


def beside_buckets(report: HistoryReport) -> str:
    """Write what stands below the table of buckets: the series of keys or groups, sums, notes."""
    return paragraphs(as_lines(_series(report)), beside_series(report))


def beside_series(report: HistoryReport) -> str:
    """Write what stands below the series: sums and notes."""
    return as_lines([*_sums(report), *bounds_lines(report), *note_lines(report.notes)])


def _lead(report: HistoryReport, name: str) -> str:
    when, made = window_words(report), amount(report, report.request_count)
    requests = plural(report.request_count, "request") if made == f"{report.request_count:,}" else f"{made} requests"
    mean = (
        f", a mean of {report.mean_per_full_bucket:,} per full {report.bucket}" if report.mean_per_full_bucket else ""
    )
    if report.matched_by == "several":
        return f"{_candidates(report)}; together they made {requests} {when}{mean}."
    if not report.keys:
        return f"No key that lived {when} matches."
    idle = f" ({report.idle_keys:,} of them idle)" if report.idle_keys and report.request_count else ""
    who = f"{plural(report.keys, 'key')}{idle}" if not name else inert(name)
    if name and report.keys > 1:
        who = f"{plural(report.keys, 'key')} named {inert(name)}"
    if made == "0":
        return f"{who} made no request {when}."
    return f"{who} made {requests} {when}{mean}{_leader(report, name)}."


def _candidates(report: HistoryReport) -> str:
    named = [f"{inert(row.name)} ({row.environment}, {inert(row.key_id or '')})" for row in report.series[:NAMED]]
    more = report.keys - len(named)
    names = listed(named, more)
    return f"{plural(report.keys, 'key')} match: {names}; ask again with a key_id"


def _leader(report: HistoryReport, name: str) -> str:
    if len(report.series) + (report.rest.rows if report.rest else 0) < 2 or report.bounds:  # noqa: PLR2004 - one row leads nobody
        return ""
    first = report.series[0]
    kind = f"the {first.environment} one" if name and first.environment else _row_name(report, first)
    return f"; {kind} made the most, {first.request_count:,} ({first.share_percent}%)"


def _row_name(report: HistoryReport, row: HistoryRow) -> str:
    if report.group_by == "key":
        return f"{inert(row.name)} ({row.environment})"
    return SUBJECT.get(report.group_by, "").lower() + inert(row.name)


def _range(report: HistoryReport) -> str:
    highest, lowest, last = report.highest, report.lowest, report.last_full
    if not highest or not lowest or report.full_buckets == 1 or not highest.request_count:
        return ""
    if highest.request_count == lowest.request_count:
        return (
            f"Each of the {report.full_buckets} full {report.bucket}s had {plural(highest.request_count, 'request')}."
        )
    said = (
        f"The highest full {report.bucket} was {highest.label} with {highest.request_count:,}, "
        f"the lowest {lowest.label} with {lowest.request_count:,}"
    )
    if not last or last.change_percent is None:
        return f"{said}."
    way = "above" if last.change_percent > 0 else "below"
    compared = f"{abs(last.change_percent):,}% {way}" if last.change_percent else "just"
    what = f"the last full {report.bucket}, {last.label}, had {last.request_count:,}"
    return f"{said}; {what}, {compared} the mean of the others ({last.mean_of_others:,})."


def _missing(report: HistoryReport) -> str:
    """Say which buckets have no figures, and what was used beside them."""
    parts = [_unseen(report), _seen_in_part(report), _beside(report)]
    said = "; ".join(filter(None, parts))
    return f"{said[:1].upper()}{said[1:]}." if said else reach_words(report)


def _inexact(report: HistoryReport) -> str:
    """Say why figures are not exact: mostly, only the buckets are not."""
    bounds = report.bounds
    if bounds and bounds.request_count_max == report.request_count and None not in bounds.rows.values():
        more = f"{report.unplaced_request_count:,} of them are counted over more than one {report.bucket}"
        return f"{more}, so they are in the total and in no {report.bucket}."
    return bounds_words(report)


def _unseen(report: HistoryReport) -> str:
    unseen, every = sum(one.observed == "no" for one in report.buckets), plural(len(report.buckets), report.bucket)
    verbs = ("was", "has") if unseen == 1 else ("were", "have")
    return f"{unseen} of {every} {verbs[0]} not observed and {verbs[1]} no figures" if unseen else ""


def _seen_in_part(report: HistoryReport) -> str:
    inner = sum(one.observed == "part" for one in report.buckets[1:-1])
    verb = "was" if inner == 1 else "were"
    return f"{plural(inner, report.bucket)} {verb} observed in part only" if inner else ""


def _beside(report: HistoryReport) -> str:
    more = report.unattributed_request_count
    return f"{more:,} more came from unknown keys or from none" if more else ""


def _buckets(report: HistoryReport) -> Iterable[str]:
    yield f"{report.bucket}|start|requests|errors|observed"
    for one in report.buckets:
        figures = (one.start, one.request_count, one.error_count, one.observed)
        yield "|".join((one.label, *map(figure, figures)))


def _usual(report: HistoryReport) -> Iterable[str]:
    if report.usual:
        for name, counts in (("low", report.usual.low), ("high", report.usual.high)):
            yield f"usual {name} of each {report.bucket}: {' '.join(map(figure, counts))}"


def _series(report: HistoryReport) -> Iterable[str]:
    if report.series:
        yield f"{SERIES_HEAD} {report.bucket}".replace(
            "name", "name" if report.group_by == "key" else report.group_by, 1
        )
    for row in report.series:
        names = (inert(row.name), *(inert(figure(one)) for one in (row.key_id, row.environment, row.team)))
        figures = (row.request_count, row.share_percent, row.error_count)
        yield "|".join((*names, *map(figure, figures), " ".join(map(figure, row.counts))))


def _sums(report: HistoryReport) -> Iterable[str]:
    yield (
        f"Total: requests {report.request_count}, errors {figure(report.error_count)} "
        f"({figure(report.error_percent)} %); in no bucket {report.unplaced_request_count}; "
        f"unattributed {figure(report.unattributed_request_count)}."
    )
    yield f"Full {report.bucket}s {report.full_buckets}: {'; '.join(_places(report))}."
    if report.rest:
        errors = figure(report.rest.error_count)
        yield f"Not listed: rows {report.rest.rows}, requests {report.rest.request_count}, errors {errors}."


def _places(report: HistoryReport) -> Iterable[str]:
    yield f"mean {figure(report.mean_per_full_bucket)}"
    for name, one in (("highest", report.highest), ("lowest", report.lowest), ("last", report.last_full)):
        if one:
            yield f"{name} {one.label}: {one.request_count}"
    if report.last_full:
        change = figure(report.last_full.change_percent)
        yield f"mean of the others {report.last_full.mean_of_others}, change {change} %"
