"""A chargeback: a bar for the share of each line, and what closed periods should have charged besides."""

from rich.console import Group

from edgedns_mcp.cli.terminal.drawing import Column, bars, beside, count, names, numbers, page, percent, table, words
from edgedns_mcp.cli.terminal.faces import Face
from edgedns_mcp.models import ChargebackReport
from edgedns_mcp.render.chargeback import beside_tables, chargeback_words


def chargeback_picture(answer: ChargebackReport, width: int) -> Group:
    """Draw a chargeback."""
    rows = answer.lines
    columns = [
        names(_head(answer), [row.name for row in rows]),
        numbers("Keys", [str(row.keys) for row in rows], gives_way=2),
        numbers("Requests", [count(row.request_count) for row in rows], gives_way=1),
        bars([max(row.share_percent, 0) for row in rows], gives_way=3),
        numbers("Share", [percent(row.share_percent) for row in rows]),
        numbers(answer.currency, [row.amount or "-" for row in rows]),
        numbers("Per 1,000", [row.cost_per_1000 or "-" for row in rows], gives_way=4),
    ]
    corrections = [table(_corrections(answer), width)] if answer.corrections else []
    below = beside(answer, f"method {answer.method}; terms {answer.terms}", beside_tables(answer))
    return page(answer.summary, table(columns, width), *corrections, below)


def _corrections(answer: ChargebackReport) -> list[Column]:
    rows = answer.corrections
    return [
        words("Correction of", [row.period for row in rows]),
        names(_head(answer), [row.name for row in rows]),
        numbers(answer.currency, [row.amount for row in rows]),
        numbers("Due in all", [row.due or "-" for row in rows], gives_way=1),
    ]


def _head(answer: ChargebackReport) -> str:
    return answer.group_by.replace("_", " ").capitalize()


CHARGEBACK = Face(chargeback_words, chargeback_picture)
