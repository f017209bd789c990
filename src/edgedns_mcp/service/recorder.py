"""Keep recording: take a reading whenever one is due, whatever goes wrong in between."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from logging import getLogger
from typing import NoReturn

import anyio

from edgedns_mcp.errors import UsageError
from edgedns_mcp.sources.base import Turn, UsageSource

LOG = getLogger(__name__)
BEFORE_THE_FIRST = timedelta(seconds=3)  # a client that has just started us asks its own questions first
LOOK_AGAIN = timedelta(minutes=5)  # an API key may be configured later


async def _rest(time: timedelta) -> None:
    await anyio.sleep(time.total_seconds())


async def keep_recording(
    source: UsageSource,
    every: timedelta,
    *,
    told: Callable[[Turn], None],
    rest: Callable[[timedelta], Awaitable[None]] = _rest,
    first_rest: timedelta = BEFORE_THE_FIRST,
) -> NoReturn:
    """Take turns for ever; `told` hears of each. A turn that fails is told and tried again later."""
    await rest(first_rest)
    while True:
        turn = await _turn(source, every)
        told(turn)
        await rest(turn.rest)


def log_turn(turn: Turn, tenant: str = "") -> None:
    """Log what a turn did, and of which of several organisations."""
    fields = {"fields": {"tenant": tenant}}
    if turn.trouble:
        LOG.warning("No reading was recorded: %s", turn.trouble, extra=fields)
    for line in turn.told:
        LOG.info(line, extra=fields)
    for key_id in turn.fallen:
        LOG.warning(
            "The counter of %s fell, and nobody knows why; its use since the last reading is unknown.",
            key_id,
            extra=fields,
        )


async def _turn(source: UsageSource, every: timedelta) -> Turn:
    try:
        return await source.record(every) or Turn(LOOK_AGAIN)
    except UsageError as exc:  # a setting, which may be mended while we run
        return Turn(LOOK_AGAIN, trouble=str(exc))
