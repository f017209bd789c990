"""A comparison: a bar for what each row adds or takes."""

from rich.console import Group

from edgedns_mcp.cli.terminal.drawing import (
    GREEN,
    VERMILION,
    bars,
    beside,
    count,
    kinds,
    names,
    numbers,
    page,
    table,
    words,
)
from edgedns_mcp.cli.terminal.faces import Face
from edgedns_mcp.models import CompareReport
from edgedns_mcp.render.compare import beside_rows, compare_words


def comparison_picture(answer: CompareReport, width: int) -> Group:
    """Draw a comparison; the sign before a change says what its colour does."""
    rows = answer.rows
    colours = [GREEN if row.change > 0 else VERMILION for row in rows]
    columns = [
        names(answer.group_by.capitalize(), [row.name for row in rows]),
        *([kinds([row.environment or "unknown" for row in rows], gives_way=1)] if answer.group_by == "key" else []),
        numbers("Requests", [count(row.request_count) for row in rows]),
        numbers("Before", [count(row.baseline_request_count) for row in rows], gives_way=2),
        numbers("Change", [f"{row.change:+,}" for row in rows]),
        bars([abs(row.change) for row in rows], colours, gives_way=4),
        words("Status", [row.status for row in rows], gives_way=3, style="dim"),
    ]
    below = beside(answer, f"filters {answer.filters}", beside_rows(answer), answer.next_cursor)
    return page(answer.summary, table(columns, width), below)


COMPARISON = Face(compare_words, comparison_picture)
