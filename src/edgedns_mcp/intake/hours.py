"""What the hours of a log saw, by places that have numbers: numbers are counted faster than texts."""

from collections import Counter
from itertools import repeat
from typing import NamedTuple

from edgedns_mcp.store.hours import Hour, Place


class Places(dict[Place, int]):
    """The places of a log, numbered from 1 on."""

    def number(self, place: Place) -> int:
        """Give the number of a place, a new one where it is new."""
        return self.setdefault(place, len(self) + 1)


class Figures(NamedTuple):
    """What an hour saw, by the number of a place; `last` in epoch seconds, its places in the order of `requests`."""

    requests: Counter[int]
    errors: Counter[int]
    last: dict[int, int]

    def take(self, number: int, at: int, *, is_error: bool) -> None:
        """Count a request."""
        self.requests[number] += 1
        if is_error:
            self.errors[number] += 1
        self.last[number] = max(self.last.get(number, at), at)

    def add(self, more: "Figures") -> None:
        """Add what else it saw."""
        self.requests.update(more.requests)
        self.errors.update(more.errors)
        for number, last in more.last.items():
            self.last[number] = max(self.last.get(number, last), last)

    def columns(self, start: int) -> Hour:
        """Give them as the store takes the cells of the hour that begins at `start`."""
        requests, errors, last = self
        some_errors = map(errors.get, requests, repeat(0))
        return Hour(start, list(requests), list(requests.values()), list(some_errors), list(last.values()))


def no_figures() -> Figures:
    """Give what an hour saw before its first request."""
    return Figures(Counter(), Counter(), {})
