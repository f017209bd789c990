"""How often callers may ask: counted in one place, however many processes answer."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field
from multiprocessing.managers import BaseManager
from threading import Lock, Thread
from typing import Any, Literal, Protocol, cast

from edgedns_mcp.domain.token_buckets import Buckets

REQUESTS_PER_QUESTION = 10  # a client lists, looks and pings more than it asks
GUESSES_PER_MINUTE = 60
What = Literal["questions", "requests", "guesses"]


class Limit(Protocol):
    """How often somebody may do something."""

    def take(self, name: Hashable) -> float:
        """Count it, or tell in how many seconds it may be done."""
        ...


@dataclass(frozen=True)
class Limits:
    """What is counted."""

    questions: Limit  # of one caller
    requests: Limit  # of one caller, whatever they are
    guesses: Limit  # refused ones from one address


def limits_of(rate_limit: int, tick: Callable[[], float]) -> Limits:
    """Count in this process; `rate_limit` questions a minute, 0 is no limit."""
    return Limits(
        Buckets(rate_limit, tick),
        Buckets(rate_limit * REQUESTS_PER_QUESTION, tick),
        Buckets(GUESSES_PER_MINUTE, tick),
    )


class _Office(BaseManager):
    """The way to the process that counts."""


class _Counter:
    def __init__(self, limits: Limits) -> None:
        self._limits: Mapping[str, Limit] = vars(limits)
        self._one_at_a_time = Lock()

    def take(self, what: What, name: Hashable) -> float:
        with self._one_at_a_time:
            return self._limits[what].take(name)


def counted_for_all(limits: Limits) -> str:
    """Count in this process for those that it starts; give the address that they ask at."""

    class Office(_Office):
        pass

    counter = _Counter(limits)
    Office.register("counter", callable=lambda: counter, exposed=("take",))
    server = Office().get_server()
    Thread(target=server.serve_forever, daemon=True).start()
    return str(server.address)


def counted_at(address: str, own: Limits) -> Limits:
    """Count at an address of the process that started this one; by `own` where it has gone."""
    counter = _Shared(address)
    return Limits(*(_Far(counter, cast("What", what), limit) for what, limit in vars(own).items()))


@dataclass
class _Shared:
    address: str
    found: Any = field(default=None)

    def take(self, what: What, name: Hashable) -> float:
        if self.found is None:
            office = _Office(self.address)
            office.connect()
            self.found = cast("Any", office).counter()
        return float(self.found.take(what, name))


_Office.register("counter")


@dataclass(frozen=True)
class _Far:
    counter: _Shared
    what: What
    own: Limit

    def take(self, name: Hashable) -> float:
        try:
            return self.counter.take(self.what, name)
        except (OSError, EOFError):
            return self.own.take(name)
