"""What the rules judge by: all that is known of a key, and what holds for every key."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from edgedns_mcp.domain.cells import HOUR_S
from edgedns_mcp.models import Environment, Key, Tally


class Subject(NamedTuple):
    """A key and what it did in the window; `last_used` is its last request ever known, in epoch seconds."""

    key: Key
    team: str
    requests: int
    errors: int | None
    last_used: int | None
    slack: int | None = 0
    seen: frozenset[Environment] = frozenset()
    paths: Mapping[str, Tally] = {}

    @property
    def key_id(self) -> str:
        """Give its id."""
        return self.key.key_id

    @property
    def is_used(self) -> bool:
        """Tell whether it made requests in the window, or may have made some."""
        return self.requests > 0 or self.slack != 0


class Situation(NamedTuple):
    """What holds for every key: the clock, what was observed (epoch seconds), and the requests of all active keys."""

    now: datetime
    dormant_days: int
    observed: Sequence[tuple[int, int]]
    total: int = 0
    used_keys: int = 0
    has_teams: bool = True  # any key is of a team
    states_last_use: bool = False  # the source itself says when a key was last used, whatever was observed

    @property
    def until(self) -> int:
        """Give the moment up to which anything is known."""
        return self.observed[-1][1] if self.observed else int(self.now.timestamp())

    def observed_s(self, since: int) -> int:
        """Give how many seconds were observed since a moment."""
        return sum(max(end - max(start, since), 0) for start, end in self.observed)


def next_hour(at: datetime) -> int:
    """Give the first full hour from a moment on: what was counted from there on certainly came later."""
    return -(-int(at.timestamp()) // HOUR_S) * HOUR_S


def days_between(start: datetime, end: datetime) -> int:
    """Count whole days."""
    return (end - start).days
