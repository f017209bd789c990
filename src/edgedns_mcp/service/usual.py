"""What was usual for keys on each day of a window, by what they did before it."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from edgedns_mcp.domain.anomalies.search import Search
from edgedns_mcp.domain.anomalies.usual import usual_range
from edgedns_mcp.models import Key, UsualRange
from edgedns_mcp.service.watching import Asked, watch_with_mates
from edgedns_mcp.sources.base import UsageView


def usual_of(
    view: UsageView, asked: Asked, keys: Sequence[Key], starts: Sequence[datetime]
) -> Mapping[str, UsualRange]:
    """Give the ranges of keys by id, one for each of the days that begin at `starts`; of young keys there is none."""
    if not (keys and view.observed()):
        return {}
    seen = watch_with_mates(view, asked, keys)
    days = {start: at for at, start in enumerate(seen.edges[:-1])}
    places = [days.get(start) for start in starts]
    every = {key.key_id: _ranges(seen.search, key.key_id, places) for key in keys}
    return {key_id: one for key_id, one in every.items() if any(high is not None for high in one.high)}


def _ranges(search: Search, key_id: str, days: Sequence[int | None]) -> UsualRange:
    key = search.keys[key_id]
    every = [None if at is None else usual_range(search, key, at) for at in days]
    return UsualRange(low=tuple(one and one[0] for one in every), high=tuple(one and one[1] for one in every))
