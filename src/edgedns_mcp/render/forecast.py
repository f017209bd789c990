"""The answer of `forecast_quota` in words: where the period ends, when thresholds are crossed, and who drives it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from zoneinfo import ZoneInfo

from edgedns_mcp.models import BudgetRow, Crossing, Driver, Filters, ForecastReport
from edgedns_mcp.render.phrases import amount, demo_words, figure, inert, listed, plural, window_words
from edgedns_mcp.render.summary import among, reach_words
from edgedns_mcp.render.text import as_lines, bounds_lines, note_lines, paragraphs, scope_line

NAMED = 3  # budgets that fit a summary
HALF_A_DAY = timedelta(hours=12)  # the day that a period ends with lies in it for the most part
THRESHOLD_HEAD = "threshold %|requests|state|on|earliest|latest"
DRIVER_HEAD = "name|key_id|environment|team|requests|projected|low|high|share %|all if it stopped|% of quota"


def forecast_summary(report: ForecastReport, asked: Filters) -> str:
    """Say what was used, where the period ends, when thresholds are crossed, who drives it, and what is missing."""
    sentences = [
        among(asked, _lead(report)),
        _thresholds(report),
        _budgets(report),
        _driver(report),
        _estimated(report),
        reach_words(report),
    ]
    return demo_words(report) + " ".join(filter(None, sentences))


def forecast_words(report: ForecastReport) -> str:
    """Write the answer of `forecast_quota`."""
    scope = f"{scope_line(report)}; filters {inert(report.filters)}; keys {report.keys}"
    return paragraphs(report.summary, scope, beside_summary(report))


def beside_summary(report: ForecastReport) -> str:
    """Write what stands below the sentence: the figures of the period, thresholds, keys, notes."""
    return paragraphs(
        as_lines(_figures(report)),
        crossing_table(report.thresholds),
        *(_budget_table(one) for one in report.budgets),
        as_lines(_drivers(report)),
        as_lines([*bounds_lines(report), *note_lines(report.notes)]),
    )


def beside_tables(report: ForecastReport) -> str:
    """Write what no table has: the figures of the period, what is not listed, notes."""
    return as_lines([*_figures(report), _rest(report), *bounds_lines(report), *note_lines(report.notes)])


def crossing_table(crossings: Sequence[Crossing]) -> str:
    """Write thresholds, one a line; nothing where there are none."""
    rows = (
        "|".join(map(figure, (one.percent, one.request_count, one.state, one.on, one.earliest, one.latest)))
        for one in crossings
    )
    return as_lines([THRESHOLD_HEAD, *rows]) if crossings else ""


def crossing_words(crossings: Sequence[Crossing]) -> str:
    """Say when each threshold was crossed, is expected to be, or is not."""
    said = [*_crossed(crossings), *(_expected(one) for one in crossings if one.state == "expected")]
    possible = [f"{one.percent}% (on {one.earliest} at the earliest)" for one in crossings if one.state == "possible"]
    if possible:
        said.append(f"{listed(possible)} only if use rises")
    far = [f"{one.percent}%" for one in crossings if one.state == "not_expected"]
    if far:
        said.append(f"{listed(far)} {'is' if len(far) == 1 else 'are'} not expected in this period")
    return "; ".join(said)


def _lead(report: ForecastReport) -> str:
    if not report.keys and not report.request_count:
        return "No key that lived in this billing period matches."
    made = amount(report, report.request_count)
    requests = plural(report.request_count, "request") if made == f"{report.request_count:,}" else f"{made} requests"
    of_quota = f", {report.used_percent}% of the quota of {report.quota:,}" if report.quota else ""
    has_begun = report.window_start is None or report.window_start != report.window_end
    when = window_words(report) if has_begun else "in a billing period that has just begun"
    return f"{requests} {when}{of_quota}; {_projection(report)}."


def _projection(report: ForecastReport) -> str:
    last = (report.period_end - HALF_A_DAY).astimezone(ZoneInfo(report.timezone))
    if report.projected_count is None:
        return f"too little is known to say where {last:%Y-%m-%d} ends"
    percent = f" ({report.projected_percent}%)" if report.quota else ""
    if report.projected_low is None or report.projected_high is None:
        return f"at the pace so far it will be {report.projected_count:,} by the end of {last:%Y-%m-%d}{percent}"
    return (
        f"{report.projected_count:,} are expected by the end of {last:%Y-%m-%d}{percent}, between "
        f"{report.projected_low:,} and {report.projected_high:,}"
    )


def _thresholds(report: ForecastReport) -> str:
    if not report.keys and not report.request_count:
        return ""
    if not report.quota:
        return "No quota is known, so there are no thresholds."
    if report.projected_count is None:
        return ""
    told = crossing_words if report.projected_low is not None else _at_pace
    return f"{told(report.thresholds)}."


def _at_pace(crossings: Sequence[Crossing]) -> str:
    """Say what the plain pace would cross, and that so few days cannot tell."""
    ahead = [one for one in crossings if one.state != "crossed"]
    which, far = (listed([f"{one.percent}%" for one in some]) for some in (ahead, [one for one in ahead if not one.on]))
    on = ", ".join(f"{one.percent}% on {one.on}" for one in ahead if one.on).replace("% on", "% would be crossed on", 1)
    pace = f"{on}, and {far} not in this period" if on and far else on or "none of them would be in this period"
    told = f"so few days cannot tell whether {which} will be crossed; at the pace so far {pace}" if ahead else ""
    said = "; ".join(filter(None, [*_crossed(crossings), told]))
    return said[:1].upper() + said[1:]


def _crossed(crossings: Sequence[Crossing]) -> Iterable[str]:
    """Say which thresholds are behind, and the day of the last one."""
    crossed = [one for one in crossings if one.state == "crossed"]
    if crossed:
        verb, which = ("was", "") if len(crossed) == 1 else ("were", ", the last")
        day = f"{which} on {crossed[-1].on}" if crossed[-1].on else ""
        yield f"{listed([f'{one.percent}%' for one in crossed])} {verb} crossed{day}"


def _expected(one: Crossing) -> str:
    said = f"{one.percent}% is expected on {one.on}"
    if one.earliest and one.latest:
        return said if one.earliest == one.latest else f"{said} (between {one.earliest} and {one.latest})"
    return f"{said} (on {one.earliest} at the earliest, perhaps not at all)" if one.earliest else said


def _driver(report: ForecastReport) -> str:
    if report.keys <= 1 or not report.drivers:
        return ""
    first = report.drivers[0]
    if not first.projected_count or first.without_count is None:
        return ""
    percent = f" ({first.without_percent}%)" if report.quota else ""
    return (
        f"{inert(first.name)} ({first.environment}) drives it most, with {first.projected_count:,} "
        f"({first.share_percent}%); if it stopped now, {first.without_count:,}{percent} would be expected in all."
    )


def _budgets(report: ForecastReport) -> str:
    """Name the budgets whose thresholds are crossed or will be, and count the others."""
    near = [one for one in report.budgets if any(row.state in ("crossed", "expected") for row in one.thresholds)]
    named = [f"{whose(one)} {_stands(one)}" for one in near[:NAMED]]
    more = len(report.budgets) - len(named)
    if not named:
        return f"{plural(more, 'budget')} {'keeps' if more == 1 else 'keep'} within all thresholds." if more else ""
    keeps = "keeps within its thresholds" if more == 1 else "keep within their thresholds"
    rest = f"{plural(more, 'other budget')}{f' {keeps}' if len(near) <= NAMED else ''}"
    return f"Budgets: {'; '.join([*named, *([rest] if more else [])])}."


def whose(one: BudgetRow) -> str:
    return {"all": "all keys", "team": f"team {inert(one.who)}", "key": inert(one.who)}[one.kind]


def _stands(one: BudgetRow) -> str:
    """Say how much of a budget is used, and which threshold comes next, or came last."""
    limit = f"{one.budget_count:,}" if one.amount is None else f"{one.amount} {one.currency}"
    rows = [row for row in one.thresholds if row.state in ("crossed", "expected")]
    last = next((row for row in rows if row.state == "expected"), rows[-1])
    verb = "is expected on" if last.state == "expected" else "was crossed on" if last.on else "is crossed"
    when = f"{last.percent}% {verb}{f' {last.on}' if last.on else ''}"
    return f"{one.used_percent}% of {limit} used, {when}"


def _budget_table(one: BudgetRow) -> str:
    money = f"{figure(one.used_amount)} of {figure(one.amount)} {figure(one.currency)}"
    span = f"{figure(one.projected_low)} to {figure(one.projected_high)}"
    head = (
        f"Budget of {one.kind} {inert(figure(one.who))} ({inert(figure(one.key_id))}): requests {one.request_count} of "
        f"{one.budget_count} ({one.used_percent} %), projected {figure(one.projected_count)} ({span}, "
        f"{figure(one.projected_percent)} %); money {money}, projected {figure(one.projected_amount)}"
    )
    return as_lines([head, crossing_table(one.thresholds)])


def _estimated(report: ForecastReport) -> str:
    if not report.unobserved_days:
        return ""
    estimate = report.estimated_request_count
    guess = f"; {plural(estimate, 'request')} {'is' if estimate == 1 else 'are'} assumed for them" if estimate else ""
    return f"Of this period, {report.unobserved_days} days so far were not observed{guess}."


def _figures(report: ForecastReport) -> Iterable[str]:
    yield (
        f"Billing period {figure(report.period_start)} to {figure(report.period_end)}: days {report.days}, "
        f"left {report.days_left}; not observed {report.unobserved_days}, assumed for them "
        f"{report.estimated_request_count}."
    )
    span = f"{figure(report.projected_low)} to {figure(report.projected_high)}"
    yield (
        f"Requests {report.request_count}, projected {figure(report.projected_count)} ({span}), at the pace so far "
        f"{figure(report.pace_count)}; method {report.method}, from {report.history_days} observed days, month-end "
        f"factor {figure(report.month_end_factor)}."
    )
    yield (
        f"Quota {figure(report.quota)} (from: {report.quota_source}): used {figure(report.used_percent)} %, projected "
        f"{figure(report.projected_percent)} %."
    )


def _drivers(report: ForecastReport) -> Iterable[str]:
    if report.drivers:
        yield DRIVER_HEAD
    for one in report.drivers:
        yield "|".join((*_names(one), *map(figure, _counts(one))))
    yield _rest(report)


def _rest(report: ForecastReport) -> str:
    rest = report.rest
    return f"Not listed: keys {rest.keys}, requests {rest.request_count}, projected {figure(rest.projected_count)}."


def _names(one: Driver) -> Iterable[str]:
    return (inert(one.name), inert(one.key_id), one.environment, inert(figure(one.team)))


def _counts(one: Driver) -> Iterable[object]:
    return (
        one.request_count,
        one.projected_count,
        one.projected_low,
        one.projected_high,
        one.share_percent,
        one.without_count,
        one.without_percent,
    )
