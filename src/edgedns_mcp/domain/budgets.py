"""Whom a budget is for, and how it stands."""

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from edgedns_mcp.domain.anomalies.incidents import SEVERITIES, finding_id
from edgedns_mcp.domain.money import rounded, written
from edgedns_mcp.domain.naming import shown_name, visible
from edgedns_mcp.domain.quota import least, percent_of
from edgedns_mcp.domain.usages import Member
from edgedns_mcp.models import Budget, BudgetKind, BudgetStanding, Key, Severity, SeverityTable

POINTS_OF_PERCENT = 10  # a threshold of 70 % is 7 points


class Covered(NamedTuple):
    """Whom a budget is for: its keys, all, a team's or one."""

    kind: BudgetKind
    name: str
    key_ids: Sequence[str]
    key: Key | None = None


class Reached(NamedTuple):
    """A threshold that was reached in a bucket, and how many requests there were by its end."""

    percent: int
    at: int
    requests: int


def covered(budget: Budget, members: Iterable[Member]) -> Covered | None:
    """Find whom a budget is for: the key with this id, else the team; None where there is neither."""
    every = list(members)
    if not budget.who:
        return Covered("all", "", [one.key_id for one in every])
    for one in every:
        if one.key_id == budget.who:
            return Covered("key", shown_name(one.key), [one.key_id], one.key)
    team = [one for one in every if one.team.casefold() == budget.who.casefold()]
    return Covered("team", visible(team[0].team), [one.key_id for one in team]) if team else None


def standing(budget: Budget, requests: int) -> BudgetStanding:
    """Say how a budget stands after so many requests in its billing period."""
    crossed = tuple(one for one in sorted({*budget.thresholds}) if requests >= least(budget.requests, one))
    return BudgetStanding(used_percent=percent_of(requests, budget.requests), crossed=crossed)


def reached(budget: Budget, counts: Sequence[int]) -> Iterator[Reached]:
    """List the thresholds that were reached in these buckets of one billing period, its first bucket first."""
    sums = [0]
    for count in counts:
        sums.append(sums[-1] + count)
    for at, (before, after) in enumerate(pairwise(sums)):
        for percent in sorted({*budget.thresholds}):
            if before < least(budget.requests, percent) <= after:
                yield Reached(percent, at, after)


def budget_id(budget: Budget, percent: int, period_start: int) -> str:
    """Name the crossing of a threshold in a billing period: the same whenever asked, by days or by hours."""
    what = f"{budget.requests}" if budget.amount is None else f"{budget.amount} {budget.currency}"
    return finding_id(f"{budget.who}\0{what}\0{percent}", "budget", period_start)


def budget_severity(percent: int, table: SeverityTable) -> Severity:
    """Weigh a threshold by its percent."""
    points = table.kind["budget"] + percent / POINTS_OF_PERCENT
    return SEVERITIES[sum(points >= bar for bar in table.bars)]


def money_of(budget: Budget, requests: int) -> str | None:
    """Write what requests cost; None where the budget is no money."""
    if budget.amount is None:
        return None
    return written(rounded(requests * budget.unit_price), budget.currency)


def limit_of(budget: Budget) -> str | None:
    """Write the amount of a budget; None where it is no money."""
    return None if budget.amount is None else written(budget.amount, budget.currency)


def limit_words(budget: Budget) -> str:
    """Write how much a budget is."""
    amount = limit_of(budget)
    return f"{budget.requests} requests" if amount is None else f"{amount} {budget.currency}"
