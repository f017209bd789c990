"""The answer of `usage_history`: a row of buckets, gaps left open."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from edgedns_mcp.models.answers import Answer, Rest
from edgedns_mcp.models.facts import Count, Environment, Model, Percent
from edgedns_mcp.models.questions import BucketSize, HistoryGroup

Observed = Literal["yes", "part", "no"]


class Bucket(Model):
    """One hour, day, week or month, as the zone of the question counts them."""

    label: str = Field(description="Its name in the timezone of the answer; a week goes by its Monday.")
    start: datetime
    request_count: Count | None = Field(description="Null where nothing was observed.")
    error_count: Count | None
    observed: Observed = Field(description="part: cut by an end of the window, still running, or with a gap.")


class Place(Model):
    """A bucket that stands out, and its requests."""

    label: str
    request_count: Count


class LastBucket(Place):
    """The last full bucket beside the others."""

    mean_of_others: float
    change_percent: float | None = Field(description="Against that mean; null where it is 0.")


class HistoryRow(Model):
    """One key or group, bucket by bucket; key_id, environment and team are null for a group."""

    name: str
    key_id: str | None
    environment: Environment | None
    team: str | None
    request_count: Count
    share_percent: Percent = Field(description="Part of the total requests.")
    error_count: Count | None
    counts: tuple[Count | None, ...] = Field(description="Requests in each bucket.")


class UsualRange(Model):
    """Between which counts 95% of such days lie, by what the key did before; null on days of which nobody can tell."""

    low: tuple[Count | None, ...]
    high: tuple[Count | None, ...]


class HistoryReport(Answer):
    """The answer of `usage_history`."""

    filters: str = Field(description="What was asked beyond the defaults.")
    matched_by: Literal["id", "name", "last_four", "part", "several"] | None = Field(
        description="By what the named key was found; null where none was named."
    )
    group_by: HistoryGroup
    bucket: BucketSize
    keys: Count = Field(description="Keys that existed or made requests in the window, revoked ones included.")
    idle_keys: Count = Field(description="Those without a request in it.")
    request_count: Count
    error_count: Count | None
    error_percent: Percent | None
    unplaced_request_count: Count = Field(
        description="In request_count and in no bucket: counts that reach over an edge between buckets."
    )
    full_buckets: Count = Field(description="Wholly observed, neither cut nor running, and exact.")
    mean_per_full_bucket: float | None
    highest: Place | None = Field(description="Among the full buckets, as is lowest.")
    lowest: Place | None
    last_full: LastBucket | None = Field(description="Null below three full buckets.")
    buckets: tuple[Bucket, ...]
    usual: UsualRange | None = Field(
        default=None, description="For each bucket; null unless asked for one key, by days."
    )
    series: tuple[HistoryRow, ...] = Field(description="Empty where neither rows nor a key were asked for.")
    rest: Rest | None = Field(description="What series leaves out; series + rest = request_count. Null without series.")
    unattributed_request_count: Count | None = Field(
        description="Requests of unknown keys or of none, in no other figure; null where filters select keys."
    )
    notes: tuple[str, ...]
