"""The command `record`: one reading of EdgeDNS's counters, or one whenever it is due."""

from datetime import timedelta
from functools import partial
from typing import Annotated

import anyio
import typer

from edgedns_mcp.cli.options import Base
from edgedns_mcp.errors import ConfigurationError, UnavailableError
from edgedns_mcp.render.phrases import plural
from edgedns_mcp.service.desk import open_desk
from edgedns_mcp.service.recorder import keep_recording
from edgedns_mcp.settings import load
from edgedns_mcp.sources.base import Turn, UsageSource

NOW = timedelta()


def record(
    *,
    every: Annotated[
        str | None, typer.Option(help="Keep running and record at each multiple of this time: 30m, 1h, 1d.")
    ] = None,
    database: Base = None,
) -> None:
    """Record a reading of EdgeDNS's counters: from the differences come the windows that EdgeDNS does not offer.

    Without --every one reading, as a line for cron. The running server records by itself (EDGEDNS_RECORD_EVERY).

    Example: edgedns-mcp record --every 1h
    """
    settings = load(source="edgedns", database=database, record_every=every)
    if every and not settings.record_every:
        raise ConfigurationError("--every 0 would never record; write a time such as 1h, or leave it out.")
    source = open_desk(settings).source
    anyio.run(_keep_recording, source, settings.record_every) if every else anyio.run(_record_once, source)


async def _record_once(source: UsageSource) -> None:
    try:
        turn = await source.record(NOW)
    finally:
        await source.aclose()
    if turn is None:
        raise ConfigurationError("Nothing is recorded while looking back; leave EDGEDNS_AS_OF out.")
    if turn.trouble:
        raise UnavailableError(turn.trouble)
    _tell(turn)


async def _keep_recording(source: UsageSource, every: timedelta) -> None:
    try:
        await keep_recording(source, every, told=partial(_tell), first_rest=NOW)
    finally:
        with anyio.CancelScope(shield=True):
            await source.aclose()


def _tell(turn: Turn) -> None:
    if turn.trouble:
        typer.echo(turn.trouble, err=True)
    if turn.taken_at:
        figures = f"{plural(turn.keys, 'key')}, {plural(turn.requests, 'request')}."
        period = " A new billing period has begun." if turn.new_period else ""
        typer.echo(f"{turn.taken_at:%Y-%m-%dT%H:%M:%SZ}: {figures}{period}")
    for key_id in turn.fallen:
        typer.echo(f"The counter of {key_id} fell, and nobody knows why; its use since then is unknown.", err=True)
