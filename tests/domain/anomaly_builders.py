"""Keys to be watched: daily counts drawn by a seed, and ways to search them."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.anomalies.baseline import DAILY, HOURLY, Rhythm
from edgedns_mcp.domain.anomalies.evidence import Scene, finding_of
from edgedns_mcp.domain.anomalies.incidents import KINDS, Incident
from edgedns_mcp.domain.anomalies.roll import Columns, Roll
from edgedns_mcp.domain.anomalies.search import Search, gathered
from edgedns_mcp.domain.anomalies.spikes import DAILY_BARS, HOURLY_BARS, Trial
from edgedns_mcp.domain.anomalies.watched import Watched, calendar_of
from edgedns_mcp.models import Cell, FindingRow, Key

FIRST = date(2026, 6, 1)  # a Monday
DAYS = 100  # to Tuesday 2026-09-08, which neither ends nor begins a month
LAST = DAYS - 1
UTC_ZONE = ZoneInfo("UTC")


def usual(mean: float = 100, days: int = DAYS, *, seed: int = 1, spread: float = 0.1, weekend: float = 1.0):
    """Draw what a key does day by day, `spread` being the standard deviation in parts of the mean."""
    draw = Random(seed)
    return [max(round(mean * (weekend if day % 7 > 4 else 1) * draw.gauss(1, spread)), 0) for day in range(days)]


def with_days(counts: Sequence[int | None], some: dict[int, int | None]) -> list[int | None]:
    """Put other counts on some days."""
    return [some.get(day, count) for day, count in enumerate(counts)]


def a_watched(counts: Sequence[int | None], key_id: str = "key_1", **more: Any) -> Watched:
    """Give a key with these daily counts; `rhythm`, `first` and `whole` say of which buckets."""
    rhythm: Rhythm = more.pop("rhythm", DAILY)
    first, step = more.pop("first", FIRST), timedelta(days=1) if rhythm is DAILY else timedelta(hours=1)
    begin = datetime(first.year, first.month, first.day, tzinfo=UTC)
    starts = [begin + step * number for number in range(len(counts))]
    calendar = calendar_of(starts, UTC_ZONE, rhythm, more.pop("whole", [True] * len(counts)))
    born = more.pop("born", next((at for at, count in enumerate(counts) if count), len(counts)))
    errors = more.pop("errors", [None if count is None else 0 for count in counts])
    return Watched(key_id, more.pop("team", "payments"), counts, errors, born, calendar, **more)


def a_search(*keys: Watched, sensitivity: Any = "normal", all_odd: bool = False) -> Search:
    bars = HOURLY_BARS if keys and keys[0].calendar.rhythm is HOURLY else DAILY_BARS
    return Search(roll_of(keys, all_odd=all_odd), bars[sensitivity])


def roll_of(keys: Sequence[Watched], *, all_odd: bool = False) -> Roll:
    """Put keys on a roll; those of whom a row tells all, and unless `all_odd`, are made again of their rows."""
    calendar = keys[0].calendar if keys else calendar_of([], UTC_ZONE, DAILY, [])
    columns = [[key.counts[at] for key in keys] for at in range(len(calendar.days))]
    blind = [at for at, column in enumerate(columns) if None in column and 0 not in column]
    requests, errors = (
        {key.key_id: tuple(figure or 0 for figure in row) for key, row in zip(keys, rows, strict=True)}
        for rows in ([key.counts for key in keys], [key.errors for key in keys])
    )
    described = {
        one.key_id: Key(key_id=one.key_id, name=one.name, replaced_by="heir" if one.is_replaced else "") for one in keys
    }
    teams = {one.key_id: one.team for one in keys}
    rows = Columns(calendar, blind, requests, errors)
    plain = Roll(rows, described, teams, {})
    odd = {one.key_id: one for one in keys if all_odd or _seen(plain[one.key_id]) != _seen(one)}
    return Roll(rows, described, teams, odd)


def _seen(key: Watched) -> Watched:
    return replace(key, counts=tuple(key.counts), errors=tuple(key.errors))


def found(*keys: Watched, kinds: Iterable[Any] = KINDS, first: int = 60, end: int | None = None) -> list[Incident]:
    """Search keys as the service does."""
    search, end = a_search(*keys), end or max(len(key.counts) for key in keys)
    kinds = [*kinds]
    return gathered((one for key in keys for one in search.flagged(key, kinds, first, end)), search.per_day)


def spikes(*keys: Watched, **more: Any) -> list[tuple[str, int, int]]:
    """List who had a spike from when to when."""
    return [(one.key_id, one.first, one.last) for one in found(*keys, kinds=["spike"], **more)]


def tried(counts: Sequence[int | None], *others: Watched, at: int = LAST, **more: Any) -> Trial:
    """Put one day of a key before the gates."""
    key = a_watched(counts, **more)
    return a_search(key, *others).detector.tried(key, at)


def edges_of(key: Watched, first: date = FIRST) -> list[int]:
    begin = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp())
    return [begin + 86_400 * number for number in range(len(key.counts) + 1)]


def row_of(incident: Incident, key: Watched, cells: Sequence[Cell] = (), known: Sequence[str] = ()) -> FindingRow:
    """Put the figures of an incident together, as the service does."""
    described = Key(key_id=key.key_id, name="payments-api", environment="live", team=key.team)
    return finding_of(incident, Scene(described, key, edges_of(key), cells, known))
