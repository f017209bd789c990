"""A finding as a notice: the one line that chats show, and what was told of it."""

from edgedns_mcp.models import FindingRow, Notice, Told
from edgedns_mcp.render.phrases import plural

LONGEST = 3_000  # characters; Slack advises 4,000
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}  # what Slack takes for a command: a link, <!channel>


def notice_of(finding: FindingRow) -> Notice:
    """Put a finding in a line."""
    line = f"{finding.severity.capitalize()}: {finding.what} Next: {finding.next_step} finding_id {finding.finding_id}"
    short = line if len(line) <= LONGEST else f"{line[: LONGEST - 3]}..."
    return Notice(text=short.translate(str.maketrans(ENTITIES)), finding=finding)


def told_words(told: Told, host: str) -> str:
    """Say how many findings an address was told of."""
    return f"{host} was told of {plural(told.count, 'new finding')}."
