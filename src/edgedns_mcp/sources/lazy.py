"""A source opened at its first question: starting costs nothing, and a wrong setting is told in words."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import anyio

from edgedns_mcp.sources.base import UsageSource
from edgedns_mcp.sources.forwarding import Forwarding, Given


def _nothing() -> None:
    """Name nothing that could change."""


@dataclass
class _Opened:
    source: UsageSource
    needs: object
    questions: int = 0


class LazySource(Forwarding):
    """Opens what it stands for when asked; if that fails, the question gets the reason, and the next one tries anew.

    When what it `needs` (such as an API key) is no longer what it was, the source is opened anew, and the old one
    closed after its last question.
    """

    def __init__(self, open_source: Callable[[], UsageSource], needs: Callable[[], object] = _nothing) -> None:
        self._open_source = open_source
        self._needs = needs
        self._opened: _Opened | None = None

    async def aclose(self) -> None:
        if self._opened:
            await self._opened.source.aclose()

    async def _passed_on(self, ask: Callable[[UsageSource], Awaitable[Given]]) -> Given:
        before, opened = self._opened, self._up_to_date()
        opened.questions += 1
        try:
            if before:
                await self._close_if_done_with(before)
            return await ask(opened.source)
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
