"""The page that shows figures: in an MCP host from the results of tools, in a browser with the figures inside."""

from importlib.resources import files

PARTS = (
    "elements.js",
    "words.js",
    "host.js",
    "saving.js",
    "table.js",
    "charts.js",
    "pieces.js",
    "usage.js",
    "key.js",
    "history.js",
    "compare.js",
    "findings.js",
    "chargeback.js",
    "screens.js",
    "start.js",
)
ESCAPES = str.maketrans({"<": "\\u003c", "\u2028": "\\u2028", "\u2029": "\\u2029"})  # JSON that no HTML can end
# A file is opened by no host that would forbid it to ask anybody anything.
ALONE = (
    "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; script-src 'unsafe-inline'; "
    "style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'\">"
)


def usage_page(figures: str = "") -> str:
    """Join the page; `figures` is the JSON of all that a page without a host shows."""
    script = "\n".join(_lean(_part(name)) for name in PARTS)
    holes = {
        "<!-- alone -->": ALONE if figures else "",
        "/* style */": _lean(_part("style.css")),
        "<!-- figures -->": _data(figures) if figures else "",
        "/* script */": script,
    }
    page = _part("page.html")
    for hole, filling in holes.items():
        before, after = page.split(hole)
        page = before + filling + after
    return page


def _lean(source: str) -> str:
    """Leave out indents, empty lines and lines of comment: no text of the page reaches over a line."""
    lines = (line.strip() for line in source.splitlines())
    return "\n".join(line for line in lines if line and not line.startswith(("//", "/* ")))


def _data(figures: str) -> str:
    return f'<script type="application/json" id="figures">{figures.translate(ESCAPES)}</script>'


def _part(name: str) -> str:
    return (files("edgedns_mcp.render.page") / name).read_text(encoding="utf-8")
