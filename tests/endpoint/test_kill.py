"""kill -9 while batches come in: what was acknowledged is there once, what was not is sent again and counts once."""

import time
from contextlib import closing, suppress
from itertools import count
from random import Random
from threading import Timer

import httpx
from endpoint_builders import EVENTS, bearer, made, process
from stored_cells import stored_rows

from edgedns_mcp.store.database import Database

KILLS = 6
LONGEST_LIFE_S = 0.25
BATCH = 7


def events_of(number):
    at = int(time.time()) - 7200
    return [
        {"timestamp": at + n, "key_id": "key_k", "endpoint": f"/v1/{number % 5}", "status": 200} for n in range(BATCH)
    ]


def sending_to(started, secret):
    return httpx.Client(base_url=started.url, headers=bearer(secret), trust_env=False, verify=False, timeout=5)


def send_until_killed(started, secret, batches, acknowledged, life_s):
    """Send the batches that nobody acknowledged; the server dies `life_s` after its first answer."""
    death = Timer(life_s, started.kill)
    with sending_to(started, secret) as sender, suppress(httpx.HTTPError):
        for number in count():
            if number in acknowledged:
                continue
            body = batches.setdefault(number, events_of(number))  # sent again as it was
            answer = sender.post(EVENTS, json=body, headers={"Idempotency-Key": f"batch-{number}"})
            assert (answer.status_code, answer.json()["accepted"]) == (200, BATCH)
            acknowledged.add(number)
            if not death.ident:
                death.start()
    death.join()


def test_no_acknowledged_event_is_lost_and_none_counts_twice(tmp_path):
    path, drawn = tmp_path / "usage.db", Random(5)
    with closing(Database.open(path)) as database:
        secret = database.write(lambda tx: made(tx, "k"))
    batches, acknowledged = {}, set()
    for _ in range(KILLS):
        with process(path, "--rate-limit", "0") as started:
            send_until_killed(started, secret, batches, acknowledged, drawn.uniform(0, LONGEST_LIFE_S))
            assert started.wait() == -9
        assert stored(path) in (BATCH * len(acknowledged), BATCH * (len(acknowledged) + 1))  # one may lack its answer
    with process(path, "--rate-limit", "0") as started, sending_to(started, secret) as sender:
        for number in sorted(batches):
            answer = sender.post(EVENTS, json=batches[number], headers={"Idempotency-Key": f"batch-{number}"})
            assert answer.json()["duplicate"] or number not in acknowledged
    assert stored(path) == BATCH * len(batches)


def stored(path):
    with closing(Database.open(path)) as database:
        return database.read(stored_rows)
