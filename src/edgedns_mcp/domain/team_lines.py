"""Which team, cost centre and environments the lines of a file say a key belongs to: by its id, its name, a pattern."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from fnmatch import translate
from functools import cached_property
from typing import NamedTuple

from edgedns_mcp.domain.usages import Roster
from edgedns_mcp.models import Environment, Key

WILD = re.compile(r"[*?\[]")


class TeamLine(NamedTuple):
    """What one line says of the keys that it matches; what is empty, it does not say. `number` is its place."""

    number: int
    key: str
    team: str = ""
    cost_center: str = ""
    allowed_environments: tuple[Environment, ...] = ()


class TeamLines(list[TeamLine]):
    """The lines of one state of a file; a key takes one of them, and the lines must not change.

    It is the line that has its id, else the one that has its name, else the first of those whose pattern matches its
    name or id, whatever the case.
    """

    def line_of(self, key: Key) -> TeamLine | None:
        """Find the line that a key takes."""
        words = key.key_id.casefold(), key.name.casefold()
        if words not in self._found:
            exact = next((self._exact[word] for word in words if word in self._exact), None)
            self._found[words] = exact or self._first_wild(words)
        return self._found[words]

    def applied(self, keys: Sequence[Key]) -> Roster:
        """Give the keys with what their lines say; of keys that were asked for just before, the same roster again."""
        if self._latest is None or self._latest[0] is not keys:
            self._latest = keys, Roster(map(self._applied, keys))
        return self._latest[1]

    def taken(self, keys: Iterable[Key]) -> Counter[TeamLine]:
        """Count the keys that take each line."""
        return Counter(line for key in keys if (line := self.line_of(key)))

    def _applied(self, key: Key) -> Key:
        line = self.line_of(key)
        if line is None:
            return key
        said = {name: getattr(line, name) for name in ("team", "cost_center", "allowed_environments")}
        return key._replace(**{name: value for name, value in said.items() if value})

    def _first_wild(self, words: tuple[str, str]) -> TeamLine | None:
        found = [match.lastindex for word in words if (match := self._pattern.match(word))] if self._wild else []
        return self._wild[min(filter(None, found)) - 1] if found else None

    _latest: tuple[Sequence[Key], Roster] | None = None

    @cached_property
    def _found(self) -> dict[tuple[str, str], TeamLine | None]:
        return {}

    @cached_property
    def _exact(self) -> dict[str, TeamLine]:
        return {line.key.casefold(): line for line in self}

    @cached_property
    def _wild(self) -> list[TeamLine]:
        return [line for line in self if WILD.search(line.key)]

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        """Give one expression with a group for each pattern: the first that matches is the one found."""
        return re.compile("|".join(f"({translate(line.key.casefold())})" for line in self._wild))
