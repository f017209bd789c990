"""When the recorder's next turn is, and what a turn did."""

from datetime import datetime, timedelta

from edgedns_mcp.sources.base import Turn
from edgedns_mcp.sources.book import EVER, Entry


def until_due(now: datetime, every: timedelta) -> timedelta:
    """Tell how long until a reading is due: at multiples of `every` since 1970, full hours, so that two cut no hour."""
    return every - (now - EVER) % every if every else every


def turn_of(entry: Entry, rest: timedelta) -> Turn:
    """Tell what a reading brought."""
    reading, step = entry.reading, entry.step
    return Turn(
        rest,
        taken_at=reading.taken_at,
        keys=len(reading.keys),
        requests=sum(one.requests for one in reading.keys),
        fallen=step.fallen if step else (),
        new_period=step is not None and step.new_period,
        trouble=entry.not_recorded,
    )
