"""Open findings that a key audit cannot pass over: spikes and woken keys of high severity, not acknowledged."""

from collections.abc import Sequence

from edgedns_mcp.domain.anomalies.incidents import OF_KEYS, SEVERITIES
from edgedns_mcp.domain.cells import NOTHING
from edgedns_mcp.domain.governance.subject import Subject
from edgedns_mcp.domain.periods import DAY
from edgedns_mcp.models import Reason, Sign, Window
from edgedns_mcp.service.signs import sign_of
from edgedns_mcp.service.watching import Asked as Searched
from edgedns_mcp.service.watching import watch
from edgedns_mcp.sources.base import UsageView

SEVERE = ("high", "critical")
KINDS = ("spike", "dormant")  # what else there is, other rules tell


def open_findings(view: UsageView, asked: Searched, subjects: Sequence[Subject]) -> dict[str, Reason]:
    """Give the most severe open finding of each key that has one, high or critical."""
    if not view.observed():
        return {}
    seen, known = watch(view, asked), view.acknowledged()
    found: dict[str, Sign] = {}
    for one in seen.incidents([subject.key_id for subject in subjects], OF_KEYS):
        sign = sign_of(seen, one, asked.severity)
        if sign.finding_id in known or sign.kind not in KINDS or sign.severity not in SEVERE:
            continue
        if one.key_id not in found or _weight(sign) > _weight(found[one.key_id]):
            found[one.key_id] = sign
    return {key_id: _reason(view, key_id, sign) for key_id, sign in found.items()}


def _weight(sign: Sign) -> int:
    return SEVERITIES.index(sign.severity)


def _reason(view: UsageView, key_id: str, sign: Sign) -> Reason:
    made = view.totals(Window(start=sign.start, end=sign.end, period="a finding")).get(key_id, NOTHING)
    days = -((sign.start - sign.end) // DAY)
    words = sign.severity, sign.kind, sign.finding_id
    return Reason("open_finding", at=sign.start, days=days, number=made.requests, words=words)
