"""The budgets of a forecast: how each stands, where it ends, and when its thresholds are crossed."""

from collections.abc import Callable, Collection, Iterator, Sequence

from edgedns_mcp.domain import budgets
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.quota import percent_of
from edgedns_mcp.models import BudgetRow
from edgedns_mcp.service.budgeted import Counted, Held
from edgedns_mcp.service.projection import Projection, Use


def budget_rows(
    every: Sequence[Held], used: Counted, everybody: Collection[str], projected: Callable[[Use], Projection]
) -> Iterator[BudgetRow]:
    """Project each budget; `everybody` are the ids that a budget of all keys is about, with what is nobody's."""
    for one in every:
        key_ids = everybody if one.covered.kind == "all" else one.covered.key_ids
        yield _row(one, projected(Use(used.towards(one.covered), key_ids)))


def _row(one: Held, seen: Projection) -> BudgetRow:
    (budget, whom), said = one, seen.whole()
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
