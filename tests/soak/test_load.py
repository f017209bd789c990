"""Servers over HTTP and stdio under mixed load, for long: each answer is deserved, and memory and handles stay flat."""

import asyncio
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from statistics import median
from time import monotonic
from typing import NamedTuple

import pytest
from askers import META, Pipe, connected, message
from faces import clean_environment
from listening import serving
from organisation_file import fill
from soak_builders import PATIENCE_S, PRODUCT

SECONDS = float(os.environ.get("SOAK_LOAD_SECONDS", "16"))
WARM_UP_S = max(SECONDS / 4, 8)
LONG_S = 600
CLIENTS, PIPES = 8, 2
MORE_HANDLES = 8  # connections that are just being closed
# In a short run the caches are still filling: it catches only what leaves much of each answer behind.
MOST_GROWTH_PERCENT = 5 if SECONDS >= LONG_S else 20
ABANDONED = 0.03  # how often a client leaves before it is answered
RENEWED = 0.05  # how often one connects anew
NAMES = 1_000  # so few that what is remembered of each is there before memory is looked at
TOO_LARGE = 413  # the rest of such a request is not read
EXPECTED = re.compile("^Serving on |ClientDisconnect")  # the SDK logs who leaves before they have sent all
PERIODS = ("current", "previous", "7d", "30d", "yesterday", "2026-10", "last_month")


def called(tool, **arguments):
    return {"name": tool, "arguments": arguments}


def questions_of(chance: Random):
    """Give what makes questions of all kinds."""
    return (
        lambda: called("usage_by_key", period=chance.choice(PERIODS), limit=chance.randrange(1, 100)),
        lambda: called("usage_by_key", name_contains=f"{chance.randrange(NAMES)}"),
        lambda: called("usage_by_key", period="7d", group_by="team"),
        lambda: called("key_details", key="payments-fraud", period=chance.choice(PERIODS)),
        lambda: called("usage_history", period="7d", bucket="day"),
        lambda: called("compare_usage", period="7d"),
        lambda: called("server_status"),
        lambda: called("usage_by_key", period="nonsense"),
        lambda: called("no_such_tool"),
    )


def requests_of(chance: Random):
    """Give requests of all kinds without end, and the status that each deserves."""
    questions = questions_of(chance)
    others = (
        ("tools/list", {}),
        ("resources/list", {}),
        ("resources/read", {"uri": "edgedns://usage/by-key/7d"}),
        ("prompts/get", {"name": "security_review", "arguments": {}}),
    )
    refused = (
        (b"GET /mcp HTTP/1.1\r\nHost: localhost\r\n\r\n", 405),
        (b"POST /nowhere HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n\r\n", 404),
        (message("ping", {"Host": "attacker.example.com"}), 421),
        (message("ping", {"Origin": "https://attacker.example.com"}), 403),
        (message("tools/call", name="usage_by_key", arguments={"name_contains": "x" * (1 << 20)}), TOO_LARGE),
        (message("ping", {"Content-Type": "text/plain"}), 400),
    )
    while True:
        if chance.random() < 0.05:
            yield chance.choice(refused)
            continue
        method, params = ("tools/call", chance.choice(questions)()) if chance.random() < 0.8 else chance.choice(others)
        yield message(method, **params, **({"_meta": META} if chance.random() < 0.5 else {})), 200


class Held(NamedTuple):
    """The bytes of memory and the number of handles of a server."""

    memory: int
    handles: int

    def grown_percent(self, then: "Held") -> float:
        return 100 * (self.memory - then.memory) / then.memory


class Load:
    """One database, a server over HTTP and some over stdio, and how long their answers took."""

    def __init__(self, url: str, pids: list[int], pipes: list[Pipe]) -> None:
        self.url, self.pids, self.pipes = url, pids, pipes
        self.took_s: list[float] = []

    async def run(self, chance: Random, seconds: float) -> None:
        """Ask all of them on until the time is over."""
        until = monotonic() + seconds
        async with asyncio.TaskGroup() as group:
            for _ in range(CLIENTS):
                group.create_task(self._ask_over_http(Random(chance.random()), until))
            for pipe in self.pipes:
                group.create_task(self._ask_over_stdio(pipe, Random(chance.random()), until))

    async def _ask_over_http(self, chance: Random, until: float) -> None:
        connection, requests = await connected(self.url), requests_of(chance)
        while (began := monotonic()) < until:
            request, deserved = next(requests)
            is_over = chance.random() < ABANDONED
            if is_over:
                connection.send(request)
            else:
                status, body = await connection.ask(request)
                assert status == deserved, body[:500]
                is_over = connection.is_over or status == TOO_LARGE or chance.random() < RENEWED
                self.took_s.append(monotonic() - began)
            if is_over:
                connection.close()
                connection = await connected(self.url)
        connection.close()

    async def _ask_over_stdio(self, pipe: Pipe, chance: Random, until: float) -> None:
        questions = questions_of(chance)
        while (began := monotonic()) < until:
            answer = await pipe.ask("tools/call", **chance.choice(questions)())
            assert "result" in answer or answer["error"]["code"] < 0, answer
            self.took_s.append(monotonic() - began)

    def held(self) -> list["Held"]:
        """Give what each server holds."""
        return [Held(resident(pid), len(list(Path(f"/proc/{pid}/fd").iterdir()))) for pid in self.pids]

    def drift(self) -> float:
        """Compare the median of the last third of all answers with that of the first."""
        third = len(self.took_s) // 3
        return median(self.took_s[-third:]) / median(self.took_s[:third])


def resident(pid):
    """Give the bytes of memory that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


async def lived(server, env, chance) -> tuple[Load, list[Held], list[Held]]:
    """Load the server and others beside it; give what each held when it was warm, and at the end."""
    pipes = [await Pipe.opened(*PRODUCT, env=env) for _ in range(PIPES)]
    load = Load(server.url, [server.pid, *(pipe.pid for pipe in pipes)], pipes)
    await load.run(chance, WARM_UP_S)
    before = load.held()
    load.took_s.clear()
    await load.run(chance, SECONDS - WARM_UP_S)
    after = load.held()
    assert [await pipe.closed() for pipe in pipes] == [0] * PIPES
    return load, before, after


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read where Linux tells it")
def test_memory_and_handles_stay_flat_under_mixed_load(tmp_path, chance):
    fill(tmp_path / "usage.db", datetime.now(UTC).replace(minute=0, second=0, microsecond=0))
    given = {"SOURCE": "local", "DATABASE": tmp_path / "usage.db", "HTTP_RATE_LIMIT": 0, "HTTP_AUDIT_LOG": os.devnull}
    env = clean_environment(**{f"EDGEDNS_{name}": str(value) for name, value in given.items()})
    with serving([*PRODUCT, "serve", "--http", "--port", "0", "--no-access-log"], env=env) as server:
        load, before, after = asyncio.run(lived(server, env, chance))
        server.terminate()
        assert server.wait(PATIENCE_S) == 0
    print(f"{len(load.took_s)} answers, the last third took {load.drift():.2f} x of the first")
    for then, now in zip(before, after, strict=True):
        print(f"{now.memory >> 20} MiB, {now.grown_percent(then):+.1f} %, and {now.handles} handles")
        assert now.grown_percent(then) < MOST_GROWTH_PERCENT
        assert now.handles <= then.handles + MORE_HANDLES
    assert [line for line in server.told if not EXPECTED.search(line)] == []
