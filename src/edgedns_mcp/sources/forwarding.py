"""Passing questions, and what people note, on to the source that a source stands for."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

from edgedns_mcp.models import Closed, ClosedPeriod, Window
from edgedns_mcp.sources.base import Answered, Health, Turn, UsageSource, UsageView

Given = TypeVar("Given")


class Forwarding(ABC):
    """A source in front of another one; who extends it answers itself what it knows better."""

    @abstractmethod
    async def _passed_on(self, ask: Callable[[UsageSource], Awaitable[Given]]) -> Given:
        """Ask the source behind this one."""

    async def read(
        self,
        question: Callable[[UsageView], Answered],
        windows: Sequence[Window],
        known: Callable[[Hashable], Answered | None] | None = None,
    ) -> Answered:
        return await self._passed_on(lambda source: source.read(question, windows, known))

    async def health(self) -> Health:
        return await self._passed_on(lambda source: source.health())

    async def record(self, every: timedelta) -> Turn | None:
        return await self._passed_on(lambda source: source.record(every))

    async def acknowledge(self, finding_id: str, until: datetime) -> None:
        await self._passed_on(lambda source: source.acknowledge(finding_id, until))

    async def claim(self, finding_ids: Sequence[str], address: bytes) -> Sequence[str]:
        return await self._passed_on(lambda source: source.claim(finding_ids, address))

    async def release(self, finding_ids: Sequence[str], address: bytes) -> None:
        await self._passed_on(lambda source: source.release(finding_ids, address))

    async def close_period(self, closed: Closed, seen: Mapping[datetime, bytes]) -> None:
        await self._passed_on(lambda source: source.close_period(closed, seen))

    async def reopen_period(self) -> ClosedPeriod:
        return await self._passed_on(lambda source: source.reopen_period())
