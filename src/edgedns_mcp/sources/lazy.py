"""A source opened at its first question: starting costs nothing, and a wrong setting is told in words."""

from collections.abc import Callable, Hashable, Sequence

from edgedns_mcp.models import Window
from edgedns_mcp.sources.base import Answered, Health, UsageSource, UsageView


class LazySource:
    """Opens what it stands for when asked; if that fails, the question gets the reason, and the next one tries anew."""

    def __init__(self, open_source: Callable[[], UsageSource]) -> None:
        self._open_source = open_source
        self._source: UsageSource | None = None

    async def read(
        self,
        question: Callable[[UsageView], Answered],
        windows: Sequence[Window],
        known: Callable[[Hashable], Answered | None] | None = None,
    ) -> Answered:
        return await self._opened().read(question, windows, known)

    async def health(self) -> Health:
        return await self._opened().health()

    async def aclose(self) -> None:
        if self._source:
            await self._source.aclose()

    def _opened(self) -> UsageSource:
        if self._source is None:
            self._source = self._open_source()
        return self._source
