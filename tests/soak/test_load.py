"""A server over HTTP under mixed load, for long: each answer is what its request deserves, and memory stays flat."""

import asyncio
import os
import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from time import monotonic

import pytest
from askers import META, connected, message
from faces import clean_environment
from listening import serving
from organisation_file import fill
from soak_builders import PATIENCE_S, PRODUCT

SECONDS = float(os.environ.get("SOAK_LOAD_SECONDS", "16"))
WARM_UP_S = max(SECONDS / 4, 8)
LONG_S = 600
CLIENTS = 8
# In a short run the caches are still filling: it catches only what leaves much of each answer behind.
MOST_GROWTH_PERCENT = 5 if SECONDS >= LONG_S else 20
ABANDONED = 0.03  # how often a client leaves before it is answered
RENEWED = 0.05  # how often one connects anew
TOO_LARGE = 413  # the rest of such a request is not read
EXPECTED = re.compile("^Serving on |ClientDisconnect")  # the SDK logs who leaves before they have sent all
PERIODS = ("current", "previous", "7d", "30d", "yesterday", "2026-10", "last_month")


def called(tool, **arguments):
    return {"name": tool, "arguments": arguments}


def requests_of(chance: Random):
    """Give requests of all kinds without end, and the status that each deserves."""
    questions = (
        lambda: called("usage_by_key", period=chance.choice(PERIODS), limit=chance.randrange(1, 100)),
        lambda: called("usage_by_key", name_contains=f"{chance.randrange(10_000)}"),
        lambda: called("usage_by_key", period="7d", group_by="team"),
        lambda: called("key_details", key="payments-fraud", period=chance.choice(PERIODS)),
        lambda: called("usage_history", period="7d", bucket="day"),
        lambda: called("compare_usage", period="7d"),
        lambda: called("server_status"),
        lambda: called("usage_by_key", period="nonsense"),
        lambda: called("no_such_tool"),
    )
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


async def ask_on(url, requests, chance, until):
    """Ask until the time is over; give how many answers were heard."""
    connection, answers = await connected(url), 0
    while monotonic() < until:
        request, deserved = next(requests)
        is_over = chance.random() < ABANDONED
        if is_over:
            connection.send(request)
        else:
            status, body = await connection.ask(request)
            assert status == deserved, body[:500]
            is_over = connection.is_over or status == TOO_LARGE or chance.random() < RENEWED
            answers += 1
        if is_over:
            connection.close()
            connection = await connected(url)
    connection.close()
    return answers


def resident(pid):
    """Give the bytes of memory that a process holds."""
    status = Path(f"/proc/{pid}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))


async def loaded(url, chance, seconds):
    until = monotonic() + seconds
    async with asyncio.TaskGroup() as group:
        askers = [
            group.create_task(ask_on(url, requests_of(own), own, until))
            for own in (Random(chance.random()) for _ in range(CLIENTS))
        ]
    return sum(one.result() for one in askers)


@pytest.mark.skipif(sys.platform != "linux", reason="memory is read where Linux tells it")
def test_memory_stays_flat_under_mixed_load(tmp_path, chance):
    fill(tmp_path / "usage.db", datetime.now(UTC).replace(minute=0, second=0, microsecond=0))
    given = {"SOURCE": "local", "DATABASE": tmp_path / "usage.db", "HTTP_RATE_LIMIT": 0, "HTTP_AUDIT_LOG": os.devnull}
    env = clean_environment(**{f"EDGEDNS_{name}": str(value) for name, value in given.items()})
    with serving([*PRODUCT, "serve", "--http", "--port", "0", "--no-access-log"], env=env) as server:
        asyncio.run(loaded(server.url, chance, WARM_UP_S))
        before = resident(server.pid)
        answers = asyncio.run(loaded(server.url, chance, SECONDS - WARM_UP_S))
        growth_percent = 100 * (resident(server.pid) - before) / before
        server.terminate()
        assert server.wait(PATIENCE_S) == 0
    print(f"{answers} answers, {before >> 20} MiB and {growth_percent:+.1f} % more")
    assert growth_percent < MOST_GROWTH_PERCENT
    assert [line for line in server.told if not EXPECTED.search(line)] == []
