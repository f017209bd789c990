"""The status: what is known by name, how teams are found, and what is not configured."""

from rich.console import Group, RenderableType
from rich.text import Text

from edgedns_mcp.cli.terminal.drawing import aside, facts, page
from edgedns_mcp.cli.terminal.faces import Face
from edgedns_mcp.models import StatusReport
from edgedns_mcp.render.phrases import plain
from edgedns_mcp.render.words import missing_lines, status_facts, status_words, team_lines


def status_picture(answer: StatusReport, width: int) -> Group:
    """Draw the status."""
    del width  # facts wrap by themselves
    teams, missing = "\n".join(team_lines(answer.teams)), "\n".join(missing_lines(answer))
    parts: list[RenderableType] = [aside(plain(teams))] if teams else []
    parts += [Text(missing)] if missing else []
    return page(answer.summary, facts(dict(status_facts(answer))), *parts)


STATUS = Face(status_words, status_picture)
