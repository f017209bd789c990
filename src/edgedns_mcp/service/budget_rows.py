"""The budgets of a forecast: how each stands, where it ends, and when its thresholds are crossed."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from edgedns_mcp.domain import budgets
from edgedns_mcp.domain.budgets import Covered
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.quota import percent_of
from edgedns_mcp.domain.usages import Usages
from edgedns_mcp.models import Budget, BudgetRow
from edgedns_mcp.service.projection import Projection, Use

UNKNOWN = "The budget of {who} in edgedns.toml is of no key and no team here, so it is left out."


def budget_rows(
    every: Sequence[Budget], used: Usages, whole: Use, projected: Callable[[Use], Projection]
) -> Iterator[BudgetRow]:
    """Project each budget; `used` are all keys of the period, `whole` is what they used, with what is nobody's."""
    requests = dict(zip(used.key_ids, used.requests, strict=True))
    for budget in every:
        whom = budgets.covered(budget, used.members)
        if whom:
            yield _row(budget, whom, projected(_use(whom, requests, whole)))


def unknown_budgets(every: Sequence[Budget], used: Usages) -> list[str]:
    """Name the budgets that are for nobody."""
    return [UNKNOWN.format(who=visible(one.who)) for one in every if budgets.covered(one, used.members) is None]


def _use(whom: Covered, requests: Mapping[str, int], whole: Use) -> Use:
    if whom.kind == "all":
        return whole
    return Use(sum(requests[key_id] for key_id in whom.key_ids), whom.key_ids)


def _row(budget: Budget, whom: Covered, seen: Projection) -> BudgetRow:
    said = seen.whole()
    more = said.projected_count
    return BudgetRow(
        **said.model_dump(),
        who=whom.name,
        kind=whom.kind,
        key_id=visible(whom.key.key_id) if whom.key else None,
        budget_count=int(budget.requests),
        used_percent=budgets.standing(budget, said.request_count).used_percent,
        projected_percent=None if more is None else percent_of(more, budget.requests),
        amount=budgets.limit_of(budget),
        used_amount=budgets.money_of(budget, said.request_count),
        projected_amount=None if more is None else budgets.money_of(budget, more),
        currency=budget.currency or None,
        thresholds=seen.crossings(budget.requests, budget.thresholds),
    )
