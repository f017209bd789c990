"""What a batch says about time: where its events lie, and that nothing else came while the endpoint was up."""

from datetime import UTC, datetime, timedelta

import pytest
from endpoint_builders import NOW, an_event, running

from edgedns_mcp.store import accounts, coverage


def observed(endpoint):
    found = endpoint.read(lambda tx: coverage.stretches(accounts.find(tx, "local")))
    return [tuple(f"{datetime.fromtimestamp(at, UTC):%d %H:%M}" for at in stretch) for stretch in found]


def post(endpoint, secret, *moments):
    return endpoint.post([an_event(timestamp=f"2026-11-{at.replace(' ', 'T')}:00Z") for at in moments], secret).json()


def test_events_of_the_past_observe_the_hours_they_lie_in(endpoint):
    secret = endpoint.a_key()
    post(endpoint, secret, "20 10:05", "20 10:50", "20 11:10", "19 08:00")
    assert observed(endpoint) == [("19 08:00", "19 08:00"), ("20 10:05", "20 11:10")]


def test_one_stray_old_event_does_not_vouch_for_all_since(endpoint):
    secret = endpoint.a_key()
    post(endpoint, secret, "01 10:00", "22 15:29")
    assert observed(endpoint) == [("01 10:00", "01 10:00"), ("22 15:29", "22 15:30")]


def test_between_two_live_batches_an_idle_hour_is_observed(endpoint, clock):
    secret = endpoint.a_key()
    post(endpoint, secret, "22 15:29")
    clock.now += timedelta(hours=3)
    post(endpoint, secret, "22 18:25")
    assert observed(endpoint) == [("22 15:29", "22 18:30")]


def test_an_empty_batch_says_that_nothing_happened(endpoint, clock):
    secret = endpoint.a_key()
    assert post(endpoint, secret)["accepted"] == 0
    clock.now += timedelta(hours=5)
    post(endpoint, secret)
    assert observed(endpoint) == [("22 15:30", "22 20:30")]


def test_a_late_batch_does_not_vouch_for_the_time_since(endpoint, clock):
    secret = endpoint.a_key()
    post(endpoint, secret, "22 15:29")
    clock.now += timedelta(hours=5)
    post(endpoint, secret, "22 18:00")
    assert observed(endpoint) == [("22 15:29", "22 15:30"), ("22 18:00", "22 18:00")]


def test_while_the_endpoint_was_down_nothing_was_observed(tmp_path, clock):
    for _ in range(2):
        with running(tmp_path / "usage.db", clock) as endpoint:
            post(endpoint, endpoint.a_key())
        clock.now += timedelta(hours=5)
    with running(tmp_path / "usage.db", clock) as endpoint:
        assert observed(endpoint) == [("22 15:30", "22 15:30"), ("22 20:30", "22 20:30")]


def test_a_batch_that_was_sent_again_vouches_for_nothing(endpoint, clock):
    secret = endpoint.a_key()
    for _ in range(2):
        endpoint.post([], secret, **{"Idempotency-Key": "one"})
        clock.now += timedelta(hours=5)
    assert observed(endpoint) == [("22 15:30", "22 15:30")]


@pytest.mark.parametrize("good", [[], ["22 14:10", "22 14:40"]])
def test_rejected_events_are_noted_where_the_others_lie(endpoint, good):
    secret = endpoint.a_key()
    events = [an_event(timestamp=f"2026-11-{at.replace(' ', 'T')}:00Z") for at in good]
    endpoint.post([*events, {}, {}], secret)
    start, end = int(NOW.timestamp()) - 7200, int(NOW.timestamp()) + 1
    (unread,) = endpoint.read(lambda tx: coverage.unread(accounts.find(tx, "local"), start, end))
    ends = [f"{datetime.fromtimestamp(at, UTC):%d %H:%M}" for at in (unread.start, unread.end)]
    assert (ends, unread.lines) == (good or ["22 15:30", "22 15:30"], 2)
    assert bool(observed(endpoint)) is bool(good)
