"""What must be said beside a projection: what it cannot know, and what the quota covers."""

from collections.abc import Iterator

from edgedns_mcp.domain.forecast.habits import FEWEST_WEEKS, WEEK, WEEKDAYS_KNOWN
from edgedns_mcp.domain.teams import is_guessed
from edgedns_mcp.domain.usages import Usages
from edgedns_mcp.models import Coverage, ForecastQuery, QuotaSource
from edgedns_mcp.service.filters import TEAMS_GUESSED, selects_keys
from edgedns_mcp.service.projection import LEAST_DAYS, Projection

SHORTENED = "The list of keys was shortened to fit; ask for fewer."
NO_DAYS = (
    "EdgeDNS states sums of a billing period and no days, and fewer than two readings of it were recorded; leave this "
    "server running, or run edgedns-mcp record --every 1h: weekdays and a range are told from the fourth day on."
)
PACE = (
    f"Fewer than {LEAST_DAYS} days were observed, so the projection is the pace so far, without weekdays and without a "
    "range."
)
TOO_EARLY = f"Fewer than {LEAST_DAYS} days were observed and less than a day of this period, so nothing is projected."
NO_WEEKDAYS = f"With fewer than {WEEKDAYS_KNOWN} observed days, weekdays and weekends are taken as alike."
NO_GROWTH = f"With fewer than {FEWEST_WEEKS * WEEK} observed days, growth is not told from chance."
NO_MONTH_END = "No month's end was observed, so its days are taken as any others."
OF_ALL = "The quota is that of the whole account; only the selected keys are held against it here."
TEST_KEYS = "EdgeDNS gives test keys the free plan's quota; environment=live leaves them out."
UNCOUNTED = (
    "EdgeDNS counted {count} more requests for the account than these keys made; they count towards the quota, and are "
    "part of what is not listed."
)
SET_QUOTA = (
    "No quota is known: give monthly_quota, or set EDGEDNS_MONTHLY_QUOTA, or EDGEDNS_PLAN to free, developer, pro or "
    "enterprise."
)
DEMO_QUOTA = "The demo is made up, and so is its quota: the pro plan's 500000."


def notes(
    query: ForecastQuery, quota: QuotaSource, coverage: Coverage, seen: Projection, used: Usages
) -> Iterator[str]:
    """List what must be said."""
    yield from coverage.notes
    yield from _lacking(seen)
    if quota == "none":
        yield SET_QUOTA
    if quota == "demo":
        yield DEMO_QUOTA
    if quota != "none" and selects_keys(query):
        yield OF_ALL
    tested = any(
        member.environment == "test" and some for member, some in zip(used.members, used.requests, strict=True)
    )
    if quota in ("plan", "demo") and tested and query.environment == "all":
        yield TEST_KEYS
    if query.team and any(is_guessed(one.key) for one in used.members):
        yield TEAMS_GUESSED


def _lacking(seen: Projection) -> Iterator[str]:
    """Say what the history is too short for."""
    if seen.method != "habits":
        if not seen.prospect:
            yield NO_DAYS
        yield PACE if seen.method == "pace" else TOO_EARLY
        return
    days = seen.prospect.observed_days if seen.prospect else 0
    if days < WEEKDAYS_KNOWN:
        yield NO_WEEKDAYS
    if days < FEWEST_WEEKS * WEEK:
        yield NO_GROWTH
    if seen.prospect and not seen.prospect.has_seen_month_end:
        yield NO_MONTH_END
