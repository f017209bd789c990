"""A source opened at its first question: starting costs nothing, and a wrong setting is told in words."""

from collections.abc import AsyncGenerator, Callable, Hashable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

import anyio

from edgedns_mcp.models import Closed, ClosedPeriod, Window
from edgedns_mcp.sources.base import Answered, Health, Turn, UsageSource, UsageView


def _nothing() -> None:
    """Name nothing that could change."""


@dataclass
class _Opened:
    source: UsageSource
    needs: object
    questions: int = 0


class LazySource:
    """Opens what it stands for when asked; if that fails, the question gets the reason, and the next one tries anew.

    When what it `needs` (such as an API key) is no longer what it was, the source is opened anew, and the old one
    closed after its last question.
    """

    def __init__(self, open_source: Callable[[], UsageSource], needs: Callable[[], object] = _nothing) -> None:
        self._open_source = open_source
        self._needs = needs
        self._opened: _Opened | None = None

    async def read(
        self,
        question: Callable[[UsageView], Answered],
        windows: Sequence[Window],
        known: Callable[[Hashable], Answered | None] | None = None,
    ) -> Answered:
        async with self._in_use() as source:
            return await source.read(question, windows, known)

    async def health(self) -> Health:
        async with self._in_use() as source:
            return await source.health()

    async def record(self, every: timedelta) -> Turn | None:
        async with self._in_use() as source:
            return await source.record(every)

    async def acknowledge(self, finding_id: str, until: datetime) -> None:
        async with self._in_use() as source:
            await source.acknowledge(finding_id, until)

    async def claim(self, finding_ids: Sequence[str], address: bytes) -> Sequence[str]:
        async with self._in_use() as source:
            return await source.claim(finding_ids, address)

    async def release(self, finding_ids: Sequence[str], address: bytes) -> None:
        async with self._in_use() as source:
            await source.release(finding_ids, address)

    async def close_period(self, closed: Closed, seen: Mapping[datetime, bytes]) -> None:
        async with self._in_use() as source:
            await source.close_period(closed, seen)

    async def reopen_period(self) -> ClosedPeriod:
        async with self._in_use() as source:
            return await source.reopen_period()

    async def aclose(self) -> None:
        if self._opened:
            await self._opened.source.aclose()

    @asynccontextmanager
    async def _in_use(self) -> AsyncGenerator[UsageSource]:
        before, opened = self._opened, self._up_to_date()
        opened.questions += 1
        try:
            if before:
                await self._close_if_done_with(before)
            yield opened.source
        finally:
            opened.questions -= 1
            await self._close_if_done_with(opened)

    def _up_to_date(self) -> _Opened:
        needs = self._needs()
        if self._opened is None or self._opened.needs != needs:
            self._opened = _Opened(self._open_source(), needs)
        return self._opened

    async def _close_if_done_with(self, opened: _Opened) -> None:
        if opened is self._opened or opened.questions:
            return
        with anyio.CancelScope(shield=True):
            await opened.source.aclose()
