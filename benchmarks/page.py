"""What was measured, for the terminal and for docs/benchmarks.md."""

import os
import platform
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib.metadata import version

import apsw
from measured import Held, Line, Part, Told

NOT_MEASURED = ("the `edgedns` source's own share of an answer (a network decides there)",)


def terminal(part: Part) -> str:
    """Write one part as plain lines."""
    return "\n".join([part.title, *(f"  {_plain(line)}" for line in part.lines), ""])


def markdown(parts: Sequence[Part], left_out: Sequence[str] = ()) -> str:
    """Write the whole page."""
    missing = _missing((*NOT_MEASURED, *left_out))
    return "\n\n".join([_HEAD, _scene(), *(_section(part) for part in parts), missing]) + "\n"


def verdict(parts: Sequence[Part]) -> str:
    """Count what holds."""
    held = [line for part in parts for line in part.lines if isinstance(line, Held)]
    missed = [line.what for line in held if not line.holds]
    return f"{len(held) - len(missed)} of {len(held)} hold" + (f"; not: {'; '.join(missed)}" if missed else "")


_HEAD = """# Benchmarks

Written by `make bench`. Both sides of a ratio are measured in one run, by turns; absolute times depend on the machine
and on its neighbours, so read the ratios. A figure that does not hold is a fault to mend, not a failing run."""


def _scene() -> str:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    machine = f"{cores} cores, {platform.system()}, {platform.machine()}"
    python = f"{platform.python_implementation()} {platform.python_version()}"
    return (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {machine}, {python}, SQLite {apsw.sqlite_lib_version()}, "
        f"mcp {version('mcp')}, pydantic {version('pydantic')}."
    )


def _section(part: Part) -> str:
    rows = "\n".join(_row(line) for line in part.lines)
    return f"## {part.title}\n\n{part.method}\n\n| what | ours | against | figure | hold | holds |\n{_RULE}\n{rows}"


_RULE = "| --- | --- | --- | --- | --- | --- |"


def _row(line: Line) -> str:
    if isinstance(line, Told):
        return f"| {line.what} | {line.figure} | - | - | - | - |"
    hold = f"{line.sign} {_figure(line.bound, line.unit)}"
    answer = "yes" if line.holds else "**no**"
    return f"| {line.what} | {line.ours} | {line.against} | {_figure(line.figure, line.unit)} | {hold} | {answer} |"


def _plain(line: Line) -> str:
    if isinstance(line, Told):
        return f"{line.what}: {line.figure}"
    hold = f"hold {line.sign} {_figure(line.bound, line.unit)}: {'holds' if line.holds else 'DOES NOT HOLD'}"
    return f"{line.what}: {_figure(line.figure, line.unit)} ({line.ours} | {line.against}), {hold}"


def _figure(value: float, unit: str) -> str:
    return f"{value:.2f} x" if unit == "x" else f"{value:.0f} {unit}"


def _missing(lines: Sequence[str]) -> str:
    return "\n".join(["## Not measured yet", "", *(f"- {line};" for line in lines[:-1]), f"- {lines[-1]}."])
