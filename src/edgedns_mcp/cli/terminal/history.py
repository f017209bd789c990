"""A history: a bar for each bucket, and a sparkline for each key or group."""

from collections.abc import Sequence

from rich.console import Group

from edgedns_mcp.cli.terminal.drawing import (
    Column,
    bars,
    beside,
    count,
    names,
    numbers,
    page,
    percent,
    sparks,
    table,
    words,
)
from edgedns_mcp.cli.terminal.faces import Face
from edgedns_mcp.models import HistoryReport, HistoryRow
from edgedns_mcp.render.history import beside_series, history_words

LONGEST_BAR = 50
SEEN = {"yes": "", "part": "in part", "no": "not observed"}


def history_picture(answer: HistoryReport, width: int) -> Group:
    """Draw a history."""
    rows = answer.buckets
    columns = [
        words(answer.bucket.capitalize(), [row.label for row in rows]),
        numbers("Requests", [count(row.request_count) for row in rows]),
        bars([row.request_count or 0 for row in rows], gives_way=2, most=LONGEST_BAR),
        numbers("Errors", [count(row.error_count) for row in rows], gives_way=1),
        words("", [SEEN[row.observed] for row in rows], style="dim"),
    ]
    series = [table(_series(answer, answer.series), width)] if answer.series else []
    below = beside(answer, f"filters {answer.filters}", beside_series(answer))
    return page(answer.summary, table(columns, width), *series, below)


def _series(answer: HistoryReport, rows: Sequence[HistoryRow]) -> list[Column]:
    return [
        names(answer.group_by.capitalize(), [row.name for row in rows]),
        numbers("Requests", [count(row.request_count) for row in rows]),
        numbers("Share", [percent(row.share_percent) for row in rows], gives_way=2),
        numbers("Errors", [count(row.error_count) for row in rows], gives_way=1),
        sparks(f"By {answer.bucket}", [row.counts for row in rows], gives_way=3),
    ]


HISTORY = Face(history_words, history_picture)
