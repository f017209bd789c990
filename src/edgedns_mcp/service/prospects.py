"""From what a source knows to what a forecast is made of: days counted, days open, and how much today has left."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.anomalies.buckets import edges_between
from edgedns_mcp.domain.forecast.counted import Counted, observed_parts
from edgedns_mcp.domain.forecast.outlook import Open
from edgedns_mcp.domain.forecast.prospect import Prospect
from edgedns_mcp.domain.periods import DAY, HOUR, begins_day, day_of, floor_hour, midnight
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.models import Coverage, Key
from edgedns_mcp.sources.base import UsageView

HISTORY = timedelta(days=130)  # four month ends
CLOCK_DAYS, CLOCK_REQUESTS = 14, 200  # what the hours of a day are learnt from
HALF_A_DAY = DAY / 2
WORTH_A_GAP = 0.02  # of a day


class Period(NamedTuple):
    """A billing period, and how far it is counted."""

    start: datetime
    end: datetime
    reached: datetime
    zone: ZoneInfo

    @property
    def first_day(self) -> date:
        """Give the first day that lies in it for the most part: EdgeDNS's own dates need not be the zone's."""
        return day_of(self.start + HALF_A_DAY, self.zone)

    @property
    def last_day(self) -> date:
        """Give the last one."""
        return day_of(self.end - HALF_A_DAY, self.zone)

    @property
    def last_part(self) -> float:
        """Tell how much of a day its last one has."""
        return (self.end - floor_hour(midnight(self.last_day, self.zone))) / DAY if self._is_cut else 1.0

    @property
    def _is_cut(self) -> bool:
        return not begins_day(self.end, self.zone)


def period_of(coverage: Coverage, start: datetime, end: datetime, zone: ZoneInfo) -> Period:
    """Say how far a period is counted: to the end of its window so far, or to where the figures end."""
    reached = coverage.data_to or start
    if coverage.window_end is not None:
        reached = min(reached, coverage.window_end)
    return Period(start, end, max(reached, start), zone)


def prospect(view: UsageView, period: Period, *, has_gaps: bool) -> Prospect | None:
    """Read the days before; None where the source knows of none. A counter has no gaps, whoever observed it."""
    observed, end = view.observed(), -(-period.reached.timestamp() // HOUR.seconds) * HOUR.seconds
    if not observed or end <= observed[0][0]:
        return None
    first = max(moment(observed[0][0]), period.reached - HISTORY)
    edges = edges_between(min(first, period.start), moment(end), period.zone, hourly=False)
    epochs = [int(edge.timestamp()) for edge in edges]
    parts = observed_parts(epochs, observed)
    is_cut = not begins_day(edges[-1], period.zone)
    history = len(parts) - is_cut
    dates = _dates(day_of(edges[0], period.zone), period.last_day)
    began = (period.first_day - dates[0]).days
    gaps = [Open(at, 1 - parts[at]) for at in range(began, history) if has_gaps and 1 - parts[at] > WORTH_A_GAP]
    today = [Open(history, _left(view, edges))] if is_cut and history < len(dates) else []
    ahead = [Open(at, 1.0) for at in range(len(parts), len(dates))]
    if ahead:
        ahead[-1] = ahead[-1]._replace(part=period.last_part)
    listed = view.keys()
    keys = {key.key_id: key for key in listed}
    over = frozenset(key.key_id for key in listed if _is_over(key, period.reached))
    return Prospect(
        dates, began, history, [*gaps, *today, *ahead], Counted(epochs, view.series(edges), parts), keys, over
    )


def _dates(first: date, last: date) -> list[date]:
    return [first + timedelta(days=day) for day in range((last - first).days + 1)]


def _is_over(key: Key, at: datetime) -> bool:
    """Tell whether a key was revoked or has expired by then."""
    return any(moment is not None and moment <= at for moment in (key.revoked_at, key.expires_at))


def _left(view: UsageView, edges: Sequence[datetime]) -> float:
    """Tell which part of a day's requests comes after the hour that today has reached; by the clock, if few came."""
    starts, cut = edges[:-1][-CLOCK_DAYS - 1 :], edges[-1] - edges[-2]
    halves = [moment for start, following in pairwise(starts) for moment in (start, min(start + cut, following - HOUR))]
    columns = [*view.series([*halves, starts[-1]]).requests.values()] if halves else []
    sums = [sum(column) for column in zip(*columns, strict=True)]
    whole = sum(sums)
    return sum(sums[1::2]) / whole if whole >= CLOCK_REQUESTS else max(1 - cut / DAY, 0.0)
