"""The answer of `compare_usage` in words: how much more or less, by whom, who came and went, and what moved."""

from collections.abc import Iterable, Sequence

from edgedns_mcp.models import ComparedRow, CompareReport, Filters
from edgedns_mcp.render.phrases import amount, bounds_words, demo_words, figure, inert, listed, plural, window_words
from edgedns_mcp.render.summary import SUBJECT, among, reach_words
from edgedns_mcp.render.text import as_lines, bounds_lines, next_lines, note_lines, paragraphs, scope_line

HEAD = (
    "name|key_id|environment|team|status|requests|baseline|change|change %|contribution %|errors|baseline errors|"
    "error %|baseline error %|revoked|rotated from"
)
NAMED = 3  # keys of one status that fit a sentence
WORTH_POINTS = 1.0  # of an endpoint's share
WHOLE_PERCENT = 100
ENOUGH_PERCENT = 95  # of both windows observed: less, and their difference says little of how use changed


def compare_summary(
    report: CompareReport, asked: Filters, grown: ComparedRow | None, shrunk: ComparedRow | None
) -> str:
    """Say the change, who made it, who is new, gone or woken, and how errors and endpoints moved."""
    sentences = [
        among(asked, _lead(report)),
        *([] if _is_lame(report) else [_sentence(_movers(report, grown, shrunk), _who(report))]),
        *([] if _is_lame(report) else [_sentence(_errors(report), _shift(report))]),
        _seen(report),
        bounds_words(report) or bounds_words(_as_baseline(report)),
    ]
    return demo_words(report) + " ".join(filter(None, sentences))


def compare_words(report: CompareReport) -> str:
    """Write the answer of `compare_usage`."""
    return paragraphs(
        report.summary,
        f"{scope_line(report)}; {_scope(report)}",
        as_lines(_table(report)),
        as_lines([beside_rows(report), *next_lines(report.next_cursor)]),
    )


def beside_rows(report: CompareReport) -> str:
    """Write what stands below the table of rows: sums, who came and went, notes."""
    return as_lines([*_sums(report), *_bounds(report), *note_lines(report.notes)])


def _scope(report: CompareReport) -> str:
    baseline = report.baseline
    ends = f"{figure(baseline.window_start)} to {figure(baseline.window_end)}"
    seen = f"complete {figure(baseline.complete)}, observed {figure(baseline.observed_percent)} %"
    return (
        f"baseline {inert(baseline.period)} = {ends}, {seen}, same part {figure(baseline.same_part)}; "
        f"window observed {figure(report.observed_percent)} %; filters {inert(report.filters)}; "
        f"per {report.group_by}; keys {report.keys}"
    )


def _as_baseline(report: CompareReport) -> CompareReport:
    """See the answer's window as the baseline is, for the words that both are told in."""
    baseline = report.baseline
    told = {"period": baseline.period, "window_start": baseline.window_start, "window_end": baseline.window_end}
    return report.model_copy(update={**told, "bounds": report.baseline_bounds})


def _lead(report: CompareReport) -> str:
    total, before = report.total, _as_baseline(report)
    if not report.keys:
        return f"No key that lived {window_words(report)} or {window_words(before)} matches."
    then = window_words(before)
    same_part = f"in the same part of the period before, {then}" if report.baseline.same_part else then
    if _is_lame(report):
        return f"{_two(report, before, then)}; too little was observed to say how much use changed."
    if report.change_bounds:
        return f"{_two(report, before, same_part)}; {_between(report)}."
    made = f"{plural(total.request_count, 'request')} {window_words(report)}"
    if total.change_percent is None or not total.change:
        against = "as many as" if not total.change else "and none"
        return f"{made}, {against} {same_part}{_per_day(report)}."
    way = "more" if total.change > 0 else "fewer"
    percent = f"{total.change_percent:+,}%"
    return (
        f"{made}, {abs(total.change):,} {way} ({percent}) than the {total.baseline_request_count:,} "
        f"{same_part}{_per_day(report)}."
    )


def _two(report: CompareReport, before: CompareReport, then: str) -> str:
    """Put both sums beside each other, without a word on their difference."""
    made, made_before = amount(report, report.total.request_count), amount(before, report.total.baseline_request_count)
    return f"{_capital(made)} requests {window_words(report)}, {made_before} {then}"


def _is_lame(report: CompareReport) -> bool:
    """Tell whether too little of one side was observed to speak of a change."""
    sides = (report.observed_percent, report.baseline.observed_percent)
    return any(seen is not None and seen < ENOUGH_PERCENT for seen in sides)


def _seen(report: CompareReport) -> str:
    """Say how much of each side was observed, where it was not all, or nearly all."""
    sides = {"window": report.observed_percent, "baseline": report.baseline.observed_percent}
    parts = [f"{seen}% of the {side}" for side, seen in sides.items() if seen is not None and seen < WHOLE_PERCENT]
    return (
        f"Only {' and '.join(parts)} {'was' if len(parts) == 1 else 'were'} observed." if parts else reach_words(report)
    )


def _between(report: CompareReport) -> str:
    bounds = report.change_bounds
    if not bounds or (bounds.least is None and bounds.most is None):
        return "how much it changed is not certain"
    if bounds.least is None:
        return f"the change is at most {bounds.most:+,}"
    if bounds.most is None:
        return f"the change is at least {bounds.least:+,}"
    return f"the change lies between {bounds.least:+,} and {bounds.most:+,}"


def _per_day(report: CompareReport) -> str:
    mean = report.per_day
    if not mean:
        return ""
    change = "" if mean.change_percent is None else f" ({mean.change_percent:+,}%)"
    return f"; per day {mean.request_count:,} against {mean.baseline_request_count:,}{change}"


def _movers(report: CompareReport, grown: ComparedRow | None, shrunk: ComparedRow | None) -> str:
    if report.change_bounds:
        return ""
    rows = sorted(filter(None, (grown, shrunk)), key=lambda row: -abs(row.change))
    parts = [f"{'added' if row.change > 0 else 'lost'} by {_row_name(report, row)}, {row.change:+,}" for row in rows]
    return f"the most was {', and '.join(parts)}" if parts else ""


def _row_name(report: CompareReport, row: ComparedRow) -> str:
    if report.group_by == "key":
        return f"{inert(row.name)} ({row.environment})"
    return SUBJECT[report.group_by].lower() + inert(row.name)


def _who(report: CompareReport) -> str:
    kinds: dict[str, tuple[Sequence[str], int]] = {
        "new": (report.new, report.statuses.get("new", 0)),
        "woken": (report.woken, report.statuses.get("woken", 0)),
        "gone": (report.gone, report.statuses.get("gone", 0)),
        "rotated": (report.rotated, len(report.rotated)),
    }
    return "; ".join(f"{kind}: {_some(names, count)}" for kind, (names, count) in kinds.items() if count)


def _some(names: Sequence[str], count: int) -> str:
    shown = [inert(name) for name in names[:NAMED]]
    return listed(shown, count - len(shown))


def _errors(report: CompareReport) -> str:
    now, before = report.total.error_percent, report.total.baseline_error_percent
    if now is None or before is None or now == before:
        return ""
    return f"the error rate went from {before}% to {now}%"


def _shift(report: CompareReport) -> str:
    if not report.endpoint_shifts or abs(report.endpoint_shifts[0].points) < WORTH_POINTS:
        return ""
    first = report.endpoint_shifts[0]
    went = f"from {first.baseline_share_percent}% to {first.share_percent}%"
    return f"the share of {inert(first.endpoint)} went {went}"


def _sentence(*parts: str) -> str:
    return f"{_capital('; '.join(filter(None, parts)))}." if any(parts) else ""


def _capital(said: str) -> str:
    return said[:1].upper() + said[1:]


def _table(report: CompareReport) -> Iterable[str]:
    if report.rows:
        yield HEAD.replace("name", report.group_by, 1) if report.group_by != "key" else HEAD
    for row in report.rows:
        names = (row.name, *(figure(one) for one in (row.key_id, row.environment, row.team)), row.status)
        figures = (
            row.request_count,
            row.baseline_request_count,
            row.change,
            row.change_percent,
            row.contribution_percent,
            row.error_count,
            row.baseline_error_count,
            row.error_percent,
            row.baseline_error_percent,
            row.revoked_at,
        )
        yield "|".join((*map(inert, names), *map(figure, figures), " ".join(map(inert, row.rotated_from)) or "-"))


def _sums(report: CompareReport) -> Iterable[str]:
    total, rest, left, mean = report.total, report.rest, report.unattributed, report.per_day
    yield (
        f"Total: requests {total.request_count}, baseline {total.baseline_request_count}, change {total.change} "
        f"({figure(total.change_percent)} %); errors {figure(total.error_count)} ({figure(total.error_percent)} %), "
        f"baseline {figure(total.baseline_error_count)} ({figure(total.baseline_error_percent)} %)."
    )
    yield (
        f"Not listed: rows {rest.rows}, requests {rest.request_count}, baseline {rest.baseline_request_count}, "
        f"change {rest.change}."
    )
    if left:
        yield (
            f"Unattributed: requests {left.request_count}, baseline {left.baseline_request_count}, "
            f"change {left.change}."
        )
    if mean:
        yield (
            f"Per day: {mean.request_count}, baseline {mean.baseline_request_count}, "
            f"change {figure(mean.change_percent)} %."
        )
    yield f"Keys: {', '.join(f'{status} {count}' for status, count in report.statuses.items()) or '-'}."
    for kind, names in (
        ("New", report.new),
        ("Woken", report.woken),
        ("Gone", report.gone),
        ("Rotated", report.rotated),
    ):
        if names:
            yield f"{kind}: {', '.join(map(inert, names))}."
    for one in report.endpoint_shifts:
        shares = f"{one.baseline_share_percent} % to {one.share_percent} %"
        yield f"Endpoint {inert(one.endpoint)}: share {shares} ({one.points} points)."


def _bounds(report: CompareReport) -> Iterable[str]:
    yield from bounds_lines(report)
    for line in bounds_lines(_as_baseline(report)):
        yield f"Baseline: {line}"
    if report.change_bounds:
        yield f"Change: between {figure(report.change_bounds.least)} and {figure(report.change_bounds.most)}."
