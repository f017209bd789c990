"""Several recorders on one database, some killed in the middle: every reading counts once, and nothing is mixed."""

import asyncio
import heapq
import random
import signal
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import count, pairwise

import apsw
import pytest
from asking import KEY
from faces import clean_environment
from fake_edgedns import Response, a_body, a_key, fake_edgedns, ok
from test_recorded import OTHER_KEY, THEIRS, Clock, recorded

from edgedns_mcp.domain.periods import resolve
from edgedns_mcp.errors import NoDataError
from edgedns_mcp.store import readings
from edgedns_mcp.store.accounts import Account, names
from edgedns_mcp.store.database import Database

START = datetime(2026, 11, 10, 9, 0, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
EVER = ("2026-11-02T00:00Z", "2026-11-29T00:00Z")
PATHS = ("/v1/domain/resolve", "/v1/domain/whois")


@pytest.fixture
def clock():
    return Clock(START)


def counters(number, idle=0):
    """Answer the `number`-th request; every counter has grown by its own step since the last one."""
    rows = [
        a_key(
            f"key_{step}",
            number * step * 2,
            number,
            endpoint_distribution={PATHS[0]: number * step, PATHS[1]: number * step},
            last_activity=None,
        )
        for step in (1, 7, 30)
    ]
    rows += [a_key(f"idle_{one}", 0, 0, endpoint_distribution={}, last_activity=None) for one in range(idle)]
    return ok(a_body(*rows))


def growing(numbers=None, idle_later=0) -> Response:
    numbers = numbers or count(1)

    def steps() -> Iterator[bytes | float]:
        number = next(numbers)
        yield from counters(number, idle=idle_later * (number > 2)).steps()

    return Response(steps)


def grown(by):
    return {f"key_{step}": (by * step * 2, by) for step in (1, 7, 30)}


async def ask(source, clock, period="", start=EVER[0], end=EVER[1]):
    """Give requests and errors of each key, and the coverage."""
    start, end = ("", "") if period else (start, end)
    window = resolve(period, start, end, now=clock(), zone=UTC, billing_day=1)

    def question(view):
        coverage = view.coverage(window)
        found = view.totals(window).items()
        assert period or all(tally.slack == 0 for _, tally in found)
        return {key_id: (tally.requests, tally.errors) for key_id, tally in found if tally.requests}, coverage

    return await source.read(question, [window])


async def listed(source, clock):
    window = resolve("24h", "", "", now=clock(), zone=UTC, billing_day=1)
    return await source.read(lambda view: {key.key_id for key in view.keys()}, [window])  # noqa: SIM118 - a method of the view


def consistent(path):
    """Check that what is known, the last reading and the cells belong to one state, and give the first and last."""
    with_database = Database.open(path)
    try:
        return with_database.read(_states)
    finally:
        with_database.close()


def _states(tx):
    found = []
    for number in names(tx, "edgedns"):
        account = Account(tx, number)
        known, last = readings.known(account), readings.last(account)
        assert (known.taken_at, {key: seen.counters for key, seen in known.keys.items()}) == (
            last.reading.taken_at,
            {one.key.key_id: one for one in last.reading.keys},
        )
        found.append({one.key.key_id: (one.requests, one.errors) for one in last.reading.keys})
    return found


async def live(clock, until, sources, killed=()):
    """Let each source take its turns at its own times; `killed` maps a source's place to when it is no more."""
    turns, killed = [], dict(killed)
    plan = [(clock.now + number * timedelta(seconds=7), number) for number in range(len(sources))]
    while plan and plan[0][0] < until:
        clock.now, number = heapq.heappop(plan)
        if clock.now >= killed.get(number, until):
            continue
        turn = await sources[number].record(HOUR)
        turns.append((number, turn))
        assert turn.rest > timedelta()
        heapq.heappush(plan, (clock.now + turn.rest, number))
    clock.now = until
    return [(number, turn.taken_at) for number, turn in turns if turn.taken_at]


@asynccontextmanager
async def several(url, path, clock, number, **more):
    async with AsyncExitStack() as stack:
        yield [await stack.enter_async_context(recorded(url, path, clock, **more)) for _ in range(number)]


async def test_three_servers_take_one_reading_an_hour_between_them(path, clock):
    async with fake_edgedns(growing()) as upstream, several(upstream.url, path, clock, 3) as sources:
        taken = await live(clock, START + 30 * HOUR + MINUTE, sources)
        asked = len(upstream.requests)
        found, coverage = await ask(sources[2], clock, start="2026-11-10T09:00Z", end="2026-11-11T15:00Z")
    assert [at for _, at in taken] == [START + hour * HOUR for hour in range(31)]
    assert asked == 31
    assert found == grown(30)
    assert coverage.complete
    assert consistent(path) == [grown(31)]


async def test_when_the_recorder_is_killed_another_one_takes_over_at_the_end_of_its_lease(path, clock):
    async with fake_edgedns(growing()) as upstream, several(upstream.url, path, clock, 3) as sources:
        killed = {0: START + 5 * HOUR + MINUTE, 1: START + 11 * HOUR + MINUTE}
        taken = await live(clock, START + 24 * HOUR + MINUTE, sources, killed)
        found, _ = await ask(sources[2], clock, start="2026-11-10T09:00Z", end="2026-11-11T10:00Z")
        asked = len(upstream.requests)
    moments = [at for _, at in taken]
    assert len(set(moments)) == len(moments)
    assert max(later - one for one, later in pairwise(moments)) <= 2 * HOUR
    assert moments[-1] == START + 24 * HOUR
    assert {number for number, at in taken if at > START + 14 * HOUR} == {2}
    assert found == grown(asked - 1)


async def test_readings_in_one_second_and_out_of_order_count_once(path, clock):
    async with fake_edgedns(growing()) as upstream, several(upstream.url, path, clock, 3) as (one, other, slow):
        for _ in range(6):
            await asyncio.gather(*(source.record(timedelta()) for source in (one, other, slow)))
            now, clock.now = clock.now, clock.now - timedelta(seconds=30)  # a machine whose clock is behind
            await slow.record(timedelta())
            clock.now = now + 20 * MINUTE
        await one.record(timedelta())
        clock.now += 2 * HOUR
        await one.record(timedelta())
        asked = len(upstream.requests)
        found, _ = await ask(other, clock, start="2026-11-10T09:00Z", end="2026-11-10T15:00Z")
    first = next(iter(found["key_1"])) // 2
    assert asked - 3 <= first <= asked - 1  # from one of the three first readings to the last one
    assert found == grown(first)


async def test_two_keys_of_one_declared_account_share_one_history(path, clock):
    async with (
        fake_edgedns(growing()) as upstream,
        recorded(upstream.url, path, clock, account="acme") as one,
        recorded(upstream.url, path, clock, key=OTHER_KEY, account="acme") as other,
    ):
        await live(clock, START + 6 * HOUR + MINUTE, [one, other])
        asked = len(upstream.requests)
        found = [
            await ask(source, clock, start="2026-11-10T09:00Z", end="2026-11-10T15:00Z") for source in (one, other)
        ]
    assert asked == 7
    assert [requests for requests, _ in found] == [grown(6)] * 2
    assert len(consistent(path)) == 1


async def test_two_organisations_in_one_file_never_see_each_other(path, clock):
    theirs = {"foreign_1": (7000, 0), "foreign_2": (7, 0)}
    async with (
        fake_edgedns(growing()) as ours,
        fake_edgedns(ok(a_body(a_key("foreign_1", 1, 0), a_key("foreign_2", 1, 0))), ok(THEIRS)) as foreign,
        recorded(ours.url, path, clock) as one,
        recorded(foreign.url, path, clock, key=OTHER_KEY, account="other") as other,
    ):
        await live(clock, START + 6 * HOUR + MINUTE, [one, other])
        found = [
            await ask(source, clock, start="2026-11-10T09:00Z", end="2026-11-10T15:00Z") for source in (one, other)
        ]
        keys = await listed(other, clock)
    assert found[0][0] == grown(6)
    assert set(found[1][0]) == keys == set(theirs)
    assert sorted(consistent(path), key=len) == [theirs, grown(7)]


async def test_a_key_of_another_organisation_is_refused_and_the_first_one_goes_on(path, clock):
    async with (
        fake_edgedns(growing()) as ours,
        fake_edgedns(ok(THEIRS)) as foreign,
        recorded(ours.url, path, clock) as one,
        recorded(foreign.url, path, clock, key=OTHER_KEY) as swapped,
    ):
        for _ in range(3):
            await one.record(timedelta())
            clock.passes(hours=1)
            turn = await swapped.record(timedelta())
            assert "another organisation" in turn.trouble
            with pytest.raises(NoDataError):
                await ask(swapped, clock, "24h")
            assert set((await ask(swapped, clock, "current"))[0]) == {"foreign_1", "foreign_2"}
            with pytest.raises(NoDataError):
                await listed(swapped, clock)
        found, _ = await ask(one, clock, "24h")
        keys = await listed(one, clock)
    assert found == grown(3)  # the question took a reading of its own
    assert keys == set(grown(1))


async def test_where_a_key_answers_for_another_organisation_what_was_recorded_is_not_shown(path, clock):
    async with (
        fake_edgedns(counters(1), counters(2), ok(THEIRS)) as upstream,
        recorded(upstream.url, path, clock) as one,
    ):
        for _ in range(2):
            await one.record(timedelta())
            clock.passes(hours=1)
        turn = await one.record(timedelta())
        assert "another organisation" in turn.trouble
        with pytest.raises(NoDataError, match="another organisation"):
            await ask(one, clock, "24h")
    assert consistent(path) == [grown(2)]


async def test_a_new_key_of_an_organisation_is_recognised_beside_a_newer_one(path, clock):
    third_key = "edns_live_" + "T" * 32
    async with (
        fake_edgedns(growing()) as ours,
        fake_edgedns(ok(THEIRS)) as foreign,
        recorded(ours.url, path, clock) as one,
        recorded(foreign.url, path, clock, key=OTHER_KEY, account="other") as other,
        recorded(ours.url, path, clock, key=third_key) as rotated,
    ):
        for source in (one, one, other, rotated):
            turn = await source.record(timedelta())
            clock.passes(hours=1)
        assert turn.trouble == ""
        found, _ = await ask(rotated, clock, start="2026-11-10T09:00Z", end="2026-11-10T12:00Z")
    assert found == grown(2)


def locked(source, path):
    connection = apsw.Connection(str(path))
    connection.execute("BEGIN IMMEDIATE")
    return connection.close


def full(source, path):
    return pragma(source, "max_page_count = 1", "max_page_count = 1000000")


def only_readable(source, path):
    return pragma(source, "query_only = 1", "query_only = 0")


def pragma(source, ill, well):
    database = source._book._opened()
    database.read(lambda tx: tx.run(f"PRAGMA {ill}"))
    return lambda: database.read(lambda tx: tx.run(f"PRAGMA {well}"))


@pytest.mark.parametrize("trouble", [locked, full, only_readable])
async def test_a_database_in_trouble_costs_no_answer_and_no_request(trouble, path, clock):
    answers = growing(numbers := count(1), idle_later=300)  # more than the pages at hand can take
    async with fake_edgedns(answers) as upstream, recorded(upstream.url, path, clock) as source:
        for _ in range(2):
            await source.record(timedelta())
            clock.passes(hours=1)
        mended = trouble(source, path)
        turn = await source.record(timedelta())
        shown, coverage = await ask(source, clock, "current")
        clock.passes(hours=1)
        past, _ = await ask(source, clock, start="2026-11-10T09:00Z", end="2026-11-10T10:00Z")
        until_now, of_now = await ask(source, clock, start="2026-11-10T09:00Z", end="2026-11-10T12:00Z")
        mended()
        clock.passes(hours=1)
        after = await source.record(timedelta())
        found, whole = await ask(source, clock, start="2026-11-10T09:00Z", end="2026-11-10T13:00Z")
    assert "not recorded" in turn.trouble
    assert shown == grown(3)
    assert any("not recorded" in note for note in coverage.notes)
    assert past == until_now == grown(1)
    assert of_now.complete is False
    assert any("not recorded" in note for note in of_now.notes)
    assert after.trouble == ""
    assert found == grown(next(numbers) - 2)
    assert whole.complete
    assert len(consistent(path)) == 1


RECORDING = """
import asyncio, sys
from datetime import datetime, timedelta
from pathlib import Path
from test_recorded import Clock, recorded

async def main(url, path, start):
    clock = Clock(datetime.fromisoformat(start))
    async with recorded(url, Path(path), clock) as source:
        while True:
            await source.record(timedelta())
            clock.passes(minutes=10)

asyncio.run(main(*sys.argv[1:]))
"""


async def test_after_kills_in_the_middle_of_readings_no_request_is_lost_or_counted_twice(path, clock):
    dice, numbers = random.Random(11), count(1)
    paths = [entry for entry in sys.path if entry.endswith(("tests", "sources"))]
    environment = clean_environment(PYTHONPATH=":".join(paths))
    async with fake_edgedns(growing(numbers)) as upstream:
        for kill in range(4):
            begins = datetime(2026, 11, 3, tzinfo=UTC) + kill * timedelta(days=6)
            asked = len(upstream.requests)
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-c", RECORDING, upstream.url, str(path), begins.isoformat(), env=environment
            )
            async with asyncio.timeout(30):
                await upstream.asked(asked + dice.randrange(1, 12))
                await asyncio.sleep(dice.random() * 0.02)
                process.send_signal(signal.SIGKILL)
                await process.wait()
            (last,) = consistent(path) or ({},)
            assert not last or last["key_1"][1] in (len(upstream.requests), len(upstream.requests) - 1)
        clock.now = datetime(2026, 11, 28, tzinfo=UTC)
        async with recorded(upstream.url, path, clock) as source:
            await source.record(timedelta())
            found, _ = await ask(source, clock)
            health = await source.health()
    assert health.readings > 10
    (last,) = consistent(path)
    assert last == grown(len(upstream.requests))
    assert found in (grown(len(upstream.requests) - 1), grown(len(upstream.requests) - 2))


async def test_a_killed_recorder_of_the_command_is_followed_by_another(path, clock):
    environment = {"EDGEDNS_API_KEY": KEY, "EDGEDNS_DATABASE": str(path)}
    async with fake_edgedns(growing()) as upstream:
        environment = clean_environment(EDGEDNS_BASE_URL=upstream.url, **environment)
        command = (sys.executable, "-m", "edgedns_mcp", "record", "--every", "1h")
        processes = [
            await asyncio.create_subprocess_exec(*command, env=environment, stdout=asyncio.subprocess.DEVNULL)
            for _ in range(2)
        ]
        async with asyncio.timeout(30):
            await upstream.asked(1)
            while not path.exists() or not consistent(path):  # noqa: ASYNC110 - another process writes it
                await asyncio.sleep(0.02)
        for process in processes:
            process.kill()
            await process.wait()
        (first,) = consistent(path)
        assert (len(upstream.requests), first) == (1, grown(1))
        clock.now = datetime.now(UTC) + timedelta(hours=2)
        async with recorded(upstream.url, path, clock) as source:
            turn = await source.record(HOUR)
            assert turn.taken_at
    assert consistent(path) == [grown(2)]
