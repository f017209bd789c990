"""Draw docs/pictures/*.toml as SVG beside them: bands, boxes, arrows and a note on a grid, in light and dark.

diagrams.py          writes what differs
diagrams.py NAME     prints that one
"""

import sys
import tomllib
from collections.abc import Iterator, Mapping
from html import escape
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent.parent / "docs" / "pictures"
CELL = 40  # of the grid, in pixels
LINE = 19  # between lines of words
ROUND = 9  # of corners
TONES = {  # fill and edge by day, then by night
    "blue": ("#e8f0fb", "#4a7ab8", "#1c2a3d", "#6f9bd6"),
    "green": ("#e7f4ec", "#3f8a5f", "#1a2f24", "#63b287"),
    "amber": ("#fbf2e1", "#b17d2b", "#332713", "#d5a256"),
    "rose": ("#fbeaec", "#b25565", "#37202a", "#d98293"),
    "plain": ("#f3f4f6", "#7b828c", "#24282e", "#9aa2ac"),
}
FONT = "system-ui,-apple-system,'Segoe UI',Helvetica,Arial,sans-serif"
TIP = (
    '<defs><marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto">'
    '<path class="tip" d="M0 1 L9 5 L0 9 z"/></marker></defs>'
)
Part = Mapping[str, Any]


def main() -> None:
    for path in sorted(FOLDER.glob("*.toml")):
        if sys.argv[1:] == [path.stem]:
            print(drawn(path), end="")
        elif not sys.argv[1:]:
            path.with_suffix(".svg").write_text(drawn(path), encoding="utf-8")


def drawn(path: Path) -> str:
    picture = tomllib.loads(path.read_text(encoding="utf-8"))
    return "\n".join(_svg(picture)) + "\n"


def _svg(picture: Part) -> Iterator[str]:
    wide, high = (round(size * CELL) for size in picture["size"])
    title = escape(picture["title"])
    yield f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {wide} {high}" role="img" aria-label="{title}">'
    yield f"<title>{title}</title>"
    yield f"<style>{_style()}</style>"
    yield TIP
    yield f'<rect class="ground" width="{wide}" height="{high}" rx="{ROUND}"/>'
    yield from (line for band in picture.get("band", ()) for line in _band(band))
    yield from (_arrow(arrow["way"]) for arrow in picture.get("arrow", ()))
    yield from (line for box in picture["box"] for line in _box(box))
    yield from (_text("note", note["at"], 0, note["words"]) for note in picture.get("note", ()))
    yield "</svg>"


def _style() -> str:
    night = "".join(f".{tone}{{fill:{fill};stroke:{edge}}}" for tone, (_, _, fill, edge) in TONES.items())
    day = "".join(f".{tone}{{fill:{fill};stroke:{edge}}}" for tone, (fill, edge, _, _) in TONES.items())
    return (
        f"text{{font-family:{FONT};text-anchor:middle;fill:#1f2328}}"
        ".title{font-size:17px;font-weight:600}.line{font-size:14px}.note{font-size:15px;font-style:italic}"
        ".head{font-size:14px;letter-spacing:.08em;fill:#59636e}.ground{fill:#fff}.band{fill:#f6f8fa}"
        f"rect{{stroke-width:1.5}}.way{{fill:none;stroke:#59636e;stroke-width:1.75}}.tip{{fill:#59636e}}{day}"
        "@media(prefers-color-scheme:dark){text{fill:#e6edf3}.head{fill:#9198a1}.ground{fill:#0d1117}.band{fill:#151b23}"
        f".way{{stroke:#9198a1}}.tip{{fill:#9198a1}}{night}}}"
    )


def _band(band: Part) -> Iterator[str]:
    (x, y), (wide, _) = band["at"], band["size"]
    yield _rect("band", band)
    yield _text("head", (x + wide / 2, y + 0.9), 0, band["title"])


def _box(box: Part) -> Iterator[str]:
    (x, y), (wide, high) = box["at"], box["size"]
    lines = [("title", box["title"]), *(("line", words) for words in box["lines"])]
    yield _rect(box["tone"], box)
    for number, (kind, words) in enumerate(lines):
        if words:
            yield _text(kind, (x + wide / 2, y + high / 2), (number - (len(lines) - 1) / 2) * LINE + 5, words)


def _rect(kind: str, part: Part) -> str:
    x, y, wide, high = (_px(value) for value in (*part["at"], *part["size"]))
    return f'<rect class="{kind}" x="{x}" y="{y}" width="{wide}" height="{high}" rx="{ROUND}"/>'


def _arrow(way: list[list[float]]) -> str:
    """Draw a line with round corners; its points differ in one direction at a time."""
    points = [(x * CELL, y * CELL) for x, y in way]
    steps = [f"M{points[0][0]:g} {points[0][1]:g}"]
    for before, at, after in zip(points, points[1:], points[2:], strict=False):
        near, far = _toward(at, before), _toward(at, after)
        steps.append(f"L{near[0]:g} {near[1]:g} Q{at[0]:g} {at[1]:g} {far[0]:g} {far[1]:g}")
    steps.append(f"L{points[-1][0]:g} {points[-1][1]:g}")
    return f'<path class="way" d="{" ".join(steps)}" marker-end="url(#tip)"/>'


def _toward(at: tuple[float, float], other: tuple[float, float]) -> tuple[float, float]:
    return tuple(a + max(-ROUND, min(ROUND, b - a)) for a, b in zip(at, other, strict=True))  # type: ignore[return-value]


def _text(kind: str, at: tuple[float, float], below: float, words: str) -> str:
    return f'<text class="{kind}" x="{_px(at[0])}" y="{at[1] * CELL + below:g}">{escape(words)}</text>'


def _px(cells: float) -> str:
    return f"{cells * CELL:g}"


if __name__ == "__main__":
    main()
