"""What the page shows where no host answers it: answers of the tools, under their names."""

from collections.abc import Mapping
from datetime import datetime

from edgedns_mcp.models.answers import KeyDetail, UsageReport
from edgedns_mcp.models.chargeback import ChargebackReport
from edgedns_mcp.models.comparison import CompareReport
from edgedns_mcp.models.facts import Count, Model, Percent
from edgedns_mcp.models.findings import AnomalyReport
from edgedns_mcp.models.history import HistoryReport, UsualRange
from edgedns_mcp.models.signs import KeySigns


class DashboardQuery(Model):
    """The window that a dashboard is about."""

    period: str = "current"
    start: str = ""
    end: str = ""


class Unanswered(Model):
    """A question that had no answer, and why."""

    wrong: str


class KeySheet(Model):
    """What `key_details` tells of one key beyond its line in the ranking."""

    summary: str
    notes: tuple[str, ...]
    share_percent: Percent | None
    rank: Count | None
    endpoints: Count
    other_endpoint_requests: Count
    endpoint_distribution: dict[str, Count]
    requests_per_day: float | None
    last_activity: datetime | None
    created_at: datetime | None
    expires_at: datetime | None
    revoked_at: datetime | None
    signs: KeySigns | None
    errors: tuple[Count | None, ...] = ()  # in each bucket of usage_history
    usual: UsualRange | None = None

    @classmethod
    def of(cls, key: KeyDetail, summary: str, notes: tuple[str, ...]) -> "KeySheet":
        """Take of a key what its line does not have."""
        told = {name: getattr(key, name) for name in cls.model_fields if name in KeyDetail.model_fields}
        return cls(summary=summary, notes=notes, **told)


class Dashboard(Model):
    """The answers that are shown, and a sheet for each key, by key_id."""

    usage_by_key: UsageReport
    usage_history: HistoryReport | Unanswered
    compare_usage: CompareReport | Unanswered
    find_anomalies: AnomalyReport | Unanswered
    chargeback_report: ChargebackReport | Unanswered
    keys: Mapping[str, KeySheet]
