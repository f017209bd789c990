"""Processes of the product that die at a moment drawn by lot, and what their database holds afterwards.

SOAK_KILLS=1000 SOAK_SECONDS=60 SOAK_SEED=7 python -m pytest tests/soak -rA
"""

import os
import secrets
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from time import monotonic, sleep
from typing import Any

from faces import clean_environment

from edgedns_mcp.store.database import Database

KILLS = int(os.environ.get("SOAK_KILLS", "50"))
SECONDS = float(os.environ.get("SOAK_SECONDS", "6"))
SEED = os.environ.get("SOAK_SEED") or str(secrets.randbelow(1_000_000))
SHARE_PERCENT: Mapping[str, int] = {
    "import": 30,
    "together": 12,
    "record": 16,
    "events": 24,
    "upkeep": 16,
    "stop": 2,
}

PRODUCT = (sys.executable, "-m", "edgedns_mcp")
CHUNK = 8_192  # bytes; the product's own would take a log of gigabytes to be killed in
IMPORTER = (
    *(sys.executable, "-c"),
    f"import edgedns_mcp.intake.chunks as c; c.CHUNK = {CHUNK}; from edgedns_mcp.cli.main import run; run()",
)
PIPES = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
PATIENCE_S = 120.0
POLL_S = 0.0003
STARTS_S = 0.6  # a process that nothing is seen of yet is killed within this time


@dataclass
class Score:
    """What a scenario did, so that one which did nothing is seen."""

    kills: int = 0
    amid: int = 0  # of them, those that left work behind: begun, and not done
    resent: int = 0
    duplicates: int = 0
    batches: int = 0
    began: float = field(default_factory=monotonic)

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.amid} of them amid work, {self.resent} re-sends, {self.duplicates} answered as "
            f"duplicates, {self.batches} batches, {monotonic() - self.began:.0f} s"
        )


def drawn(name: str) -> Random:
    """Give the lots of one test."""
    return Random(f"{SEED} {name}")


def kills_of(name: str) -> int:
    """Give a scenario's part of all kills."""
    return max(1, round(KILLS * SHARE_PERCENT[name] / 100))


@contextmanager
def started(*command: str | Path, stdin: Any = subprocess.DEVNULL, **settings: str) -> Iterator[subprocess.Popen[str]]:
    """Start a process; it does not outlive the block."""
    given = {"stdin": stdin, "env": clean_environment(**settings), "encoding": "utf-8", **PIPES}
    with subprocess.Popen([*map(str, command)], **given) as process:
        try:
            yield process
        finally:
            process.kill()


def killed_amid(process: subprocess.Popen[str], files: Sequence[Path], chance: Random) -> bool:
    """Kill a process once one of these files has changed so often, or before; False: it had ended by itself."""
    changes = chance.randrange(9)
    wait_for_changes(process, chance.choice(files), changes)
    sleep(chance.choice((0, chance.uniform(0, 0.02))) if changes else chance.uniform(0, STARTS_S))  # the moment, drawn
    process.kill()
    return ended(process) == -9


def ended(process: subprocess.Popen[str]) -> int:
    """Wait for the end of a process that ends well or is killed."""
    _, told = process.communicate(timeout=PATIENCE_S)
    assert process.returncode in (0, -9), told
    return process.returncode


def wait_for_changes(process: subprocess.Popen[str], file: Path, times: int) -> None:
    """Wait until a file was seen to change so often; not longer than the process lives."""
    until, seen = monotonic() + PATIENCE_S, _mark(file)
    while times and process.poll() is None:
        assert monotonic() < until, f"nothing is written to {file}"
        now = _mark(file)
        times, seen = times - (now != seen), now
        sleep(POLL_S)


def log_of(path: Path) -> Path:
    """Give the file that each change of a database is written to first."""
    return path.with_name(f"{path.name}-wal")


def asked(path: Path, question: Any) -> Any:
    """Ask one state of a database, opened and closed, so that the next to open it recovers what was killed."""
    with closing(Database.open(path)) as database:
        return database.read(question)


def is_sound(path: Path) -> bool:
    """Tell whether the engine finds nothing wrong in the file."""
    return asked(path, lambda tx: tx.value("PRAGMA integrity_check")) == "ok"


@contextmanager
def serving(path: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start the endpoint and give its address."""
    options = ("--port", "0", "--rate-limit", "0", "--no-access-log")
    with started(*PRODUCT, "endpoint", *options, "--database", path) as server:
        told = server.stderr or ()
        yield server, next(line for line in told if line.startswith("Serving on ")).split()[-1]


def output_of(*commands: tuple[str | Path, ...]) -> list[str]:
    """Run commands of the product side by side, and give what each writes."""
    running = [
        subprocess.Popen([*PRODUCT, *map(str, one)], env=clean_environment(), encoding="utf-8", **PIPES)
        for one in commands
    ]
    told = [process.communicate(timeout=PATIENCE_S)[0] for process in running]
    assert [process.returncode for process in running] == [0] * len(running)
    return told


def _mark(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_mtime_ns, found.st_size
