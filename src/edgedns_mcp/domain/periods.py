"""Turn the words for a period into a window; the one grammar of every windowed question."""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.naming import visible
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import Window

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
EARLIEST, LATEST = 1971, 2200  # years, far enough from the calendar's ends that every zone can show them
LONGEST_WORDS = 40
ISO = re.compile(r"[0-9T:.+Z -]+", re.ASCII)
LONGEST_DAYS = 3660  # ten years: nobody's usage reaches further, and dates stay in range

CURRENT = "current"
EXAMPLES = (
    "current, previous, today, yesterday, this_week, last_week, this_month, last_month, mtd, 24h, 7d, 30d, 90d, "
    "3d, this_quarter, 2026-10, 2026-10-05, 2026-09..2026-10 or 2026-10-01..2026-10-15"
)
NAMED = (
    "current",
    "previous",
    "today",
    "yesterday",
    "this_week",
    "last_week",
    "this_month",
    "last_month",
    "mtd",
    "24h",
    "7d",
    "30d",
    "90d",
)


def resolve(period: str, start: str, end: str, *, now: datetime, zone: ZoneInfo, billing_day: int) -> Window:
    """Give the window that `period`, or `start` and `end` where given, mean at `now`.

    Both ends round down to the hour, so that neighbouring windows tile; `current` is empty in its first hour.

    Raises:
        QuestionError: the words are not in the grammar, or the window is empty.
    """
    words, start, end = asked(period, start, end), start.strip(), end.strip()
    if start or end:
        first, last = _explicit(start, end, now, zone)
    else:
        first, last = _named(words, now.astimezone(zone), zone, billing_day)
    window = Window(start=floor_hour(first), end=floor_hour(last), period=words)
    if not EARLIEST <= now.year <= LATEST:
        raise QuestionError(f"It cannot be the year {now.year}. Set the clock of this machine, or EDGEDNS_AS_OF.")
    if not EARLIEST <= window.start.year <= window.end.year <= LATEST:
        raise QuestionError(f"The window must lie between {EARLIEST} and {LATEST}, for example period=2026-10.")
    has_just_begun = words == "current" and not (start or end)  # counters know it all the same
    if window.start >= window.end and not has_just_begun:
        raise QuestionError(_empty(words, window, explicit=bool(start or end)))
    return window


def asked(period: str, start: str, end: str) -> str:
    """Give the words that a question's window goes by: `start` and `end` override `period`."""
    start, end = visible(start, LONGEST_WORDS), visible(end, LONGEST_WORDS)
    return f"{start} until {end or 'now'}" if start or end else _usual(visible(period, LONGEST_WORDS)) or CURRENT


def _usual(period: str) -> str:
    """Bring the ways people write a period to the grammar's own: "last 3 days" is 3d, "This month" this_month."""
    words = re.sub(r"[\s_]+", "_", re.sub(r"\s*\.\.\s*", "..", period.strip().lower()))
    found = re.fullmatch(r"(?:the_)?(?:last_|past_)?(\d{1,5})_?(hour|day|week)s?", words, re.ASCII)
    return f"{found[1]}{found[2][0]}" if found else words


def billing_period(now: datetime, zone: ZoneInfo, billing_day: int, *, back: int = 0) -> tuple[datetime, datetime]:
    """Give start and end of the billing period that holds `now`, or of the one `back` periods before it."""
    local = now.astimezone(zone)
    behind = back + (local.date() < billing_date(local.year, local.month, billing_day))
    index = local.year * 12 + local.month - 1 - behind
    begin = billing_date(*year_month(index), billing_day)
    finish = billing_date(*year_month(index + 1), billing_day)
    return midnight(begin, zone), midnight(finish, zone)


def floor_hour(moment: datetime) -> datetime:
    """Round down to the full hour of UTC."""
    return moment.astimezone(UTC).replace(minute=0, second=0, microsecond=0)


def midnight(day: date, zone: ZoneInfo) -> datetime:
    """Give the moment at which a day of `zone` begins."""
    return datetime.combine(day, time(), tzinfo=zone).astimezone(UTC)


def billing_date(year: int, month: int, billing_day: int) -> date:
    """Give the day a billing period begins in a month; a short month begins it on its last day."""
    return date(year, month, min(billing_day, monthrange(year, month)[1]))


def year_month(index: int) -> tuple[int, int]:
    """Give year and month of a count of months."""
    return index // 12, index % 12 + 1


def day_of(edge: datetime, zone: ZoneInfo) -> date:
    """Give the day that a full hour belongs to; where it holds a midnight, in zones of half hours, the new one."""
    return (edge + HOUR - timedelta(seconds=1)).astimezone(zone).date()


def begins_day(edge: datetime, zone: ZoneInfo) -> bool:
    """Tell whether a full hour is where a day of `zone` begins."""
    return floor_hour(midnight(day_of(edge, zone), zone)) == edge


def _named(words: str, now: datetime, zone: ZoneInfo, billing_day: int) -> tuple[datetime, datetime]:
    if words == CURRENT:
        return billing_period(now, zone, billing_day)[0], now
    if words == "previous":
        return billing_period(now, zone, billing_day, back=1)
    days = _days(words, now.date())
    if days is None:
        return _rolling(words, now) or _dated(words, zone)
    return midnight(days[0], zone), midnight(days[1], zone) if days[1] else now


def _days(words: str, today: date) -> tuple[date, date | None] | None:
    """Give first day and day after the last of a calendar word; None for the latter means until now."""
    monday, month = today - timedelta(days=today.weekday()), today.replace(day=1)
    quarter, year = _quarter(month), month.replace(month=1)
    calendar: dict[str, tuple[date, date | None]] = {
        "today": (today, None),
        "yesterday": (today - DAY, today),
        "this_week": (monday, None),
        "last_week": (monday - 7 * DAY, monday),
        "this_month": (month, None),
        "mtd": (month, None),
        "last_month": ((month - DAY).replace(day=1), month),
        "this_quarter": (quarter, None),
        "last_quarter": (_quarter(quarter - DAY), quarter),
        "this_year": (year, None),
        "ytd": (year, None),
        "last_year": (year.replace(year=year.year - 1), year),
    }
    return calendar.get(words)


def _rolling(words: str, now: datetime) -> tuple[datetime, datetime] | None:
    found = re.fullmatch(r"(\d{1,5})(h|d|w)", words, re.ASCII)
    if not found:
        return None
    count, unit = int(found[1]), found[2]
    length = count * {"h": HOUR, "d": DAY, "w": 7 * DAY}[unit]
    if not length or length > LONGEST_DAYS * DAY:
        raise QuestionError(f"The period {words} is not between 1 hour and ten years; ask for example period=30d.")
    end = now.astimezone(UTC)
    return end - length, end


def _dated(words: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first, dots, last = words.partition("..")
    begin, end = _day_or_month(first, zone), _day_or_month(last if dots else first, zone)
    if begin is None or end is None:
        raise QuestionError(f"The period '{words}' is not understood; use {EXAMPLES}.")
    return begin[0], end[1]


def _day_or_month(words: str, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    found = re.fullmatch(r"(\d{4})-(\d{2})(?:-(\d{2}))?", words.strip(), re.ASCII)
    if not found:
        return None
    year, month, day = int(found[1]), int(found[2]), int(found[3] or 1)
    if not (EARLIEST <= year <= LATEST and 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]):  # noqa: PLR2004 - the calendar's own limits
        raise QuestionError(f"There is no date {words.strip()}; write a day as 2026-10-05 and a month as 2026-10.")
    first = date(year, month, day)
    after = first + DAY if found[3] else date(*year_month(year * 12 + month), 1)
    return midnight(first, zone), midnight(after, zone)


def _explicit(start: str, end: str, now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    if not start:
        raise QuestionError("end needs a start; give both, for example start=2026-10-01, end=2026-11-01.")
    return _moment(start, "start", zone), _moment(end, "end", zone) if end else now


def _moment(words: str, name: str, zone: ZoneInfo) -> datetime:
    try:
        moment = datetime.fromisoformat(_iso(words.upper()).replace(" ", "T", 1))
        moment = moment if moment.tzinfo else moment.replace(tzinfo=zone)
        return moment.astimezone(UTC)
    except (ValueError, OverflowError) as exc:
        raise QuestionError(
            f"{name} is not a date or a time; write it as 2026-10-01 or 2026-10-01T15:00:00Z, end exclusive."
        ) from exc


def _iso(words: str) -> str:
    if not ISO.fullmatch(words):
        raise ValueError
    return words


def _empty(words: str, window: Window, *, explicit: bool) -> str:
    if explicit and window.start == window.end and " until now" not in words:
        return (
            f"The window {words} is empty, because end is exclusive; for whole days ask period=2026-10-01..2026-10-15."
        )
    if explicit:
        return (
            f"The window {words} is empty after rounding down to full hours; end must lie after start, "
            "for example start=2026-10-01, end=2026-11-01."
        )
    if ".." in words:
        return f"The period {words} ends before it begins; write the earlier day first, as in 2026-10-01..2026-10-15."
    return (
        f"The period {words} is empty: no full hour has passed since {window.start:%Y-%m-%dT%H:%MZ}; "
        "ask the period before it, for example period=yesterday or period=previous."
    )


def _quarter(day: date) -> date:
    return date(day.year, (day.month - 1) // 3 * 3 + 1, 1)
