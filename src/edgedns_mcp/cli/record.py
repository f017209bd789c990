"""The command `record`: one reading of EdgeDNS's counters, or one whenever it is due; and being told of findings."""

from contextlib import aclosing
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Annotated

import anyio
import typer

from edgedns_mcp.cli.asking import PATIENCE_S
from edgedns_mcp.cli.notices import Notify, NotifyFrom, address_of, say_told
from edgedns_mcp.cli.options import Base
from edgedns_mcp.cli.progress import ProgressLine
from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.errors import ConfigurationError, UnavailableError
from edgedns_mcp.models import Severity
from edgedns_mcp.render.phrases import plural
from edgedns_mcp.service.desk import Desk, open_desk
from edgedns_mcp.service.notices import tell_what_is_new
from edgedns_mcp.service.recorder import keep_recording
from edgedns_mcp.settings import load
from edgedns_mcp.sources.base import Address, Turn

NOW = timedelta()
FAILED = 1  # the exit code where somebody could not be told


@dataclass(frozen=True)
class _Recorder:
    """What takes readings, and whom it tells of findings."""

    desk: Desk
    address: Address | None
    bar: Severity

    async def told_after(self, turn: Turn) -> bool:
        """Tell what a reading that was recorded brought to light; give whether all went well."""
        if self.address is None or turn.taken_at is None or turn.trouble:
            return True
        return say_told(await tell_what_is_new(self.desk, self.address, self.bar), self.address)

    async def aclose(self) -> None:
        """Close the source and the address."""
        with anyio.CancelScope(shield=True):
            await self.desk.source.aclose()
            if self.address:
                await self.address.aclose()


def record(
    *,
    every: Annotated[
        str | None, typer.Option(help="Keep running and record at each multiple of this time: 30m, 1h, 1d.")
    ] = None,
    notify: Notify = "",
    notify_from: NotifyFrom = "medium",
    database: Base = None,
) -> None:
    """Record a reading of EdgeDNS's counters: from the differences come the windows that EdgeDNS does not offer.

    Without --every one reading, as a line for cron. The running server records by itself (EDGEDNS_RECORD_EVERY); only
    this command tells a webhook of findings (--notify).

    Example: edgedns-mcp record --every 1h
    """
    settings = load(source="edgedns", database=database, record_every=every)
    if every and not settings.record_every:
        raise ConfigurationError("--every 0 would never record; write a time such as 1h, or leave it out.")
    address = address_of(notify, settings)
    recorder = _Recorder(replace(open_desk(settings), deadline_s=PATIENCE_S), address, notify_from)
    if every:
        anyio.run(_keep_recording, recorder, settings.record_every)
    elif not anyio.run(_record_once, recorder):
        raise typer.Exit(FAILED)


async def _record_once(recorder: _Recorder) -> bool:
    async with aclosing(recorder):
        turn = await recorder.desk.source.record(NOW)
        if turn is None:
            raise ConfigurationError("Nothing is recorded while looking back; leave EDGEDNS_AS_OF out.")
        if turn.trouble:
            raise UnavailableError(turn.trouble)
        _tell(turn)
        return await recorder.told_after(turn)


async def _keep_recording(recorder: _Recorder, every: timedelta) -> None:
    line = ProgressLine()
    async with aclosing(recorder), anyio.create_task_group() as tasks:

        def told(turn: Turn) -> None:
            line.wipe()
            _tell(turn)
            line.show(f"The next reading is due at {recorder.desk.now() + turn.rest:%Y-%m-%dT%H:%M:%SZ}.")
            tasks.start_soon(recorder.told_after, turn)  # beside the rest: the next reading is taken in time

        await keep_recording(recorder.desk.source, every, told=told, first_rest=NOW)


def _tell(turn: Turn) -> None:
    if turn.trouble:
        say(turn.trouble, err=True)
    if turn.taken_at:
        figures = f"{plural(turn.keys, 'key')}, {plural(turn.requests, 'request')}."
        period = " A new billing period has begun." if turn.new_period else ""
        say(f"{turn.taken_at:%Y-%m-%dT%H:%M:%SZ}: {figures}{period}")
    for line in turn.told:
        say(line)
    for key_id in turn.fallen:
        say(f"The counter of {key_id} fell, and nobody knows why; its use since then is unknown.", err=True)
