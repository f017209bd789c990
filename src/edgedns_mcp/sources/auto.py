"""The per-question router: EdgeDNS if a key is configured, else a database with data, else the demo."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

from edgedns_mcp.sources.base import Turn, UsageSource
from edgedns_mcp.sources.forwarding import Forwarding, Given
from edgedns_mcp.sources.local import LocalSource


class AutoSource(Forwarding):
    """Chooses at each question, so that a database or a key that appears later is seen."""

    def __init__(
        self,
        *,
        has_key: Callable[[], bool],
        edgedns: UsageSource,
        local: LocalSource,
        demo: UsageSource,
    ) -> None:
        self._has_key = has_key
        self._edgedns = edgedns
        self._local = local
        self._demo = demo

    async def record(self, every: timedelta) -> Turn | None:
        return await self._edgedns.record(every) if self._has_key() else None

    async def aclose(self) -> None:
        for source in (self._edgedns, self._local, self._demo):
            await source.aclose()

    async def _passed_on(self, ask: Callable[[UsageSource], Awaitable[Given]]) -> Given:
        return await ask(await self._chosen())

    async def _chosen(self) -> UsageSource:
        if self._has_key():
            return self._edgedns
        return self._local if await self._local.has_data() else self._demo
