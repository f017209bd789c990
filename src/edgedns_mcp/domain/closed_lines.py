"""A closed answer with fewer lines than were kept of it."""

from edgedns_mcp.domain import money
from edgedns_mcp.models import ChargebackQuery, ChargebackReport, ChargeRest

USUAL_LINES = ChargebackQuery().limit


def cut(report: ChargebackReport, limit: int) -> ChargebackReport:
    """List only so many of all lines; lines + rest stay the total, and what is unattributed stays the last."""
    if limit >= report.rows:
        return report
    left = report.lines[limit : report.rows]
    rest = ChargeRest(
        rows=len(left),
        request_count=sum(line.request_count for line in left),
        amount=money.summed([line.amount or "0" for line in left]),
    )
    kept = {"lines": (*report.lines[:limit], *report.lines[report.rows :]), "rest": rest}
    return report.model_copy(update={**kept, "corrections": report.corrections[:limit]})
