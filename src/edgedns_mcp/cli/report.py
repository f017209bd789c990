"""Answers on a terminal: a table with bars where somebody looks, plain words where a program reads."""

import json
import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from edgedns_mcp.intake.importer import Outcome
from edgedns_mcp.models import GroupRow, KeyReport, KeyRow, StatusReport, UsageReport
from edgedns_mcp.render.phrases import figure, plural
from edgedns_mcp.render.words import key_words, scope_words, status_words, usage_words

BAR_WIDTH = 18
WIDE = 110  # columns, from which endpoints fit beside the figures
COLOURS = {"live": "cyan", "test": "yellow", "unknown": "white"}


def show_usage(answer: UsageReport, console: Console | None = None) -> None:
    """Print a usage report."""
    console = console or Console()
    if not console.is_terminal:
        print(usage_words(answer))
        return
    console.print(usage_picture(answer, wide=console.width >= WIDE))


def show_key(answer: KeyReport) -> None:
    """Print one key."""
    print(key_words(answer))


def show_status(answer: StatusReport) -> None:
    """Print the status."""
    print(status_words(answer))


def usage_picture(answer: UsageReport, *, wide: bool) -> Group:
    """Draw a usage report: the sentence, a ranked table with bars, and what is not listed."""
    table = Table(box=None, pad_edge=False, header_style="bold", collapse_padding=True)
    by_key = answer.group_by == "key"
    table.add_column(answer.group_by.capitalize(), no_wrap=True, overflow="ellipsis", min_width=12)
    table.add_column("Env" if by_key else "Keys", no_wrap=True)
    table.add_column("Requests", justify="right", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("Share", justify="right", no_wrap=True)
    table.add_column("Errors", justify="right", no_wrap=True)
    table.add_column("Last activity", no_wrap=True)
    if wide and by_key:
        table.add_column("Endpoints", no_wrap=True, overflow="ellipsis")
    rows = answer.keys if by_key else answer.groups
    most = max((row.request_count for row in rows), default=0)
    for row in rows:
        table.add_row(*_cells(row, most, wide=wide))
    return Group(Text(answer.summary, style="bold"), Text(), table, Text(), Text(_below(answer), style="dim"))


def _cells(row: KeyRow | GroupRow, most: int, *, wide: bool) -> list[Text]:
    environment = row.environment if isinstance(row, KeyRow) else "live"
    colour = COLOURS[environment]
    cells = [
        Text(row.name),
        Text(environment, style=colour) if isinstance(row, KeyRow) else Text(str(row.keys)),
        Text(f"{row.request_count:,}"),
        Text(_bar(row.request_count, most), style=colour),
        Text(f"{row.share_percent} %"),
        Text(f"{figure(row.error_percent)} %" if row.error_percent is not None else "-"),
        Text(f"{row.last_activity:%Y-%m-%d %H:%M}" if row.last_activity else "never"),
    ]
    if wide and isinstance(row, KeyRow):
        cells.append(Text(", ".join(row.endpoint_distribution), style="dim"))
    return cells


def _bar(value: int, most: int) -> str:
    eighths = round(value * BAR_WIDTH * 8 / most) if most else 0
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


def show_progress(lines: int) -> None:
    """Tell how far an import is, on standard error, where somebody looks."""
    if sys.stderr.isatty():
        print(f"\r{lines:,} lines read", end="", file=sys.stderr, flush=True)


def show_import(outcome: Outcome, path: Path, database: Path) -> None:
    """Say what an import did; unreadable lines on standard error."""
    if outcome.first is None or outcome.last is None:
        print(f"Nothing new in {path}: all {plural(outcome.known_lines, 'line')} of it were imported before.")
        return
    first, last = (f"{datetime.fromtimestamp(at, UTC):%Y-%m-%dT%H:%M:%SZ}" for at in (outcome.first, outcome.last))
    known = f"; {plural(outcome.known_lines, 'line')} were imported before" if outcome.known_lines else ""
    requests, keys = plural(outcome.requests, "request"), plural(len(outcome.keys), "key")
    print(f"Imported {requests} of {keys} from {first} to {last} into {database}{known}.")
    if outcome.rejected:
        print(f"{plural(outcome.rejected, 'line')} could not be read and were left out:", file=sys.stderr)
        for reject in outcome.first_rejects:
            print(f"  line {reject.line}: {reject.why}", file=sys.stderr)
    print(f"Ask: edgedns-mcp usage --source local --period {last[:7]}")


def _command() -> str:
    beside = Path(sys.executable).with_name("edgedns-mcp.exe" if sys.platform == "win32" else "edgedns-mcp")
    return str(beside) if beside.exists() else shutil.which("edgedns-mcp") or "edgedns-mcp"
