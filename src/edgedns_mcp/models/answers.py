"""Answers: what every face shows. Percentages have one decimal; a field is always there, null where unknown."""

from datetime import datetime
from typing import Literal

from pydantic import Field

from edgedns_mcp.models.facts import Count, Environment, Model, Percent
from edgedns_mcp.models.questions import GroupBy
from edgedns_mcp.models.signs import KeySigns
from edgedns_mcp.models.teams import TeamsStatus

SourceName = Literal["edgedns", "local", "demo", "clickhouse"]


class Standing(Model):
    """A key or a group in the ranking, as far as a sentence needs it."""

    name: str
    environment: Environment
    requests: Count
    share_percent: Percent
    errors: Count | None
    error_percent: Percent | None


class Highlights(Model):
    """What stands out in a report, found by arithmetic and worded elsewhere."""

    first: Standing | None = Field(description="The first in the order that was asked for.")
    leaders: tuple[Standing, ...]
    ranked: Count
    tied: Count = Field(description="How many share the first place.")
    leaders_share_percent: Percent
    worst: Standing | None
    test_leader: Standing | None


class Bounds(Model):
    """How far figures are from exact, where a count reaches over an end of the window or a counter was reset.

    The figures of the answer are then the least there were.
    """

    request_count_max: Count | None = Field(description="Most requests of all keys in totals; null if unknown.")
    unattributed_max: Count | None = Field(description="Most unattributed requests; null if unknown.")
    rows: dict[str, Count | None] = Field(description="The most of each listed row that is not exact; null if unknown.")


class Answer(Model):
    """What every answer carries: the finished sentence, then the scope it is true for."""

    summary: str = Field(description="Finished sentences with the exact figures; can be forwarded as they are.")
    source: SourceName
    period: str
    window_start: datetime | None = Field(description="Inclusive; null where EdgeDNS does not state it.")
    window_end: datetime | None = Field(description="Exclusive; null where EdgeDNS does not state it.")
    timezone: str
    now: datetime
    data_from: datetime | None
    data_to: datetime | None
    complete: bool | None = Field(description="Whether the data covers the whole window; null if unknowable.")
    age_s: Count = Field(description="Age of the figures in seconds.")
    bounds: Bounds | None = Field(default=None, description="Null where every figure is exact.")


class KeyRow(Model):
    """One key's line."""

    key_id: str
    name: str
    environment: Environment
    team: str
    request_count: Count
    share_percent: Percent = Field(description="Part of the total requests.")
    error_count: Count | None = Field(description="Responses with status 400 or above.")
    error_percent: Percent | None = Field(description="Null without requests.")
    last_activity: datetime | None = Field(description="Last request before the window's end.")
    endpoint_distribution: dict[str, Count] = Field(description="Requests of its top endpoints, most first.")


class GroupRow(Model):
    """One line of an answer grouped by team, environment or endpoint."""

    name: str
    keys: Count
    request_count: Count
    share_percent: Percent
    error_count: Count | None
    error_percent: Percent | None
    last_activity: datetime | None


class Totals(Model):
    """Sums over every key that matches the filters, listed or not."""

    keys: Count
    request_count: Count
    error_count: Count | None
    error_percent: Percent | None
    live_requests: Count
    test_requests: Count
    unknown_requests: Count
    idle_keys: Count = Field(description="Keys without a request in the window.")


class Rest(Model):
    """What the rows of this page leave out; rows + rest = totals."""

    rows: Count
    request_count: Count
    error_count: Count | None


class Unattributed(Model):
    """Requests of no active key; not part of totals."""

    request_count: Count
    revoked: Count
    unknown_key: Count
    no_key: Count


class AccountCheck(Model):
    """EdgeDNS's own total of the account beside the sum of its active keys, both of one time."""

    taken_at: datetime
    request_count: Count = Field(description="Of the account in its billing period.")
    keys_request_count: Count = Field(description="Of its active keys, read right before.")
    unattributed_request_count: Count | None = Field(description="The rest; null where the total lies below the keys.")


class UsageReport(Answer):
    """The answer of `usage_by_key`."""

    filters: str = Field(description="What was asked beyond the defaults; first_rank where the rows start below 1.")
    group_by: GroupBy
    total_keys: Count = Field(description="Active keys, whatever the filters.")
    totals: Totals
    top_endpoints: dict[str, Count]
    keys: tuple[KeyRow, ...]
    groups: tuple[GroupRow, ...]
    rest: Rest
    unattributed: Unattributed | None = Field(description="Null where filters select keys or the source cannot know.")
    account: AccountCheck | None = Field(description="Null where filters select, or EdgeDNS told no account total.")
    notes: tuple[str, ...]
    next_cursor: str = Field(description="Pass as cursor for the next page; empty on the last.")


class KeyDetail(KeyRow):
    """One key in full."""

    share_percent: Percent | None = Field(description="Part of the requests of all active keys; null if revoked.")  # pyright: ignore[reportIncompatibleVariableOverride] - a revoked key is part of no total
    rank: Count | None = Field(description="Place among the active keys; null if revoked.")
    endpoints: Count = Field(description="How many endpoints it called.")
    other_endpoint_requests: Count = Field(description="Requests to endpoints not listed.")
    requests_per_day: float | None = Field(description="Mean over the observed part of the window.")
    created_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    signs: KeySigns | None = Field(description="Null for candidates, and where nothing was recorded of any time.")


class KeyReport(Answer):
    """The answer of `key_details`: the key that was meant, or the candidates."""

    matched_by: Literal["id", "name", "last_four", "part", "several"]
    matching_keys: Count = Field(description="How many keys match, listed or not.")
    keys: tuple[KeyDetail, ...]
    request_count: Count = Field(description="Sum over the keys listed.")
    error_count: Count | None
    total_request_count: Count = Field(description="Requests of all active keys in the window.")
    total_keys: Count
    notes: tuple[str, ...]


class Setting(Model):
    """One thing that is not configured, and what would configure it."""

    what: str
    fix: str


class StatusReport(Model):
    """The answer of `server_status`."""

    summary: str
    version: str
    source: SourceName
    chosen_because: str
    timezone: str
    now: datetime
    data_from: datetime | None
    data_to: datetime | None
    age_s: Count | None = Field(description="Seconds since the newest figure; null without data.")
    gaps: Count = Field(description="Stretches inside the data that no feed observed.")
    total_keys: Count
    request_count: Count = Field(description="Requests stored, or in the last reading.")
    rejected_lines: Count
    unattributed_percent: Percent | None = Field(
        description="Part of all requests stored that belongs to no active key; null where that is not known."
    )
    size_bytes: Count | None = Field(description="Of the database.")
    readings: Count
    recording: str = Field(description="Whether and how often EdgeDNS's counters are recorded.")
    calls_spent: Count = Field(description="Calls to EdgeDNS since the server started.")
    account_total: str = Field(description="What came of asking EdgeDNS for the account's total and quota.")
    key_dates: str = Field(description="What came of asking EdgeDNS when keys were made, expire and were last used.")
    last_error: str
    database: str
    config: str = Field(description="The edgedns.toml that was read; empty where there is none.")
    teams: TeamsStatus
    versions: dict[str, str]
    not_configured: tuple[Setting, ...]
