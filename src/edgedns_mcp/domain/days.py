"""The days and months of a window, by the calendar of a zone: what was observed of them, and where it is cut."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.domain.periods import DAY, HOUR, day_of, floor_hour, midnight, year_month
from edgedns_mcp.models import Window

LONGEST_MONTH = timedelta(days=31)


def past_of(window: Window, now: datetime) -> Window:
    """Cut off what is to come of a window; an hour of it stays at least."""
    return window.model_copy(update={"end": min(window.end, max(floor_hour(now), window.start + HOUR))})


def end_of_hour(last: int) -> int:
    """Give the end of the hour that a log's last line stands in: a log is complete though nobody called after it."""
    return -(-last // HOUR_S) * HOUR_S


def observed_days(window: Window, zone: ZoneInfo, stretches: Sequence[tuple[int, int]]) -> tuple[int, int]:
    """Count the days of a window that were observed as a whole, and all of them; a day that the window cuts is one."""
    edges = [int(edge.timestamp()) for edge in _edges(window, zone, DAY)]
    seen = (any(first <= start and last >= end for first, last in stretches) for start, end in pairwise(edges))
    return sum(seen), len(edges) - 1


def months(window: Window, zone: ZoneInfo) -> list[Window]:
    """Cut a window where a month begins; each part is named by its month, such as 2026-10."""
    return [
        Window(start=start, end=end, period=f"{day_of(start, zone):%Y-%m}")
        for start, end in pairwise(_edges(window, zone, LONGEST_MONTH))
    ]


def latest_months(now: datetime, zone: ZoneInfo, most: int) -> list[str]:
    """Name the months that are over, the latest first."""
    local = now.astimezone(zone)
    indices = range(local.year * 12 + local.month - 2, local.year * 12 + local.month - 2 - most, -1)
    return [f"{year}-{month:02}" for year, month in map(year_month, indices)]


def _edges(window: Window, zone: ZoneInfo, step: timedelta) -> list[datetime]:
    """Give the ends of a window, and where days or months begin between them."""
    edges = [window.start]
    for day in _next_days(day_of(window.start, zone), step):
        edge = floor_hour(midnight(day, zone))
        if edge >= window.end:
            break
        if edge > window.start:
            edges.append(edge)
    return [*edges, window.end]


def _next_days(day: date, step: timedelta) -> Iterator[date]:
    while True:
        day = day + step if step == DAY else (day.replace(day=1) + step).replace(day=1)
        yield day
