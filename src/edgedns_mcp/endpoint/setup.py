"""What the endpoint is built of: the database twice, the clock and the calendar, the limits."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.periods import resolve
from edgedns_mcp.models import Window
from edgedns_mcp.store.database import Database

REQUESTS_PER_MINUTE = 60  # of one key
GUESSES_PER_MINUTE = 60  # wrong keys from one address


@dataclass(frozen=True)
class Setup:
    """Reads have a connection of their own, so that none waits for a long write."""

    reads: Database
    writes: Database
    now: Callable[[], datetime]
    zone: ZoneInfo
    billing_day: int
    keep_hours: int = 0
    rate_limit: int = REQUESTS_PER_MINUTE
    guesses: int = GUESSES_PER_MINUTE
    tick: Callable[[], float] = time.monotonic

    def second(self) -> datetime:
        """Give the full second that it is."""
        return self.now().replace(microsecond=0)

    def window(self, period: str) -> Window:
        """Give the window that a known period means now; within the first hour of a billing period it is empty."""
        return resolve(period, "", "", now=self.now(), zone=self.zone, billing_day=self.billing_day)
