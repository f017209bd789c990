"""Draw the picture of the README: the demo's report as a terminal shows it."""

import sys
from dataclasses import replace
from io import StringIO
from pathlib import Path

import anyio
from rich.console import Console

from edgedns_mcp.cli.terminal.usage import USAGE
from edgedns_mcp.models import UsageQuery
from edgedns_mcp.service.desk import open_desk
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.settings import load

PICTURE = Path(__file__).parent.parent / "docs" / "report.svg"
COLUMNS = 132
PATIENCE_S = 60  # a busy machine draws the same picture, a little later
# rich's own template without the fonts that it would fetch from a network
FRAME = """\
<svg class="rich-terminal" viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg" role="img">
<title>The usage report of the demo organisation</title>
<style>
.{unique_id}-matrix {{ font-family: ui-monospace, Menlo, Consolas, monospace; font-size: {char_height}px; \
line-height: {line_height}px; font-variant-east-asian: full-width; }}
.{unique_id}-title {{ font-size: 18px; font-weight: bold; font-family: sans-serif; }}
{styles}
</style>
<defs><clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}" /></clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def draw() -> str:
    desk = replace(open_desk(load(source="demo", as_of="2026-11-22T15:00:00Z")), deadline_s=PATIENCE_S)
    console = Console(width=COLUMNS, record=True, file=StringIO(), force_terminal=True, color_system="truecolor")
    USAGE.show(anyio.run(usage_by_key, desk, UsageQuery()), console)
    svg = console.export_svg(title="edgedns-mcp usage --source demo", code_format=FRAME, unique_id="report")
    return "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"


if __name__ == "__main__":
    if sys.argv[1:] == ["-"]:
        sys.stdout.write(draw())
    else:
        PICTURE.write_text(draw(), encoding="utf-8")
