"""A usage report: a ranked table with bars, and what is not listed."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from rich.console import Group

from edgedns_mcp.cli.terminal.drawing import (
    OF_ENVIRONMENT,
    Column,
    bars,
    beside,
    count,
    kinds,
    names,
    numbers,
    page,
    percent,
    table,
    words,
)
from edgedns_mcp.cli.terminal.faces import Face
from edgedns_mcp.models import GroupRow, KeyRow, UsageReport
from edgedns_mcp.render.phrases import plural
from edgedns_mcp.render.words import usage_words


def usage_picture(answer: UsageReport, width: int) -> Group:
    """Draw a usage report."""
    columns = _of_keys(answer.keys) if answer.group_by == "key" else _of_groups(answer)
    below = beside(answer, f"filters {answer.filters}", "\n".join(_below(answer)), answer.next_cursor)
    return page(answer.summary, table(columns, width), below)


def _of_keys(rows: Sequence[KeyRow]) -> list[Column]:
    paths = [", ".join(row.endpoint_distribution) for row in rows]
    return [
        names("Key", [row.name for row in rows]),
        kinds([row.environment for row in rows]),
        *_figures(rows, [OF_ENVIRONMENT[row.environment] for row in rows]),
        names("Endpoints", paths, least=32, gives_way=4, style="dim"),
    ]


def _of_groups(answer: UsageReport) -> list[Column]:
    rows = answer.groups
    return [
        names(answer.group_by.capitalize(), [row.name for row in rows]),
        numbers("Keys", [str(row.keys) for row in rows], gives_way=3),
        *_figures(rows),
    ]


def _figures(rows: Sequence[KeyRow | GroupRow], colours: Sequence[str] = ()) -> list[Column]:
    return [
        numbers("Requests", [count(row.request_count) for row in rows]),
        bars([row.request_count for row in rows], colours, gives_way=2),
        numbers("Share", [percent(row.share_percent) for row in rows]),
        numbers("Errors", [percent(row.error_percent) for row in rows], gives_way=1),
        words("Last activity", [_moment(row.last_activity) for row in rows], gives_way=3),
    ]


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"


def _below(answer: UsageReport) -> Iterable[str]:
    if answer.rest.rows:
        yield f"Not listed: {answer.rest.rows} more with {plural(answer.rest.request_count, 'request')}"
    if answer.unattributed and answer.unattributed.request_count:
        yield f"Unattributed: {plural(answer.unattributed.request_count, 'request')} of no active key"
    yield from (f"Note: {note}" for note in answer.notes)


USAGE = Face(usage_words, usage_picture)
