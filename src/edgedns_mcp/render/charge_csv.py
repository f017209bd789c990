"""A chargeback as CSV: a row for each line, to be opened in a spreadsheet or loaded into a ledger."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import chain

from edgedns_mcp.models import ChargebackReport, ChargeCorrection, ChargeLine
from edgedns_mcp.render.phrases import instant

COLUMNS = (
    "period_start",
    "period_end",
    "group_by",
    "name",
    "key_id",
    "keys",
    "request_count",
    "test_request_count",
    "share_percent",
    "amount",
    "currency",
    "cost_per_1000",
    "method",
    "closed_at",
    "correction_of",
)
FORMULA = ("=", "+", "-", "@")  # what a spreadsheet would run


def chargeback_csv(report: ChargebackReport) -> str:
    """Write the lines of a report; empty is null, and the amounts sum to the total where all lines are listed."""
    lines = (_row(report, line) for line in report.lines)
    corrections = (_correction(report, one) for one in report.corrections)
    return table_csv(COLUMNS, chain(lines, corrections))


def table_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a heading and rows; None is empty."""
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(columns)
    writer.writerows(rows)
    return file.getvalue()


def unrun(name: str) -> str:
    """Keep a spreadsheet from running a name that comes from outside."""
    return f"'{name}" if name.startswith(FORMULA) else name


def _row(report: ChargebackReport, line: ChargeLine) -> tuple[object, ...]:
    ends = (moment and instant(moment) for moment in (report.window_start, report.window_end))
    return (
        *ends,
        report.group_by,
        unrun(line.name),
        line.key_id and unrun(line.key_id),
        line.keys,
        line.request_count,
        line.test_request_count,
        line.share_percent,
        line.amount,
        report.currency,
        line.cost_per_1000,
        report.method,
        report.closed_at and instant(report.closed_at),
        None,
    )


def _correction(report: ChargebackReport, one: ChargeCorrection) -> tuple[object, ...]:
    ends = (moment and instant(moment) for moment in (report.window_start, report.window_end))
    unknown = (None,) * 4
    who = (report.group_by, unrun(one.name), one.key_id and unrun(one.key_id))
    money = (one.amount, report.currency, None, report.method, report.closed_at and instant(report.closed_at))
    return (*ends, *who, *unknown, *money, one.period)
