"""Keys that are worth searching for findings: what a daily glance shows, before the search that weighs it."""

from collections.abc import Sequence

LATELY_DAYS = 30
BURST_TIMES, BURST_COUNT = 5, 100  # well below what makes a finding severe, and above what most keys ever do
ASLEEP_DAYS = 30


def is_suspect(counts: Sequence[int]) -> bool:
    """Tell whether a key's last 30 days hold a day far above all before, or a first one after 30 without a request."""
    return _has_burst(counts) or _has_woken(counts)


def _has_burst(counts: Sequence[int]) -> bool:
    before, lately = counts[:-LATELY_DAYS], counts[-LATELY_DAYS:]
    top = max(lately, default=0)
    return bool(before) and top >= BURST_COUNT and top > BURST_TIMES * max(before)


def _has_woken(counts: Sequence[int]) -> bool:
    quiet = 0
    for at, count in enumerate(counts):
        if count and quiet >= ASLEEP_DAYS and len(counts) - at <= LATELY_DAYS and any(counts[:at]):
            return True
        quiet = 0 if count else quiet + 1
    return False
