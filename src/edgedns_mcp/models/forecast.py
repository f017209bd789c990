"""The question and the answer of `forecast_quota`: where the billing period ends, and what that means for a quota."""

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from edgedns_mcp.models.answers import Answer
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


class RestOfForecast(Model):
    """What the listed keys leave out, unattributed use included; drivers + rest = all."""

    keys: Count
    request_count: Count
    projected_count: Count | None


class ForecastReport(Projected, Answer):
    """The answer of `forecast_quota`."""

    filters: str = Field(description="What was asked beyond the defaults.")
    period_start: datetime = Field(description="Of the billing period.")
    period_end: datetime = Field(description="Exclusive.")
    days: float = Field(description="Of the billing period.")
    days_left: float = Field(description="After the last figure.")
    unobserved_days: float = Field(description="Of the period so far, for which use is estimated.")
    estimated_request_count: Count = Field(description="That estimate; part of the projection, not of request_count.")
    method: ForecastMethod = Field(description="pace: too little history for habits, so request_count is extrapolated.")
    history_days: Count = Field(description="Observed days that habits were learnt from.")
    pace_count: Count | None = Field(description="Plain extrapolation of request_count, for comparison.")
    month_end_factor: float | None = Field(
        description="How many times their usual the days at a month's end have; null where history shows nothing."
    )
    quota: Count | None
    quota_source: QuotaSource
    used_percent: float | None = Field(description="request_count in percent of the quota.")
    projected_percent: float | None
    thresholds: tuple[Crossing, ...] = Field(description="Empty without a quota.")
    keys: Count = Field(description="Keys that lived or made requests in the period.")
    drivers: tuple[Driver, ...] = Field(description="The keys with the most projected requests.")
    rest: RestOfForecast
    notes: tuple[str, ...]
