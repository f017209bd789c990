"""Warm `usage_by_key` over stdio, against a tool of the same server that returns the same bytes without any work."""

import json
from collections.abc import Callable, Mapping
from datetime import timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

from measured import Line, Part, Times, Told, ratio
from organisations import AS_OF, SMALL, fill
from wire import Wire, server

CALLS = 400
WARM_UPS = 40
BOUND = 1.5
SERVER = (str(Path(__file__).with_name("same_bytes_server.py")),)
OURS, SAME_BYTES = "usage_by_key", "same_bytes"
FIXED = {"EDGEDNS_AS_OF": AS_OF.isoformat()}  # a clock that stands makes every answer the same


def settings(folder: Path) -> Mapping[str, dict[str, str]]:
    """Give what makes a server answer from a small local database, and from the demo."""
    database = folder / "small.db"
    if not database.exists():
        fill(database, SMALL)
    return {
        "local": FIXED | {"EDGEDNS_SOURCE": "local", "EDGEDNS_DATABASE": str(database)},
        "demo": FIXED | {"EDGEDNS_SOURCE": "demo"},
    }


def measure(folder: Path) -> Part:
    """Call both tools by turns."""
    lines: list[Line] = []
    for source, chosen in settings(folder).items():
        with server(SERVER, chosen) as wire:
            wire.greet()
            _check(wire)
            lines.append(ratio(f"{source}, 10 keys x 3 endpoints", *_by_turns(wire, _the_same), BOUND, "median"))
            ours, prepared = _by_turns(wire, _never_asked)
        words = f"{ours.words()}, {ours.median / prepared.median:.2f} x (median)"
        lines.append(Told(f"{source}, a window that was never asked before", words))
    return Part(
        "Warm `usage_by_key` over stdio",
        f"{CALLS} calls each by turns after {WARM_UPS} uncounted ones; the default page (10 keys x 3 endpoints, "
        "current billing period) of a local database of 10 keys, and of the demo. Against: a tool of the same server "
        "that returns the same bytes, prepared before the start and checked against the same output model. Told beside "
        "it: the same page for another window at each call, so that nothing remembered can answer it.",
        lines,
    )


def _by_turns(wire: Wire, asked: Callable[[int], dict[str, str]]) -> tuple[Times, Times]:
    times = {OURS: Times(), SAME_BYTES: Times()}
    for turn in range(-WARM_UPS, CALLS):
        arguments = {OURS: asked(turn), SAME_BYTES: {}}
        for name in (OURS, SAME_BYTES) if turn % 2 else (SAME_BYTES, OURS):
            call = {"name": name, "arguments": arguments[name]}
            began = perf_counter()
            answer = wire.ask("tools/call", call)
            seconds = perf_counter() - began
            if b'"isError":true' in answer:
                raise RuntimeError(f"{name} failed: {answer!r}")
            if turn >= 0:
                times[name].add(seconds)
    return times[OURS], times[SAME_BYTES]


def _the_same(turn: int) -> dict[str, str]:
    del turn
    return {}


def _never_asked(turn: int) -> dict[str, str]:
    start = AS_OF - timedelta(days=30, hours=turn)
    return {"start": start.isoformat(), "end": AS_OF.isoformat()}


def _check(wire: Wire) -> None:
    """See that both tools give the same answer, and that it is the one that was meant."""
    answers: list[dict[str, Any]] = [
        wire.result("tools/call", {"name": name, "arguments": {}}) for name in (OURS, SAME_BYTES)
    ]
    if json.dumps(answers[0]) != json.dumps(answers[1]):
        raise RuntimeError("The two tools answered differently, so their times cannot be compared.")
    rows = answers[0]["structuredContent"]["keys"]
    listed = [len(row["endpoint_distribution"]) for row in rows]
    if len(listed) != 10 or max(listed) != 3:  # a key of the demo may have called fewer endpoints
        raise RuntimeError(f"The answer is not of 10 keys x 3 endpoints: {listed}.")
