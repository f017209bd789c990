"""What each key did, by columns: a mapping for who asks for one key, lists for who sums them all."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import compress, count
from typing import Any

from edgedns_mcp.domain.cells import NOTHING
from edgedns_mcp.models import Tally


@dataclass(frozen=True, eq=False)
class Tallies(Mapping[str, Tally]):
    """The tally of each key, a row each, times in epoch seconds; `known` is false where a key has none."""

    key_ids: list[str]
    requests: list[int]
    errors: list[int | None]
    last: list[int | None]
    slack: list[int | None]
    known: list[bool]

    def __getitem__(self, key_id: str) -> Tally:
        at = self._places[key_id]
        return Tally(self.requests[at], self.errors[at], self.last[at], self.slack[at])

    def __iter__(self) -> Iterator[str]:
        return compress(self.key_ids, self.known)

    def __len__(self) -> int:
        return sum(self.known)

    def at(self, places: Iterable[int]) -> "Tallies":
        """Give the rows at these places, in their order."""
        places = list(places)
        return Tallies(*([column[at] for at in places] for column in self._columns()))

    def without(self, places: Collection[int]) -> "Tallies":
        """Give the rows but those at these places."""
        if not places:
            return self
        wanted = [at not in places for at in range(len(self.known))]
        return Tallies(*([*compress(column, wanted)] for column in self._columns()))

    def parted(self, key_ids: list[str]) -> "tuple[Tallies, Tallies]":
        """Give a row for each of these keys, in their order, and the rows of all others."""
        size = len(key_ids)
        if self.key_ids[:size] == key_ids:  # the usual case: whoever made the columns knew who will ask
            return self._cut(slice(size)), self._cut(slice(size, None))
        wanted = set(key_ids)
        others = [at for key_id, at in self._places.items() if key_id not in wanted]
        return tallies_of({key_id: self.get(key_id, NOTHING) for key_id in key_ids}), self.at(others)

    @cached_property
    def _places(self) -> dict[str, int]:
        return dict(compress(zip(self.key_ids, count(), strict=False), self.known))

    def _columns(self) -> tuple[list[Any], ...]:
        return self.key_ids, self.requests, self.errors, self.last, self.slack, self.known

    def _cut(self, part: slice) -> "Tallies":
        return Tallies(*(column[part] for column in self._columns()))


def with_last_uses(tallies: Tallies, last_uses: Mapping[str, int]) -> Tallies:
    """Put in when keys were last used, where that was told elsewhere and is later than what was counted."""
    if not last_uses:
        return tallies
    found = dict(tallies)
    for key_id, last in last_uses.items():
        tally = found.get(key_id, NOTHING)
        found[key_id] = tally._replace(last_activity=max(last, tally.last_activity or last))
    return tallies_of(found)


def tallies_of(tallies: Mapping[str, Tally]) -> Tallies:
    """Put tallies into columns."""
    if isinstance(tallies, Tallies):
        return tallies
    rows = list(tallies.values())
    return Tallies(
        list(tallies),
        [tally.requests for tally in rows],
        [tally.errors for tally in rows],
        [tally.last_activity for tally in rows],
        [tally.slack for tally in rows],
        [True] * len(rows),
    )
