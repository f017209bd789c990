"""Budgets: what edgedns.toml says of one, and how one stands."""

from fractions import Fraction
from typing import Annotated, Literal, NamedTuple

from pydantic import BaseModel, Field

from edgedns_mcp.models.facts import Count, Model
from edgedns_mcp.models.forecast import MOST_QUOTA, Crossing, Projected
from edgedns_mcp.models.standing import Money, Price, Standing

THRESHOLDS = (70, 80, 90, 100)  # percent; the first three are those that EdgeDNS suggests to be alerted at
MOST_PERCENT, MOST_THRESHOLDS = 1_000, 10
BudgetKind = Literal["all", "team", "key"]


class BudgetTerms(BaseModel):
    """A budget a month, of all keys or of `who`: so many requests, or an amount at a price for each."""

    model_config = Standing

    who: Annotated[str, Field(min_length=1, max_length=100, pattern=r"\S")] | None = None
    requests: Annotated[int, Field(ge=1, le=MOST_QUOTA)] | None = None
    amount: Money | None = None
    unit_price: Price | None = None
    thresholds: Annotated[
        tuple[Annotated[int, Field(ge=1, le=MOST_PERCENT)], ...],
        Field(strict=False, min_length=1, max_length=MOST_THRESHOLDS),
    ] = THRESHOLDS


class Budget(NamedTuple):
    """What may be used in a billing period: by all, by a team or by one key. Money in minor units, if it is money."""

    who: str
    requests: Fraction
    thresholds: tuple[int, ...] = THRESHOLDS
    amount: int | None = None
    unit_price: Fraction = Fraction(0)
    currency: str = ""


class BudgetRow(Projected):
    """How a budget stands."""

    who: str = Field(description="The team, or the key's name; empty for all keys.")
    kind: BudgetKind
    key_id: str | None
    budget_count: Count = Field(description="Requests that it allows in a billing period.")
    used_percent: float
    projected_percent: float | None
    amount: str | None = Field(description="Where the budget is money, as are the next two; null otherwise.")
    used_amount: str | None
    projected_amount: str | None
    currency: str | None
    thresholds: tuple[Crossing, ...]


class BudgetStanding(Model):
    """How much of a budget is used, and which of its thresholds are behind."""

    used_percent: float
    crossed: tuple[int, ...]
