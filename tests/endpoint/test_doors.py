"""Who may come in, and what those learn who may not: nothing."""

import sys
from collections import Counter
from contextlib import closing
from datetime import UTC, timedelta

import pytest
from endpoint_builders import BY_KEY, EVENTS, NOW, USAGE, an_event, bearer, counts

from edgedns_mcp.endpoint.doors import Door
from edgedns_mcp.endpoint.setup import Setup
from edgedns_mcp.store.database import Database

STRANGE = "edns_live_" + "Ab3dEf7hIj1kLm5nOp9qRs2tUv6wXy4z"
MALFORMED = ("Bearer", "Bearer x", "Basic dXNlcjpwYXNz", STRANGE, f"Token {STRANGE}", "Bearer \u00e9" * 9)


def refused(answer):
    """Give status, code and message, once the answer is found to be a proper refusal."""
    body = answer.json()
    assert body.keys() == {"error", "request_id"}
    assert body["request_id"] == answer.headers["X-Request-Id"]
    assert answer.status_code != 401 or answer.headers["WWW-Authenticate"] == "Bearer"
    return answer.status_code, body["error"]["code"], body["error"]["message"]


@pytest.mark.parametrize(("method", "path"), [("GET", BY_KEY), ("GET", USAGE), ("POST", EVENTS)])
def test_without_a_key_nothing_is_said_but_that_one_is_needed(shared, method, path):
    answer = shared.http.request(method, path)
    assert refused(answer)[:2] == (401, "AUTHENTICATION_REQUIRED")


@pytest.mark.parametrize(("method", "path"), [("GET", BY_KEY), ("GET", USAGE), ("POST", EVENTS)])
def test_malformed_unknown_and_revoked_keys_get_one_and_the_same_answer(shared, method, path):
    good = shared.a_key("good", account="doors")
    revoked = shared.a_key("revoked", account="doors", revoked_at=NOW - timedelta(seconds=1))
    future = shared.a_key("future", account="doors", created_at=NOW + timedelta(days=1))
    almost = good[:10] + good[10:-4][::-1] + good[-4:]  # the last four of a good one
    sent = [*MALFORMED, *(f"Bearer {secret}" for secret in (STRANGE, revoked, future, almost, good + "x"))]
    answers = [shared.http.request(method, path, headers={"Authorization": header.encode()}) for header in sent]
    assert {refused(answer) for answer in answers} == {
        (401, "INVALID_API_KEY", "This API key is not valid. Send an active key of this endpoint.")
    }
    headers = {tuple(sorted(name for name in answer.headers)) for answer in answers}
    assert (len(headers), len({len(answer.content) for answer in answers})) == (1, 1)


def test_two_keys_at_once_are_no_key(shared):
    good = shared.a_key("good", account="doors")
    answer = shared.http.get(BY_KEY, headers=[("Authorization", f"Bearer {good}")] * 2)
    assert refused(answer)[:2] == (401, "INVALID_API_KEY")


def test_the_scheme_may_be_written_in_any_case(shared):
    good = shared.a_key("good", account="doors")
    assert shared.http.get(BY_KEY, headers={"Authorization": f"bEARER  {good}"}).status_code == 200


def test_an_expired_key_is_told_so_to_whoever_has_its_secret_and_to_nobody_else(shared):
    secret = shared.a_key("expired", account="doors", expires_at=NOW)
    assert refused(shared.get(BY_KEY, secret))[:2] == (401, "API_KEY_EXPIRED")
    assert refused(shared.get(BY_KEY, secret[:-5] + "?" + secret[-4:]))[:2] == (401, "INVALID_API_KEY")
    gone = shared.a_key("gone", account="doors", expires_at=NOW, revoked_at=NOW - timedelta(days=1))
    assert refused(shared.get(BY_KEY, gone))[:2] == (401, "INVALID_API_KEY")


def test_a_wrong_key_costs_the_same_work_whatever_is_wrong_with_it(shared):
    good = shared.a_key("worked", account="doors")
    revoked = shared.a_key("worked-revoked", account="doors", revoked_at=NOW - timedelta(days=1))
    almost = good[:10] + good[10:-4][::-1] + good[-4:]
    with closing(Database.open(shared.path)) as database:
        door = Door(Setup(database, database, lambda: NOW, UTC, 1))
        spent = [work(door._holder, secret) for secret in ("", "x", STRANGE, revoked, almost, good)]
    assert spent == [{"openssl_sha256": 4, "compare_digest": 4, "execute": 3}] * len(spent)


def test_a_key_revoked_a_moment_ago_is_refused(endpoint, clock):
    secret = endpoint.a_key(revoked_at=NOW + timedelta(seconds=1))
    assert endpoint.get(BY_KEY, secret).status_code == 200
    clock.now += timedelta(seconds=1)
    assert refused(endpoint.get(BY_KEY, secret))[:2] == (401, "INVALID_API_KEY")


def test_organisations_see_and_fill_their_own_part_alone(shared):
    ours, theirs = (shared.a_key("same-name", account=name) for name in ("ours", "theirs"))
    event = an_event(key_id="key_same-name", event_id="one")
    assert shared.post([event], ours, **{"Idempotency-Key": "one"}).json()["accepted"] == 1
    assert (counts(shared, ours), counts(shared, theirs)) == ({"same-name": 1}, {"same-name": 0})
    answer = shared.post([event, event | {"event_id": "two"}], theirs, **{"Idempotency-Key": "one"})
    assert answer.json() == {"accepted": 2, "repeated": 0, "rejected": [], "duplicate": False}
    assert (counts(shared, ours), counts(shared, theirs)) == ({"same-name": 1}, {"same-name": 2})
    assert shared.get(USAGE, ours).json()["unattributed"]["request_count"] == 0


def test_the_free_tier_may_send_events_and_see_its_total_and_is_told_the_tier_that_reads_more(shared):
    secret = shared.a_key(account="free")
    shared.write(lambda tx: tx.run("UPDATE account SET tier = 'free' WHERE name = 'free'"))
    assert shared.post([an_event()], secret).json()["accepted"] == 1
    assert shared.get(USAGE, secret).status_code == 200
    for path in (BY_KEY, f"{BY_KEY}?period=nonsense"):
        answer = shared.get(path, secret)
        assert refused(answer)[:2] == (403, "TIER_RESTRICTION")
        assert answer.json()["error"]["details"] == {"required_tier": "developer"}


def test_a_key_may_ask_so_often_a_minute_and_is_told_when_again(endpoint, clock):
    secret, other = endpoint.a_key(), endpoint.a_key("other")
    assert {endpoint.get(BY_KEY, secret).status_code for _ in range(60)} == {200}
    answer = endpoint.get(BY_KEY, secret)
    assert (refused(answer)[:2], answer.headers["Retry-After"]) == ((429, "RATE_LIMIT_EXCEEDED"), "1")
    assert refused(endpoint.post([an_event()], secret))[0] == 429
    assert endpoint.get(BY_KEY, other).status_code == 200
    clock.seconds += 1
    assert [endpoint.get(BY_KEY, secret).status_code for _ in range(2)] == [200, 429]


def test_guessing_is_slow(endpoint, clock):
    secret = endpoint.a_key()
    assert {endpoint.get(BY_KEY, f"guess {n}").status_code for n in range(60)} == {401}
    answers = [endpoint.get(BY_KEY, asked) for asked in ("one guess more", secret)]
    assert [(refused(one)[:2], one.headers["Retry-After"]) for one in answers] == [
        ((429, "RATE_LIMIT_EXCEEDED"), "1")
    ] * 2  # even the right guess is not told from a wrong one
    assert refused(endpoint.get(BY_KEY))[:2] == (401, "AUTHENTICATION_REQUIRED")
    clock.seconds += 1
    assert endpoint.get(BY_KEY, secret).status_code == 200


def test_whoever_claims_to_be_sent_on_by_others_is_still_one_address(endpoint):
    endpoint.a_key()
    sent = [{"Authorization": "Bearer guess", "X-Forwarded-For": f"192.0.2.{n}"} for n in range(61)]
    assert [endpoint.http.get(BY_KEY, headers=one).status_code for one in sent] == [401] * 60 + [429]


def test_a_body_is_not_read_before_the_door_is_open(shared):
    answer = shared.http.post(EVENTS, content=b"{", headers=bearer(STRANGE) | {"Content-Type": "text/html"})
    assert refused(answer)[:2] == (401, "INVALID_API_KEY")


def work(asked, secret):
    """Count what a check of this secret does: digests, comparisons, statements."""
    done = Counter()

    def note(_frame, event, arg):
        if event == "c_call":
            done[arg.__name__] += 1

    sys.setprofile(note)
    try:
        asked(secret)
    finally:
        sys.setprofile(None)
    return {name: done[name] for name in ("openssl_sha256", "compare_digest", "execute")}
