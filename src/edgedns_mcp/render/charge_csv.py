"""A chargeback as CSV: a row for each line, to be opened in a spreadsheet or loaded into a ledger."""

import csv
from collections.abc import Iterable, Sequence
from io import StringIO
from itertools import chain
from typing import TextIO

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
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what a spreadsheet would run


def chargeback_csv(report: ChargebackReport) -> str:
    """Write the lines of a report; empty is null, and the amounts sum to the total where all lines are listed."""
    lines = (_row(report, line) for line in report.lines)
    corrections = (_correction(report, one) for one in report.corrections)
    return table_csv(COLUMNS, chain(lines, corrections))


def table_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Write a heading and rows; None is empty."""
    file = StringIO()
    write_rows(file, columns, rows)
    return file.getvalue()


def write_rows(file: TextIO, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> int:
    """Write a heading and rows to a file; give how many rows."""
    usual, count = csv.writer(file, lineterminator="\n"), 0
    quoting = csv.writer(file, lineterminator="\n", quoting=csv.QUOTE_ALL)
    usual.writerow(columns)
    for count, row in enumerate(rows, start=1):  # noqa: B007 - the last one is the answer
        has_return = any("\r" in cell for cell in row if isinstance(cell, str))  # which ends a row unless it is quoted
        (quoting if has_return else usual).writerow(row)
    return count


def unrun(name: str) -> str:
    """Keep a spreadsheet from running a name that comes from outside."""
    return f"'{name}" if name.startswith(FORMULA) else name


def as_named(cell: str) -> str:
    """Take back what `unrun` put before a name, from a file that is read again."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA) else cell


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
