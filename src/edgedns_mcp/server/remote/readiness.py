"""Whether questions can be answered: looked at now and then, whoever asks how often."""

from collections.abc import Awaitable, Callable

import anyio

FRESH_S = 5.0


class Readiness:
    """Remembers for a while what was wrong, so that asking costs nothing."""

    def __init__(self, look: Callable[[], Awaitable[str]], tick: Callable[[], float]) -> None:
        """Take how to find out what is wrong, and a clock of seconds."""
        self._look = look
        self._tick = tick
        self._seen: tuple[str, float] | None = None
        self._one_at_a_time = anyio.Lock()

    async def wrong(self) -> str:
        """Say what is wrong; '' where nothing is."""
        async with self._one_at_a_time:
            if self._seen is None or self._tick() - self._seen[1] >= FRESH_S:
                self._seen = (await self._look(), self._tick())
            return self._seen[0]
