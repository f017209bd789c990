"""Serve MCP over stdio; light, because every client waits for it."""

import logging
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import anyio

from edgedns_mcp.domain.naming import SECRET
from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.server.build import build_server
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.settings import LogLevel, Settings, load
from edgedns_mcp.sources.base import UsageSource
from edgedns_mcp.sources.factory import open_source
from edgedns_mcp.sources.refusing import RefusingSource


class _Redacting(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return SECRET.sub("edns_...", super().format(record))


def serve(**overrides: Any) -> None:
    """Serve until the client closes; a wrong setting is told on standard error and in every answer."""
    try:
        settings = load(**overrides)
    except ConfigurationError as exc:
        print(exc, file=sys.stderr)
        desk = Desk(RefusingSource(exc), lambda: datetime.now(UTC), ZoneInfo("UTC"), 1)
        anyio.run(_serve, desk, "WARNING")
        return
    anyio.run(_serve, desk_of(settings), settings.log_level)


def desk_of(settings: Settings) -> Desk:
    """Make the desk that the settings describe; where its source is not configured, it says so at each question."""
    now = clock(settings)
    source: UsageSource
    try:
        source = open_source(settings, now)
    except ConfigurationError as exc:
        source = RefusingSource(exc)
    return Desk(source, now, settings.timezone, settings.billing_day)


def clock(settings: Settings) -> Callable[[], datetime]:
    """Give the clock: the system's, or one that stands at EDGEDNS_AS_OF."""
    as_of = settings.as_of
    return (lambda: as_of.astimezone(UTC)) if as_of else lambda: datetime.now(UTC)


async def _serve(desk: Desk, log_level: LogLevel) -> None:
    _log_plainly(log_level)
    try:
        await build_server(desk, log_level).run_stdio_async()
    finally:
        await desk.source.aclose()


def _log_plainly(level: LogLevel) -> None:
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setFormatter(_Redacting("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level, handlers=[to_stderr])
