"""A client as thin as can be: raw JSON-RPC lines over a server's pipes, so that its own cost is next to nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import Timer
from typing import Any

CLIENT = {"name": "benchmark", "version": "1"}
HANDSHAKE_ERA, STATELESS_ERA = "2025-11-25", "2026-07-28"
META = {
    "io.modelcontextprotocol/protocolVersion": STATELESS_ERA,
    "io.modelcontextprotocol/clientCapabilities": {},
    "io.modelcontextprotocol/clientInfo": CLIENT,
}
LONGEST_RUN_S = 120  # a server that hangs is killed, and the next answer is then missing


class Wire:
    """The two pipes of one server."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process
        self._sent = 0

    def greet(self) -> dict[str, Any]:
        """Shake hands as every client before 2026-07-28 does."""
        hello = {"protocolVersion": HANDSHAKE_ERA, "capabilities": {}, "clientInfo": CLIENT}
        answer = self.result("initialize", hello)
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})
        return answer

    def result(self, method: str, params: Mapping[str, Any]) -> dict[str, Any]:
        """Ask, and give the result."""
        message = json.loads(self.ask(method, params))
        if "result" not in message or message["result"].get("isError"):
            raise RuntimeError(f"{method} failed: {message}")
        return message["result"]

    def ask(self, method: str, params: Mapping[str, Any]) -> bytes:
        """Ask, and give the answer's bytes as they came."""
        self._sent += 1
        self._send({"jsonrpc": "2.0", "id": self._sent, "method": method, "params": params})
        assert self._process.stdout
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"The server ended before it answered {method}.")
        return line

    def _send(self, message: Mapping[str, Any]) -> None:
        assert self._process.stdin
        self._process.stdin.write(json.dumps(message).encode() + b"\n")
        self._process.stdin.flush()


@contextmanager
def server(arguments: Sequence[str], settings: Mapping[str, str], errors: Path | None = None) -> Generator[Wire]:
    """Run `python *arguments` as a server; what it writes to standard error goes to `errors`, else to ours."""
    with (errors or Path(os.devnull)).open("wb") as told:
        process = subprocess.Popen(
            [sys.executable, *arguments],
            env=environment(settings),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=told if errors else None,
        )
        last_resort = Timer(LONGEST_RUN_S, process.kill)
        last_resort.start()
        try:
            yield Wire(process)
        finally:
            last_resort.cancel()
            process.kill()
            process.communicate()


def environment(settings: Mapping[str, str]) -> dict[str, str]:
    """Give our environment with these settings and no others of edgedns-mcp."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("EDGEDNS_", "PYTHON"))}
    return kept | settings
