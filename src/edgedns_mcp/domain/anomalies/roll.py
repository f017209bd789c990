"""Every key that is watched: what it did as a row, and the key as `Watched` once somebody looks closer at it.

Most keys have no news, and their rows say so. What a row alone does not tell of a key (counts of several buckets
together, lower bounds, plans) makes it an odd one, of which each question asks the `Watched`.
"""

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import NamedTuple, TypeAlias
from zlib import crc32

from edgedns_mcp.domain.anomalies.watched import Calendar, Watched
from edgedns_mcp.models import Key

Row: TypeAlias = Sequence[int]  # one figure for each bucket, 0 where nobody observed


class Columns(NamedTuple):
    """The rows of all keys, by key id; `blind` are the buckets that nobody observed."""

    calendar: Calendar
    blind: Sequence[int]
    requests: dict[str, Row]
    errors: dict[str, Row]


class Roll(Mapping[str, Watched]):
    """The keys by id, in the order of their rows; `odd` are those of whom a row does not tell all."""

    def __init__(
        self, columns: Columns, keys: Mapping[str, Key], team_of: Mapping[str, str], odd: Mapping[str, Watched]
    ) -> None:
        self.calendar, self.blind, self.requests, self.errors = columns
        self._keys, self._team_of = keys, team_of
        self.odd: Collection[str] = frozenset(odd)
        self._watched = dict(odd)
        self._drawn: dict[tuple[str, float], list[str]] = {}

    def __getitem__(self, key_id: str) -> Watched:
        found = self._watched.get(key_id)
        if found is None:
            found = self._watched[key_id] = self._made(key_id)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self.requests)

    def __len__(self) -> int:
        return len(self.requests)

    @property
    def buckets(self) -> int:
        """Give how many buckets a row has."""
        return len(self.calendar.days)

    @cached_property
    def teams(self) -> Mapping[str, Sequence[str]]:
        """Give the ids of each team's keys."""
        found: dict[str, list[str]] = {}
        for key_id in self.requests:
            found.setdefault(self._team_of[key_id], []).append(key_id)
        return found

    def sample(self, team: str, least: float) -> list[str]:
        """Give a team's keys in an order that is as good as drawn by lot, and always the same.

        Those that never had a count of `least` are left out.
        """
        drawn = self._drawn.get((team, least))
        if drawn is None:
            found = [one for one in self.teams[team] if max(self.requests[one]) >= least]
            drawn = self._drawn[team, least] = sorted(found, key=lambda one: (crc32(one.encode()), one))
        return drawn

    def namesakes(self, key: Watched) -> list[Watched]:
        """Give the keys of its team that go by the same name."""
        return [self[one] for one in self.teams[key.team] if self._keys[one].name == key.name]

    def history_days(self, key_ids: Iterable[str], at: int) -> Iterator[int]:
        """Count for each key the observed days before a bucket, since it was first used; of odd ones the unplanned."""
        blind = self.blind[: bisect_left(self.blind, at)]
        per_day, ever = self.calendar.per_day, at // self.calendar.per_day
        for key_id in key_ids:
            if key_id in self.odd:
                yield self[key_id].history_days(at)
                continue
            row = self.requests[key_id]
            if row[0] and not blind:  # most keys: used in the first bucket, and seen in all
                yield ever
                continue
            born = 0 if row[0] else born_of(row)
            unseen = [row[day] for day in blind].count(0) - (bisect_left(blind, born) if born else 0)
            yield max(at - born - unseen, 0) // per_day

    def _made(self, key_id: str) -> Watched:
        unseen = [at for at in self.blind if not self.requests[key_id][at]]
        requests, errors = (_without(column[key_id], unseen) for column in (self.requests, self.errors))
        born, key = born_of(self.requests[key_id]), self._keys[key_id]
        whose, is_replaced = (key_id, self._team_of[key_id]), bool(key.replaced_by)
        return Watched(*whose, requests, errors, born, self.calendar, name=key.name, is_replaced=is_replaced)


def _without(row: Row, unseen: Sequence[int]) -> Sequence[int | None]:
    """Give a row with nothing where nobody observed."""
    if not unseen:
        return row
    found: list[int | None] = [*row]
    for at in unseen:
        found[at] = None
    return found


def born_of(row: Row) -> int:
    """Give the first bucket with use, or the number of buckets."""
    first = next(filter(None, row), None)
    return len(row) if first is None else row.index(first)
