"""What is said of time that nobody observed, and of lines that could not be read."""

from collections.abc import Sequence
from datetime import tzinfo

from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.models import Window
from edgedns_mcp.store import coverage
from edgedns_mcp.store.coverage import Stretch, Unread


def unread_words(one: Unread) -> str:
    """Say when lines could not be read."""
    first, last = moment(one.start), moment(one.end)
    lines = "1 line" if one.lines == 1 else f"{one.lines} lines"
    between = f"between {first:%Y-%m-%dT%H:%M:%SZ} and {last:%Y-%m-%dT%H:%M:%SZ}"
    when = f"at about {first:%Y-%m-%dT%H:%M:%SZ}" if first == last else between
    return f"{lines} {when} could not be read, so figures of that time may be too low."


def nearest_month(window: Window, observed: Sequence[Stretch], zone: tzinfo) -> str:
    """Name the month, as `zone` counts it, of the observed hour nearest to `window`."""
    start, end = int(window.start.timestamp()), int(window.end.timestamp())
    before = [last for _, last in observed if last <= start]
    after = [first for first, _ in observed if first >= end]
    nearest = min([*before, *after], key=lambda at: start - at if at <= start else at - end)
    last_second = coverage.hour_of(nearest) + HOUR_S - 1  # windows round down, so an hour is in the month it ends in
    return f"{moment(last_second).astimezone(zone):%Y-%m}"
