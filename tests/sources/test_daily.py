"""What a recorder asks once a day beside the counters: what it is told, what is kept, and that it costs no answer."""

import asyncio
from datetime import UTC, datetime, timedelta

import apsw
import pytest
from asking import in_time
from fake_edgedns import KEYS, USAGE, Response, a_body, a_key, dated, failure, fake_edgedns, hang, html, ok
from test_recorded import OTHER_KEY, THEIRS, Clock, recorded

from edgedns_mcp.domain.periods import resolve
from edgedns_mcp.sources.readings import ACTIVE_KEYS_ONLY, ACTIVE_ONLY, GONE

START = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)
NOW, HOUR, DAY = timedelta(), timedelta(hours=1), timedelta(days=1)
CREATED = datetime(2026, 1, 15, 9, tzinfo=UTC)
USED = datetime(2026, 11, 9, 8, 15, 30, tzinfo=UTC)
MAY_NOT = "This API key may not (HTTP 403 TIER_RESTRICTION, request req_abc123)"


@pytest.fixture
def clock():
    return Clock(START)


def used(*requests):
    """Answer with the counters of key_1, key_2 and so on, without last activity; None leaves a key out."""
    keys = [(f"key_{number}", count) for number, count in enumerate(requests, 1) if count is not None]
    rows = [a_key(key_id, count, 0, endpoint_distribution={}, last_activity=None) for key_id, count in keys]
    return ok(a_body(*rows))


def total(requests, **more):
    return ok({"total_requests": requests, **more})


def dates(*rows):
    return ok({"keys": list(rows)})


def paths(upstream):
    return [request.path for request in upstream.daily]


async def ask(source, clock, period, question):
    window = resolve(period, "", "", now=clock(), zone=UTC, billing_day=1)
    return await source.read(lambda view: question(view, window), [window])


async def account(source, clock, period="current"):
    """Give the account's total, and the last notes of an answer: those on the keys and on the total."""
    found, notes = await ask(source, clock, period, lambda view, w: (view.account_total(w), view.coverage(w).notes))
    return found, notes[-2:]


async def keys_of(source, clock, period="current"):
    return await ask(source, clock, period, lambda view, _: {key.key_id: key for key in view.keys()})  # noqa: SIM118 - a method of the view


async def test_a_recorder_asks_both_calls_once_a_day_and_tells_what_came_of_them(path, clock):
    async with (
        fake_edgedns(
            used(90, 10), keys=[dates(dated(), dated("key_2"))], usage=[total(120, monthly_quota=1000)]
        ) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        turns = []
        for _ in range(24):
            turns.append(await source.record(HOUR))
            clock.passes(hours=1)
        health = await source.health()
    assert turns[0].told == ("Account total: 120 requests, quota 1000.", "Dates of keys: 2 of 2 keys.")
    assert sorted(paths(upstream)) == [USAGE, USAGE, KEYS, KEYS]
    assert [turn.taken_at for turn in turns if turn.told] == [START, START.replace(hour=23)]
    assert health.account_total == "120 requests, quota 1000; asked 2026-11-10T23:30:00Z, once a day"
    assert health.key_dates == "2 of 2 keys; asked 2026-11-10T23:30:00Z, once a day"
    assert health.calls_spent == len(upstream.requests) + len(upstream.daily) == 28


async def test_a_question_alone_asks_neither(path, clock):
    async with fake_edgedns(used(90)) as upstream, recorded(upstream.url, path, clock) as source:
        found, notes = await account(source, clock)
        health = await source.health()
    assert (found, notes[-1], upstream.daily) == (None, ACTIVE_KEYS_ONLY, [])
    assert (health.account_total, health.key_dates) == ("not asked yet", "not asked yet")


async def test_the_requests_of_these_calls_carry_the_key_and_no_question(path, clock):
    async with fake_edgedns(used(90)) as upstream, recorded(upstream.url, path, clock, sends_period=True) as source:
        await source.record(NOW)
    assert [(one.method, one.query, "authorization" in one.headers) for one in upstream.daily] == [
        ("GET", {}, True)
    ] * 2


async def test_what_the_account_has_beyond_its_keys_is_told_with_the_moment_of_both(path, clock):
    async with (
        fake_edgedns(used(90, 10), used(400, 10), usage=[total(120, quota={"limit": 50_000})]) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        await source.record(HOUR)
        clock.passes(minutes=40)
        await source.record(HOUR)
        found, notes = await account(source, clock)
    assert (found.taken_at, found.requests, found.keys_requests, found.unattributed) == (START, 120, 100, 20)
    assert found.quota == 50_000
    assert notes == (
        f"{ACTIVE_ONLY}.",
        (
            "EdgeDNS's account total was 120 requests at 2026-11-10T09:30:00Z, and its active keys' sum 100 right "
            "before, so 20 are unattributed."
        ),
    )


async def test_a_total_below_its_keys_is_no_negative_rest(path, clock):
    async with (
        fake_edgedns(used(90, 10), usage=[total(99)]) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        await source.record(HOUR)
        found, notes = await account(source, clock)
    assert (found.requests, found.keys_requests, found.unattributed) == (99, 100, None)
    assert notes[1] == (
        "EdgeDNS's account total was 99 requests at 2026-11-10T09:30:00Z, and its active keys' sum 100 right before; a "
        "total below its keys lags behind or counts otherwise, so the unattributed rest is not known."
    )


async def test_what_revoked_keys_had_used_is_named_within_the_rest(path, clock):
    async with (
        fake_edgedns(used(90, 10), used(100, None), usage=[failure(500), total(115)]) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        await source.record(HOUR)
        clock.now = START.replace(hour=23)
        await source.record(HOUR)
        found, notes = await account(source, clock)
    assert (found.unattributed, found.gone_requests) == (15, 10)
    assert notes[0] == f"{GONE}."
    assert notes[1].endswith("so 15 are unattributed, 10 of them by keys revoked in this period.")


async def test_the_dates_of_keys_are_known_to_answers_of_every_window_and_after_a_restart(path, clock):
    rows = [dated(expires_at="2027-06-30T00:00:00Z"), dated("key_2", last_used_at=...)]
    async with fake_edgedns(used(90, 0), used(95, 0), keys=[dates(*rows)]) as upstream:
        async with recorded(upstream.url, path, clock) as source:
            await source.record(HOUR)
        clock.passes(hours=1)
        async with recorded(upstream.url, path, clock) as source:
            await source.record(HOUR)  # a later reading leaves the dates as they are
            for period in ("current", "2026-11-10"):
                keys = await keys_of(source, clock, period)
                assert (keys["key_1"].created_at, keys["key_1"].last_used_at) == (CREATED, USED)
                assert keys["key_1"].expires_at == datetime(2027, 6, 30, tzinfo=UTC)
                assert (keys["key_2"].created_at, keys["key_2"].last_used_at) == (CREATED, None)
                assert keys["key_2"].expires_at is None
        assert len(upstream.daily) == 2


async def test_an_expiry_that_was_taken_back_is_no_longer_told(path, clock):
    answers = [dates(dated(expires_at="2027-06-30T00:00:00Z")), dates(dated(expires_at=...))]
    async with fake_edgedns(used(90), keys=answers) as upstream, recorded(upstream.url, path, clock) as source:
        for _ in range(2):
            await source.record(NOW)
            clock.passes(days=1)
        assert (await keys_of(source, clock))["key_1"].expires_at is None


async def test_an_idle_key_shows_its_last_use_before_the_period(path, clock):
    rows = [dated(last_used_at="2026-11-10T09:29:00Z"), dated("key_2", last_used_at="2026-03-01T12:00:00Z")]
    async with (
        fake_edgedns(used(90, 0), used(95, 0), keys=[dates(*rows)]) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        await source.record(HOUR)
        clock.passes(hours=3)
        await source.record(HOUR)
        for period in ("current", "2026-11-10"):
            totals = await ask(source, clock, period, lambda view, w: view.totals(w))
            assert totals["key_2"].last_activity == datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()
            assert totals["key_2"].requests == 0
        before = await ask(
            source, clock, "2026-11-10", lambda view, w: view.totals(w.model_copy(update={"end": START - HOUR}))
        )
        on_a_path = await ask(source, clock, "current", lambda view, w: view.totals(w, "whois"))
    assert "key_1" not in before  # it was used later than that window
    assert before["key_2"].requests == 0
    assert on_a_path["key_2"].last_activity is None


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (failure(401, "INVALID_API_KEY"), "This API key may not (HTTP 401 INVALID_API_KEY, request req_abc123)"),
        (failure(403, "TIER_RESTRICTION", details={"required_tier": "pro"}), MAY_NOT),
        (failure(404), "This API key may not (HTTP 404, request req_abc123)"),
        (
            failure(429, "RATE_LIMIT_EXCEEDED", Retry_After="0"),
            "EdgeDNS's rate limit for this API key is reached (HTTP 429 RATE_LIMIT_EXCEEDED, request req_abc123)",
        ),
        (failure(503, Retry_After="0"), "EdgeDNS is out of service (HTTP 503, request req_abc123)"),
        (html(), "EdgeDNS's answer has a body that is not JSON, so nothing of it is used"),
        (ok({"result": {}}), None),
        (ok({"keys": [{"id": "key_1"}], "total_requests": "many"}), None),
    ],
    ids=["401", "403", "404", "429", "503", "a web page", "another nesting", "fields missing"],
)
async def test_whatever_goes_wrong_is_told_once_a_day_and_costs_no_reading(answer, words, path, clock):
    async with fake_edgedns(used(90), keys=[answer], usage=[answer]) as upstream:
        for _ in range(3):  # a restart does not ask again either
            async with recorded(upstream.url, path, clock) as source:
                turn = await source.record(NOW)
                assert (turn.taken_at, turn.trouble) == (clock.now, "")
                found, notes = await account(source, clock)
                keys, health = await keys_of(source, clock), await source.health()
            assert (found, notes[-1], keys["key_1"].created_at) == (None, ACTIVE_KEYS_ONLY, None)
            assert health.last_error == ""
            for told in (health.account_total, health.key_dates):
                assert told.startswith(words or "EdgeDNS's answer has ")
                assert told.endswith("; asked 2026-11-10T09:30:00Z, once a day")
            clock.passes(hours=1)
        assert sorted(paths(upstream)) == [USAGE, KEYS]
        assert len(upstream.requests) == 3
        clock.passes(days=1)
        async with recorded(upstream.url, path, clock) as source:
            await source.record(NOW)
        assert sorted(paths(upstream)) == [USAGE, USAGE, KEYS, KEYS]


async def test_a_bad_body_leaves_what_was_told_before(path, clock):
    answers = {"keys": [dates(dated()), ok({"keys": [{"id": "key_1"}]})], "usage": [total(120), total("many")]}
    async with fake_edgedns(used(90), **answers) as upstream, recorded(upstream.url, path, clock) as source:
        for _ in range(2):
            await source.record(NOW)
            clock.passes(days=1)
        found, _ = await account(source, clock)
        keys, health = await keys_of(source, clock), await source.health()
    assert (found.taken_at, found.requests) == (START, 120)
    assert keys["key_1"].created_at == CREATED
    assert health.key_dates.startswith("EdgeDNS's answer has a key without created_at, so nothing of it is used")


async def test_a_slow_answer_is_given_up_and_delays_no_question(path, clock):
    async with (
        fake_edgedns(used(90), keys=[hang()], usage=[hang()]) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        turn = asyncio.create_task(source.record(HOUR))
        await upstream.asked_beside(1)
        clock.passes(minutes=2)
        with in_time():
            found, _ = await account(source, clock)
        assert (found, turn.done()) == (None, False)
        turn.cancel()
        health = await source.health()
    assert health.account_total == "Asked, and no answer was noted; asked 2026-11-10T09:30:00Z, once a day"


async def test_a_silence_ends_at_the_deadline_and_is_told(path, clock):
    async with (
        fake_edgedns(used(90), keys=[hang()], usage=[hang()]) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        source._upstream._deadline_s = 0.3
        turn = await source.record(HOUR)
    assert turn.taken_at == START
    assert turn.told == (
        "Account total: EdgeDNS did not answer within 0.3 seconds.",
        "Dates of keys: EdgeDNS did not answer within 0.3 seconds.",
    )


@pytest.mark.parametrize(("minute", "second", "rest_s"), [(30, 0, 1794), (59, 58, 0)])
async def test_the_time_that_these_calls_take_is_no_rest_and_skips_no_reading(minute, second, rest_s, path, clock):
    clock.now = START.replace(minute=minute, second=second)

    def slowly():
        clock.passes(seconds=6)
        return total(120).steps()

    async with (
        fake_edgedns(used(90), usage=[Response(slowly)]) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        turn = await source.record(HOUR)
    assert turn.rest == timedelta(seconds=rest_s)


async def test_a_failed_reading_asks_nothing_else(path, clock):
    async with fake_edgedns(failure(500)) as upstream, recorded(upstream.url, path, clock) as source:
        turn = await source.record(HOUR)
    assert (turn.taken_at, turn.told, upstream.daily) == (None, (), [])


async def test_of_two_processes_only_one_asks_even_where_both_record(path, clock):
    async with (
        fake_edgedns(used(90), keys=[dates(dated())], usage=[total(120)]) as upstream,
        recorded(upstream.url, path, clock) as one,
        recorded(upstream.url, path, clock) as other,
    ):
        for _ in range(3):
            await asyncio.gather(one.record(HOUR), other.record(HOUR))
            clock.passes(minutes=1)
        assert len(upstream.daily) == 2
        await asyncio.gather(one.record(NOW), other.record(NOW), one.record(NOW))  # as lines for cron
        assert len(upstream.daily) == 2
        for source in (one, other):
            assert (await account(source, clock))[0].requests == 120


async def test_another_api_key_is_asked_for_where_the_first_may_not_and_not_where_it_may(path, clock):
    async with fake_edgedns(used(90), keys=[failure(403), dates(dated())], usage=[total(120)]) as upstream:
        async with recorded(upstream.url, path, clock, account="acme") as source:
            await source.record(NOW)
        clock.passes(minutes=5)
        async with recorded(upstream.url, path, clock, account="acme", key=OTHER_KEY) as source:
            await source.record(NOW)
            health = await source.health()
        async with recorded(upstream.url, path, clock, account="acme") as source:
            await source.record(NOW)
    assert paths(upstream) == [USAGE, KEYS, KEYS]
    assert health.key_dates.startswith("1 of 1 keys; asked 2026-11-10T09:35:00Z")


async def test_the_last_total_of_a_period_lacks_no_more_than_its_last_hour(path, clock):
    clock.now = datetime(2026, 11, 29, 0, 0, tzinfo=UTC)
    asked = []
    async with (
        fake_edgedns(used(90), usage=[total(120)]) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        while clock.now < datetime(2026, 12, 2, tzinfo=UTC):
            asked += [f"{clock.now:%d %H}" for _ in (await source.record(HOUR)).told[:1]]
            clock.passes(hours=1)
        previous, notes = await account(source, clock, "previous")
    assert asked == ["29 00", "29 23", "30 23", "01 23"]
    assert previous.taken_at == datetime(2026, 11, 30, 23, tzinfo=UTC)
    assert "at 2026-11-30T23:00:00Z" in notes[1]


async def test_a_total_of_the_period_before_is_not_shown_for_this_one(path, clock):
    clock.now = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)
    async with (
        fake_edgedns(used(90), used(1), usage=[total(120)]) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        await source.record(HOUR)
        clock.passes(hours=1)
        found, notes = await account(source, clock)
    assert (found, notes[-1]) == (None, ACTIVE_KEYS_ONLY)


async def test_a_total_of_another_period_than_the_keys_is_refused(path, clock):
    keys = ok(a_body(period_start="2026-11-01T00:00:00Z", period_end="2026-12-01T00:00:00Z"))
    async with (
        fake_edgedns(keys, usage=[total(120, period_start="2026-11-05T00:00:00Z")]) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        turn = await source.record(NOW)
    assert (
        turn.told[0]
        == "Account total: EdgeDNS's answer has another period than usage by key, so nothing of it is used."
    )


async def test_a_window_that_is_no_billing_period_has_no_account_total(path, clock):
    async with (
        fake_edgedns(used(90), used(95), usage=[total(120)]) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        await source.record(NOW)
        clock.passes(hours=1)
        await source.record(NOW)
        found, _ = await account(source, clock, "2026-11-10")
    assert found is None


async def test_looking_back_shows_the_total_that_was_known_then(path, clock):
    async with fake_edgedns(used(90), usage=[total(120), total(150)]) as upstream:
        async with recorded(upstream.url, path, clock) as source:
            for _ in range(2):
                await source.record(NOW)
                clock.passes(days=1)
        clock.now = START + HOUR
        async with recorded(upstream.url, path, clock, looking_back=True) as source:
            found, _ = await account(source, clock)
    assert found.requests == 120


@pytest.mark.parametrize("rows", [[dated("key_8"), dated("key_9")], []], ids=["other ids", "none"])
async def test_a_list_of_other_keys_than_those_of_the_counters_is_refused(rows, path, clock):
    async with (
        fake_edgedns(used(90, 5), keys=[dates(*rows)]) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        turn = await source.record(NOW)
        keys = await keys_of(source, clock)
    assert turn.told[1] == (
        "Dates of keys: EdgeDNS's answer has keys that usage by key does not list, so nothing of it is used."
        if rows
        else "Dates of keys: EdgeDNS's answer has no key, though usage by key lists 2, so nothing of it is used."
    )
    assert set(keys) == {"key_1", "key_2"}


async def test_the_first_page_of_many_keys_tells_of_those_on_it(path, clock):
    page = ok({"keys": [dated()], "has_more": True}, Link='</v1/keys?page=2>; rel="next"')
    async with fake_edgedns(used(90, 5), keys=[page]) as upstream, recorded(upstream.url, path, clock) as source:
        turn = await source.record(NOW)
        keys = await keys_of(source, clock)
    assert turn.told[1] == "Dates of keys: 1 of 2 keys."
    assert (keys["key_1"].created_at, keys["key_2"].created_at) == (CREATED, None)


async def test_another_organisation_sees_neither_total_nor_dates(path, clock):
    async with (
        fake_edgedns(used(90), keys=[dates(dated())], usage=[total(120)]) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        await source.record(NOW)
    clock.passes(hours=1)
    async with fake_edgedns(ok(THEIRS)) as upstream, recorded(upstream.url, path, clock, key=OTHER_KEY) as source:
        await source.record(NOW)
        found, _ = await account(source, clock)
        health = await source.health()
    assert (found, upstream.daily) == (None, [])
    assert (health.account_total, health.key_dates) == ("not asked yet", "not asked yet")


async def test_a_locked_database_costs_a_line_and_no_reading(path, clock):
    async with fake_edgedns(used(90), usage=[total(120)]) as upstream, recorded(upstream.url, path, clock) as source:
        await source.record(NOW)
        clock.passes(days=1)
        reading = (await ask(source, clock, "current", lambda view, w: view.totals(w)))["key_1"]
        assert reading.requests == 90
        locked = apsw.Connection(str(path))
        locked.execute("BEGIN IMMEDIATE")
        told = await source._daily.ask(source._upstream, source._last["current"].reading)
        locked.execute("ROLLBACK")
        locked.close()
    assert told == (f"The database {path} is locked by another process; ask again in a few seconds.",)
    assert len(upstream.daily) == 2
