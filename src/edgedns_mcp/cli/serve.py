"""Serve MCP over stdio; light, because every client waits for it."""

import gc
import sys
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, NoReturn
from zoneinfo import ZoneInfo

import anyio

from edgedns_mcp.cli.logs import Plain, log_on_stderr
from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.server.build import build_server
from edgedns_mcp.service.desk import Desk, open_desk
from edgedns_mcp.service.recorder import keep_recording, log_turn
from edgedns_mcp.settings import LogLevel, load
from edgedns_mcp.sources.lazy import LazySource

NEVER = timedelta()


def serve(**overrides: Any) -> None:
    """Serve until the client closes; a wrong setting is told on standard error and in every answer."""
    try:
        settings = load(**overrides)
    except ConfigurationError as exc:
        print(exc, file=sys.stderr)
        anyio.run(_serve, _refusing(str(exc)), "WARNING", NEVER)
    else:
        anyio.run(_serve, open_desk(settings), settings.log_level, settings.record_every)


def _refusing(reason: str) -> Desk:
    def refuse() -> NoReturn:
        raise ConfigurationError(reason)

    return Desk(LazySource(refuse), lambda: datetime.now(UTC), ZoneInfo("UTC"), 1)


async def _serve(desk: Desk, log_level: LogLevel, record_every: timedelta) -> None:
    log_on_stderr(log_level, Plain("%(levelname)s %(name)s: %(message)s"))
    try:
        async with anyio.create_task_group() as tasks:
            if record_every:
                tasks.start_soon(partial(keep_recording, desk.source, record_every, told=log_turn))
            server = build_server(desk, log_level)
            gc.freeze()  # what a start leaves behind is never garbage
            gc.enable()
            await server.run_stdio_async()
            tasks.cancel_scope.cancel()
    finally:
        with anyio.CancelScope(shield=True):
            await desk.source.aclose()
