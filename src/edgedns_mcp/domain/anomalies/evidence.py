"""From an incident to a finding: its figures, from what the key did then and what it did before."""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from edgedns_mcp.domain.anomalies.incidents import Incident, finding_id, is_live, severity
from edgedns_mcp.domain.anomalies.watched import Watched
from edgedns_mcp.domain.naming import PATH_LENGTH, shown_name, visible
from edgedns_mcp.domain.report import percent
from edgedns_mcp.domain.teams import team_of
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.models import SEVERITY, Cell, FindingRow, Key, SeverityTable

TOP_ENDPOINTS = 3


class Scene(NamedTuple):
    """Whose incident it is, the edges of the buckets (epoch seconds), its cells, and what was known of it before."""

    key: Key
    watched: Watched
    edges: Sequence[int]
    cells: Sequence[Cell]
    known_paths: Collection[str]
    usual_errors: float | None = None  # share of its requests


def finding_of(incident: Incident, scene: Scene, table: SeverityTable = SEVERITY) -> FindingRow:
    """Put the figures of an incident together; its sentences come later."""
    key, trial, edges = scene.key, incident.trial, scene.edges
    peak, mean = _worst(incident, scene), _expected(incident)
    record = scene.watched.highest(incident.first) if trial else None
    paths = _by_path(scene.cells)
    requests, errors = _made(incident, scene)
    usual = scene.usual_errors
    return FindingRow(
        finding_id=finding_id(key.key_id, incident.kind, edges[incident.first]),
        kind=incident.kind,
        severity=severity(incident, table, live=is_live(incident, key)),
        key_id=visible(key.key_id),
        name=shown_name(key),
        environment=key.environment,
        team=visible(team_of(key)),
        start=moment(edges[incident.first]),
        end=moment(edges[incident.last + 1]),
        what="",
        next_step="",
        request_count=requests,
        error_count=errors,
        error_percent=percent(errors, requests),
        usual_error_percent=None if usual is None else round(100 * usual, 1),
        worst_start=moment(edges[incident.peak]),
        worst_count=peak,
        expected_count=None if mean is None else round(mean, 1),
        expected_low=trial.low if trial and not trial.is_young else None,
        expected_high=trial.high if trial and not trial.is_young else None,
        ratio=round(peak / mean, 1) if mean else None,
        record_count=record[0] if record else None,
        record_start=moment(edges[record[1]]) if record else None,
        history_days=scene.watched.history_days(incident.peak),
        team_ratio=round(trial.team, 1) if trial and trial.peers else None,
        team_peers=trial.peers if trial else 0,
        quiet_days=incident.sleep.quiet_days if incident.sleep else None,
        wrong_environments=_wrong_environments(incident),
        endpoint_distribution=_top(paths),
        new_endpoints=_top({path: some for path, some in paths.items() if path not in scene.known_paths}),
        also=incident.also,
    )


def _made(incident: Incident, scene: Scene) -> tuple[int, int | None]:
    """Count what the key did from the first bucket to the last."""
    if incident.misplaced and incident.kind == "environment":
        return sum(one.requests for one in incident.misplaced), sum(one.errors for one in incident.misplaced)
    buckets = range(incident.first, incident.last + 1)
    counted = sum(scene.watched.counts[at] or 0 for at in buckets)
    together = sum(gap.requests for gap in scene.watched.gaps if gap.first in buckets and gap.last in buckets)
    return counted + together, sum(scene.watched.errors[at] or 0 for at in buckets)


def _worst(incident: Incident, scene: Scene) -> int:
    if incident.trial:
        return incident.trial.requests
    if incident.kind == "environment":
        return max(one.requests for one in incident.misplaced)
    return scene.watched.counts[incident.peak] or 0


def _expected(incident: Incident) -> float | None:
    if incident.silence:
        return incident.silence.mean
    return incident.trial.mean if incident.trial and not incident.trial.is_young else None


def _wrong_environments(incident: Incident) -> dict[str, int]:
    found: Counter[str] = Counter()
    for one in incident.misplaced if incident.kind == "environment" else ():
        found[one.environment] += one.requests
    return dict(found.most_common())


def _by_path(cells: Iterable[Cell]) -> Counter[str]:
    paths: Counter[str] = Counter()
    for cell in cells:
        if cell.endpoint:
            paths[cell.endpoint] += cell.requests
    return paths


def _top(paths: Mapping[str, int]) -> dict[str, int]:
    most = sorted(((-count, path) for path, count in paths.items() if count))[:TOP_ENDPOINTS]
    return {visible(path, PATH_LENGTH): -count for count, path in most}
