"""Cold start over stdio: from the spawn to the first `tools/list` answer, against a bare server of the same SDK."""

from collections.abc import Callable, Sequence
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage
from time import perf_counter
from typing import NamedTuple

from measured import Held, Line, Part, Times, Told, ratio
from wire import META, Wire, server

STARTS = 16
WARM_UPS = 2
BOUND = 1.15
HERE = Path(__file__).parent
BARE = (str(HERE / "bare_server.py"),)
BARE_WITHOUT_RICH = (*BARE, "without-rich")
OURS = ("-m", "edgedns_mcp")
DEMO = {"EDGEDNS_SOURCE": "demo"}
A_KEY = {"EDGEDNS_API_KEY": "edns_test_0123456789abcdef0123456789abcdef", "EDGEDNS_BASE_URL": "http://127.0.0.1:9"}
HEAVY = ("rich", "typer", "duckdb", "numpy", "pandas", "clickhouse_connect", "fastapi")


class Contestant(NamedTuple):
    """A server to start, and the era its client speaks; then how long it took, and what it computed meanwhile."""

    arguments: Sequence[str]
    settings: dict[str, str]
    list_tools: Callable[[Wire], bytes]
    wall: Times
    cpu: Times


def measure(folder: Path) -> Part:
    """Start everybody by turns, and see what our start imports."""
    away = {"EDGEDNS_DATABASE": str(folder / "nothing-here.db")}
    bare, lean = _contestant(BARE), _contestant(BARE_WITHOUT_RICH)
    demo, key = _contestant(OURS, DEMO | away), _contestant(OURS, A_KEY | away)
    bare_2026, demo_2026 = _contestant(BARE, at_once=True), _contestant(OURS, DEMO | away, at_once=True)
    _by_turns([bare, lean, demo, key, bare_2026, demo_2026])
    pairs = {
        "demo": (demo, bare),
        "an API key is configured": (key, bare),
        "demo, client of 2026-07-28 without a handshake": (demo_2026, bare_2026),
        "demo, against a bare server that is kept from rich too": (demo, lean),
    }
    lines: list[Line] = [
        *(ratio(what, ours.wall, against.wall, BOUND, "min") for what, (ours, against) in pairs.items()),
        *(_computing(what, ours, against) for what, (ours, against) in pairs.items()),
        *(_heavy_modules(name, settings | away, folder) for name, settings in (("demo", DEMO), ("API key", A_KEY))),
    ]
    return Part(
        "Cold start over stdio",
        f"Spawn to first `tools/list` answer, {STARTS} starts each by turns after {WARM_UPS} uncounted ones. Against: "
        "a bare `MCPServer` with one tool that does nothing, in the same environment. The SDK imports rich where it "
        "is installed, ours keeps it from that; one line compares with a bare server that does the same.",
        lines,
    )


def _contestant(
    arguments: Sequence[str], settings: dict[str, str] | None = None, *, at_once: bool = False
) -> Contestant:
    return Contestant(arguments, settings or {}, _at_once if at_once else _after_a_handshake, Times(), Times())


def _by_turns(contestants: Sequence[Contestant]) -> None:
    for turn in range(-WARM_UPS, STARTS):
        for contestant in contestants:
            wall, cpu = _start(contestant)
            if turn >= 0:
                contestant.wall.add(wall)
                contestant.cpu.add(cpu)


def _start(contestant: Contestant) -> tuple[float, float]:
    computed, began = _children_cpu_s(), perf_counter()
    with server(contestant.arguments, contestant.settings) as wire:
        answer = contestant.list_tools(wire)
        seconds = perf_counter() - began
    if b'"tools"' not in answer:
        raise RuntimeError(f"No list of tools: {answer[:200]!r}")
    return seconds, _children_cpu_s() - computed


def _children_cpu_s() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _computing(what: str, ours: Contestant, against: Contestant) -> Told:
    """Tell the processor time of the same starts, which neighbours disturb less than the time on the clock."""
    return Told(
        f"processor time: {what}",
        f"{ours.cpu.min:.0f} ms against {against.cpu.min:.0f} ms, {ours.cpu.min / against.cpu.min:.2f} x (min)",
    )


def _after_a_handshake(wire: Wire) -> bytes:
    wire.greet()
    return wire.ask("tools/list", {})


def _at_once(wire: Wire) -> bytes:
    return wire.ask("tools/list", {"_meta": META})


def _heavy_modules(name: str, settings: dict[str, str], folder: Path) -> Held:
    """Name what the start imports and must not; Python itself writes the list while the server runs."""
    told = folder / "imports.txt"
    with server(("-X", "importtime", *OURS), settings, told) as wire:
        _after_a_handshake(wire)
    imported = {line.rpartition("|")[2].strip() for line in told.read_text().splitlines() if "import time:" in line}
    found = sorted(imported & {*HEAVY})  # of a package, its own name is always among them
    what = f"heavy modules on the start path ({name})"
    return Held(what, ", ".join(found) or "none", f"none of {', '.join(HEAVY)}", len(found), 0, "modules")
