"""The question of `forecast_quota`, and what its answer is made of: projections, and thresholds that are crossed."""

from datetime import date
from typing import Annotated, Literal

from pydantic import Field

from edgedns_mcp.models.facts import Count, Environment, Model, Percent
from edgedns_mcp.models.questions import Filters, Limit

QuotaSource = Literal["argument", "setting", "edgedns", "plan", "demo", "none"]
ForecastMethod = Literal["habits", "pace", "none"]
CrossingState = Literal["crossed", "expected", "possible", "not_expected"]
PlanName = Literal["free", "developer", "pro", "enterprise"]
PLAN_QUOTAS: dict[PlanName, int] = {  # requests a month: https://edgedns.dev/docs/endpoints/analytics/analytics-usage
    "free": 1_000,
    "developer": 50_000,
    "pro": 500_000,
    "enterprise": 10_000_000,
}
DEMO_PLAN: PlanName = "pro"
MOST_QUOTA = 10**15


class ForecastQuery(Filters):
    """The arguments of `forecast_quota`; a quota of 0 is the configured one."""

    monthly_quota: Annotated[int, Field(ge=0, le=MOST_QUOTA)] = 0
    limit: Limit = 5


class Crossing(Model):
    """One threshold of a quota or a budget: when it was, or is expected to be, crossed; days of the answer's zone."""

    percent: int
    request_count: Count = Field(description="How many requests that is.")
    state: CrossingState = Field(description="possible: only if use rises to projected_high.")
    on: date | None = Field(description="The day it was crossed, or is expected to be; null where nobody knows.")
    earliest: date | None = Field(description="If use rises to projected_high; null if crossed or not even then.")
    latest: date | None = Field(
        description="If use falls to projected_low; null if crossed or not by the period's end."
    )


class Projected(Model):
    """Requests so far, and up to the end of the billing period."""

    request_count: Count = Field(description="Counted so far in the billing period.")
    projected_low: Count | None = Field(description="9 of 10 periods end between this and projected_high.")
    projected_count: Count | None = Field(description="Expected at the period's end; null where too little is known.")
    projected_high: Count | None


class Driver(Projected):
    """A key that drives the projection."""

    key_id: str
    name: str
    environment: Environment
    team: str
    share_percent: Percent | None = Field(description="Part of the projected requests.")
    without_count: Count | None = Field(description="The projection of all if this key stopped now.")
    without_percent: float | None = Field(description="That in percent of the quota.")
