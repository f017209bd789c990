"""The per-question router: EdgeDNS if a key is configured, else a database with data, else the demo."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from datetime import datetime, timedelta

from edgedns_mcp.models import Closed, ClosedPeriod, Window
from edgedns_mcp.sources.base import Answered, Health, Turn, UsageSource, UsageView
from edgedns_mcp.sources.local import LocalSource


class AutoSource:
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

    async def read(
        self,
        question: Callable[[UsageView], Answered],
        windows: Sequence[Window],
        known: Callable[[Hashable], Answered | None] | None = None,
    ) -> Answered:
        return await (await self._chosen()).read(question, windows, known)

    async def health(self) -> Health:
        return await (await self._chosen()).health()

    async def record(self, every: timedelta) -> Turn | None:
        return await self._edgedns.record(every) if self._has_key() else None

    async def acknowledge(self, finding_id: str, until: datetime) -> None:
        await (await self._chosen()).acknowledge(finding_id, until)

    async def claim(self, finding_ids: Sequence[str], address: bytes) -> Sequence[str]:
        return await (await self._chosen()).claim(finding_ids, address)

    async def release(self, finding_ids: Sequence[str], address: bytes) -> None:
        await (await self._chosen()).release(finding_ids, address)

    async def close_period(self, closed: Closed, seen: Mapping[datetime, bytes]) -> None:
        await (await self._chosen()).close_period(closed, seen)

    async def reopen_period(self) -> ClosedPeriod:
        return await (await self._chosen()).reopen_period()

    async def aclose(self) -> None:
        for source in (self._edgedns, self._local, self._demo):
            await source.aclose()

    async def _chosen(self) -> UsageSource:
        if self._has_key():
            return self._edgedns
        return self._local if await self._local.has_data() else self._demo
