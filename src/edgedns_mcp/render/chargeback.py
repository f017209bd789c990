"""The answer of `chargeback_report` in words: who owes what, that it sums, and what was observed."""

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from edgedns_mcp.models import ChargebackReport, ChargeCorrection, ChargeLine, ChargeRest
from edgedns_mcp.render.phrases import (
    bounds_words,
    demo_words,
    figure,
    inert,
    listed,
    moment_words,
    plural,
    window_words,
)
from edgedns_mcp.render.text import as_lines, bounds_lines, note_lines, paragraphs, scope_line

NAMED = 6  # lines that fit a sentence
GROUPS = {"team": "team", "key": "key", "cost_center": "cost centre", "environment": "environment"}
WAYS = {
    "proportional": "by requests",
    "even": "evenly",
    "fixed": "by fixed shares",
    "hybrid": "by a fixed fee and requests",
    "price": "at a price per request",
}
ONE_DAY = timedelta(days=1)


def chargeback_summary(report: ChargebackReport, *, is_running: bool) -> str:
    """Say the sum and who bears it, that the lines sum to it, what was observed, and whether the period is closed."""
    sums = (
        "No amount was given, so these are shares only"
        if report.total is None
        else f"The lines sum to {'the total' if report.method == 'price' else 'the invoice'}, "
        f"difference {report.difference}"
    )
    parts = [sums, _observed(report, is_running=is_running), _state(report, is_running=is_running)]
    return demo_words(report) + " ".join(
        filter(None, [_lead(report), f"{'; '.join(parts)}.", _corrected(report), bounds_words(report)])
    )


def chargeback_words(report: ChargebackReport) -> str:
    """Write the answer of `chargeback_report`."""
    asked = f"per {report.group_by}; method {report.method}; terms {inert(report.terms)}; rows {report.rows}"
    scope = f"{scope_line(report)}; {asked}"
    return paragraphs(report.summary, scope, as_lines(_table(report)), beside_lines(report), _file(report))


def _file(report: ChargebackReport) -> str:
    """Write the file that was asked for, and the command that writes it."""
    fenced = f"```csv\n{report.file}```" if report.file else ""
    return paragraphs(f"File: {report.command}" if report.command else "", fenced)


def beside_lines(report: ChargebackReport) -> str:
    """Write what stands below the table of lines: sums, coverage, notes."""
    return as_lines(
        [*_sums(report), *_prices(report), *_corrections(report), *bounds_lines(report), *note_lines(report.notes)]
    )


def beside_tables(report: ChargebackReport) -> str:
    """Write what no table has: sums, coverage, prices, notes."""
    return as_lines([*_sums(report), *_prices(report), *bounds_lines(report), *note_lines(report.notes)])


def money_words(report: ChargebackReport, amount: str) -> str:
    """Write an amount for people: "1,200.00 EUR"."""
    return f"{Decimal(amount):,} {report.currency}"


def _lead(report: ChargebackReport) -> str:
    groups = plural(report.rows, GROUPS[report.group_by])
    what = "shares of" if report.total is None else f"{money_words(report, report.total)} over"
    anew = ", if it were charged anew" if report.is_what_if else ""
    return f"{_when(report)}{anew}: {what} {groups} {_way(report)}{_who(report)}."


def _way(report: ChargebackReport) -> str:
    way = "at graduated prices" if report.tiers else WAYS[report.method]
    return way.replace("requests", "weighted requests") if report.weights else way


def _when(report: ChargebackReport) -> str:
    """Name a whole month as people do, any other window by its days."""
    if report.window_start and report.window_end:
        zone = ZoneInfo(report.timezone)
        start, end = report.window_start.astimezone(zone), report.window_end.astimezone(zone)
        after = (start.replace(day=28) + 4 * ONE_DAY).replace(day=1)
        if (
            start.day == 1
            and start.hour == start.minute == 0
            and after.replace(tzinfo=None) == end.replace(tzinfo=None)
        ):
            return f"{start:%B %Y}" + ("" if report.timezone == "UTC" else f" ({report.timezone})")
    words = window_words(report)
    return f"{words[:1].upper()}{words[1:]}"


def _who(report: ChargebackReport) -> str:
    """Say what each owes, and how many used and owe nothing; what is unattributed comes last."""
    known = report.rows - report.rest.rows
    owing = [line for line in report.lines[:known] if _is_charged(line)]
    named, beside, idle = owing[:NAMED], report.lines[known:], known - len(owing)
    idle += report.rest.rows if idle or _owes_nothing(report.rest) else 0
    more = report.rows - len(named) - idle
    said = [f"{_name(report, line)} {_owes(report, line)}" for line in named]
    who = listed(said, more)
    nothing = f"{plural(idle, GROUPS[report.group_by])} {'owes' if idle == 1 else 'owe'} nothing" if idle else ""
    every = "; ".join(filter(None, [who, nothing, *(f"{one.name} {_owes(report, one)}" for one in beside)]))
    return f": {every}" if every else ""


def _is_charged(line: ChargeLine) -> bool:
    return bool(line.share_percent or line.request_count or Decimal(line.amount or 0))


def _owes_nothing(rest: ChargeRest) -> bool:
    return rest.amount is not None and not Decimal(rest.amount) and not rest.request_count


def _name(report: ChargebackReport, line: ChargeLine) -> str:
    return (
        f"{inert(line.name)} ({inert(line.key_id)})" if report.group_by == "key" and line.key_id else inert(line.name)
    )


def _owes(report: ChargebackReport, line: ChargeLine) -> str:
    share = f"{line.share_percent}%"
    return share if line.amount is None else f"{money_words(report, line.amount)} ({share})"


def _corrections(report: ChargebackReport) -> Iterable[str]:
    if not report.corrections:
        return
    yield (
        f"Corrections of closed periods, beside the lines: sum {figure(report.corrected)} {report.currency}, rows "
        f"{report.correction_rows}, listed {len(report.corrections)}."
    )
    yield f"correction of|{_head(report)}|amount {report.currency}|due in all"
    for one in report.corrections:
        yield "|".join((one.period, *map(inert, _names(report, one)), one.amount, figure(one.due)))


def _corrected(report: ChargebackReport) -> str:
    """Say what usage that arrived after a period was closed changes, and what is due then."""
    if not report.corrections:
        return ""
    periods = listed([_month(one) for one in sorted({one.period for one in report.corrections})])
    named, more = report.corrections[:NAMED], report.correction_rows - len(report.corrections[:NAMED])
    who = listed([f"{inert(one.name)} {Decimal(one.amount):+,} {report.currency}" for one in named], more)
    due = {(one.name, one.key_id): f"{inert(one.name)} {money_words(report, one.due)}" for one in named if one.due}
    in_all = f"; due in all: {listed([*due.values()])}" if due and not more else ""
    return f"Usage that arrived later corrects {periods}: {who}, in sum {report.corrected}{in_all}."


def _month(period: str) -> str:
    return f"{date.fromisoformat(f'{period}-01'):%B %Y}" if len(period) == len("2026-10") else period


def _observed(report: ChargebackReport, *, is_running: bool) -> str:
    if report.days is None or report.observed_days is None:
        return "EdgeDNS states no dates, so observed days cannot be counted"
    so_far = " so far" if is_running else ""
    if report.observed_days == report.days:
        return (
            f"all {report.days} days{so_far} were observed"
            if report.days > 1
            else f"the whole day{so_far} was observed"
        )
    days = f"{plural(report.days, 'day')}{so_far}"
    return f"{report.observed_days} of {days} were observed ({report.coverage_percent}%)"


def _state(report: ChargebackReport, *, is_running: bool) -> str:
    if report.closed_at:
        return f"closed at {moment_words(report, report.closed_at)} by version {report.closed_by}"
    if report.is_what_if:
        return "the period is closed, with other terms"
    if is_running:
        return "the period is running, so its figures will grow"
    if report.window_end and report.data_to and report.data_to >= report.window_end:
        return "the period is over"
    ends = f", but the data ends {moment_words(report, report.data_to)}" if report.data_to else ""
    return f"the period is over{ends}"


def _table(report: ChargebackReport) -> Iterable[str]:
    yield f"{_head(report)}|keys|requests|test requests|share %|amount {report.currency}|per 1,000 requests"
    for line in report.lines:
        figures = (
            line.keys,
            line.request_count,
            line.test_request_count,
            line.share_percent,
            line.amount,
            line.cost_per_1000,
        )
        yield "|".join((*map(inert, _names(report, line)), *map(figure, figures)))


def _head(report: ChargebackReport) -> str:
    return "name|key_id" if report.group_by == "key" else report.group_by


def _names(report: ChargebackReport, one: ChargeLine | ChargeCorrection) -> list[str]:
    return [one.name, *([figure(one.key_id)] if report.group_by == "key" else [])]


def _sums(report: ChargebackReport) -> Iterable[str]:
    yield (
        f"Total {figure(report.total)} {report.currency}: allocated {figure(report.allocated)}, unattributed "
        f"{figure(report.unattributed)}, difference {figure(report.difference)}; minor units moved by rounding "
        f"{figure(report.rounded_units)}."
    )
    yield (
        f"Requests {report.request_count}: test {report.test_request_count}, unattributed "
        f"{figure(report.unattributed_request_count)}."
    )
    rest = report.rest
    yield f"Not listed: rows {rest.rows}, requests {rest.request_count}, amount {figure(rest.amount)}."
    yield (
        f"Days {figure(report.days)}: observed {figure(report.observed_days)} ({figure(report.coverage_percent)} %); "
        f"closed {figure(report.closed_at)}, by version {figure(report.closed_by)}; "
        f"what if: {figure(report.is_what_if)}."
    )


def _prices(report: ChargebackReport) -> Iterable[str]:
    """Say what a request counts and costs, where that differs between requests."""
    if report.weights:
        some = ", ".join(f"to {inert(path)} as {weight}" for path, weight in report.weights.items())
        yield f"Weights: a request {some}, to others as 1."
    if report.tiers:
        some = "; ".join(
            f"{f'up to {tier.up_to}' if tier.up_to else 'then'} at {tier.unit_price}: requests {tier.request_count}"
            for tier in report.tiers
        )
        yield f"Tiers, each month's requests priced together, {report.currency} a request: {some}."
