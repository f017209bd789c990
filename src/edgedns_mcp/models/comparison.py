"""The answer of `compare_usage`: two windows, and what each row adds to the change between them."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from edgedns_mcp.models.answers import Answer, Bounds
from edgedns_mcp.models.facts import Count, Environment, Model, Percent
from edgedns_mcp.models.questions import GroupBy

Status = Literal["new", "gone", "woken", "grown", "shrunk", "same", "idle"]


class Baseline(Model):
    """The window that the answer's own window is compared with."""

    period: str
    window_start: datetime | None
    window_end: datetime | None
    complete: bool | None = Field(description="Whether all of it was observed; null if unknowable.")
    observed_percent: Percent | None = Field(description="How much of it was observed; null if unknowable.")
    same_part: bool = Field(description="It ends early, as the running window does: like is compared with like.")


class Compared(Model):
    """Requests and errors in the window and in the baseline; change = request_count - baseline_request_count."""

    request_count: Count
    baseline_request_count: Count
    change: int
    change_percent: float | None = Field(description="Null where the baseline is 0.")
    error_count: Count | None
    baseline_error_count: Count | None
    error_percent: Percent | None
    baseline_error_percent: Percent | None


class ComparedRow(Compared):
    """One key or group; key_id, environment and team are null for a group."""

    name: str
    key_id: str | None
    environment: Environment | None
    team: str | None
    status: Status = Field(
        description="new: no use known before the baseline's end. gone: used in the baseline only. woken: used before "
        "the baseline, not in it, and now."
    )
    contribution_percent: float | None = Field(description="Part of the total change; null where that is 0.")
    revoked_at: datetime | None
    rotated_from: tuple[str, ...] = Field(description="Its predecessors, by key_id; their requests count here.")


class Left(Model):
    """Requests that no listed row has."""

    request_count: Count
    baseline_request_count: Count
    change: int


class RestOfChange(Left):
    """What the rows of this page leave out; rows + rest = total."""

    rows: Count


class PerDay(Model):
    """Mean requests per day of each window."""

    request_count: float
    baseline_request_count: float
    change_percent: float | None


class EndpointShift(Model):
    """An endpoint whose share of the requests moved."""

    endpoint: str
    baseline_share_percent: Percent
    share_percent: Percent
    points: float = Field(description="Percentage points between the two.")


class ChangeBounds(Model):
    """Between what and what the total change lies; null where nobody knows."""

    least: int | None
    most: int | None


class CompareReport(Answer):
    """The answer of `compare_usage`."""

    observed_percent: Percent | None = Field(description="How much of the window was observed; null if unknowable.")
    baseline: Baseline
    filters: str = Field(description="What was asked beyond the defaults; first_rank where the rows start below 1.")
    group_by: GroupBy
    keys: Count = Field(description="Keys that existed or made requests in either window, revoked ones included.")
    total: Compared
    per_day: PerDay | None = Field(description="Where the windows differ in length and both are complete; else null.")
    change_bounds: ChangeBounds | None = Field(description="Null where every figure is exact.")
    baseline_bounds: Bounds | None
    statuses: dict[Status, Count] = Field(description="How many keys are new, gone, and so on.")
    new: tuple[str, ...] = Field(description="The first ten, as are gone, woken and rotated.")
    gone: tuple[str, ...]
    woken: tuple[str, ...]
    rotated: tuple[str, ...] = Field(description="Keys that took over from another: neither new nor gone.")
    rows: tuple[ComparedRow, ...] = Field(description="By the size of their change.")
    rest: RestOfChange
    unattributed: Left | None = Field(
        description="Requests of unknown keys or of none, in no other figure; null where filters select keys."
    )
    endpoint_shifts: tuple[EndpointShift, ...]
    notes: tuple[str, ...]
    next_cursor: str = Field(description="Pass as cursor for the next page; empty on the last.")
