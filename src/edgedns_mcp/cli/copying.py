"""What brings usage from the database to ClickHouse, once or again and again, and says what it did."""

import time
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import UTC, date, datetime
from threading import Thread
from typing import Annotated, Literal

import typer

from edgedns_mcp.cli.progress import ProgressLine
from edgedns_mcp.cli.terminal.faces import say
from edgedns_mcp.clickhouse import cleaning
from edgedns_mcp.clickhouse.connection import Cluster
from edgedns_mcp.clickhouse.copying import Copied, Copy
from edgedns_mcp.errors import UsageError
from edgedns_mcp.render.phrases import plural
from edgedns_mcp.settings import Settings
from edgedns_mcp.sources.factory import clickhouse_of
from edgedns_mcp.store import accounts
from edgedns_mcp.store.database import Database

WORK_S = 600  # within which a statement of a command ends
CLEANED_EVERY_S = 3_600
Target = Annotated[
    Literal["local", "clickhouse"],
    typer.Option("--to", help="clickhouse: bring what the database takes in on to ClickHouse, too."),
]
NOT_THERE_YET = "ClickHouse, which questions are answered from, does not have it yet; run edgedns-mcp copy."


class Copying:
    """A copy of some organisations, which may be repeated."""

    def __init__(self, base: Database, cluster: Cluster, names: Callable[[], Sequence[str]]) -> None:
        self._base = base
        self._cluster = cluster
        self._names = names
        self._copied: tuple[object, date] | None = None  # the state of the database, and the day, of the last copy
        self._cleaned_at = time.monotonic()

    def once(self, *, quick: bool = False) -> Copied:
        """Copy; a quick one looks at all days only where the sums differ."""
        line, state = ProgressLine(), self._state()
        every = [Copy(self._base, self._cluster, name).run(line, quick=quick) for name in self._names()]
        line.wipe()
        self._copied = state
        return Copied(*map(sum, zip(*every, strict=True))) if every else Copied(0, 0, 0)

    def tell(self, done: Copied) -> None:
        """Say what a copy did."""
        say(
            f"Copied {plural(done.written, 'new or changed piece')} to ClickHouse at {self._cluster.where}; it has the "
            f"{plural(done.requests, 'request')} that {self._base.where} has, key by key."
        )

    def on(self, every_s: float) -> None:
        """Copy again and again what changed, on a new day all, and clean; what fails is told, and tried again."""
        while True:
            try:
                self._again()
            except UsageError as exc:
                say(str(exc), err=True)
            time.sleep(every_s)

    def _again(self) -> None:
        state = self._state()
        if state != self._copied:
            done = self.once(quick=self._copied is not None and state[1] == self._copied[1])
            if done.written:
                self.tell(done)
        if time.monotonic() - self._cleaned_at > CLEANED_EVERY_S:
            cleaning.clean(self._cluster.asking(), time.time())
            self._cleaned_at = time.monotonic()

    def _state(self) -> tuple[object, date]:
        return self._base.read(lambda tx: tx.state()), datetime.now(UTC).date()


def bring_on(settings: Settings, base: Database, target: str) -> None:
    """Copy the organisation of the settings where it shall go to ClickHouse; else say so where questions go there."""
    if target == "clickhouse":
        with closing(clickhouse_of(settings, WORK_S)) as cluster:
            copying = Copying(base, cluster, lambda: [settings.account])
            copying.tell(copying.once(quick=True))
    elif settings.source == "clickhouse":
        say(NOT_THERE_YET)


def keep_bringing_on(settings: Settings, every_s: float) -> None:
    """Copy every organisation of the database beside what is done meanwhile, as long as this process runs.

    Raises:
        ConfigurationError: no ClickHouse is configured.
    """
    cluster, base = clickhouse_of(settings, WORK_S), Database.open(settings.database)
    copying = Copying(base, cluster, lambda: [*base.read(lambda tx: accounts.names(tx, "local")).values()])
    Thread(target=copying.on, args=(every_s,), daemon=True).start()
