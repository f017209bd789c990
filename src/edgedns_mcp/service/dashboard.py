"""Everything that the page shows in a file: the answers of the tools about one period, whole."""

from collections.abc import Awaitable
from typing import TypeVar

from edgedns_mcp.errors import UsageError
from edgedns_mcp.models import (
    EVERY_FINDING,
    EVERY_LINE,
    AnomalyQuery,
    ChargebackQuery,
    CompareQuery,
    Dashboard,
    DashboardQuery,
    HistoryQuery,
    KeyQuery,
    KeySheet,
    Unanswered,
    UsageQuery,
    UsageReport,
)
from edgedns_mcp.service.anomalies import find_anomalies
from edgedns_mcp.service.chargeback import chargeback_report
from edgedns_mcp.service.compare import compare_usage
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.history import Days, days_of_keys
from edgedns_mcp.service.key import every_key
from edgedns_mcp.service.usage import usage_by_key

PAGE = 100
ENDPOINTS = 5  # of each key: 1,000 keys stay below what mail takes
Answered = TypeVar("Answered")


async def dashboard(desk: Desk, query: DashboardQuery) -> Dashboard:
    """Ask everything about a period; what has no answer of its own says why.

    Raises:
        UsageError: there is no answer to who used what.
    """
    asked = query.model_dump()
    changes = CompareQuery(**asked, limit=PAGE)
    findings = AnomalyQuery(**asked, limit=EVERY_FINDING)
    charges = ChargebackQuery(**asked, limit=EVERY_LINE)
    days = await _told(days_of_keys(desk, HistoryQuery(**asked, group_by="key", limit=EVERY_LINE)))
    return Dashboard(
        usage_by_key=await _every_page(desk, UsageQuery(**asked, limit=PAGE, top_endpoints=0)),
        usage_history=days.report if isinstance(days, Days) else days,
        compare_usage=await _told(compare_usage(desk, changes)),
        find_anomalies=await _told(find_anomalies(desk, findings, fits_a_host=False)),
        chargeback_report=await _told(chargeback_report(desk, charges, fits_a_host=False)),
        keys=await _sheets(desk, KeyQuery(**asked, key="", top_endpoints=ENDPOINTS), days),
    )


async def _every_page(desk: Desk, query: UsageQuery) -> UsageReport:
    first = page = await usage_by_key(desk, query)
    keys, bounds = list(first.keys), dict(first.bounds.rows) if first.bounds else {}
    while page.next_cursor:
        page = await usage_by_key(desk, query.model_copy(update={"cursor": page.next_cursor}))
        keys += page.keys
        bounds |= page.bounds.rows if page.bounds else {}
    rest = first.rest.model_copy(update={"rows": 0, "request_count": 0, "error_count": 0})
    known = first.bounds and first.bounds.model_copy(update={"rows": bounds})
    return first.model_copy(update={"keys": tuple(keys), "rest": rest, "bounds": known, "next_cursor": ""})


async def _told(question: Awaitable[Answered]) -> Answered | Unanswered:
    try:
        return await question
    except UsageError as exc:
        return Unanswered(wrong=str(exc))


async def _sheets(desk: Desk, query: KeyQuery, days: Days | Unanswered) -> dict[str, KeySheet]:
    sheets = {
        one.keys[0].key_id: KeySheet.of(one.keys[0], one.summary, one.notes) for one in await every_key(desk, query)
    }
    if isinstance(days, Unanswered):
        return sheets
    return {
        key_id: sheet.model_copy(update={"errors": days.errors.get(key_id, ()), "usual": days.usual.get(key_id)})
        for key_id, sheet in sheets.items()
    }
