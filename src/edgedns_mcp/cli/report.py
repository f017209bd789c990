"""Answers on a terminal: a table with bars where somebody looks, plain words where a program reads."""

import json
import shutil
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Literal, NamedTuple

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from edgedns_mcp.models import (
    ChargebackReport,
    CompareReport,
    ForecastReport,
    GroupRow,
    HistoryReport,
    KeyReport,
    KeyRow,
    StatusReport,
    UsageReport,
)
from edgedns_mcp.render.chargeback import beside_lines, chargeback_words
from edgedns_mcp.render.compare import beside_rows, compare_words
from edgedns_mcp.render.forecast import beside_summary, forecast_words
from edgedns_mcp.render.history import beside_buckets, history_words
from edgedns_mcp.render.phrases import plural
from edgedns_mcp.render.text import scope_words
from edgedns_mcp.render.words import key_words, status_words, usage_words

BAR_WIDTH = 18
BARS = 3  # the place of the bars among the columns
GAP = 2
NARROW = 88  # columns, below which the bars give way
SHORTEST_NAME = 8
WORTH_ENDPOINTS = 20  # columns, from which endpoints are worth a look
LONGEST_BAR = 50
BESIDE_BARS = 60  # columns for what stands beside the bars of a history
SEEN = {"yes": "", "part": "in part", "no": "not observed"}
COLOURS = {"live": "cyan", "test": "yellow", "unknown": "white"}


def show_usage(answer: UsageReport, console: Console | None = None) -> None:
    """Print a usage report."""
    console = console or Console()
    if not console.is_terminal:
        print(usage_words(answer))
        return
    console.print(usage_picture(answer, console.width))


def show_key(answer: KeyReport) -> None:
    """Print one key."""
    print(key_words(answer))


def show_status(answer: StatusReport) -> None:
    """Print the status."""
    print(status_words(answer))


def show_history(answer: HistoryReport, console: Console | None = None) -> None:
    """Print a history."""
    console = console or Console()
    if not console.is_terminal:
        print(history_words(answer))
        return
    console.print(history_picture(answer, console.width))


def show_comparison(answer: CompareReport, console: Console | None = None) -> None:
    """Print a comparison."""
    console = console or Console()
    if not console.is_terminal:
        print(compare_words(answer))
        return
    console.print(comparison_picture(answer))


def show_chargeback(answer: ChargebackReport, console: Console | None = None) -> None:
    """Print a chargeback."""
    console = console or Console()
    if not console.is_terminal:
        print(chargeback_words(answer))
        return
    console.print(chargeback_picture(answer))


def show_forecast(answer: ForecastReport, console: Console | None = None) -> None:
    """Print a forecast."""
    console = console or Console()
    if not console.is_terminal:
        print(forecast_words(answer))
        return
    console.print(forecast_picture(answer))


def forecast_picture(answer: ForecastReport) -> Group:
    """Draw a forecast: the sentence, a bar for what each key will have used, and what lies beside them."""
    rows, most = answer.drivers, max((row.projected_count or row.request_count for row in answer.drivers), default=0)
    columns = [
        _column("Key", [Text(row.name) for row in rows]),
        _column("Env", [Text(row.environment, style=COLOURS[row.environment]) for row in rows]),
        _column("So far", [Text(f"{row.request_count:,}") for row in rows], "right"),
        _column("Projected", [Text(_count(row.projected_count)) for row in rows], "right"),
        _column("", [Text(_bar(row.projected_count or row.request_count, most), COLOURS["live"]) for row in rows]),
        _column("All without it", [Text(_count(row.without_count)) for row in rows], "right"),
    ]
    below = f"Source {answer.source}; {scope_words(answer)}; filters {answer.filters}\n{beside_summary(answer)}"
    return Group(Text(answer.summary, style="bold"), Text(), _drawn(columns), Text(), Text(below, style="dim"))


def chargeback_picture(answer: ChargebackReport) -> Group:
    """Draw a chargeback: the sentence, a bar for the share of each line, and what lies beside them."""
    rows, most = answer.lines, max((row.share_percent for row in answer.lines), default=0)
    columns = [
        _column(answer.group_by.replace("_", " ").capitalize(), [Text(row.name) for row in rows]),
        _column("Keys", [Text(str(row.keys)) for row in rows], "right"),
        _column("Requests", [Text(f"{row.request_count:,}") for row in rows], "right"),
        _column("", [Text(_bar(row.share_percent, most), COLOURS["live"]) for row in rows]),
        _column("Share", [Text(f"{row.share_percent} %") for row in rows], "right"),
        _column(answer.currency, [Text(row.amount or "-") for row in rows], "right"),
        _column("Per 1,000", [Text(row.cost_per_1000 or "-") for row in rows], "right"),
    ]
    asked = f"method {answer.method}; terms {answer.terms}"
    below = f"Source {answer.source}; {scope_words(answer)}; {asked}\n{beside_lines(answer)}"
    return Group(Text(answer.summary, style="bold"), Text(), _drawn(columns), Text(), Text(below, style="dim"))


def comparison_picture(answer: CompareReport) -> Group:
    """Draw a comparison: the sentence, a bar for what each row adds or takes, and what lies beside them."""
    rows, most = answer.rows, max((abs(row.change) for row in answer.rows), default=0)
    colours = ["green" if row.change > 0 else "red" for row in rows]
    bars = [Text(_bar(abs(row.change), most), colour) for row, colour in zip(rows, colours, strict=True)]
    kinds = [row.environment or "unknown" for row in rows]
    columns = [
        _column(answer.group_by.capitalize(), [Text(row.name) for row in rows]),
        _column("Env", [Text(kind, style=COLOURS[kind]) for kind in kinds]),
        _column("Requests", [Text(f"{row.request_count:,}") for row in rows], "right"),
        _column("Before", [Text(f"{row.baseline_request_count:,}") for row in rows], "right"),
        _column("Change", [Text(f"{row.change:+,}") for row in rows], "right"),
        _column("", bars),
        _column("", [Text(row.status, style="dim") for row in rows]),
    ]
    below = f"Source {answer.source}; {scope_words(answer)}; filters {answer.filters}\n{beside_rows(answer)}"
    return Group(Text(answer.summary, style="bold"), Text(), _drawn(columns), Text(), Text(below, style="dim"))


def history_picture(answer: HistoryReport, width: int) -> Group:
    """Draw a history: the sentence, a bar for each bucket, and what lies beside them."""
    rows, most = answer.buckets, max(row.request_count or 0 for row in answer.buckets)
    room = max(BAR_WIDTH, min(width - BESIDE_BARS, LONGEST_BAR))
    columns = [
        _column(answer.bucket.capitalize(), [Text(row.label) for row in rows]),
        _column("Requests", [Text(_count(row.request_count)) for row in rows], "right"),
        _column("", [Text(_bar(row.request_count or 0, most, room), COLOURS["live"]) for row in rows]),
        _column("Errors", [Text(_count(row.error_count)) for row in rows], "right"),
        _column("", [Text(SEEN[row.observed], style="dim") for row in rows]),
    ]
    below = f"Source {answer.source}; {scope_words(answer)}; filters {answer.filters}\n{beside_buckets(answer)}"
    return Group(Text(answer.summary, style="bold"), Text(), _drawn(columns), Text(), Text(below, style="dim"))


def usage_picture(answer: UsageReport, width: int) -> Group:
    """Draw a usage report: the sentence, a ranked table with bars, and what is not listed."""
    rows = answer.keys if answer.group_by == "key" else answer.groups
    columns = _columns(answer.group_by, rows)
    if width < NARROW:
        del columns[BARS]
    used = sum(column.width + GAP for column in columns)
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    columns[0] = columns[0]._replace(width=max(columns[0].width - max(used - width, 0), SHORTEST_NAME))
    for column in columns:
        table.add_column(column.head, justify=column.justify, width=column.width, no_wrap=True, overflow="ellipsis")
    cells = [list(column.cells) for column in columns]
    if answer.group_by == "key" and width - used >= WORTH_ENDPOINTS:
        table.add_column("Endpoints", width=width - used, no_wrap=True, overflow="ellipsis")
        cells.append([Text(", ".join(row.endpoint_distribution), style="dim") for row in answer.keys])
    for line in zip(*cells, strict=True):
        table.add_row(*line)
    return Group(Text(answer.summary, style="bold"), Text(), table, Text(), Text(_below(answer), style="dim"))


class _Column(NamedTuple):
    head: str
    width: int
    justify: Literal["left", "right"]
    cells: list[Text]


def _drawn(columns: Sequence[_Column]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column.head, justify=column.justify, no_wrap=True, overflow="ellipsis")
    for line in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*line)
    return table


def _columns(group_by: str, rows: Sequence[KeyRow] | Sequence[GroupRow]) -> list[_Column]:
    most = max((row.request_count for row in rows), default=0)
    kinds = [row.environment if isinstance(row, KeyRow) else "live" for row in rows]
    return [
        _column(group_by.capitalize(), [Text(row.name) for row in rows]),
        _column("Env", [Text(kind, style=COLOURS[kind]) for kind in kinds])
        if group_by == "key"
        else _column("Keys", [Text(str(row.keys)) for row in rows if isinstance(row, GroupRow)], "right"),
        _column("Requests", [Text(f"{row.request_count:,}") for row in rows], "right"),
        _column(
            "", [Text(_bar(row.request_count, most), COLOURS[kind]) for row, kind in zip(rows, kinds, strict=True)]
        ),
        _column("Share", [Text(f"{row.share_percent} %") for row in rows], "right"),
        _column("Errors", [Text(_percent(row.error_percent)) for row in rows], "right"),
        _column("Last activity", [Text(_day(row.last_activity)) for row in rows]),
    ]


def _column(head: str, cells: list[Text], justify: Literal["left", "right"] = "left") -> _Column:
    return _Column(head, max([len(head), *(cell.cell_len for cell in cells)]), justify, cells)


def _percent(value: float | None) -> str:
    return "-" if value is None else f"{value} %"


def _day(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else "never"


def _count(value: int | None) -> str:
    return "-" if value is None else f"{value:,}"


def _bar(value: float, most: float, width: int = BAR_WIDTH) -> str:
    eighths = round(value * width * 8 / most) if most else 0
    whole, part = divmod(eighths, 8)
    return "█" * whole + " ▏▎▍▌▋▊▉"[part].strip()


def _below(answer: UsageReport) -> str:
    lines = [f"Source {answer.source}; {scope_words(answer)}; filters {answer.filters}"]
    if answer.rest.rows:
        lines.append(f"Not listed: {answer.rest.rows} more with {plural(answer.rest.request_count, 'request')}")
    if answer.unattributed and answer.unattributed.request_count:
        lines.append(f"Unattributed: {plural(answer.unattributed.request_count, 'request')} of no active key")
    lines += [f"Note: {note}" for note in answer.notes]
    if answer.next_cursor:
        lines.append(f"More: --cursor '{answer.next_cursor}'")
    return "\n".join(lines)


def show_connection() -> None:
    """Say how a client is connected to this installation."""
    block = {"mcpServers": {"edgedns": {"command": _command(), "env": {"EDGEDNS_API_KEY": "your EdgeDNS API key"}}}}
    print(
        "\nConnect a client: put this into claude_desktop_config.json (Claude Desktop), .cursor/mcp.json (Cursor) or\n"
        "~/.gemini/settings.json (Gemini CLI); VS Code's .vscode/mcp.json names the outer key servers.\n"
        f"\n{json.dumps(block, indent=2)}\n\n"
        "Without a key and a database the server answers from this demo. Then ask:\n"
        '  "Which of our API keys used the most this month?"'
    )


def _command() -> str:
    beside = Path(sys.executable).with_name("edgedns-mcp.exe" if sys.platform == "win32" else "edgedns-mcp")
    return str(beside) if beside.exists() else shutil.which("edgedns-mcp") or "edgedns-mcp"
