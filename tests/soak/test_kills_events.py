"""kill -9 while batches of events come in from several senders: what was acknowledged is there, and nothing twice."""

import csv
import json
from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from threading import Condition, Thread
from time import sleep

import httpx
import pytest
from soak_builders import PATIENCE_S, asked, is_sound, kills_of, output_of, serving
from stored_cells import stored_rows

from edgedns_mcp.store import accounts, cells

SENDERS = 4
BATCH = 7
AGAIN = 0.2  # how often something that was acknowledged is sent again
MOST_ANSWERS = 24  # of one life
FIRST = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) - timedelta(days=2)


class Outbox:
    """The batches there are: those to send, and those that were acknowledged, for several threads."""

    def __init__(self, chance: Random) -> None:
        self.acknowledged: set[int] = set()
        self.answers = 0
        self.resent = 0
        self.duplicates = 0
        self.unheard = 0  # counted, but the server died before it could say so
        self._chance = chance
        self._waiting: list[int] = []
        self._tried: set[int] = set()
        self._made = 0
        self._news = Condition()

    @property
    def made(self):
        return range(self._made)

    def take(self):
        """Give a batch that waits, one to send again, or a new one."""
        with self._news:
            if self.acknowledged and self._chance.random() < AGAIN:
                return self._chance.choice(sorted(self.acknowledged))
            if self._waiting:
                return self._waiting.pop()
            self._made += 1
            return self._made - 1

    def put_back(self, number):
        with self._news:
            if number not in self.acknowledged:
                self._waiting.append(number)
            self._tried.add(number)

    def note(self, number, receipt):
        with self._news:
            self.answers += 1
            self.resent += number in self._tried
            self.duplicates += receipt["duplicate"]
            self.unheard += receipt["duplicate"] and number not in self.acknowledged
            assert receipt["accepted"] == BATCH
            assert number in self._tried or not receipt["duplicate"]
            assert receipt["duplicate"] or number not in self.acknowledged
            self._tried.add(number)
            self.acknowledged.add(number)
            self._news.notify_all()

    def wait_for(self, answers):
        with self._news:
            assert self._news.wait_for(lambda: self.answers >= answers, PATIENCE_S)


def events_of(number):
    """Make a batch, the same at each call."""
    chance = Random(number)
    return [
        {
            "timestamp": int((FIRST + timedelta(minutes=chance.randrange(2000))).timestamp()),
            "key_id": f"key_{chance.randrange(5)}",
            "endpoint": f"/v1/{chance.randrange(9)}",
            "status": chance.choice((200, 404)),
            "environment": "live",
        }
        for _ in range(BATCH)
    ]


def cell_of(event):
    start = datetime.fromtimestamp(event["timestamp"] // 3600 * 3600, UTC)
    return event["key_id"], f"{start:%Y-%m-%dT%H:%M:%SZ}", event["endpoint"]


def send(url, secret, outbox, faults):
    """Send batches until the server is gone."""
    headers = {"Authorization": f"Bearer {secret}"}
    with httpx.Client(base_url=url, headers=headers, trust_env=False, timeout=PATIENCE_S) as sender:
        while True:
            number = outbox.take()
            try:
                answer = post(sender, number)
            except httpx.TransportError:
                return outbox.put_back(number)
            except AssertionError as fault:
                return faults.append(fault)
            outbox.note(number, answer)


def post(sender, number):
    answer = sender.post("/v1/events", json=events_of(number), headers={"Idempotency-Key": f"batch-{number}"})
    assert answer.status_code == 200, answer.text
    return answer.json()


def live_and_die(path, secret, outbox, chance):
    """Serve several senders, and be killed a moment after so many answers."""
    faults = []
    with serving(path) as (server, url):
        senders = [Thread(target=send, args=(url, secret, outbox, faults)) for _ in range(SENDERS)]
        for sender in senders:
            sender.start()
        outbox.wait_for(outbox.answers + chance.randrange(1, MOST_ANSWERS))
        sleep(chance.uniform(0, 0.02))  # the moment, drawn
        assert server.poll() is None
        server.kill()
        for sender in senders:
            sender.join(PATIENCE_S)
        assert server.wait() == -9
    assert faults == []


def state_of(tx):
    """Give the numbers of the batches in the database, and its requests as three places know them."""
    rows = tx.rows("SELECT name, answer FROM batch")
    accepted = sum(json.loads(answer)["accepted"] for _, answer in rows)
    names = {int(name.removeprefix("batch-")) for name, _ in rows}
    return names, {stored_rows(tx), cells.stored_requests(accounts.find(tx, "local")), accepted}


@pytest.fixture
def secret(tmp_path):
    (told,) = output_of(("keys", "create", "soak", "--environment", "live", "--database", tmp_path / "usage.db"))
    return told.split()[0]


def test_an_endpoint_killed_at_any_moment_loses_no_acknowledged_event_and_counts_none_twice(
    tmp_path, secret, chance, score
):
    path, outbox = tmp_path / "usage.db", Outbox(chance)
    while score.kills < kills_of("events"):
        live_and_die(path, secret, outbox, chance)
        names, counts = asked(path, state_of)
        assert outbox.acknowledged <= names <= set(outbox.made)
        assert counts == {BATCH * len(names)}
        score.kills += 1
        score.amid += outbox.acknowledged < set(outbox.made)
    assert score.amid > score.kills // 4  # every sender may just then send again what was acknowledged
    send_the_rest(path, secret, outbox)
    names, counts = asked(path, state_of)
    assert names == set(outbox.made)
    assert counts == {BATCH * len(names)}
    assert exported(path) == Counter(cell_of(event) for number in names for event in events_of(number))
    assert is_sound(path)
    score.batches, score.resent, score.duplicates = len(names), outbox.resent, outbox.duplicates
    print(f"{outbox.unheard} batches were counted by a server that died before it could say so")
    assert score.resent > score.kills
    assert score.duplicates > score.kills


def send_the_rest(path, secret, outbox):
    """Send everything once more: what nobody acknowledged counts, what somebody did does not."""
    with serving(path) as (_, url), httpx.Client(base_url=url, trust_env=False, timeout=PATIENCE_S) as sender:
        sender.headers["Authorization"] = f"Bearer {secret}"
        for number in outbox.made:
            outbox.note(number, post(sender, number))


def exported(path):
    (told,) = output_of(("export", "--database", path))
    rows = csv.DictReader(told.splitlines())
    return Counter({(row["key_id"], row["start"], row["endpoint"]): int(row["requests"]) for row in rows})
