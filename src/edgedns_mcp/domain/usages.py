"""What many keys did, by columns: sums and orders over them are arithmetic over lists, however many keys there are."""

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from itertools import compress
from math import inf
from operator import attrgetter
from typing import NamedTuple, cast, get_args, overload
from zlib import crc32

from edgedns_mcp.domain.naming import shown_name
from edgedns_mcp.domain.tallies import Tallies
from edgedns_mcp.domain.teams import team_of
from edgedns_mcp.models import Environment, Key, KeyUsage, Tally


class Member(NamedTuple):
    """A key, with what would cost time to find again for each question; moments in epoch seconds."""

    key: Key
    key_id: str
    named: tuple[str, str]  # its name as it was given, then its id: what orders keys
    environment: Environment
    shown: str
    team: str
    born: float
    gone: float


class Members(list[Member]):
    """Keys in an order; what is found of all of them is found once, so they must not change."""

    @cached_property
    def key_ids(self) -> list[str]:
        """Give their ids."""
        return [one.key_id for one in self]

    @cached_property
    def names(self) -> list[tuple[str, str]]:
        """Give their names as they were given, and their ids."""
        return [one.named for one in self]

    @cached_property
    def marks(self) -> list[int]:
        """Give a digest of each, of its name and id."""
        return [crc32(repr(one.named).encode()) for one in self]

    @cached_property
    def by_shown(self) -> Mapping[str, int]:
        """Count how many go by each name as it is shown."""
        return Counter(one.shown for one in self)

    @cached_property
    def by_environment(self) -> Mapping[Environment, list[bool]]:
        """Mark the keys of each environment."""
        return {name: [one.environment == name for one in self] for name in get_args(Environment)}


class Roster(list[Key]):
    """Keys as a source lists them; what each question asks of them is found once, so they must not change."""

    @cached_property
    def members(self) -> Members:
        """Give each key once, by name, then by id."""
        every = {key.key_id: key for key in self}
        return Members(sorted(map(member_of, every.values()), key=attrgetter("named")))

    @cached_property
    def changes(self) -> list[datetime]:
        """Give the moments at which a key becomes active or is revoked, the earliest first."""
        return sorted(moment for key in self for moment in (key.created_at, key.revoked_at) if moment)

    def gone(self, at: float) -> list[int]:
        """Give the places of the members that are revoked by then."""
        return self._gone[1][: bisect_right(self._gone[0], at)]

    def unborn(self, at: float) -> list[int]:
        """Give the places of the members that did not exist yet."""
        return self._born[1][bisect_right(self._born[0], at) :]

    def without(self, places: frozenset[int]) -> Members:
        """Give the members but those at these places; the last answer is kept, as most questions are about the same."""
        if not places:
            return self.members
        kept = self._kept.get(places)
        if kept is None:
            kept = Members(one for at, one in enumerate(self.members) if at not in places)
            self._kept.clear()
            self._kept[places] = kept
        return kept

    @cached_property
    def _kept(self) -> dict[frozenset[int], Members]:
        return {}

    @cached_property
    def _gone(self) -> tuple[list[float], list[int]]:
        return _in_time([one.gone for one in self.members])

    @cached_property
    def _born(self) -> tuple[list[float], list[int]]:
        return _in_time([one.born for one in self.members])


@dataclass(frozen=True)
class Usages(Sequence[KeyUsage]):
    """Keys and what they did, a row each; the columns are what `KeyUsage` says, times in epoch seconds."""

    members: Members
    requests: list[int]
    errors: list[int | None]
    last: list[int | None]
    slack: list[int | None]

    @overload
    def __getitem__(self, at: int) -> KeyUsage: ...
    @overload
    def __getitem__(self, at: slice) -> "Usages": ...
    def __getitem__(self, at: int | slice) -> "KeyUsage | Usages":
        if isinstance(at, slice):
            return self.at(range(len(self))[at])
        one = self.members[at]
        return KeyUsage(one.key, one.team, self.requests[at], self.errors[at], moment(self.last[at]), self.slack[at])

    def __len__(self) -> int:
        return len(self.members)

    def __iter__(self) -> Iterator[KeyUsage]:
        return map(self.__getitem__, range(len(self)))

    @property
    def key_ids(self) -> list[str]:
        """Give the id of each row's key."""
        return self.members.key_ids

    @property
    def used_ids(self) -> list[str]:
        """Give the id of each key with requests."""
        return [*compress(self.members.key_ids, self.requests)]

    @cached_property
    def total(self) -> Tally:
        """Add the rows up, without their last activity; unknown errors and unknown slack stay unknown."""
        return Tally(sum(self.requests), _sum(self.errors), None, _sum(self.slack))

    def only(self, wanted: Sequence[object]) -> "Usages":
        """Keep the rows whose place holds something true."""
        return self if all(wanted) else self.at(list(compress(range(len(wanted)), wanted)))

    def at(self, places: Sequence[int]) -> "Usages":
        """Give the rows at these places, in their order."""
        return Usages(
            Members(self.members[at] for at in places),
            [self.requests[at] for at in places],
            [self.errors[at] for at in places],
            [self.last[at] for at in places],
            [self.slack[at] for at in places],
        )


def roster_of(keys: Iterable[Key]) -> Roster:
    """Make a roster of keys that are none yet."""
    return keys if isinstance(keys, Roster) else Roster(keys)


def usages_of(usages: Iterable[KeyUsage]) -> Usages:
    """Put rows into columns."""
    if isinstance(usages, Usages):
        return usages
    every = list(usages)
    members = [member_of(usage.key)._replace(team=usage.team) for usage in every]
    tallies = [tally_of(usage) for usage in every]
    return Usages(
        Members(members),
        [tally.requests for tally in tallies],
        [tally.errors for tally in tallies],
        [tally.last_activity for tally in tallies],
        [tally.slack for tally in tallies],
    )


def with_tallies(members: Members, tallies: Tallies) -> Usages:
    """Put members and what each of them did together."""
    return Usages(members, tallies.requests, tallies.errors, tallies.last, tallies.slack)


def member_of(key: Key) -> Member:
    """Find what each question asks of a key."""
    born = key.created_at.timestamp() if key.created_at else -inf
    gone = key.revoked_at.timestamp() if key.revoked_at else inf
    return Member(key, key.key_id, (key.name, key.key_id), key.environment, shown_name(key), team_of(key), born, gone)


def usage_of(key: Key, tally: Tally) -> KeyUsage:
    """Put a key and its tally together."""
    return KeyUsage(key, team_of(key), tally.requests, tally.errors, moment(tally.last_activity), tally.slack)


def tally_of(usage: KeyUsage) -> Tally:
    """Give the sum alone."""
    last = int(usage.last_activity.timestamp()) if usage.last_activity else None
    return Tally(usage.requests, usage.errors, last, usage.slack)


@overload
def moment(epoch_s: float) -> datetime: ...
@overload
def moment(epoch_s: float | None) -> datetime | None: ...
def moment(epoch_s: float | None) -> datetime | None:
    """Turn epoch seconds into UTC."""
    return None if epoch_s is None else datetime.fromtimestamp(epoch_s, UTC)


def _in_time(moments: Sequence[float]) -> tuple[list[float], list[int]]:
    """Give moments in their order, and the place of each."""
    places = sorted(range(len(moments)), key=moments.__getitem__)
    return [moments[at] for at in places], places


def _sum(figures: Sequence[int | None]) -> int | None:
    return None if None in figures else sum(cast("Sequence[int]", figures))
