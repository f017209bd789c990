"""A limit for a key from its own history, tried on that history, and a budget for a month.

The limit is the higher of twice the 99th percentile and one and a half times the record of 28 days, rounded up to two
significant digits: high enough for what the key does, low enough to stop what it never did.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from edgedns_mcp.domain.cells import DAY_S, HOUR_S
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.models import Cell, LimitProposal

LEARNT_DAYS, TRIED_DAYS, LEAST_DAYS = 28, 90, 7
SHORT = 1.5  # buckets: a count over so long a stretch belongs to the bucket of its middle
BURST_DAYS, BURST_TIMES, BURST_COUNT, OTHER_DAYS = 3, 2, 100, 14
MONTH_DAYS, HEADROOM_PERCENT = 30, 120
ALERTS = (80, 90, 100)  # percent of a budget
SIGNIFICANT = 2


class Counts(NamedTuple):
    """Requests in each bucket that was wholly observed, by its start in epoch seconds; all last `length` seconds."""

    length: int
    by_start: Mapping[int, int]

    def since(self, start: int) -> "Counts":
        """Leave out what is older."""
        return self._replace(by_start={at: count for at, count in self.by_start.items() if at >= start})

    @property
    def days(self) -> int:
        """Give how many days of it there are."""
        return len(self.by_start) * self.length // DAY_S


def counts(cells: Iterable[Cell], observed: Sequence[tuple[int, int]], until: int, length: int) -> Counts:
    """Count a key's requests by hours or days; a bucket that a longer count reaches into is not known."""
    found: Counter[int] = Counter()
    dark: set[int] = set()
    for cell in cells:
        if cell.end - cell.start > SHORT * length:
            dark.update(range(cell.start // length, -(-cell.end // length)))
        else:
            found[(cell.start + cell.end - 1) // 2 // length] += cell.requests
    first = until // length - TRIED_DAYS * DAY_S // length
    whole = (
        at
        for start, end in observed
        for at in range(max(-(-start // length), first), min(end, until) // length)
        if at not in dark
    )
    return Counts(length, {at * length: found[at] for at in whole})


def proposal(hours: Counts, days: Counts) -> LimitProposal | None:
    """Propose a limit by hours, or by days where hours are not known; none with less than a week of them."""
    burst = burst_days(days.by_start)
    for some in (hours, days):
        known = max(some.by_start, default=0)
        learnt = _without(some.since(known - LEARNT_DAYS * DAY_S + some.length), burst)
        if learnt.days >= LEAST_DAYS and any(learnt.by_start.values()):
            return _proposed(some, learnt, days, burst)
    return None


def burst_days(days: Mapping[int, int]) -> frozenset[int]:
    """Find one short burst: up to three days in a row, each more than twice every other day, and 100 requests."""
    if not days:
        return frozenset()
    top = max(days, key=lambda at: (days[at], -at))
    near = [at for at in days if abs(at - top) < BURST_DAYS * DAY_S]
    rest = [count for at, count in days.items() if at not in near]
    hot = [at for at in near if days[at] > BURST_TIMES * max(rest, default=0) and days[at] >= BURST_COUNT]
    if len(rest) < OTHER_DAYS or not hot or max(hot) - min(hot) >= BURST_DAYS * DAY_S:
        return frozenset()
    return frozenset(hot)


def rounded_up(count: int) -> int:
    """Round up to two significant digits."""
    unit = 10 ** max(len(str(count)) - SIGNIFICANT, 0)
    return -(-count // unit) * unit


def _proposed(some: Counts, learnt: Counts, days: Counts, burst: frozenset[int]) -> LimitProposal:
    p99, record = _percentile(learnt.by_start.values()), max(learnt.by_start.values())
    limit = rounded_up(-(-max(4 * p99, 3 * record) // 2))
    blocked = [at for at, count in some.by_start.items() if count > limit]
    in_burst = sum(at // DAY_S * DAY_S in burst for at in blocked)
    budget = _budget(days, burst)
    return LimitProposal(
        per="hour" if some.length == HOUR_S else "day",
        limit_count=limit,
        p99_count=p99,
        record_count=record,
        tested=len(some.by_start),
        blocked=len(blocked) - in_burst,
        blocked_in_burst=in_burst,
        burst_start=_start(burst),
        monthly_budget=budget,
        budget_alerts={f"{percent} %": -(-budget * percent // 100) for percent in ALERTS} if budget else {},
    )


def _without(some: Counts, burst: frozenset[int]) -> Counts:
    return some._replace(
        by_start={at: count for at, count in some.by_start.items() if at // DAY_S * DAY_S not in burst}
    )


def _percentile(figures: Iterable[int]) -> int:
    """Give the smallest of the figures that 99 % of them do not exceed."""
    ranked = sorted(figures)
    return ranked[-(-len(ranked) * 99 // 100) - 1]


def _budget(days: Counts, burst: frozenset[int]) -> int | None:
    """Take the highest 30 days in a row that were all observed, a burst left out, and a fifth more."""
    ordinary = _without(days, burst).by_start
    if not ordinary:
        return None
    usual = sum(ordinary.values()) // len(ordinary)
    every = {at: usual if at in burst else count for at, count in days.by_start.items()}
    sums = [
        sum(every[at + day * DAY_S] for day in range(MONTH_DAYS))
        for at in every
        if all(at + day * DAY_S in every for day in range(MONTH_DAYS))
    ]
    return rounded_up(-(-max(sums) * HEADROOM_PERCENT // 100)) if sums and max(sums) else None


def _start(burst: frozenset[int]) -> datetime | None:
    return moment(min(burst)) if burst else None
