"""Lists of keys and tokens: columns that give way on a terminal, and every column elsewhere."""

from collections.abc import Sequence

from edgedns_mcp.cli.terminal.drawing import names, table, words
from edgedns_mcp.cli.terminal.faces import a_console

SPACE = "  "


def show_list(heads: Sequence[str], rows: Sequence[Sequence[str]], give_way: Sequence[str] = ()) -> None:
    """Print rows below their heads; on a terminal the columns of `give_way` are left out for width, the first first."""
    console = a_console()
    if not console.is_terminal:
        _print_whole([heads, *rows])
        return
    order = {head: len(give_way) - at for at, head in enumerate(give_way)}
    columns = [
        names(head, cells) if not at else words(head, cells, gives_way=order.get(head, 0))
        for at, (head, cells) in enumerate(zip(heads, zip(*rows, strict=True), strict=True))
    ]
    console.print(table(columns, console.width))


def _print_whole(rows: Sequence[Sequence[str]]) -> None:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        print(SPACE.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
