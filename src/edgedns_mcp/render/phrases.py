"""Small pieces of language: plurals, figures, times and names, the same in every sentence and table."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from edgedns_mcp.models import Answer

ACTIVE_MARKDOWN = re.compile(r"([\\`*\[\]<>|~]|:(?=//))")  # an address alone would be a link
ESCAPED = re.compile(r"\\([\\`*\[\]<>|_~:#+.)-])")
BLOCK = re.compile(r"^(\d{0,9})([#+.)-])(?=[#\s]|$)")  # what a heading, a list and a ruler begin with
EDGE_UNDERSCORE = re.compile(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")  # inside a word Markdown leaves it alone


def plural(count: int, one: str) -> str:
    """Say how many: "1 key", "2 keys", "1,234 keys"."""
    return f"{count:,} {one if count == 1 else one + 's'}"


def amount(report: Answer, requests: int, row: str = "") -> str:
    """Say how many requests a row, or all together, made: "12", "at least 12", "between 12 and 15"."""
    bounds = report.bounds
    if bounds is None or (row and row not in bounds.rows):
        return f"{requests:,}"
    most = bounds.rows[row] if row else bounds.request_count_max
    if most == requests:
        return f"{requests:,}"
    return f"at least {requests:,}" if most is None else f"between {requests:,} and {most:,}"


def figure(value: object) -> str:
    """Write a value of the structure: "-" for null, yes or no, times with Z, digits as they are."""
    if value is None or value == "":
        return "-"
    if isinstance(value, datetime):
        return instant(value)
    return str(value) if not isinstance(value, bool) else "yes" if value else "no"


def instant(moment: datetime) -> str:
    """Write a time as ISO 8601 in UTC."""
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="seconds") + "Z"


@lru_cache(maxsize=4096)
def inert(name: str) -> str:
    """Escape what Markdown would act on."""
    return BLOCK.sub(r"\1\\\2", EDGE_UNDERSCORE.sub(r"\\_", ACTIVE_MARKDOWN.sub(r"\\\1", name)))


def plain(text: str) -> str:
    """Take back what `inert` escaped, for a terminal that knows no Markdown."""
    return ESCAPED.sub(r"\1", text)


def listed(words: Sequence[str], more: int = 0) -> str:
    """Join words as a sentence does: "a", "a and b", "a, b and c", and "a, b and 3 more"."""
    words = [*words, f"{more:,} more"] if more > 0 else words
    return " and ".join(filter(None, [", ".join(words[:-1]), words[-1]])) if words else ""


def window_words(answer: Answer) -> str:
    """Say the window as a person would, in the zone of the question; whole days by date, both included."""
    if answer.window_start is None or answer.window_end is None:
        name = {"current": "current billing period", "previous": "previous billing period"}.get(answer.period)
        seen = f"; read {moment_words(answer, answer.data_to)}" if answer.data_to else ""
        return f"in EdgeDNS's {name or answer.period + ' window'} (dates not stated by EdgeDNS{seen})"
    zone = ZoneInfo(answer.timezone)
    start, end = answer.window_start.astimezone(zone), answer.window_end.astimezone(zone)
    if answer.window_end > answer.now:
        reached = answer.data_to or answer.now
        is_fresh = answer.now - reached < timedelta(hours=1)
        return f"from {_short(start)} until now" + (f" ({moment_words(answer, reached)})" if is_fresh else "")
    last = end - timedelta(microseconds=1)
    if _is_midnight(start) and _is_midnight(end):
        days = f"on {start:%Y-%m-%d}" if start.date() == last.date() else f"from {start:%Y-%m-%d} to {last:%Y-%m-%d}"
        return days + ("" if answer.timezone == "UTC" else f" ({answer.timezone})")
    if start.date() == last.date():
        return f"on {start:%Y-%m-%d} from {start:%H:%M} to {end:%H:%M} {answer.timezone}"
    return f"from {_short(start)} to {_short(end)} {answer.timezone}"


def bounds_words(report: Answer) -> str:
    """Say why figures are not exact; nothing where they are."""
    if report.bounds is None:
        return ""
    if None in (report.bounds.request_count_max, *report.bounds.rows.values()):
        return "A counter was reset, fell or vanished meanwhile, so there may have been more requests than counted."
    return "Counts that reach over an end of this window cannot be split, so the figures lie between the two."


def duration_words(time: timedelta) -> str:
    """Say how long: "90 s", "30 min", "1 h", "2 days"."""
    seconds = int(time.total_seconds())
    days = seconds // 86_400
    exact = {86_400: plural(days, "day"), 3600: f"{seconds // 3600} h", 60: f"{seconds // 60} min"}
    return next((words for unit, words in exact.items() if seconds and not seconds % unit), f"{seconds} s")


def within_day(start: datetime, zone: ZoneInfo) -> datetime:
    """Give a moment of the day that begins in this hour; in zones of half hours, its midnight is no full hour."""
    return (start + timedelta(minutes=59)).astimezone(zone)


def demo_words(answer: Answer) -> str:
    """Begin every sentence about made-up figures with the word."""
    return "DEMO: " if answer.source == "demo" else ""


def moment_words(answer: Answer, moment: datetime) -> str:
    """Say a moment in the zone of the question."""
    return f"{moment.astimezone(ZoneInfo(answer.timezone)):%Y-%m-%d %H:%M} {answer.timezone}"


def _short(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}" if _is_midnight(moment) else f"{moment:%Y-%m-%d %H:%M}"


def _is_midnight(moment: datetime) -> bool:
    return moment.hour == moment.minute == 0
