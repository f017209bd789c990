"""The question and the answer of `chargeback_report`; money stands in decimal strings beside its currency."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from edgedns_mcp.models.answers import Answer
from edgedns_mcp.models.facts import Count, Environment, Model, Percent

ChargeGroup = Literal["team", "key", "cost_center", "environment"]
ChargeMethod = Literal["proportional", "even", "fixed", "hybrid", "price"]
UnattributedChoice = Literal["separate", "spread"]
GroupChoice = Literal["configured", "team", "key", "cost_center", "environment"]
MethodChoice = Literal["configured", "proportional", "even", "fixed", "hybrid", "price"]
BesideChoice = Literal["configured", "separate", "spread"]
Layout = Literal["table", "csv", "focus"]
EVERY_LINE = 1_000_000  # a limit that lists all


class ChargebackQuery(Model):
    """The arguments of `chargeback_report`; what is empty or `configured` is what edgedns.toml says, if it does."""

    period: str = "previous"
    start: str = ""
    end: str = ""
    amount: str = ""
    currency: str = ""
    group_by: GroupChoice = "configured"
    method: MethodChoice = "configured"
    fixed_fee: str = ""
    unit_price: str = ""
    shares: str = ""
    weights: str = ""
    teams: str = ""
    unattributed: BesideChoice = "configured"
    limit: Annotated[int, Field(ge=1)] = 20
    format: Layout = "table"


class Charge(Model):
    """What one key owes of one month, or nobody's use: the level that a FOCUS file has rows of."""

    key_id: str | None
    name: str
    environment: Environment
    team: str
    cost_center: str
    start: datetime
    end: datetime
    request_count: Count
    amount: str
    weight: str | None = Field(description="The part of the total before rounding; null of a total of 0.")
    unit_price: str | None = Field(description="Null unless requests at this price are the amount exactly.")
    is_correction: bool = False  # of a period that was closed before


class ChargeLine(Model):
    """What a team, key, cost centre or environment is charged."""

    name: str
    key_id: str | None = Field(description="Null for a group.")
    keys: Count = Field(description="Keys that lived in the period or made requests, revoked ones included.")
    request_count: Count
    test_request_count: Count = Field(description="Those of keys declared as test.")
    share_percent: Percent = Field(description="Part of the total.")
    amount: str | None = Field(description="Null where no amount was given.")
    cost_per_1000: str | None = Field(description="Null without an amount or requests.")


class ChargeRest(Model):
    """What the listed lines leave out; lines + rest = total."""

    rows: Count
    request_count: Count
    amount: str | None


class ChargeCorrection(Model):
    """What a closed period should have charged besides, because usage of it arrived later."""

    period: str
    name: str
    key_id: str | None
    amount: str
    due: str | None = Field(description="Its line and all its corrections; null where no amount was given.")


class PricedTier(Model):
    """The requests that fell into a tier, all months of the period together."""

    up_to: Count | None = Field(description="Of a month's requests; null for all that come after.")
    unit_price: str
    request_count: Count


class ChargebackReport(Answer):
    """The answer of `chargeback_report`."""

    currency: str
    group_by: ChargeGroup
    method: ChargeMethod
    terms: str = Field(description="What was asked beyond the defaults, then what edgedns.toml says.")
    weights: dict[str, str] = Field(description="What a request to an endpoint or pattern counts; to others, 1.")
    tiers: tuple[PricedTier, ...] = Field(description="Graduated prices, by which each month was priced as a whole.")
    total: str | None = Field(description="The invoice; null where no amount was given.")
    allocated: str | None = Field(description="To keys that are known; allocated + unattributed = total.")
    unattributed: str | None = Field(description="To use by unknown keys or by none.")
    difference: str | None = Field(description="total - allocated - unattributed; always 0.")
    rounded_units: Count | None = Field(description="Minor units that rounding gave to the largest remainders.")
    request_count: Count = Field(description="Of all keys and of none.")
    test_request_count: Count
    unattributed_request_count: Count | None = Field(description="Null where the source cannot know.")
    rows: Count = Field(description="How many groups or keys share the total, listed or not.")
    lines: tuple[ChargeLine, ...] = Field(description="The largest first, what is unattributed last.")
    rest: ChargeRest
    days: Count | None = Field(description="Days of the period up to now; null where EdgeDNS states no dates.")
    observed_days: Count | None
    coverage_percent: Percent | None = Field(description="observed_days in percent of days.")
    corrections: tuple[ChargeCorrection, ...] = Field(description="Of closed periods, charged beside the lines.")
    correction_rows: Count = Field(description="How many there are, listed or not.")
    corrected: str | None = Field(description="Their sum: 0 unless the price made the total; null without any.")
    closed_at: datetime | None = Field(description="When the period was closed; null while figures may change.")
    closed_by: str | None = Field(description="The version of edgedns-mcp that closed it.")
    is_what_if: bool = Field(
        default=False, description="Whether the period is closed, with other terms than asked for."
    )
    notes: tuple[str, ...]
    file: str = Field(description="The CSV or FOCUS file; empty with format=table, or where it does not fit.")
    command: str = Field(description="The command that writes the file with every line; empty with format=table.")
