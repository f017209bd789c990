"""HTTP with 32 clients: answers a second, against bare servers of the same SDK over the same transport."""

import json
import os
import subprocess
import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path
from statistics import median, quantiles
from time import monotonic, sleep
from typing import Any, NamedTuple

from calls import settings
from measured import Held, Line, Part, Told
from wire import HANDSHAKE_ERA, META, STATELESS_ERA, environment

CLIENTS = 32
ROUNDS = 8
SECONDS = 1.0
BOUND = 0.8
STARTS_WITHIN_S = 30
HERE = Path(__file__).parent
OURS = ("-m", "edgedns_mcp", "serve", "--http", "--port", "0")
USAGE, NOTHING, SAME_BYTES = "usage_by_key", "nothing", "same_bytes"


class Server(NamedTuple):
    """A running server: who it is for the system, and where it listens."""

    pid: int
    host: str
    port: int


@dataclass
class Rounds:
    """What came of asking one tool, round by round."""

    per_s: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)  # of the server, for an answer
    taken_ms: list[float] = field(default_factory=list)

    def words(self) -> str:
        return f"median {median(self.per_s):.0f}, max {max(self.per_s):.0f} answers/s"

    def waits(self) -> str:
        return f"median {median(self.taken_ms):.0f}, p99 {quantiles(self.taken_ms, n=100)[98]:.0f} ms"


def measure(folder: Path) -> Part:
    """Let the servers answer by turns."""
    chosen = settings(folder)["local"] | {"EDGEDNS_HTTP_RATE_LIMIT": "0"}
    prepared = folder / "prepared.json"
    with _serving(OURS, chosen, folder / "ours.log") as ours:
        answer = _answer(ours, USAGE)
        prepared.write_text(json.dumps(answer), encoding="utf-8")
        with _serving((str(HERE / "bare_http_server.py"), str(prepared)), {}, folder / "bare.log") as bare:
            if _answer(bare, SAME_BYTES) != answer:
                raise RuntimeError("The two tools answered differently, so their rates cannot be compared.")
            contestants = {USAGE: ours, NOTHING: bare, SAME_BYTES: bare}
            lines = [line for era in (HANDSHAKE_ERA, STATELESS_ERA) for line in _lines(era, contestants)]
    return Part(
        "HTTP, 32 clients",
        f"Answers a second over {CLIENTS} kept connections, {ROUNDS} rounds each of {SECONDS:g} s by turns after an "
        "uncounted one, in each era. Ours: `edgedns-mcp serve --http` with its access log and audit log, asked for "
        "the default page of `usage_by_key` (10 keys x 3 endpoints). Against: a bare `MCPServer` under the same "
        "uvicorn, stateless and with JSON answers, asked for a tool that does nothing; told beside it, for one that "
        "returns the same bytes. Each server is one process. The load generator is another, which only writes "
        "prepared bytes and finds the end of each answer; it shares the cores with the server, so the processor time "
        "that a server takes for an answer is told, too.",
        lines,
    )


def _lines(era: str, contestants: Mapping[str, Server]) -> Sequence[Line]:
    found = {tool: Rounds() for tool in contestants}
    for turn in range(-1, ROUNDS):
        for tool in sorted(contestants, reverse=turn % 2 == 1):
            _round(contestants[tool], _request(contestants[tool], era, tool), found[tool] if turn >= 0 else Rounds())
    ours, bare, same = found[USAGE], found[NOTHING], found[SAME_BYTES]
    beside = median(ours.per_s) / median(same.per_s)
    cpu = [median(one.cpu_ms) for one in (ours, bare, same)]
    return [
        Held(
            f"{era}, against a tool that does nothing (median)",
            ours.words(),
            bare.words(),
            median(ours.per_s) / median(bare.per_s),
            BOUND,
            sign=">=",
        ),
        Told(f"{era}, against one that returns the same bytes", f"{same.words()}, {beside:.2f} x (median)"),
        Told(
            f"{era}, processor time for an answer",
            f"{cpu[0]:.2f} ms; does nothing {cpu[1]:.2f} ms, same bytes {cpu[2]:.2f} ms",
        ),
        Told(f"{era}, waiting for an answer", f"{ours.waits()}; does nothing {bare.waits()}"),
    ]


def _round(server: Server, request: bytes, found: Rounds) -> None:
    before = _cpu_s(server.pid)
    command = [sys.executable, str(HERE / "load.py"), server.host, str(server.port), str(CLIENTS), str(SECONDS)]
    done = subprocess.run(command, input=request, stdout=subprocess.PIPE, check=True)
    told = json.loads(done.stdout)
    answers = len(told["taken_s"])
    found.per_s.append(answers / told["seconds"])
    found.cpu_ms.append((_cpu_s(server.pid) - before) * 1000 / answers)
    found.taken_ms.extend(one * 1000 for one in told["taken_s"])


def _request(server: Server, era: str, tool: str) -> bytes:
    headers, body = _message(era, tool)
    own = {"Host": f"{server.host}:{server.port}", "Content-Length": str(len(body))}
    head = "".join(f"{name}: {value}\r\n" for name, value in (own | headers).items())
    return f"POST /mcp HTTP/1.1\r\n{head}\r\n".encode() + body


def _message(era: str, tool: str) -> tuple[dict[str, str], bytes]:
    params: dict[str, Any] = {"name": tool, "arguments": {}}
    headers = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}
    headers["MCP-Protocol-Version"] = era
    if era == STATELESS_ERA:
        params["_meta"] = META
        headers |= {"Mcp-Method": "tools/call", "Mcp-Name": tool}
    return headers, json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params}).encode()


def _answer(server: Server, tool: str) -> Any:
    headers, body = _message(HANDSHAKE_ERA, tool)
    connection = HTTPConnection(server.host, server.port)
    connection.request("POST", "/mcp", body, headers)
    result = json.loads(connection.getresponse().read())["result"]
    connection.close()
    if result.get("isError"):
        raise RuntimeError(f"{tool} failed: {result}")
    return result


@contextmanager
def _serving(arguments: Sequence[str], chosen: Mapping[str, str], log: Path) -> Generator[Server]:
    """Run a server; what it logs goes to a file, as it may where it is installed."""
    with log.open("wb") as told:
        process = subprocess.Popen([sys.executable, *arguments], env=environment(chosen), stderr=told)
    try:
        host, _, port = _address(process, log).rpartition(":")
        yield Server(process.pid, host, int(port))
    finally:
        process.terminate()
        process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    until = monotonic() + STARTS_WITHIN_S
    while process.poll() is None and monotonic() < until:
        rest = log.read_text(encoding="utf-8").partition("Serving on http://")[2]
        if "\n" in rest:
            return rest.splitlines()[0]
        sleep(0.02)
    raise RuntimeError(f"The server did not start: {log.read_text(encoding='utf-8')}")


def _cpu_s(pid: int) -> float:
    """Give the seconds of processor time of a process; 0 where the system does not tell."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
