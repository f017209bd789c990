"""The answer of `audit_keys`: what to do about which key, why, and what may break."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal, NamedTuple

from pydantic import Field

from edgedns_mcp.models.answers import Answer
from edgedns_mcp.models.facts import Count, Environment, Model, Percent
from edgedns_mcp.models.questions import PagedQuery

AuditAction = Literal["revoke", "rotate", "rename", "limit", "move", "repair"]
AuditChoice = Literal["all", "revoke", "rotate", "rename", "limit", "move", "repair"]
AuditReason = Literal[
    "open_finding",
    "revoked_but_used",
    "expired_but_used",
    "wrong_environment",
    "near_expiry",
    "over_budget",
    "error_heavy",
    "never_used",
    "dormant",
    "zero_in_window",
    "expired",
    "replaced_but_used",
    "several_services",
    "concentration",
    "name_conflict",
    "no_owner",
    "old",
    "duplicate_name",
    "limit_proposal",
]
AuditTest = Literal["use", "age", "expiry", "owner", "environment", "errors", "services", "limit"]
Urgency = Literal["high", "medium", "low"]
Effort = Literal["small", "medium", "large"]
DormantDays = Annotated[int, Field(ge=1, le=365)]
EVERY_ITEM = 1_000_000  # a limit that lists all


class Reason(NamedTuple):
    """Why something is to be done about a key; of the figures only what its kind has is there."""

    kind: AuditReason
    at: datetime | None = None
    days: int = 0
    number: int = 0
    percent: float | None = None
    words: tuple[str, ...] = ()


class AuditQuery(PagedQuery):
    """The arguments of `audit_keys`; figures are those of the last 30 days."""

    period: str = "30d"
    action: AuditChoice = "all"
    dormant_days: DormantDays = 30
    limit: Annotated[int, Field(ge=1)] = 10


class LimitProposal(Model):
    """A limit from a key's own history, held against that history, and a budget for a month."""

    per: Literal["hour", "day"]
    limit_count: Count = Field(description="Requests in each hour, or day.")
    p99_count: Count = Field(description="99 % of its hours, or days, of 28 days had at most so many.")
    record_count: Count = Field(description="The most of 28 days, a short burst left out.")
    tested: Count = Field(description="Hours, or days, of 90 days that the limit was tried on.")
    blocked: Count = Field(description="In how many of those it would have blocked requests.")
    blocked_in_burst: Count = Field(description="How many of these were of the burst that was left out.")
    burst_start: datetime | None = Field(description="Null without a burst.")
    monthly_budget: Count | None = Field(description="Requests in 30 days; null with less than 30 days of history.")
    budget_alerts: Mapping[str, Count] = Field(description="Requests at which to be told, by percent of the budget.")


class AuditItem(Model):
    """One thing to do about one key."""

    action: AuditAction
    urgency: Urgency
    effort: Effort
    key_id: str
    name: str
    environment: Environment
    team: str
    reasons: tuple[AuditReason, ...]
    also: tuple[AuditReason, ...] = Field(description="Other reasons about the key that this settles, too.")
    evidence: str = Field(description="Finished sentences; can be forwarded as they are.")
    next_step: str
    risk: str = Field(description="What doing it may break.")
    request_count: Count = Field(description="In the window.")
    share_percent: Percent = Field(description="Part of the requests of all active keys.")
    error_percent: Percent | None
    last_activity: datetime | None
    proposal: LimitProposal | None = Field(description="Null where no limit is proposed.")


class Concentration(Model):
    """How the requests of all active keys are spread over them, whatever the filters."""

    used_keys: Count
    top_key: str | None
    top_share_percent: Percent
    hhi: Count = Field(description="Sum of squared shares in percent: 10000 is one key alone.")
    equal_keys: float | None = Field(description="As if so many keys shared the requests equally.")


class Untested(Model):
    """What could not be tested, of how many keys, and what would mend it."""

    test: AuditTest
    keys: Count
    why: str
    fix: str


class AuditReport(Answer):
    """The answer of `audit_keys`."""

    filters: str = Field(description="What was asked beyond the defaults; first_rank where the list starts below 1.")
    dormant_days: int
    total_keys: Count = Field(description="Keys looked at: listed, healthy or unknown.")
    listed_keys: Count = Field(description="Keys with something to do, on this page or another.")
    healthy_keys: Count = Field(description="Keys that need nothing of what was asked and tested.")
    unknown_keys: Count = Field(description="Keys with nothing to do of which nobody knows whether they are used.")
    item_count: Count = Field(description="Things to do, on this page or another.")
    by_action: Mapping[AuditAction, Count]
    items: tuple[AuditItem, ...] = Field(description="The most urgent first, then the least effort.")
    concentration: Concentration
    untested: tuple[Untested, ...]
    notes: tuple[str, ...]
    next_cursor: str = Field(description="Pass as cursor for the next page; empty on the last.")
