"""When billing periods begin and end: as EdgeDNS itself states, else by EDGEDNS_BILLING_DAY."""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.periods import DAY, HOUR, billing_period, floor_hour
from edgedns_mcp.models import Coverage, Window
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.sources.base import UsageView

UTC_ZONE = ZoneInfo("UTC")
A_MOMENT = timedelta(seconds=1)
ELSEWHERE = (
    "EdgeDNS states that its billing period began on {began}, so it is taken to begin there and not on "
    "EDGEDNS_BILLING_DAY={setting}; set EDGEDNS_BILLING_DAY={day}, by which other questions go."
)


class Billing(NamedTuple):
    """The calendar of billing periods; `stated` are start and end of the one that EdgeDNS states, if it does."""

    zone: ZoneInfo
    day: int
    stated: tuple[datetime, datetime] | None = None

    def around(self, moment: datetime) -> tuple[datetime, datetime]:
        """Give start and end, full hours, of the billing period that holds a moment."""
        if self.stated is None:
            start, end = billing_period(moment, self.zone, self.day)
            return floor_hour(start), floor_hour(end)
        return self.stated if self.stated[0] <= moment < self.stated[1] else _like(self.stated[0], moment)

    def counted_since(self, now: datetime) -> datetime:
        """Give the start of the billing period that EdgeDNS's counters are of."""
        return self.stated[0] if self.stated else self.around(now)[0]

    def note(self) -> str:
        """Say that EdgeDNS states another day than the setting has; nothing where both agree, or it states none."""
        if self.stated is None:
            return ""
        began = self.stated[0]
        if any(abs(began - edge) < DAY for edge in billing_period(began, self.zone, self.day)):
            return ""
        return ELSEWHERE.format(began=f"{began:%Y-%m-%d}", setting=self.day, day=began.day)


def billing_of(desk: Desk, view: UsageView, counter: Window | None) -> Billing:
    """Make the calendar; `counter` is the window that EdgeDNS's counters answer, where they were asked."""
    stated = _stated(view.coverage(counter)) if counter and view.source == "edgedns" else None
    return Billing(desk.zone, desk.billing_day, stated)


def _stated(coverage: Coverage) -> tuple[datetime, datetime] | None:
    """Take the dates of a counter; a quota is a month's, so one that states less is of a period so far."""
    start, end = coverage.window_start, coverage.window_end
    if start is None or end is None:
        return None
    begun = floor_hour(start)
    return begun, max(floor_hour(end + HOUR - A_MOMENT), _like(begun, begun)[1])


def _like(begun: datetime, moment: datetime) -> tuple[datetime, datetime]:
    """Give the month around a moment that begins on the day, and at the time of day, on which another one began."""
    shift = begun - begun.replace(hour=0)
    start, end = billing_period(moment - shift, UTC_ZONE, begun.day)
    return start + shift, end + shift
