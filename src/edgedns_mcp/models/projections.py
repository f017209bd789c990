"""The answer of `forecast_quota`."""

from datetime import datetime

from pydantic import Field

from edgedns_mcp.models.answers import Answer
from edgedns_mcp.models.budgets import BudgetRow
from edgedns_mcp.models.facts import Count, Model
from edgedns_mcp.models.forecast import Crossing, Driver, ForecastMethod, Projected, QuotaSource


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
    budgets: tuple[BudgetRow, ...] = Field(description="Those of edgedns.toml, of the keys that are asked about.")
    keys: Count = Field(description="Keys that lived or made requests in the period.")
    drivers: tuple[Driver, ...] = Field(description="The keys with the most projected requests.")
    rest: RestOfForecast
    notes: tuple[str, ...]
