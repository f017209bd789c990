"""Budgets as findings: the thresholds that were reached in the window, one finding for each."""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, pairwise
from typing import NamedTuple

from edgedns_mcp.domain import budgets
from edgedns_mcp.domain.budgets import Reached
from edgedns_mcp.domain.forecast import counted as by_bucket
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.periods import HOUR, floor_hour
from edgedns_mcp.domain.teams import team_of
from edgedns_mcp.models import FindingRow
from edgedns_mcp.service.billing import Billing
from edgedns_mcp.service.budgeted import Counted, Held
from edgedns_mcp.service.watching import Asked, Watch

A_MOMENT = timedelta(seconds=1)
SLIP = 1e-6  # of floats


class Standing(NamedTuple):
    """What a search for reached thresholds goes by."""

    billing: Billing
    counter: Counted | None  # what EdgeDNS's counters have; None where nothing but what was recorded counts
    every: Sequence[Held]


def budget_findings(seen: Watch, asked: Asked, standing: Standing) -> Iterator[FindingRow]:
    """Tell of each threshold that was reached in a bucket of the window, in whichever billing period that lies."""
    moment, first = seen.edges[seen.end], seen.edges[seen.first]
    while standing.every and moment > first:
        start, end = standing.billing.around(moment - A_MOMENT)
        edges = [start, *(edge for edge in seen.edges if start < edge < min(end, moment)), min(end, moment)]
        for one, counts in _counts(seen, asked, standing, edges):
            for reached in budgets.reached(one.budget, counts):
                if reached.at + 1 < len(edges) and edges[reached.at + 1] > first:
                    yield _finding(one, reached, edges, asked)
        moment = start


def _counts(
    seen: Watch, asked: Asked, standing: Standing, edges: Sequence[datetime]
) -> Iterator[tuple[Held, list[int]]]:
    """Count for each budget what came in each bucket, and, of EdgeDNS's counters, what came after the last one."""
    counter = standing.counter if edges[0] == standing.billing.counted_since(asked.now) else None
    edges = _to_now(edges, asked.now) if counter else edges
    epochs = [int(edge.timestamp()) for edge in edges]
    counted = by_bucket.Counted(epochs, seen.view.series(edges), [1.0] * (len(edges) - 1))
    for one in standing.every:
        key_ids = counted.key_ids if one.covered.kind == "all" else one.covered.key_ids
        sums = accumulate(counted.sums(key_ids), initial=SLIP)
        counts = [int(after) - int(before) for before, after in pairwise(sums)]
        yield one, _with_the_rest(counts, one, counter, edges) if counter else counts


def _to_now(edges: Sequence[datetime], now: datetime) -> list[datetime]:
    """Let the last bucket of a window that runs on reach to the hour that is running; after another, add a bucket."""
    end = max(floor_hour(now) + HOUR, edges[-1])
    return [*(edges[:-1] if edges[-1] == floor_hour(now) else edges), end]


def _with_the_rest(counts: Sequence[int], one: Held, counter: Counted, edges: Sequence[datetime]) -> list[int]:
    """Add what was not recorded: what a counter had before lies in the first bucket with a figure.

    What EdgeDNS counted beyond its keys came by the time it told of it.
    """
    found, beyond = list(counts), counter.beyond if one.covered.kind == "all" else 0
    begun = next((at for at, some in enumerate(counts) if some), len(counts) - 1)
    found[begun] += max(counter.towards(one.covered) - beyond - sum(counts), 0)
    told = bisect_right(edges, counter.told_at or edges[-1]) - 1
    found[min(max(told, 0), len(found) - 1)] += beyond
    return found


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
