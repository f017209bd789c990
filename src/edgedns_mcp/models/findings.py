"""The answer of `find_anomalies`: what keys did that they never did, with the evidence, and what was not tested."""

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from edgedns_mcp.models.answers import Answer
from edgedns_mcp.models.facts import Count, Environment, Model, Percent
from edgedns_mcp.models.questions import Filters
from edgedns_mcp.models.signs import FindingKind, Severity

KindChoice = Literal["all", "spike", "dormant", "environment", "error_burst", "endpoint_shift", "silence", "budget"]
Sensitivity = Literal["strict", "normal", "keen"]
FindingBucket = Literal["day", "hour"]
EVERY_FINDING = 1_000_000  # a limit that lists all


class AnomalyQuery(Filters):
    """The arguments of `find_anomalies`."""

    period: str = "7d"
    start: str = ""
    end: str = ""
    key: str = ""
    kind: KindChoice = "all"
    sensitivity: Sensitivity = "normal"
    bucket: FindingBucket = "day"
    limit: Annotated[int, Field(ge=1)] = 8


class FindingRow(Model):
    """One incident of one key. Expected figures, ratio and record are of the bucket in which it was worst."""

    finding_id: str = Field(description="The same whenever asked, for one timezone and bucket.")
    kind: FindingKind
    severity: Severity
    key_id: str = Field(description="Empty for the budget of a team, or of all keys.")
    name: str
    environment: Environment
    team: str
    start: datetime
    end: datetime = Field(description="Exclusive.")
    what: str = Field(description="Finished sentences with the evidence; can be forwarded as they are.")
    next_step: str
    request_count: Count = Field(description="From start to end.")
    error_count: Count | None
    error_percent: Percent | None
    usual_error_percent: Percent | None
    worst_start: datetime = Field(description="When the worst bucket, or the gap between two readings, began.")
    worst_count: Count
    expected_count: float | None = Field(description="What such a bucket usually has, the team's day included.")
    expected_low: Count | None = Field(description="95 % of such buckets lie between this and expected_high.")
    expected_high: Count | None
    ratio: float | None = Field(description="worst_count / expected_count.")
    record_count: Count | None = Field(description="Highest bucket of the 120 days before, by hours of 28.")
    record_start: datetime | None
    history_days: Count
    team_ratio: float | None = Field(description="How many times their usual the team's other keys did.")
    team_peers: Count
    quiet_days: Count | None = Field(description="Observed days without a request before; of a dormant key.")
    wrong_environments: Mapping[str, Count] = Field(description="Requests seen where the key does not belong.")
    endpoint_distribution: Mapping[str, Count] = Field(description="Requests of the top endpoints, most first.")
    new_endpoints: Mapping[str, Count] = Field(description="Requests to endpoints it had not called before.")
    budget: str | None = Field(
        default=None, description="What a budget allows a month; null for other kinds, as budget_percent."
    )
    budget_percent: int | None = Field(
        default=None, description="The threshold that was reached; request_count is since the month."
    )
    also: tuple[FindingKind, ...] = Field(description="Other signs of the same incident.")


class Notice(Model):
    """What an address is told of a finding."""

    text: str = Field(description="What Slack, Mattermost and Teams show.")
    finding: FindingRow


class Told(Model):
    """How many findings an address was told of, and what went wrong."""

    count: Count = 0
    troubles: tuple[str, ...] = ()
    untested: str = Field(default="", description="Why nothing could be searched yet.")


class Tested(Model):
    """How far one kind of finding could be looked for."""

    kind: FindingKind
    keys: Count = Field(description="Keys that were tested.")
    untested_keys: Count
    why: str = Field(description="Why the others could not be.")


class AnomalyReport(Answer):
    """The answer of `find_anomalies`."""

    filters: str = Field(description="What was asked beyond the defaults.")
    bucket: FindingBucket
    total_keys: Count = Field(description="Keys looked at.")
    finding_count: Count = Field(description="All findings in the window, listed or not, without hidden ones.")
    findings: tuple[FindingRow, ...] = Field(description="The most severe first.")
    tested: tuple[Tested, ...]
    acknowledged_count: Count = Field(description="Findings hidden because somebody acknowledged them.")
    planned_keys: Count = Field(description="Keys with planned times in the window, which are not findings.")
    notes: tuple[str, ...]
