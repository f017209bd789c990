"""A line of the doctor: its state as a word, what was looked at, what was found, and what to do."""

from rich.table import Table
from rich.text import Text

from edgedns_mcp.cli.terminal.drawing import GREEN, ORANGE, VERMILION
from edgedns_mcp.cli.terminal.faces import a_console

OF_STATE = {"ok": GREEN, "warn": ORANGE, "fail": VERMILION}
SPACE = "  "
STATE, WHAT = len("fail"), len("Claude Desktop") + len(SPACE)  # columns of the longest


def show_check(state: str, what: str, found: str, fix: str) -> None:
    """Print a check as soon as it is done."""
    console = a_console()
    if not console.is_terminal:
        aside = f"\n{' ' * (STATE + len(SPACE) + WHAT)}{fix}" if fix else ""
        print(f"{state:{STATE}}{SPACE}{what:{WHAT}}{found}{aside}")
        return
    drawn = Table.grid(padding=(0, len(SPACE), 0, 0))
    for width in (STATE, WHAT - len(SPACE)):
        drawn.add_column(width=width)
    drawn.add_column(overflow="fold")
    drawn.add_row(Text(state, style=OF_STATE[state]), Text(what), Text("\n".join(filter(None, [found, fix]))))
    console.print(drawn)
