"""Token buckets: how often somebody may do something."""

from collections import OrderedDict
from collections.abc import Callable, Hashable

MINUTE_S = 60.0
MOST_NAMES = 10_000  # a flood of names must not fill the memory; the one not seen for longest is forgotten


class Buckets:
    """One bucket of `per_minute` tokens for each name, refilled evenly; 0 is no limit."""

    def __init__(self, per_minute: int, tick: Callable[[], float]) -> None:
        """Take a clock of seconds that never goes back."""
        self._most = float(per_minute)
        self._tick = tick
        self._buckets: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()  # tokens, and when

    def wait_s(self, name: Hashable) -> float:
        """Tell in how many seconds `name` has a token again; 0 where it has one."""
        if not self._most:
            return 0.0
        return max(0.0, 1.0 - self._tokens(name)) * MINUTE_S / self._most

    def charge(self, name: Hashable) -> None:
        """Take a token, on credit where there is none: who was let in before paying pays later."""
        if self._most:
            self._buckets[name] = (self._tokens(name) - 1.0, self._tick())
            self._buckets.move_to_end(name)
            while len(self._buckets) > MOST_NAMES:
                self._buckets.popitem(last=False)

    def take(self, name: Hashable) -> float:
        """Take a token if there is one; else tell in how many seconds there is."""
        wait_s = self.wait_s(name)
        if not wait_s:
            self.charge(name)
        return wait_s

    def _tokens(self, name: Hashable) -> float:
        tokens, then = self._buckets.get(name, (self._most, self._tick()))
        return min(self._most, tokens + (self._tick() - then) * self._most / MINUTE_S)
