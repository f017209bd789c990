"""The organisations that are served, each with a source, a memory and an MCP server of its own."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
from anyio.abc import TaskGroup, TaskStatus
from mcp.server.context import ServerMiddleware
from mcp.server.streamable_http_manager import StreamableHTTPSessionManager
from starlette.types import ASGIApp

from edgedns_mcp.errors import UsageError
from edgedns_mcp.server.build import build_server
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.recorder import keep_recording, log_turn

MOST_BYTES = 1 << 20  # of a request; the longest question of ours has a few thousand
READY_WITHIN_S = 2.0


class Tenants:
    """Desks by the name of their organisation; the server of one is built at its first question."""

    def __init__(self, desks: Mapping[str, Desk], around: Sequence[ServerMiddleware[Any]]) -> None:
        """Serve these desks; `around` sees each message."""
        self._desks = desks
        self._around = around
        self._tasks: TaskGroup | None = None
        self._apps: dict[str, ASGIApp] = {}
        self._one_at_a_time = anyio.Lock()

    @asynccontextmanager
    async def running(self) -> AsyncGenerator[None]:
        """Keep recording, and be ready to answer; leaving closes every source."""
        try:
            async with anyio.create_task_group() as tasks:
                self._tasks = tasks
                for name, desk in self._desks.items():
                    if desk.record_every:
                        told = partial(log_turn, tenant=name)
                        tasks.start_soon(partial(keep_recording, desk.source, desk.record_every, told=told))
                yield
                tasks.cancel_scope.cancel()
        finally:
            with anyio.CancelScope(shield=True):
                for desk in self._desks.values():
                    await desk.source.aclose()

    async def app_of(self, name: str) -> ASGIApp:
        """Give what answers MCP for an organisation."""
        if name not in self._apps:
            async with self._one_at_a_time:
                if name not in self._apps:
                    self._apps[name] = await self._started(self._desks[name])
        return self._apps[name]

    async def wrong(self) -> str:
        """Say what keeps questions from being answered; '' where nothing does."""
        for desk in self._desks.values():
            try:
                with anyio.fail_after(READY_WITHIN_S):
                    await desk.source.health()
            except (UsageError, TimeoutError) as exc:
                return str(exc) or "The figures cannot be read in time."
        return ""

    async def _started(self, desk: Desk) -> ASGIApp:
        assert self._tasks  # noqa: S101 - questions come while it is running
        server = build_server(desk, around=self._around)
        manager = StreamableHTTPSessionManager(
            server._lowlevel_server,  # noqa: SLF001 # pyright: ignore[reportPrivateUsage] - as streamable_http_app makes it, less its Starlette
            json_response=True,
            stateless=True,
            max_request_body_size=MOST_BYTES,
        )
        await self._tasks.start(_run, manager)
        return manager.handle_request


async def _run(manager: StreamableHTTPSessionManager, *, task_status: TaskStatus[None]) -> None:
    async with manager.run():
        task_status.started()
        await anyio.sleep_forever()
