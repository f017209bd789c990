"""kill -9 at any moment of `record`: what the counters say between the first reading and the last is there once."""

import asyncio
import json
from contextlib import ExitStack
from datetime import UTC, datetime
from random import Random
from time import time
from typing import NamedTuple

from fake_edgedns import Response, a_body, a_key, fake_edgedns, head
from soak_builders import (
    PATIENCE_S,
    PRODUCT,
    asked,
    ended,
    is_sound,
    kills_of,
    log_of,
    started,
    wait_for_changes,
)
from stored_cells import stored_rows

from edgedns_mcp.models import Reading
from edgedns_mcp.store import accounts, cells, readings

KEYS = ("key_a", "key_b", "key_c")
API_KEY = "edns_live_" + "soak" * 8


class Upstream:
    """Counters that rise with each answer, and say so in the answer only."""

    def __init__(self, chance: Random) -> None:
        self._chance = chance
        self.counts = {key_id: {"/v1/a": 1000, "/v1/b": 500} for key_id in KEYS}

    @property
    def requests(self):
        return sum(sum(paths.values()) for paths in self.counts.values())

    def answer(self):
        for paths in self.counts.values():
            paths[self._chance.choice(list(paths))] += self._chance.randrange(1, 50)
        now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
        rows = [
            a_key(key_id, sum(paths.values()), 0, endpoint_distribution=dict(paths), last_activity=now)
            for key_id, paths in self.counts.items()
        ]
        body = json.dumps(a_body(*rows)).encode()
        return [head(Content_Length=str(len(body)), Content_Type="application/json"), body]


class State(NamedTuple):
    """What a database holds of the counters."""

    at: float  # epoch seconds of the newest reading
    readings: int
    first: int  # requests, as the first kept reading states them
    newest: int  # as the last one states them
    known: int  # as the next one will be compared with
    rows: int
    sums: int

    @property
    def is_whole(self):
        return self.newest == self.known and self.rows == self.sums == self.known - self.first


def state_of(tx):
    (number,) = accounts.names(tx, "edgedns")
    account = accounts.Account(tx, number)
    kept = [Reading.model_validate_json(body) for (body,) in tx.rows("SELECT body FROM reading ORDER BY reading_no")]
    stated = [sum(one.requests for one in reading.keys) for reading in kept]
    known = sum(seen.counters.requests for seen in readings.known(account).keys.values())
    at, sums = kept[-1].taken_at.timestamp(), cells.stored_requests(account)
    return State(at, len(kept), stated[0], stated[-1], known, stored_rows(tx), sums)


def settings(upstream, path):
    far_from_today = (datetime.now(UTC).day + 14) % 28 + 1  # around a billing boundary differences are lower bounds
    given = {"API_KEY": API_KEY, "BASE_URL": upstream.url, "DATABASE": str(path), "BILLING_DAY": str(far_from_today)}
    return {f"EDGEDNS_{name}": value for name, value in given.items()}


async def a_new_second(last):
    """Wait until a reading would be newer than the last one, for readings have the second they were taken in."""
    await asyncio.sleep(max(0.0, last.at + 1 - time()))


async def asking(upstream, given):
    """Start a recorder and wait until it has asked; give it with the block that ends it."""
    block, before = ExitStack(), len(upstream.requests)
    recorder = block.enter_context(started(*PRODUCT, "record", **given))
    async with asyncio.timeout(PATIENCE_S):
        await upstream.asked(before + 1)
    return block, recorder


async def recorded(upstream, given):
    """Take a reading in peace."""
    block, recorder = await asking(upstream, given)
    with block:
        assert await asyncio.to_thread(ended, recorder) == 0


async def killed(upstream, given, path, changes, chance):
    """Kill a recorder once it has asked and its database has changed so often; False: it had ended well."""
    block, recorder = await asking(upstream, given)
    with block:
        await asyncio.to_thread(wait_for_changes, recorder, log_of(path), changes)
        await asyncio.sleep(chance.uniform(0, 0.01 if changes else 0.003))  # the moment, drawn
        recorder.kill()
        return await asyncio.to_thread(ended, recorder) == -9


async def test_a_recorder_killed_at_any_moment_keeps_a_reading_whole_or_not_at_all(tmp_path, chance, score):
    path, counters = tmp_path / "usage.db", Upstream(chance)
    async with fake_edgedns(Response(counters.answer)) as upstream:
        given = settings(upstream, path)
        await recorded(upstream, given)
        before = asked(path, state_of)
        while score.kills < kills_of("record"):
            await a_new_second(before)
            was_killed = await killed(upstream, given, path, score.kills % 4, chance)
            now = asked(path, state_of)
            assert now.is_whole
            assert (now.readings > before.readings) == (now.known > before.known)
            score.kills += was_killed
            score.amid += was_killed and now.readings == before.readings
            score.batches += now.readings - before.readings
            before = now
        await a_new_second(before)
        await recorded(upstream, given)
    found = asked(path, state_of)
    assert found.is_whole
    assert found.known == counters.requests
    assert found.readings == before.readings + 1
    score.resent = score.amid  # what a lost reading would have said, the next one says
    assert score.amid > 0
    assert is_sound(path)
