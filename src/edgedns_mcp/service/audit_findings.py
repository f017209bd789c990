"""Open findings that a key audit cannot pass over: spikes and woken keys of high severity, not acknowledged."""

from collections.abc import Sequence
from datetime import timedelta

from edgedns_mcp.domain.anomalies.incidents import SEVERITIES
from edgedns_mcp.domain.cells import NOTHING
from edgedns_mcp.domain.governance.subject import Subject
from edgedns_mcp.domain.governance.suspects import is_suspect
from edgedns_mcp.domain.periods import DAY, floor_hour
from edgedns_mcp.models import Reason, Sign, Window
from edgedns_mcp.service.signs import signs_of
from edgedns_mcp.service.watching import Asked as Searched
from edgedns_mcp.sources.base import UsageView

LOOKED_AT_DAYS = 90
MOST_SUSPECTS = 5  # searched closely; those with most requests
KINDS = ("spike", "dormant")  # what else there is, other rules tell


def open_findings(view: UsageView, asked: Searched, subjects: Sequence[Subject]) -> dict[str, Reason]:
    """Give the most severe open finding of each key that has one, high or critical."""
    if not view.observed():
        return {}
    suspects = _suspects(view, asked, subjects)
    signs = signs_of(view, asked, [one.key for one in suspects])
    found: dict[str, Reason] = {}
    for key_id, sign in signs.items():
        told = [one for one in sign.findings if one.kind in KINDS and one.severity in ("high", "critical")]
        if told:
            found[key_id] = _reason(view, key_id, max(told, key=lambda one: SEVERITIES.index(one.severity)))
    return found


def _suspects(view: UsageView, asked: Searched, subjects: Sequence[Subject]) -> list[Subject]:
    end = floor_hour(asked.now)
    edges = [end - timedelta(days=day) for day in range(LOOKED_AT_DAYS, -1, -1)]
    counts = view.series(edges).requests
    found = [one for one in subjects if one.requests and is_suspect(counts.get(one.key_id, ()))]
    return sorted(found, key=lambda one: (-one.requests, one.key_id))[:MOST_SUSPECTS]


def _reason(view: UsageView, key_id: str, sign: Sign) -> Reason:
    made = view.totals(Window(start=sign.start, end=sign.end, period="a finding")).get(key_id, NOTHING)
    days = -((sign.start - sign.end) // DAY)
    words = sign.severity, sign.kind, sign.finding_id
    return Reason("open_finding", at=sign.start, days=days, number=made.requests, words=words)
