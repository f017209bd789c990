"""What every picture is made of: tables that fit a width, bars, sparklines, and colours that all eyes tell apart."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Literal, NamedTuple

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from edgedns_mcp.models import Answer, Environment, Severity, Urgency
from edgedns_mcp.render.phrases import plain
from edgedns_mcp.render.text import scope_words

GAP = 2
INDENT = 2
SHORTEST_NAME = 20
SHORTEST_BAR, LONGEST_BAR = 6, 18
SHORTEST_SPARK = 10
LONGEST_FACT = 20  # columns for the name of a fact
EIGHTHS = " ▏▎▍▌▋▊▉"
LEVELS = "▁▂▃▄▅▆▇█"
UNSEEN = "·"  # in a sparkline, where nobody observed anything

# The palette of Okabe and Ito, https://jfly.uni-koeln.de/color/: told apart by people with any colour vision. It is
# a second sign only: what a colour means stands beside it as a word, a sign or a length.
ORANGE, SKY, GREEN, VERMILION, PURPLE = "#E69F00", "#56B4E9", "#009E73", "#D55E00", "#CC79A7"
OF_ENVIRONMENT: Mapping[Environment, str] = {"live": SKY, "test": ORANGE, "unknown": ""}
OF_WEIGHT: Mapping[Severity | Urgency, str] = {
    "critical": VERMILION,
    "high": ORANGE,
    "medium": PURPLE,
    "low": SKY,
}

Cells = Sequence[Text]


class Column(NamedTuple):
    """One column: its cells for any width between two, and how soon it gives way; 0 never does."""

    head: str
    cells: Callable[[int], Cells]
    least: int
    most: int
    gives_way: int = 0
    justify: Literal["left", "right"] = "left"


def words(head: str, cells: Iterable[str], *, gives_way: int = 0, style: str = "") -> Column:
    """Make a column of words that are shown whole or not at all."""
    texts = [Text(cell, style=style) for cell in cells]
    return _fixed(head, texts, gives_way)


def numbers(head: str, cells: Iterable[str], *, gives_way: int = 0) -> Column:
    """Make a column of figures."""
    return _fixed(head, [Text(cell) for cell in cells], gives_way)._replace(justify="right")


def names(
    head: str, cells: Iterable[str], *, least: int = SHORTEST_NAME, gives_way: int = 0, style: str = ""
) -> Column:
    """Make a column of names from outside, which are cut where there is no room for them."""
    column = words(head, cells, gives_way=gives_way, style=style)
    return column._replace(least=min(column.most, max(least, len(head))))


def kinds(environments: Sequence[Environment], *, gives_way: int = 0) -> Column:
    """Make a column of environments, each in its colour."""
    return _fixed("Env", [Text(kind, style=OF_ENVIRONMENT[kind]) for kind in environments], gives_way)


def bars(values: Sequence[float], styles: Sequence[str] = (), *, gives_way: int, most: int = LONGEST_BAR) -> Column:
    """Make a column of bars, as long as their values."""
    longest, colours = max(values, default=0), styles or [SKY] * len(values)

    def drawn(width: int) -> Cells:
        return [Text(bar(value, longest, width), colour) for value, colour in zip(values, colours, strict=True)]

    return Column("", drawn, SHORTEST_BAR, max(most, SHORTEST_BAR), gives_way)


def sparks(head: str, rows: Sequence[Sequence[int | None]], *, gives_way: int) -> Column:
    """Make a column of sparklines; each is as high as its own highest bucket."""
    most = max([len(head), SHORTEST_SPARK, *map(len, rows)])

    def drawn(width: int) -> Cells:
        return [Text(spark(row, width), SKY) for row in rows]

    return Column(head, drawn, max(SHORTEST_SPARK, len(head)), most, gives_way)


def bar(value: float, most: float, width: int = LONGEST_BAR) -> str:
    """Draw a bar in eighths of a column; what is above 0 is seen."""
    eighths = max(round(value * width * 8 / most), value > 0) if most else 0
    whole, part = divmod(eighths, 8)
    return "█" * whole + EIGHTHS[part].strip()


def spark(counts: Sequence[int | None], width: int) -> str:
    """Draw a row of counts as a line of blocks; neighbours are added up where it would be too wide."""
    together = -(-len(counts) // max(width, 1)) or 1
    sums = [_sum(counts[at : at + together]) for at in range(0, len(counts), together)]
    most = max((one for one in sums if one), default=1)
    return "".join(UNSEEN if one is None else LEVELS[-(-one * (len(LEVELS) - 1) // most)] for one in sums)


def table(columns: Sequence[Column], width: int) -> RenderableType:
    """Draw columns side by side; below them, which ones had to give way."""
    kept = fitting(columns, width)
    has_heads = any(column.head for column, _ in kept)
    drawn = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold", show_header=has_heads)
    for column, room in kept:
        drawn.add_column(column.head, justify=column.justify, width=room, no_wrap=True, overflow="ellipsis")
    for line in zip(*(column.cells(room) for column, room in kept), strict=True):
        drawn.add_row(*line)
    shown = {column.head for column, _ in kept}
    hidden = [column.head for column in columns if column.head and column.head not in shown]
    return Group(drawn, aside(f"No room here for: {', '.join(hidden)}.")) if hidden else drawn


def fitting(columns: Sequence[Column], width: int) -> list[tuple[Column, int]]:
    """Let columns give way, the highest number first, until the rest fits; what is left over goes to the left ones."""
    kept = list(columns)
    while _least(kept) > width and any(column.gives_way for column in kept):
        del kept[max(range(len(kept)), key=lambda at: kept[at].gives_way)]
    over, widths = max(width - _least(kept), 0), list[int]()
    for column in kept:
        more = min(column.most - column.least, over)
        over -= more
        widths.append(column.least + more)
    return list(zip(kept, widths, strict=True))


def facts(rows: Mapping[str, str | Text]) -> Table:
    """Draw what is known as two columns, name and value, wrapped at words."""
    drawn = Table.grid(padding=(0, GAP, 0, 0))
    drawn.add_column(style="bold", max_width=LONGEST_FACT, overflow="fold")
    drawn.add_column(overflow="fold")
    for name, value in rows.items():
        drawn.add_row(name, Text(value) if isinstance(value, str) else value)
    return drawn


def page(summary: str, *parts: RenderableType) -> Group:
    """Put the sentence above its parts, an empty line before each."""
    below = (line for part in parts for line in (Text(), part))
    return Group(Text(plain(summary), style="bold"), *below)


def aside(text: str) -> Text:
    """Write what lies beside an answer."""
    return Text(text, style="dim")


def beside(answer: Answer, asked: str, text: str, cursor: str = "") -> Text:
    """Write where an answer comes from, what was asked, what stands below its tables, and how to go on."""
    scope = f"Source {answer.source}; {scope_words(answer)}; {asked}"
    more = [f"More: --cursor '{cursor}'"] if cursor else []
    return aside("\n".join([plain(f"{scope}\n{text}".rstrip()), *more]))


def indented(*parts: RenderableType) -> RenderableType:
    """Move parts to the right."""
    return Padding(Group(*parts), (0, 0, 0, INDENT))


def count(value: float | None) -> str:
    """Write a figure for people; "-" where nobody knows it."""
    return "-" if value is None else f"{value:,}"


def percent(value: float | None) -> str:
    """Write a part of 100."""
    return "-" if value is None else f"{value} %"


def _fixed(head: str, texts: Cells, gives_way: int) -> Column:
    width = max([len(head), *(text.cell_len for text in texts)])
    return Column(head, partial(_same, texts), width, width, gives_way)


def _same(texts: Cells, width: int) -> Cells:
    del width  # rich cuts them
    return texts


def _least(columns: Sequence[Column]) -> int:
    return sum(column.least for column in columns) + GAP * max(len(columns) - 1, 0)


def _sum(counts: Sequence[int | None]) -> int | None:
    seen = [one for one in counts if one is not None]
    return sum(seen) if seen else None
