"""Budgets that are over or close: held against the use of the billing period, and told of the key that used most."""

from collections.abc import Collection, Iterator, Sequence

from edgedns_mcp.domain import lifetimes
from edgedns_mcp.domain.budgets import Covered, covered, limit_words, standing
from edgedns_mcp.domain.report import share
from edgedns_mcp.domain.usages import Usages
from edgedns_mcp.models import Budget, Reason, Tally, Window
from edgedns_mcp.service.budget_rows import unknown_budgets
from edgedns_mcp.service.forecast import uncounted
from edgedns_mcp.service.watching import Asked as Searched
from edgedns_mcp.sources.base import UsageView


class Spending:
    """What was used in the billing period, to hold budgets against; the same sums as `forecast_quota` has."""

    def __init__(self, view: UsageView, period: Window, searched: Searched) -> None:
        keys, tallies = view.keys(), view.totals(period)
        self._period = period
        self._every: Usages = lifetimes.present(keys, tallies, period.start, max(period.end, searched.now))
        self._requests = dict(zip(self._every.key_ids, self._every.requests, strict=True))
        beside: Tally = lifetimes.unknown(keys, tallies)
        self._whole = self._every.total.requests + beside.requests + uncounted(view.account_total(period), beside)

    def reasons(self, budgets: Sequence[Budget], key_ids: Collection[str]) -> Iterator[tuple[str, Reason]]:
        """Give, for each budget that reached a threshold, the one of these keys that used most of it, and why."""
        for budget in budgets:
            whom = covered(budget, self._every.members)
            candidates = [key_id for key_id in whom.key_ids if key_id in key_ids] if whom else []
            top = min(candidates, key=lambda key_id: (-self._requests[key_id], key_id), default="")
            if whom and top and self._requests[top] and (reason := self._reason(budget, whom, top)):
                yield top, reason

    def unknown(self, budgets: Sequence[Budget]) -> list[str]:
        """Name the budgets that are for nobody."""
        return unknown_budgets(budgets, self._every)

    def _reason(self, budget: Budget, whom: Covered, top: str) -> Reason | None:
        used = self._whole if whom.kind == "all" else sum(self._requests[key_id] for key_id in whom.key_ids)
        found = standing(budget, used)
        if not found.crossed:
            return None
        own = str(share(self._requests[top], used))
        words = whom.kind, whom.name, limit_words(budget), own
        return Reason("over_budget", at=self._period.start, percent=found.used_percent, words=words)
