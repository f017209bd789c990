"""Budgets as findings: the thresholds that were reached in the window, one finding for each."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from edgedns_mcp.domain import budgets
from edgedns_mcp.domain.budgets import Covered, Reached
from edgedns_mcp.domain.forecast.counted import Counted
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.periods import billing_period, floor_hour
from edgedns_mcp.domain.teams import team_of
from edgedns_mcp.domain.usages import roster_of
from edgedns_mcp.models import Budget, FindingRow
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.watching import Asked, Watch

UNKNOWN = "The budget of {who} in edgedns.toml is of no key and no team here, so it is not watched."


class Held(NamedTuple):
    """A budget that is held against use, and whom it is for."""

    budget: Budget
    covered: Covered


def held(seen: Watch, every: Sequence[Budget], used: Collection[str], *, is_filtered: bool) -> list[Held]:
    """Give the budgets of those who are asked about: of nobody else, and of all keys only where all are asked about."""
    members = roster_of(seen.keys.values()).members
    pairs = ((budget, budgets.covered(budget, members)) for budget in every)
    return [
        Held(budget, whom)
        for budget, whom in pairs
        if whom and (not is_filtered or (whom.kind != "all" and {*whom.key_ids} <= {*used}))
    ]


def unknown_notes(seen: Watch, every: Sequence[Budget]) -> list[str]:
    """Name the budgets that are for nobody."""
    members = roster_of(seen.keys.values()).members
    return [UNKNOWN.format(who=visible(one.who)) for one in every if budgets.covered(one, members) is None]


def budget_findings(seen: Watch, asked: Asked, desk: Desk, every: Sequence[Held]) -> Iterator[FindingRow]:
    """Tell of each threshold that was reached in a bucket of the window, in whichever billing period that lies."""
    moment, first = seen.edges[seen.end], seen.edges[seen.first]
    while every and moment > first:
        start, end = (floor_hour(one) for one in billing_period(_before(moment), desk.zone, desk.billing_day))
        edges = [start, *(edge for edge in seen.edges if start < edge <= min(end, seen.edges[seen.end]))]
        counted = _counted(seen, edges)
        for one in every:
            for reached in budgets.reached(one.budget, _counts(seen, desk, one, counted, edges)):
                if edges[reached.at + 1] > first:
                    yield _finding(one, reached, edges, asked)
        moment = start


def _before(moment: datetime) -> datetime:
    return moment - timedelta(seconds=1)


def _counted(seen: Watch, edges: Sequence[datetime]) -> Counted:
    return Counted([int(edge.timestamp()) for edge in edges], seen.view.series(edges), [1.0] * (len(edges) - 1))


def _counts(seen: Watch, desk: Desk, one: Held, counted: Counted, edges: Sequence[datetime]) -> list[int]:
    """Count each bucket; what a counter had before anybody read it lies in the first bucket with a figure."""
    key_ids = counted.key_ids if one.covered.kind == "all" else one.covered.key_ids
    counts = [int(some) for some in counted.sums(key_ids)]
    current = desk.window("current", "", "")
    if current.start == edges[0] and seen.view.source == "edgedns":
        tallies, mine = seen.view.totals(current).items(), {*one.covered.key_ids}
        whole = sum(tally.requests for key_id, tally in tallies if one.covered.kind == "all" or key_id in mine)
        begun = next((at for at, some in enumerate(counts) if some), len(counts) - 1)
        counts[begun] += max(whole - sum(counts), 0)
    return counts


def _finding(one: Held, reached: Reached, edges: Sequence[datetime], asked: Asked) -> FindingRow:
    key, whom, at = one.covered.key, one.covered, reached.at
    return FindingRow(
        finding_id=budgets.budget_id(one.budget, reached.percent, int(edges[0].timestamp())),
        kind="budget",
        severity=budgets.budget_severity(reached.percent, asked.severity),
        key_id=visible(key.key_id) if key else "",
        name=whom.name or "all keys",
        environment=key.environment if key else "unknown",
        team=visible(team_of(key)) if key else whom.name,
        start=edges[at],
        end=edges[at + 1],
        what="",
        next_step="",
        request_count=reached.requests,
        error_count=None,
        error_percent=None,
        usual_error_percent=None,
        worst_start=edges[at],
        worst_count=reached.requests,
        expected_count=None,
        expected_low=None,
        expected_high=None,
        ratio=None,
        record_count=None,
        record_start=None,
        history_days=0,
        team_ratio=None,
        team_peers=0,
        quiet_days=None,
        wrong_environments={},
        endpoint_distribution={},
        new_endpoints={},
        budget=budgets.limit_words(one.budget),
        budget_percent=reached.percent,
        also=(),
    )
