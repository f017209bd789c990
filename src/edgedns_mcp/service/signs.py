"""What a key's figures say of it: which findings are open, and why its most unusual day is none."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.anomalies.incidents import OF_KEYS, Incident, finding_id, is_live, severity
from edgedns_mcp.domain.anomalies.spikes import Trial
from edgedns_mcp.domain.anomalies.tested import why_not
from edgedns_mcp.domain.anomalies.watched import Watched
from edgedns_mcp.models import Key, KeySigns, SeverityTable, Sign, Unflagged
from edgedns_mcp.render.findings import why_not_flagged
from edgedns_mcp.service.watching import Asked, Watch, watch_with_mates
from edgedns_mcp.sources.base import UsageView

MOST_DAYS = 92  # looked at for the most unusual one


def signs_of(view: UsageView, asked: Asked, keys: Sequence[Key]) -> Mapping[str, KeySigns]:
    """Give the signs of these keys by id; none where nothing was recorded of any time."""
    if not (keys and view.observed()):
        return {}
    seen = watch_with_mates(view, asked, keys)
    incidents = seen.incidents([key.key_id for key in keys], OF_KEYS)
    return {
        key.key_id: _signs(seen, asked, [one for one in incidents if one.key_id == key.key_id], key) for key in keys
    }


def _signs(seen: Watch, asked: Asked, incidents: Sequence[Incident], key: Key) -> KeySigns:
    hidden = seen.view.acknowledged()
    signs = [sign_of(seen, one, asked.severity) for one in incidents]
    days = {at for one in incidents for at in range(one.first, one.last + 1)}
    found = tuple(one for one in signs if one.finding_id not in hidden)
    lacking = dict(zip(OF_KEYS, why_not(seen.reach(OF_KEYS), OF_KEYS, key.key_id), strict=True))
    return KeySigns(
        findings=found,
        acknowledged_count=len(signs) - len(found),
        unflagged=_unflagged(seen, asked, seen.search.keys[key.key_id], days),
        tested=tuple(kind for kind in OF_KEYS if not lacking[kind]),
        untested={kind: why for kind, why in lacking.items() if why},
    )


def sign_of(seen: Watch, incident: Incident, table: SeverityTable) -> Sign:
    """Tell of an incident in brief."""
    edges, key = seen.edges, seen.keys[incident.key_id]
    return Sign(
        finding_id=finding_id(key.key_id, incident.kind, seen.epochs[incident.first]),
        kind=incident.kind,
        severity=severity(incident, table, live=is_live(incident, key)),
        start=edges[incident.first],
        end=edges[incident.last + 1],
    )


def _unflagged(seen: Watch, asked: Asked, key: Watched, told: Collection[int]) -> Unflagged | None:
    first, detector = max(seen.first, seen.end - MOST_DAYS), seen.search.detector
    tried = [(at, detector.tried(key, at)) for at in range(first, seen.end) if at not in told and key.counts[at]]
    if not tried:
        return None
    at, trial = max(
        tried, key=lambda one: (one[1].requests / one[1].mean if one[1].mean else 0.0, one[1].requests, -one[0])
    )
    return _told(seen.edges[at], detector.ranged(key, at, trial), asked.zone)


def _told(start: datetime, trial: Trial, zone: ZoneInfo) -> Unflagged:
    mean = round(trial.mean, 1) if trial.mean else None
    found = Unflagged(
        start=start,
        gate=trial.gate,
        bar=trial.bar,
        request_count=trial.requests,
        expected_count=mean,
        expected_low=trial.low if mean else None,
        expected_high=trial.high if mean else None,
        ratio=round(trial.requests / trial.mean, 1) if mean else None,
        record_count=round(trial.record) if mean or trial.is_young else None,
        team_ratio=round(trial.team, 1) if trial.peers else None,
        history_days=trial.history_days,
        why="",
    )
    return found.model_copy(update={"why": why_not_flagged(found, zone)})
