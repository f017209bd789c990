"""The window right before another one, of the same kind: the month before a month, like with like while one runs."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.periods import begins_day, billing_date, day_of, floor_hour, midnight, year_month
from edgedns_mcp.models import Window

PRECEDING = "preceding"
RUNNING = frozenset(("current", "today", "this_week", "this_month", "mtd", "this_quarter", "this_year", "ytd"))
BILLING = frozenset(("current", "previous"))
MONTHS = {
    "current": 1,
    "previous": 1,
    "this_month": 1,
    "mtd": 1,
    "last_month": 1,
    "this_quarter": 3,
    "last_quarter": 3,
    "this_year": 12,
    "ytd": 12,
    "last_year": 12,
}
DAYS = {"today": 1, "yesterday": 1, "this_week": 7, "last_week": 7}
DATED_MONTHS = re.compile(r"(\d{4})-(\d{2})(?:\.\.(\d{4})-(\d{2}))?", re.ASCII)


def runs_on(window: Window, end: datetime) -> bool:
    """Tell whether a window is the begin of a longer period, which is not over at `end`."""
    return window.period in RUNNING or end < window.end


def preceding(window: Window, end: datetime, *, zone: ZoneInfo, billing_day: int) -> Window:
    """Give the window of the same kind right before `window`, which is seen up to `end`.

    Where the period of `window` is not over at `end`, it is the same part of the period before, by the clock of the
    zone; it never reaches into `window`.
    """
    start = _start_before(window, zone, billing_day) or window.start - (end - window.start)
    finish = _same_part(window.start, end, start, zone) if runs_on(window, end) else window.start
    return Window(start=start, end=min(finish, window.start), period=PRECEDING)


def _start_before(window: Window, zone: ZoneInfo, billing_day: int) -> datetime | None:
    """Give where the period before began; None where only the length counts."""
    day = day_of(window.start, zone)
    months, days = _months(window.period), _days(window, zone)
    if months:
        index = day.year * 12 + day.month - 1 - months
        day_of_month = billing_day if window.period in BILLING else 1
        before = billing_date(*year_month(index), day_of_month)
    elif days:
        before = day - timedelta(days=days)
    else:
        return None
    return floor_hour(midnight(before, zone))


def _months(words: str) -> int | None:
    found = DATED_MONTHS.fullmatch(words)
    if not found:
        return MONTHS.get(words)
    first, last = (int(found[1]), int(found[2])), (int(found[3] or found[1]), int(found[4] or found[2]))
    return (last[0] - first[0]) * 12 + last[1] - first[1] + 1


def _days(window: Window, zone: ZoneInfo) -> int:
    """Count the days of a window that begins and ends with one."""
    if window.period in DAYS:
        return DAYS[window.period]
    is_whole = begins_day(window.start, zone) and begins_day(window.end, zone)
    return (day_of(window.end, zone) - day_of(window.start, zone)).days if is_whole else 0


def _same_part(start: datetime, end: datetime, before: datetime, zone: ZoneInfo) -> datetime:
    """Go as far from `before` as `end` is from `start`, by the clock on the wall."""
    first, last, begin = (moment.astimezone(zone).replace(tzinfo=None) for moment in (start, end, before))
    return floor_hour((begin + (last - first)).replace(tzinfo=zone))
