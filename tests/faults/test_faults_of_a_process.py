"""The same faults, met by the product's own processes: a server over stdio, and the command."""

import asyncio
import json
import sys
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic

import pytest
from asking import KEY, PATIENCE_S
from faces import clean_environment
from fake_edgedns import Response, bomb, failure, fake_edgedns, ok, raw, redirect
from faulty import as_it_is, cut_at, faulty, reset_at, stuck_at
from lives import AFTER, Stage, used
from test_slow_ways import TOO_LATE
from test_upstream_faults import BROKE, MALFORMED, NO_COUNT, TOO_MANY, TOO_MUCH, WHOLE, filled, inflating, instead

PRODUCT = (sys.executable, "-m", "edgedns_mcp")
CLIENT = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
MOST_GROWTH_MB = 100
STARTS_S = 30.0  # how long a process may take beside what it is asked
NOT_TAKEN = "EdgeDNS's host did not take the connection in time. Check EDGEDNS_BASE_URL."
ELSEWHERE = "EdgeDNS's address leads elsewhere, and the API key is not sent there (HTTP 307). Check EDGEDNS_BASE_URL."
OUT = "EdgeDNS is out of service (HTTP 503, request req_abc123). Ask again in 60 seconds."
MINUTE_SILENT = (
    "import socket, time; socket.getaddrinfo = lambda *_, **__: time.sleep(60); "
    "from edgedns_mcp.cli.main import run; run()"
)


def cut_off(response):
    """Leave out the last byte, so that an answer is read through and then refused."""
    return raw(b"".join(response.steps()).split(b"\r\n\r\n", 1)[1][:-1])


BOMBS = {
    "a gigabyte in a megabyte": (raw(inflating(1), Content_Encoding="gzip"), TOO_MUCH),
    "two gigabytes in a refusal": (
        raw(inflating(2), 401, Content_Encoding="gzip"),
        "EdgeDNS refused this API key (HTTP 401). Check EDGEDNS_API_KEY.",
    ),
    "200 MB in 200 kB": (bomb(), TOO_MUCH),
    "50 MB": (raw(b"[" + b" " * 50_000_000), TOO_MUCH),
    "10 MB of empty lists": (filled(b"[],", 3_300_000), TOO_MANY),
    "10 MB of nested lists": (filled(b"[[[1]]],", 1_200_000), TOO_MANY),
    "as many values as are read, nested": (cut_off(filled(b"[[[1]]],", 99_000)), MALFORMED),
    "as many values as are read, named": (cut_off(filled(b'{"a":1},', 199_000)), MALFORMED),
}
FAULTS = {
    "503": (failure(503), as_it_is, OUT),
    "reset": (None, reset_at(90), BROKE),
    "cut off": (None, cut_at(20), BROKE),
    "half-open": (None, stuck_at(200), TOO_LATE),
    "malformed": (raw(WHOLE[:-1]), as_it_is, MALFORMED),
    "a count of NaN": (instead(b"NaN"), as_it_is, NO_COUNT),
    "elsewhere": (redirect("https://elsewhere.invalid/", 307), as_it_is, ELSEWHERE),
}


class Server:
    """A server over stdio, asked by hand."""

    def __init__(self, process):
        self._process = process
        self._asked = 0

    async def ask(self, method, **params):
        self._asked += 1
        self._send({"jsonrpc": "2.0", "id": self._asked, "method": method, "params": params})
        return json.loads(await self._process.stdout.readline())["result"]

    async def usage(self):
        """Ask for the usage of keys; give the answer and the memory, in MB, that it took at its highest."""
        self._forget_the_highest()
        before, began = self._memory("VmRSS"), monotonic()
        result = await self.ask("tools/call", name="usage_by_key", arguments={})
        assert monotonic() - began < PATIENCE_S
        assert KEY not in str(result)
        return result, (self._memory("VmHWM") - before) / 1024

    async def greet(self):
        await self.ask("initialize", **CLIENT)
        self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    def _send(self, message):
        self._process.stdin.write(json.dumps(message).encode() + b"\n")

    def _forget_the_highest(self):
        Path(f"/proc/{self._process.pid}/clear_refs").write_text("5")

    def _memory(self, name):
        status = Path(f"/proc/{self._process.pid}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(f"{name}:"))


@asynccontextmanager
async def started(*command, **settings):
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), asyncio.subprocess.PIPE)
    process = await asyncio.create_subprocess_exec(*command, env=clean_environment(**settings), limit=1 << 22, **pipes)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


@asynccontextmanager
async def a_way(folder):
    """Lead to a server that plays what the stage says; give the settings of the product, too."""
    stage = Stage()
    async with fake_edgedns(Response(stage.steps)) as upstream, faulty(upstream.url) as way:
        given = {"API_KEY": KEY, "BASE_URL": way.url, "DATABASE": str(folder / "usage.db"), "RECORD_EVERY": "0"}
        yield stage, way, {f"EDGEDNS_{name}": value for name, value in given.items()}


@asynccontextmanager
async def serving(folder):
    """Start a server on such a way; it must end well and have told nothing but words."""
    async with a_way(folder) as (stage, way, settings), started(*PRODUCT, **settings) as process:
        server = Server(process)
        await server.greet()
        yield server, stage, way
        process.stdin.close()
        rest, log = await process.communicate()
        assert (rest, process.returncode) == (b"", 0)
        assert b"Traceback" not in log
        assert KEY.encode() not in log


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read where Linux tells it")
async def test_what_grows_without_bound_takes_no_memory(tmp_path):
    grown_mb = {}
    async with serving(tmp_path) as (server, stage, _):
        stage.response = failure(500)
        await server.usage()  # all that a question needs is loaded
        for name, (response, sentence) in BOMBS.items():
            stage.response = response
            result, grown_mb[name] = await server.usage()
            assert [block["text"] for block in result["content"]] == [sentence], name
    print({name: round(grown) for name, grown in grown_mb.items()})
    assert {name: grown for name, grown in grown_mb.items() if grown > MOST_GROWTH_MB} == {}


async def test_a_server_survives_every_fault_and_tells_the_truth_afterwards(tmp_path):
    async with serving(tmp_path) as (server, stage, way):
        for name, (response, fault, sentence) in FAULTS.items():
            stage.response, way.fault = response or ok(used(AFTER)), fault
            result, _ = await server.usage()
            assert (result["isError"], [block["text"] for block in result["content"]]) == (True, [sentence]), name
        stage.response, way.fault = ok(used(AFTER)), as_it_is
        result, _ = await server.usage()
        assert result["structuredContent"]["totals"]["request_count"] == AFTER + 7
        status = (await server.ask("tools/call", name="server_status", arguments={}))["structuredContent"]
        assert (status["readings"], status["last_error"]) == (1, "")


async def told_by(*command, **settings):
    async with started(*command, **settings) as process:
        out, told = await asyncio.wait_for(process.communicate(), PATIENCE_S + STARTS_S)
    assert (process.returncode, out) == (1, b"")
    return told.decode()


async def test_a_command_ends_in_time_with_one_sentence(tmp_path):
    response, fault, sentence = FAULTS["half-open"]
    async with a_way(tmp_path) as (stage, way, settings):
        stage.response, way.fault = response or ok(used(AFTER)), fault
        unresolved = settings | {"EDGEDNS_BASE_URL": "https://api.invalid"}
        told = await asyncio.gather(
            told_by(*PRODUCT, "usage", "--json", **settings),
            told_by(sys.executable, "-c", MINUTE_SILENT, "usage", "--json", **unresolved),
        )
    assert told[0] == f"{sentence}\n"
    assert told[1] in (f"{NOT_TAKEN}\n", f"{TOO_LATE}\n")
