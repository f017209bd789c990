"""Live events: each checked by itself, each counted once, answered when it is on disk."""

import gzip
import json
import socket
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import timedelta

import pytest
from endpoint_builders import BY_KEY, EVENTS, NOW, USAGE, an_event, bearer, counts
from stored_cells import stored_rows

from edgedns_mcp.endpoint.bodies import MOST_BYTES, MOST_EVENTS
from edgedns_mcp.endpoint.ingest import REMEMBERED_S, SWEPT_EVERY_S
from edgedns_mcp.store import accounts, batches
from edgedns_mcp.store.database import Database

JSON, NDJSON = "application/json", "application/x-ndjson"
FIELD_LIST = "endpoint, environment, event_id, key_id, method, status, timestamp"


def packed(content):
    """Pack without the time of day: it would be in the name of a test, and each process would have another."""
    return gzip.compress(content, mtime=0)


def send(endpoint, secret, content, media_type=JSON, **headers):
    more = {name.replace("_", "-"): value for name, value in headers.items()}
    return endpoint.http.post(EVENTS, content=content, headers=bearer(secret) | {"Content-Type": media_type} | more)


def taken(answer):
    assert answer.status_code == 200, answer.text
    body = answer.json()
    return body["accepted"], body["repeated"], [(one["index"], one["reason"]) for one in body["rejected"]]


def refused(answer):
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"]["code"] == "VALIDATION_ERROR"
    return answer.json()["error"]["message"]


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        (json.dumps([an_event(), an_event(status=500)]), JSON),
        (json.dumps({"events": [an_event(), an_event(status=500)]}), "Application/JSON; charset=UTF-8"),
        (f"{json.dumps(an_event())}\n\r\n{json.dumps(an_event(status=500))}\n", NDJSON),
        (packed(json.dumps([an_event(), an_event(status=500)]).encode()), JSON),
        (
            packed(json.dumps(an_event()).encode()) + packed(b"\n" + json.dumps(an_event()).encode()),
            NDJSON,
        ),
    ],
    ids=["array", "object", "lines", "packed array", "packed lines in two parts"],
)
def test_a_batch_may_be_written_in_several_ways(ours, body, media_type):
    secret = ours.a_key()
    encoding = {"Content_Encoding": "gzip"} if isinstance(body, bytes) else {}
    assert taken(send(ours, secret, body, media_type, **encoding)) == (2, 0, [])
    assert counts(ours, secret) == {"payments-api": 2}


def test_an_answered_batch_is_seen_by_every_other_process_at_once(endpoint):
    secret = endpoint.a_key()
    assert endpoint.post([an_event()], secret, **{"Idempotency-Key": "one"}).status_code == 200
    with closing(Database.open(endpoint.path)) as another:
        assert another.read(lambda tx: batches.find(accounts.find(tx, "local"), "one")).taken_at == int(NOW.timestamp())
        assert another.read(stored_rows) == 1


@pytest.mark.parametrize(
    "timestamp", ["2026-11-22T15:10:00+01:00", "2026-11-22 14:10", 1_795_356_600, 1_795_356_600_000.0, "1795356600"]
)
def test_a_moment_may_be_written_in_several_ways(ours, timestamp):
    secret = ours.a_key()
    assert taken(ours.post([an_event(timestamp=timestamp)], secret)) == (1, 0, [])
    assert ours.get(BY_KEY, secret).json()["keys"][0]["last_activity"] == "2026-11-22T14:10:00Z"


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        (None, "an event must be an object"),
        ([an_event()], "an event must be an object"),
        ("text", "an event must be an object"),
        (an_event(ip="192.0.2.1"), f"an unknown field; the fields are {FIELD_LIST}"),
        (an_event(Status=200), f"an unknown field; the fields are {FIELD_LIST}"),
        (an_event(timestamp=None), "no readable timestamp"),
        (an_event(timestamp="yesterday"), "no readable timestamp"),
        (an_event(timestamp=True), "no readable timestamp"),
        (an_event(timestamp=-1), "a timestamp out of range"),
        (an_event(timestamp=10**400), "a timestamp out of range"),
        (an_event(timestamp="2026-11-22T15:35:21Z"), "a timestamp more than 5 minutes in the future"),
        (an_event(endpoint=None), "endpoint must be a path such as /v1/dns/dnssec, of at most 2048 characters"),
        (an_event(endpoint="v1"), "endpoint must be a path such as /v1/dns/dnssec, of at most 2048 characters"),
        (an_event(endpoint="/" * 2049), "endpoint must be a path such as /v1/dns/dnssec, of at most 2048 characters"),
        (an_event(status="200"), "status must be a whole number from 100 to 599"),
        (an_event(status=200.0), "status must be a whole number from 100 to 599"),
        (an_event(status=True), "status must be a whole number from 100 to 599"),
        (an_event(status=600), "status must be a whole number from 100 to 599"),
        (an_event(key_id=7), "key_id must be a text of at most 200 characters"),
        (an_event(key_id="k" * 201), "key_id must be a text of at most 200 characters"),
        (an_event(environment="production"), "environment must be live or test, or left out"),
        (an_event(environment=["live"]), "environment must be live or test, or left out"),
        (an_event(method="GET /"), "method must be a word such as GET"),
        (an_event(method=1), "method must be a word such as GET"),
        (an_event(method="G" * 17), "method must be a word of at most 16 letters"),
        (an_event(event_id=""), "event_id must be a text of 1 to 200 characters"),
        (an_event(event_id=7), "event_id must be a text of 1 to 200 characters"),
    ],
)
def test_a_bad_event_is_told_by_its_place_and_good_ones_are_kept(shared, event, reason):
    secret = shared.a_key(account="bad ones")
    before = shared.get(USAGE, secret).json()["total_requests"]
    assert taken(shared.post([an_event(), event, an_event()], secret)) == (2, 0, [(1, reason)])
    assert shared.get(USAGE, secret).json()["total_requests"] == before + 2


def test_every_good_value_is_taken(shared):
    secret = shared.a_key(account="good ones")
    events = [
        an_event(method="GET", environment="test", event_id="1", key_id=None),
        an_event(method=None, environment=None, event_id=None, key_id=""),
        an_event(status=100, timestamp="2026-11-22T15:35:20Z"),
        an_event(status=599, timestamp=946_684_800, endpoint="/" * 2048, key_id="k" * 200),
    ]
    assert taken(shared.post(events, secret)) == (4, 0, [])


def test_a_line_that_is_not_json_is_a_bad_event(shared):
    secret = shared.a_key(account="lines")
    lines = f"{json.dumps(an_event())}\n{{\n{json.dumps(an_event())}"
    assert taken(send(shared, secret, lines, NDJSON)) == (2, 0, [(1, "a line that is not JSON")])


@pytest.mark.parametrize(
    ("content", "media_type", "headers", "start"),
    [
        ("", JSON, {}, "The body is not JSON."),
        ("{", JSON, {}, "The body is not JSON."),
        (b"\xff\xfe", JSON, {}, "The body is not JSON."),
        ('[{"timestamp": NaN}]', JSON, {}, "The body is not JSON."),
        ('["\\ud800"]', JSON, {}, "The body is not JSON."),
        ("[" * 100_000, JSON, {}, "The body is not JSON."),
        ("null", JSON, {}, "The body is no batch."),
        ("{}", JSON, {}, "The body is no batch."),
        ('{"events": {}}', JSON, {}, "The body is no batch."),
        ('{"events": [], "more": 1}', JSON, {}, "The body is no batch."),
        (json.dumps(an_event()), JSON, {}, "The body is no batch."),
        ("{\n}", NDJSON, {}, "The body is not NDJSON."),
        ("[]", "text/plain", {}, "The Content-Type is not one of batches."),
        ("[]", "", {}, "The Content-Type is not one of batches."),
        ("[]", f"{JSON}; charset=latin-1", {}, "The Content-Type is not one of batches."),
        ("[]", JSON, {"Content_Encoding": "br"}, "The Content-Encoding is not known here."),
        ("[]", JSON, {"Content_Encoding": "gzip"}, "The body is not whole gzip,"),
        (packed(b"[]")[:-1], JSON, {"Content_Encoding": "gzip"}, "The body is not whole gzip,"),
        (packed(b" " * MOST_BYTES + b"[]"), JSON, {"Content_Encoding": "gzip"}, "The body is too large."),
        ("[]" + " " * MOST_BYTES, JSON, {}, "The body is too large."),
        (json.dumps([1] * (MOST_EVENTS + 1)), JSON, {}, "The body is too large."),
        ("1\n" * (MOST_EVENTS + 1), NDJSON, {}, "The body is too large."),
        ("[]", JSON, {"Idempotency_Key": ""}, "The Idempotency-Key must be"),
        ("[]", JSON, {"Idempotency_Key": "a b"}, "The Idempotency-Key must be"),
        ("[]", JSON, {"Idempotency_Key": "k" * 201}, "The Idempotency-Key must be"),
    ],
)
def test_what_is_no_batch_as_a_whole_is_refused_whole(shared, content, media_type, headers, start):
    assert refused(send(shared, shared.a_key(account="no batch"), content, media_type, **headers)).startswith(start)


def test_a_parameter_is_refused(shared):
    assert (
        shared.http.post(f"{EVENTS}?dry=1", json=[], headers=bearer(shared.a_key(account="no batch"))).status_code
        == 400
    )


def test_a_body_without_an_end_is_cut_off(shared):
    secret = shared.a_key(account="no batch")
    chunks = (b" " * 100_000 for _ in range(MOST_BYTES // 100_000 + 2))
    assert refused(send(shared, secret, chunks)).startswith("The body is too large.")


def test_a_batch_that_breaks_off_counts_nothing(ours):
    secret = ours.a_key()
    whole = json.dumps([an_event()]).encode()
    host, port = ours.http.base_url.host, ours.http.base_url.port
    head = f"POST {EVENTS} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {secret}\r\nContent-Type: {JSON}\r\n"
    with socket.create_connection((host, port)) as sender:
        sender.sendall(f"{head}Content-Length: {len(whole) + 1}\r\n\r\n".encode() + whole)
        sender.shutdown(socket.SHUT_WR)
        sender.recv(1)
    assert counts(ours, secret) == {"payments-api": 0}


def test_the_same_batch_again_gets_the_same_answer_and_counts_once(endpoint, clock):
    secret, other = endpoint.a_key(), endpoint.a_key("other")
    body = json.dumps([an_event(), an_event(status=1), an_event()])
    first = send(endpoint, secret, body, Idempotency_Key="batch-1").json()
    clock.now += timedelta(days=29)
    again = [
        send(endpoint, secret, body, Idempotency_Key="batch-1").json(),
        send(endpoint, other, packed(body.encode()), Idempotency_Key="batch-1", Content_Encoding="gzip").json(),
    ]
    assert first["duplicate"] is False
    assert again == [first | {"duplicate": True}] * 2
    clock.now = NOW
    assert counts(endpoint, secret) == {"payments-api": 2, "other": 0}


def test_another_body_under_the_same_name_is_refused_and_counts_nothing(ours):
    secret = ours.a_key()
    send(ours, secret, json.dumps([an_event()]), Idempotency_Key="batch-1")
    for body, media_type in ((json.dumps([an_event(), an_event()]), JSON), (json.dumps([an_event()]), NDJSON)):
        answer = send(ours, secret, body, media_type, Idempotency_Key="batch-1")
        assert (answer.status_code, answer.json()["error"]["code"]) == (409, "IDEMPOTENCY_CONFLICT")
    assert counts(ours, secret) == {"payments-api": 1}


def test_a_refused_batch_leaves_its_name_free(ours):
    secret = ours.a_key()
    assert send(ours, secret, "{", Idempotency_Key="batch-1").status_code == 400
    assert taken(send(ours, secret, json.dumps([an_event()]), Idempotency_Key="batch-1")) == (1, 0, [])


def test_one_batch_sent_many_times_at_once_counts_once(ours):
    secret, body = ours.a_key(), json.dumps([an_event()])
    with ThreadPoolExecutor(8) as senders:
        sent = [senders.submit(send, ours, secret, body, Idempotency_Key="batch-1") for _ in range(16)]
    assert sorted(one.result().json()["duplicate"] for one in sent) == [False] + [True] * 15
    assert counts(ours, secret) == {"payments-api": 1}


def test_without_a_name_each_batch_is_another(ours):
    secret = ours.a_key()
    assert [ours.post([an_event()], secret).json()["duplicate"] for _ in range(2)] == [False, False]
    assert counts(ours, secret) == {"payments-api": 2}


def test_names_are_forgotten_after_a_month(endpoint, clock):
    secret = endpoint.a_key()
    send(endpoint, secret, "[]", Idempotency_Key="old")
    clock.now += timedelta(seconds=REMEMBERED_S - SWEPT_EVERY_S)
    send(endpoint, secret, "[]", Idempotency_Key="newer")
    clock.now += timedelta(seconds=SWEPT_EVERY_S + 1)
    send(endpoint, secret, "[]", Idempotency_Key="newest")
    kept = endpoint.read(lambda tx: tx.rows("SELECT name FROM batch ORDER BY name"))
    assert kept == [("newer",), ("newest",)]


def test_an_event_with_an_id_counts_once_in_whatever_batch(ours):
    secret = ours.a_key()
    assert taken(ours.post([an_event(event_id="a"), an_event(event_id="a"), an_event(event_id="b")], secret)) == (
        2,
        1,
        [],
    )
    assert taken(ours.post([an_event(event_id="b"), an_event(event_id="c"), an_event()], secret)) == (2, 1, [])
    assert counts(ours, secret) == {"payments-api": 4}


def test_a_secret_in_an_event_is_never_stored(endpoint):
    secret = endpoint.a_key()
    inside = [an_event(key_id=secret), an_event(endpoint=f"/v1/{secret}/x?key={secret}"), an_event(event_id=secret)]
    assert taken(endpoint.post(inside, secret)) == (3, 0, [])
    told = endpoint.get(BY_KEY, secret).text + endpoint.get(USAGE, secret).text
    stored = b"".join(path.read_bytes() for path in endpoint.path.parent.iterdir())
    assert secret not in told
    assert secret.encode() not in stored
