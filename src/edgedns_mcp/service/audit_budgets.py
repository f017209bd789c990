"""Budgets that are over or close: held against the use of the billing period, and told of the key that used most."""

from collections.abc import Collection, Iterator, Sequence

from edgedns_mcp.domain.budgets import limit_words, standing
from edgedns_mcp.domain.report import share
from edgedns_mcp.models import Budget, Reason, Window
from edgedns_mcp.service.budgeted import Held, counted, held, unknown_notes
from edgedns_mcp.sources.base import UsageView


class Spending:
    """What was used in the billing period, to hold budgets against; the same sums as `forecast_quota` has."""

    def __init__(self, view: UsageView, period: Window, budgets: Sequence[Budget]) -> None:
        self._used, self._held, self._budgets = counted(view, period), held(budgets, view.keys()), budgets
        stated = view.coverage(period).window_start if view.source == "edgedns" else None
        self._since = stated or period.start

    def reasons(self, key_ids: Collection[str]) -> Iterator[tuple[str, Reason]]:
        """Give, for each budget that reached a threshold, the one of these keys that used most of it, and why."""
        for one in self._held:
            candidates = [key_id for key_id in one.covered.key_ids if self._of(key_id) and key_id in key_ids]
            top = min(candidates, key=lambda key_id: (-self._of(key_id), key_id), default="")
            if top and (reason := self._reason(one, top)):
                yield top, reason

    def unknown(self) -> list[str]:
        """Name the budgets that are for nobody."""
        return [*unknown_notes(self._budgets, self._held)]

    def _of(self, key_id: str) -> int:
        return self._used.requests.get(key_id, 0)

    def _reason(self, one: Held, top: str) -> Reason | None:
        used, whom = self._used.towards(one.covered), one.covered
        found = standing(one.budget, used)
        if not found.crossed:
            return None
        words = whom.kind, whom.name, limit_words(one.budget), str(share(self._of(top), used))
        return Reason("over_budget", at=self._since, percent=found.used_percent, words=words)
