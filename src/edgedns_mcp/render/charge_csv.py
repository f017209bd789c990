"""A chargeback as CSV: a row for each line, to be opened in a spreadsheet or loaded into a ledger."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO

from edgedns_mcp.models import ChargebackReport, ChargeLine
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
    "is_closed",
)
FORMULA = ("=", "+", "-", "@")  # what a spreadsheet would run


def chargeback_csv(report: ChargebackReport) -> str:
    """Write the lines of a report; empty is null, and the amounts sum to the total where all lines are listed."""
    return table_csv(COLUMNS, (_row(report, line) for line in report.lines))


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
        "yes" if report.is_closed else "no",
    )
