"""What the text of every answer is made of: scope, bounds, notes, lines and paragraphs."""

from collections.abc import Iterable, Mapping, Sequence

from edgedns_mcp.models import Answer
from edgedns_mcp.render.phrases import demo_words, figure, inert, instant


def scope_words(answer: Answer) -> str:
    """Write the window, its coverage and the clock it was asked by."""
    window = f"{figure(answer.window_start)} to {figure(answer.window_end)}"
    data = f"{figure(answer.data_from)} to {figure(answer.data_to)}, complete {figure(answer.complete)}"
    return (
        f"period {inert(answer.period)} = {window}; data {data}, age {answer.age_s} s; "
        f"{answer.timezone}, now {answer.now:%a} {instant(answer.now)}"
    )


def scope_line(answer: Answer) -> str:
    """Write the scope with its source."""
    return f"Scope: {demo_words(answer)}source {answer.source}; {scope_words(answer)}"


def counts_words(counts: Mapping[str, int]) -> str:
    """Write what was counted for each path."""
    return " ".join(f"{inert(path)}:{count}" for path, count in counts.items()) or "-"


def bounds_lines(report: Answer) -> Iterable[str]:
    """List the most there may have been, as far as anybody can know it."""
    if report.bounds:
        rows = [f"{inert(name)} {figure(most)}" for name, most in report.bounds.rows.items()]
        in_all = f"in all {figure(report.bounds.request_count_max)}"
        beside = f"unattributed {figure(report.bounds.unattributed_max)}"
        most = ", ".join([in_all, beside, *rows])
        yield f"Not exact, figures are the least; the most: {most}."


def note_lines(notes: Sequence[str]) -> list[str]:
    """Write each note."""
    return [f"Note: {note}" for note in notes]


def next_lines(cursor: str) -> list[str]:
    """Write how to go on."""
    return [f"More: cursor={cursor}"] if cursor else []


def as_lines(lines: Iterable[str]) -> str:
    """Join lines."""
    return "\n".join(lines)


def paragraphs(*parts: str) -> str:
    """Join what is not empty."""
    return "\n\n".join(filter(None, parts))
