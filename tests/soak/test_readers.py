"""Many MCP servers are asked while an endpoint takes events: each answer is whole, new enough, and never goes back."""

import asyncio
import csv
import os
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from time import monotonic

import httpx
import pytest
from faces import clean_environment
from mcp import Client, StdioServerParameters, stdio_client
from soak_builders import PATIENCE_S, PRODUCT, SECONDS, output_of, serving

READERS = int(os.environ.get("SOAK_READERS", "8"))
BATCH = 10
KEYS, PATHS = 6, 9
AGAIN = 0.4
NOW = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
DAYS = 4
WINDOW = {
    "start": f"{NOW - timedelta(days=DAYS):%Y-%m-%dT%H:%M:%SZ}",
    "end": f"{NOW:%Y-%m-%dT%H:%M:%SZ}",
    "limit": 100,
    "top_endpoints": 50,
}


class Truth:
    """How many batches were sent, and how many of them were acknowledged."""

    def __init__(self) -> None:
        self.sent = 0
        self.acknowledged = 0
        self.duplicates = 0


def events_of(number):
    chance, hours = Random(number), DAYS * 24
    return [
        {
            "timestamp": int((NOW - timedelta(hours=chance.randrange(1, hours))).timestamp()) + chance.randrange(3600),
            "key_id": f"key_{chance.randrange(KEYS)}",
            "endpoint": f"/v1/{chance.randrange(PATHS)}",
            "status": 200,
            "environment": "live",
        }
        for _ in range(BATCH)
    ]


@pytest.fixture
def path(tmp_path):
    inventory, path = tmp_path / "keys.csv", tmp_path / "usage.db"
    with inventory.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([("key_id", "environment"), *((f"key_{n}", "live") for n in range(KEYS))])
    output_of(("keys", "import", inventory, "--database", path))
    return path


@pytest.fixture
def secret(path):
    (told,) = output_of(("keys", "create", "soak", "--environment", "live", "--database", path))
    return told.split()[0]


async def write(sender, truth, chance, goes_on):
    """Send new batches, one after the other, and now and then an old one again."""
    while goes_on():
        is_old = truth.acknowledged and chance.random() < AGAIN
        number = chance.randrange(truth.acknowledged) if is_old else truth.acknowledged
        truth.sent = max(truth.sent, number + 1)
        answer = await sender.post("/v1/events", json=events_of(number), headers={"Idempotency-Key": f"b-{number}"})
        assert answer.status_code == 200, answer.text
        assert answer.json()["duplicate"] == is_old
        truth.acknowledged = max(truth.acknowledged, number + 1)
        truth.duplicates += is_old


async def read(path, truth, gate, goes_on):
    """Ask a server of its own again and again; what was acknowledged before the question is in the answer."""
    settings = clean_environment(EDGEDNS_SOURCE="local", EDGEDNS_DATABASE=str(path), EDGEDNS_RECORD_EVERY="0")
    server = StdioServerParameters(command=PRODUCT[0], args=list(PRODUCT[1:]), env=settings)
    seen = Counter()
    async with Client(stdio_client(server)) as client:
        await gate.wait()
        while goes_on():
            least = max(truth.acknowledged * BATCH, seen["requests"])
            result = await client.call_tool("usage_by_key", WINDOW)
            assert not result.is_error, result.content[0].text
            requests = whole(result.structured_content)
            assert least <= requests <= truth.sent * BATCH
            seen["moves"] += requests > seen["requests"]
            seen["reads"] += 1
            seen["requests"] = requests
    return seen


def whole(report):
    """Give the requests of an answer all of whose parts are of one state."""
    rows = report["keys"]
    requests = report["totals"]["request_count"]
    assert requests % BATCH == 0
    assert [row["request_count"] for row in rows] == [sum(row["endpoint_distribution"].values()) for row in rows]
    assert {sum(row["request_count"] for row in rows), sum(report["top_endpoints"].values())} == {requests}
    assert (report["totals"]["live_requests"], report["unattributed"]["request_count"]) == (requests, 0)
    return requests


async def test_readers_beside_a_live_endpoint_never_see_less_than_was_acknowledged(path, secret, chance, score):
    with serving(path) as (server, url):
        headers = {"Authorization": f"Bearer {secret}"}
        async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, timeout=PATIENCE_S) as sender:
            truth, seen = await together(path, sender, chance)
        assert server.poll() is None
    score.batches, score.resent, score.duplicates = truth.acknowledged, truth.duplicates, truth.duplicates
    print(f"{READERS} readers, {sum(one['reads'] for one in seen)} reads, {sum(one['moves'] for one in seen)} moves")
    assert truth.acknowledged > 1
    assert truth.duplicates > 0
    assert min(one["moves"] for one in seen) > 0  # the writer went on while they read


async def together(path, sender, chance):
    """Let one write and all others read for the time that is set."""
    truth, gate, lasts = Truth(), asyncio.Barrier(READERS + 1), [float("inf")]

    def goes_on():
        return monotonic() < lasts[0]

    await write(sender, truth, chance, lambda: not truth.acknowledged)  # no data is no answer
    async with asyncio.TaskGroup() as group:
        readers = [group.create_task(read(path, truth, gate, goes_on)) for _ in range(READERS)]
        await gate.wait()
        lasts[0] = monotonic() + SECONDS
        group.create_task(write(sender, truth, chance, goes_on))
    return truth, [reader.result() for reader in readers]
