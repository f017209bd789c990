"""A closed answer as it was written; where a key was forgotten since, written anew of what was kept of it."""

from edgedns_mcp.domain.closed_lines import USUAL_LINES, cut
from edgedns_mcp.models import ChargeGroup, Closed, ClosedView
from edgedns_mcp.render.charge_csv import chargeback_csv
from edgedns_mcp.render.chargeback import chargeback_summary, chargeback_words
from edgedns_mcp.render.focus import focus_csv, focus_rows
from edgedns_mcp.service.charge_notes import said
from edgedns_mcp.service.charge_report import terms_words


def view_of(closed: Closed, by: ChargeGroup) -> ClosedView:
    """Give the closed answer grouped like this."""
    view = closed.views[by]
    if view.words:
        return view
    told = {"terms": terms_words(closed.asked, closed.standing), "notes": tuple(map(said, view.notes))}
    report = view.report.model_copy(update=told)
    report = report.model_copy(update={"summary": chargeback_summary(report, is_running=False)})
    brief = cut(report, USUAL_LINES)
    written = {
        "report": report,
        "words": chargeback_words(report),
        "brief": chargeback_words(brief) if brief.rest.rows else "",
        "csv": chargeback_csv(report),
    }
    return view.model_copy(update=written)


def focus_of(closed: Closed) -> str:
    """Give the FOCUS file of a closed period."""
    report = closed.views[closed.terms.group_by].report
    return closed.focus or focus_csv(focus_rows(report, closed.rows, closed.account))
