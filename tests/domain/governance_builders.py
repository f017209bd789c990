"""Keys as the rules of a key audit see them: one valid key, to change what matters."""

from datetime import UTC, datetime, timedelta

from edgedns_mcp.domain.governance.subject import Situation, Subject
from edgedns_mcp.models import Cell, Key, Tally

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def at(moment: datetime) -> int:
    return int(moment.timestamp())


def ago(days: float) -> datetime:
    return NOW - days * DAY


def a_subject(name="alpha-api", requests=1_000, *, last=0.0, team="payments", **more) -> Subject:
    """Make a key that is used up to now; `last` is how many days ago, None for never."""
    known = {"errors": 10, "slack": 0, "seen": frozenset({"live"}), "paths": {}}
    of_subject = {field: more.pop(field, usual) for field, usual in known.items()}
    described = {"key_id": f"id_{name}", "name": name, "environment": "live", "team": team, "created_at": ago(200)}
    used = None if last is None else at(ago(last))
    return Subject(Key(**(described | more)), team, requests, of_subject.pop("errors"), used, **of_subject)


def unused(last=None, **more) -> Subject:
    return a_subject(requests=0, errors=0, last=last, seen=frozenset(), **more)


def a_situation(dormant_days=30, observed=((120.0, 0.0),), total=10_000, used_keys=10, **more) -> Situation:
    """Make a situation observed from so many days ago to so many."""
    stretches = tuple((at(ago(first)), at(ago(last))) for first, last in observed)
    return Situation(NOW, dormant_days, stretches, total, used_keys, **more)


def tally(requests: int, errors: int | None = 0) -> Tally:
    return Tally(requests, errors, None)


def hour_cell(days_ago: int, hour: int, requests: int, path="/v1/dns/dnssec", hours=1) -> Cell:
    start = at(ago(days_ago).replace(hour=hour))
    return Cell(start, start + hours * 3600, "id_alpha", path, "live", requests, 0, start)
