"""What is looked at on the machine: Python, what we stand on, the clients, and a server that is started."""

import json
import os
import platform
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from edgedns_mcp import __version__
from edgedns_mcp.cli.connect.changes import servers_of
from edgedns_mcp.cli.connect.clients import CLIENTS, SERVER
from edgedns_mcp.cli.connect.commands import command
from edgedns_mcp.cli.doctor.checks import Check, doubtful, failed, looked, passed
from edgedns_mcp.store.engine import sqlite_version

OLDEST_SQLITE = (3, 51, 3)  # older ones can lose what several processes commit
START_WITHIN_S = 20.0
SLOW_S = 5.0  # two clients give up then
PROTOCOL = "2025-11-25"
ASKED = (
    {
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": PROTOCOL,
            "capabilities": {},
            "clientInfo": {"name": "edgedns-mcp doctor", "version": __version__},
        },
    },
    {"method": "notifications/initialized"},
    {"id": 2, "method": "tools/list"},
)


def versions() -> Iterator[Check]:
    """Look at what runs here."""
    yield passed("Python", f"{platform.python_version()} at {sys.executable}")
    yield passed("edgedns-mcp", f"{__version__}, with mcp {version('mcp')}")
    found = sqlite_version()
    if tuple(int(part) for part in found.split(".")) < OLDEST_SQLITE:
        oldest = ".".join(map(str, OLDEST_SQLITE))
        yield failed("SQLite", f"{found} can lose commits", f"Run: pip install --upgrade apsw (>= {oldest}).")
    else:
        yield passed("SQLite", found)


def clients() -> Iterator[Check]:
    """Look which clients have this server, and whether what they start is there."""
    found = [check for name in CLIENTS for check in looked(CLIENTS[name].title, lambda name=name: _client(name))]
    yield from found
    if not found:
        yield doubtful("Clients", "none has this server", f"Run: edgedns-mcp install {next(iter(CLIENTS))}")


def _client(name: Any) -> Iterator[Check]:
    client = CLIENTS[name]
    entry = servers_of(client).get(SERVER)
    if entry is None:
        return
    started = str(cast("Mapping[str, Any]", entry).get("command", "")) if isinstance(entry, Mapping) else ""
    if os.path.isabs(started) and not Path(started).exists():  # noqa: PTH117 - it may be no path at all
        yield failed(client.title, f"starts {started}, which is not there", f"Run: edgedns-mcp install {name}")
    else:
        yield passed(client.title, f"starts {started or 'this server'}")


def served(program: Sequence[str] = ()) -> Iterator[Check]:
    """Start a server as a client does, and look whether it answers, and says nothing else on standard output."""
    began = time.monotonic()
    lines, trouble = _said(program or command())
    took_s = time.monotonic() - began
    messages = [message for line in lines if (message := _message(line)) is not None]
    tools = next(
        (one["result"]["tools"] for one in messages if one.get("id") == ASKED[-1]["id"] and "result" in one), None
    )
    if len(messages) < len(lines):
        yield failed("Server", "writes something else than messages on standard output", "Please report it.")
    elif tools is None:
        yield failed("Server", "does not answer a client", f"Run: edgedns-mcp serve; it says: {trouble or 'nothing'}")
    elif took_s > SLOW_S:
        yield doubtful(
            "Server", f"answers after {took_s:.1f} s, when some clients gave up", "Close what keeps it busy."
        )
    else:
        yield passed("Server", f"answers after {took_s:.1f} s with {len(tools)} tools, and says nothing else")


def _said(program: Sequence[str]) -> tuple[Sequence[str], str]:
    """Give the lines that a server writes until it has answered, and the last one of its log."""
    with subprocess.Popen(  # noqa: S603 - our own command
        program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdin and process.stdout and process.stderr  # noqa: S101, PT018 - all three were asked for
        timer = threading.Timer(START_WITHIN_S, process.kill)
        timer.start()
        lines = list[str]()
        for message in ASKED:
            process.stdin.write(json.dumps({"jsonrpc": "2.0", **message}) + "\n")
        process.stdin.flush()
        for line in process.stdout:
            lines.append(line)
            if (_message(line) or {}).get("id") == ASKED[-1]["id"]:
                break
        process.stdin.close()
        log = process.stderr.read().strip().splitlines()
        timer.cancel()
    return lines, log[-1] if log else ""


def _message(line: str) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except ValueError:
        return None
    message = cast("dict[str, Any]", found) if isinstance(found, dict) else {}
    return message if message.get("jsonrpc") == "2.0" else None
