"""What a key's figures say of it: findings in brief, and why its most unusual day is none."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from edgedns_mcp.models.facts import Count, Model

FindingKind = Literal["spike", "dormant", "environment", "error_burst", "endpoint_shift", "silence", "budget"]
Severity = Literal["low", "medium", "high", "critical"]
Gate = Literal["observed", "planned", "history", "effect", "record", "ratio", "rarity", "team", "passed"]


class Sign(Model):
    """A finding in brief; find_anomalies has its evidence."""

    finding_id: str
    kind: FindingKind
    severity: Severity
    start: datetime
    end: datetime = Field(description="Exclusive.")


class Unflagged(Model):
    """The most unusual day that is no spike, and the first gate that it did not pass."""

    start: datetime
    gate: Gate
    bar: float | None = Field(description="How high that gate is; null where it is no number.")
    request_count: Count
    expected_count: float | None
    expected_low: Count | None
    expected_high: Count | None
    ratio: float | None = Field(description="request_count / expected_count.")
    record_count: Count | None
    team_ratio: float | None
    history_days: Count
    why: str = Field(description="The reason in one sentence.")


class KeySigns(Model):
    """Findings about a key in the window, and why the rest is none."""

    findings: tuple[Sign, ...]
    acknowledged_count: Count = Field(description="Findings hidden because somebody acknowledged them.")
    unflagged: Unflagged | None = Field(description="Null where every used day is part of a finding, or none was used.")
    tested: tuple[FindingKind, ...] = Field(description="Kinds of findings that it was tested for.")
    untested: dict[FindingKind, str] = Field(description="Kinds that it could not be tested for, and why.")
