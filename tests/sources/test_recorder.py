"""What the recorder makes of readings: windows that EdgeDNS does not offer, vanished keys, one recorder at a time."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from fake_edgedns import a_body, a_key, fake_edgedns, ok
from test_recorded import OUTAGE, REFUSAL, THEIRS, Clock, recorded

from edgedns_mcp.domain.periods import resolve
from edgedns_mcp.errors import NoDataError
from edgedns_mcp.models import Tally

START = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def clock():
    return Clock(START)


def used(*requests, errors=0, **more):
    """Answer with the counters of key_1, key_2 and so on, all at one endpoint; None leaves a key out."""
    rows = [
        a_key(f"key_{number}", count, errors, endpoint_distribution={"/v1/whois": count}, last_activity=None, **more)
        for number, count in enumerate(requests, 1)
        if count is not None
    ]
    return ok(a_body(*rows))


async def ask(source, clock, period, question=lambda view, window: view.totals(window)):
    window = resolve(period, "", "", now=clock(), zone=UTC, billing_day=1)

    def covered(view):
        view.coverage(window)
        return question(view, window)

    return await source.read(covered, [window])


async def record_hourly(source, clock, times, every=HOUR):
    turns = []
    for _ in range(times):
        turns.append(await source.record(every))
        clock.now += every
    return turns


async def test_two_readings_answer_a_window_that_edgedns_does_not_offer(path, clock):
    async with (
        fake_edgedns(used(100, 7), used(160, 7), used(160, 7)) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        await record_hourly(source, clock, 2, timedelta(hours=12))
        clock.now = START + timedelta(hours=15)
        found = await ask(source, clock, "2026-11-10..2026-11-11")
    assert found["key_1"] == Tally(60, 0, found["key_1"].last_activity)
    assert "key_2" not in found


async def test_readings_within_one_hour_are_exact_in_that_hour(path, clock):
    answers = (used(100), used(110), used(150))
    async with fake_edgedns(*answers) as upstream, recorded(upstream.url, path, clock) as source:
        await record_hourly(source, clock, 3, timedelta(minutes=10))
        clock.now = START + timedelta(minutes=40)
        found = await ask(source, clock, "1h")
    assert found["key_1"][:2] == (50, 0)
    assert found["key_1"].slack == 0


async def test_a_window_that_ends_between_two_readings_lies_between_two_figures(path, clock):
    async with fake_edgedns(used(100), used(160)) as upstream, recorded(upstream.url, path, clock) as source:
        await record_hourly(source, clock, 2, timedelta(hours=20))
        found = await ask(source, clock, "2026-11-10")
    assert (found["key_1"].requests, found["key_1"].slack) == (0, 60)


async def test_one_reading_alone_is_no_data_rather_than_zero(path, clock):
    async with fake_edgedns(used(100)) as upstream, recorded(upstream.url, path, clock) as source:
        await record_hourly(source, clock, 1)
        clock.now = START + timedelta(minutes=1)
        with pytest.raises(NoDataError, match="fewer than two readings of it were recorded"):
            await ask(source, clock, "7d")


async def test_a_window_that_runs_on_takes_a_reading_first(path, clock):
    async with fake_edgedns(used(100), used(130), used(170)) as upstream, recorded(upstream.url, path, clock) as source:
        await record_hourly(source, clock, 2, timedelta(minutes=20))
        clock.now = START + timedelta(hours=2)
        found = await ask(source, clock, "24h")
        assert len(upstream.requests) == 3
    assert found["key_1"].requests + found["key_1"].slack == 70


async def test_during_an_outage_what_was_recorded_still_answers_and_says_so(path, clock):
    answers = (used(100), used(130), *[OUTAGE] * 3)
    async with fake_edgedns(*answers) as upstream, recorded(upstream.url, path, clock) as source:
        await record_hourly(source, clock, 2, timedelta(minutes=20))
        clock.now = START + timedelta(hours=2)
        found, notes = await ask(source, clock, "24h", lambda view, w: (view.totals(w), view.coverage(w).notes))
    assert found["key_1"].requests == 30
    assert any("last good figures" in note for note in notes)


async def test_a_month_begins_anew_with_a_lower_bound_for_the_gap(path, clock):
    clock.now = datetime(2026, 10, 31, 23, 30, tzinfo=UTC)
    async with fake_edgedns(used(900, 50), used(30, 2)) as upstream, recorded(upstream.url, path, clock) as source:
        turns = await record_hourly(source, clock, 2)
        found = await ask(source, clock, "2026-10-31..2026-11-01")
        previous = await ask(source, clock, "previous")
    assert [turn.new_period for turn in turns] == [False, True]
    assert (found["key_1"].requests, found["key_1"].slack) == (30, None)
    assert previous["key_1"].requests == 900


async def test_a_fall_adds_nothing_and_is_reported(path, clock):
    async with fake_edgedns(used(900, 50), used(890, 60)) as upstream, recorded(upstream.url, path, clock) as source:
        turns = await record_hourly(source, clock, 2)
        found = await ask(source, clock, "2026-11-10")
    assert turns[1].fallen == ("key_1",)
    assert (found["key_1"].requests, found["key_1"].slack) == (0, None)
    assert (found["key_2"].requests, found["key_2"].slack) == (10, None)


async def test_a_key_that_vanishes_keeps_its_last_figures(path, clock):
    answers = (used(100, 40), used(150, 90), used(200, None))
    async with fake_edgedns(*answers) as upstream, recorded(upstream.url, path, clock) as source:
        await record_hourly(source, clock, 3)
        keys, current = await ask(source, clock, "current", lambda view, w: (view.keys(), view.totals(w)))
        past_keys, past = await ask(source, clock, "2026-11-10", lambda view, w: (view.keys(), view.totals(w)))
        clock.now = datetime(2026, 12, 2, tzinfo=UTC)
        previous = await ask(source, clock, "previous")
    missing_since = START + 2 * HOUR
    for listed in (keys, past_keys):
        assert {key.key_id: key.revoked_at for key in listed} == {"key_1": None, "key_2": missing_since}
    assert {key_id: tally.requests for key_id, tally in current.items()} == {"key_1": 200, "key_2": 90}
    assert {key_id: tally.requests for key_id, tally in previous.items()} == {"key_1": 200, "key_2": 90}
    assert (past["key_1"].requests, past["key_2"].requests, past["key_2"].slack) == (100, 50, None)


async def test_a_key_that_comes_back_is_active_again(path, clock):
    answers = (used(100, 40), used(150, None), used(200, 90))
    async with fake_edgedns(*answers) as upstream, recorded(upstream.url, path, clock) as source:
        await record_hourly(source, clock, 3)
        keys, current = await ask(source, clock, "current", lambda view, w: (view.keys(), view.totals(w)))
    assert [key.revoked_at for key in keys] == [None, None]
    assert current["key_2"].requests == 90


async def test_the_same_reading_twice_counts_once(path, clock):
    answers = (used(100), used(150), used(150))
    async with (
        fake_edgedns(*answers) as upstream,
        recorded(upstream.url, path, clock) as one,
        recorded(upstream.url, path, clock) as other,
    ):
        await record_hourly(one, clock, 2, timedelta(minutes=5))
        clock.now -= timedelta(minutes=5)
        other._last.clear()
        await other._asked(other._upstream, "current")  # the very same second
        clock.now = START + timedelta(minutes=40)
        found = await ask(one, clock, "1h")
    assert found["key_1"].requests == 50


async def test_errors_per_endpoint_are_unknown_in_the_past_too(path, clock):
    answers = (used(100, errors=1), used(160, errors=4))
    async with fake_edgedns(*answers) as upstream, recorded(upstream.url, path, clock) as source:
        await record_hourly(source, clock, 2)
        found = await ask(
            source,
            clock,
            "2026-11-10",
            lambda view, w: (view.totals(w), view.totals(w, "whois"), view.endpoints(w, ["key_1"])),
        )
    totals, of_whois, endpoints = found
    assert (totals["key_1"].requests, totals["key_1"].errors) == (60, 3)
    assert of_whois["key_1"] == endpoints["key_1"]["/v1/whois"] == Tally(60, None, None)


async def test_another_organisation_sees_nothing_of_what_was_recorded(path, clock):
    async with fake_edgedns(used(100), used(160)) as upstream, recorded(upstream.url, path, clock) as source:
        await record_hourly(source, clock, 2)
    other_key = "edns_live_" + "Q" * 32
    async with fake_edgedns(ok(THEIRS)) as upstream, recorded(upstream.url, path, clock, key=other_key) as source:
        turn = await source.record(HOUR)
        with pytest.raises(NoDataError):
            await ask(source, clock, "2026-11-10")
    assert "belongs to another organisation" in turn.trouble


async def test_readings_are_due_at_full_hours(path, clock):
    async with fake_edgedns(used(100), used(110)) as upstream, recorded(upstream.url, path, clock) as source:
        first = await source.record(HOUR)
        clock.now += timedelta(minutes=25)
        second = await source.record(HOUR)
        clock.now += second.rest
        third = await source.record(HOUR)
    assert (first.taken_at, first.keys, first.requests, first.rest) == (START, 1, 100, timedelta(minutes=30))
    assert (second.taken_at, second.rest) == (None, timedelta(minutes=5))
    assert third.taken_at == datetime(2026, 11, 10, 10, 0, tzinfo=UTC)


async def test_of_many_servers_one_is_the_recorder(path, clock):
    answers = [used(100 + n) for n in range(8)]
    async with (
        fake_edgedns(*answers) as upstream,
        recorded(upstream.url, path, clock) as one,
        recorded(upstream.url, path, clock) as other,
    ):
        turns = await asyncio.gather(one.record(HOUR), other.record(HOUR), one.record(HOUR), other.record(HOUR))
        assert len(upstream.requests) == 1
        assert sum(turn.taken_at is not None for turn in turns) == 1
        clock.now += HOUR
        await asyncio.gather(other.record(HOUR), one.record(HOUR))
        assert len(upstream.requests) == 2


async def test_another_server_takes_over_when_the_recorder_is_gone(path, clock):
    async with fake_edgedns(used(100), used(110)) as upstream, recorded(upstream.url, path, clock) as other:
        async with recorded(upstream.url, path, clock) as recorder:
            await recorder.record(HOUR)
        clock.now += HOUR
        waits = await other.record(HOUR)
        clock.now += waits.rest
        turn = waits if waits.taken_at else await other.record(HOUR)
    assert turn.taken_at is not None
    assert waits.rest <= HOUR


async def test_a_refused_recorder_rests_and_tries_again(path, clock):
    async with fake_edgedns(REFUSAL, used(100)) as upstream, recorded(upstream.url, path, clock) as source:
        refused = await source.record(HOUR)
        clock.now += refused.rest
        turn = await source.record(HOUR)
    assert refused.taken_at is None
    assert "EdgeDNS" in refused.trouble
    assert timedelta(minutes=1) <= refused.rest <= HOUR
    assert turn.taken_at == clock.now


async def test_looking_back_records_nothing(path, clock):
    async with fake_edgedns() as upstream, recorded(upstream.url, path, clock, looking_back=True) as source:
        assert await source.record(HOUR) is None


async def test_old_readings_are_dropped_and_the_answers_stay(path, clock):
    answers = [used(100 + 10 * day) for day in range(50)]
    clock.now = datetime(2026, 10, 12, 9, 30, tzinfo=UTC)
    async with fake_edgedns(*answers) as upstream, recorded(upstream.url, path, clock) as source:
        await record_hourly(source, clock, 50, timedelta(days=1))
        health = await source.health()
        found = await ask(source, clock, "2026-10-12..2026-11-30")
    assert health.readings < 45
    assert health.data_from == datetime(2026, 10, 12, 9, 30, tzinfo=UTC)
    assert found["key_1"].requests == 490
