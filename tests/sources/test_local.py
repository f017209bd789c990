"""Figures of the embedded database and of the demo: what is covered, what is not, and what is said then."""

import asyncio
import re
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from edgedns_mcp.domain.cells import cells_of
from edgedns_mcp.domain.periods import resolve
from edgedns_mcp.errors import ConfigurationError, NoDataError, StoreError
from edgedns_mcp.models import Event, Key, Tally, Window
from edgedns_mcp.sources import demo_organisation
from edgedns_mcp.sources.demo import DemoSource
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database

NOW = datetime(2026, 11, 22, 10, 30, 15, tzinfo=UTC)
WHOIS = "/v1/domain/whois"


def utc(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def a_window(start="2026-10-01", end="2026-11-01"):
    return Window(start=utc(start), end=utc(end), period="asked")


def fill(path, *stretches):
    """Observe each stretch, with one request at its beginning and one at its end."""
    database = Database.open(path)
    for first, last in ((int(utc(start).timestamp()), int(utc(end).timestamp())) for start, end in stretches):
        events = [Event(first, "key_1", WHOIS, 200), Event(last, "key_1", WHOIS, 500)]
        database.write(lambda tx, some=events: cells.apply(accounts.made(tx, "local"), cells_of(some)))
        database.write(lambda tx, ends=(first, last): coverage.observe(accounts.made(tx, "local"), "import", *ends))
    database.close()


@asynccontextmanager
async def local(path, *stretches, now=NOW, zone=UTC):
    if stretches:
        fill(path, *stretches)
    source = LocalSource(path, now=lambda: now, because="EDGEDNS_SOURCE=local", zone=zone)
    try:
        yield source
    finally:
        await source.aclose()


async def covered(source, window):
    return await source.read(lambda view: view.coverage(window), [window])


async def no_data(source, window):
    with pytest.raises(NoDataError) as caught:
        await covered(source, window)
    return str(caught.value)


async def test_a_window_inside_the_data_is_complete(path):
    async with local(path, ("2026-10-01T00:20:00", "2026-11-03T08:00:00")) as source:
        found = await covered(source, a_window())
    assert (found.window_start, found.window_end) == (utc("2026-10-01"), utc("2026-11-01"))
    assert (found.data_from, found.data_to) == (utc("2026-10-01T00:20:00"), utc("2026-11-03T08:00:00"))
    assert found.complete is True
    assert found.notes == ()
    assert found.age_s == (NOW - utc("2026-11-03T08:00:00")).total_seconds()


@pytest.mark.parametrize(
    ("start", "end"),
    [("2026-09-30", "2026-10-10"), ("2026-10-10", "2026-11-10"), ("2026-09-01", "2026-12-01")],
    ids=["begins before", "ends after", "both"],
)
async def test_a_window_that_reaches_beyond_the_data_is_incomplete(path, start, end):
    async with local(path, ("2026-10-01T00:20:00", "2026-11-03T08:00:00")) as source:
        found = await covered(source, a_window(start, end))
    assert found.complete is False


async def test_a_window_across_a_gap_is_incomplete(path):
    async with local(path, ("2026-10-01", "2026-10-10"), ("2026-10-12", "2026-11-03")) as source:
        assert (await covered(source, a_window())).complete is False
        assert (await covered(source, a_window("2026-10-12", "2026-10-20"))).complete is True
        assert (await source.health()).gaps == 1


@pytest.mark.parametrize(
    ("start", "end", "future", "instead"),
    [
        ("2026-06-01", "2026-07-01", "", "2026-08"),
        ("2026-11-01", "2026-11-20", "", "2026-10"),
        ("2026-12-01", "2026-12-02", ", which lies in the future", "2026-10"),
        ("2026-08-12", "2026-08-14", "", "2026-08"),
        ("2026-10-10", "2026-10-12", "", "2026-10"),
    ],
    ids=["before", "after", "in the future", "early in a gap", "late in a gap"],
)
async def test_a_window_without_data_names_the_nearest_month_with_data(path, start, end, future, instead):
    async with local(path, ("2026-08-02", "2026-08-10T09:59:59"), ("2026-10-13", "2026-10-20T08:00:00")) as source:
        sentence = await no_data(source, a_window(start, end))
        assert sentence == (
            f"There is no data for asked ({start}T00:00Z to {end}T00:00Z){future}; it reaches from "
            f"2026-08-02T00:00:00Z to 2026-10-20T08:00:00Z; ask period={instead}."
        )
        assert (await covered(source, corrected(sentence, ZoneInfo("UTC")))).data_from


@pytest.mark.parametrize("name", ["America/Los_Angeles", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])
@pytest.mark.parametrize("at", ["2026-10-01T01:00:00", "2026-09-30T18:15:00", "2026-09-30T18:45:00"])
@pytest.mark.parametrize("asked", ["2026-08", "2026-11"])
async def test_the_corrected_period_has_data_in_every_time_zone(path, name, at, asked):
    zone = ZoneInfo(name)
    async with local(path, (at, at), zone=zone) as source:
        sentence = await no_data(source, resolve(asked, "", "", now=NOW, zone=zone, billing_day=1))
        assert (await covered(source, corrected(sentence, zone))).data_from


def corrected(sentence, zone):
    period = re.search(r"ask period=(\S+?)\.?$", sentence)[1]
    return resolve(period, "", "", now=NOW, zone=zone, billing_day=1)


async def test_a_window_that_only_touches_the_data_has_none(path):
    async with local(path, ("2026-10-05T10:00:00", "2026-10-05T11:59:59")) as source:
        assert "There is no data" in await no_data(source, a_window("2026-10-05T09:00", "2026-10-05T10:00"))
        assert "There is no data" in await no_data(source, a_window("2026-10-05T12:00", "2026-10-05T13:00"))
        assert (await covered(source, a_window("2026-10-05T11:00", "2026-10-05T12:00"))).data_to


async def test_a_last_request_on_the_very_hour_is_data_of_the_hour_that_begins(path):
    async with local(path, ("2026-10-05T10:00:00", "2026-10-05T12:00:00")) as source:
        assert (await covered(source, a_window("2026-10-05T12:00", "2026-10-05T13:00"))).complete is False


async def test_a_database_without_usage_says_how_to_fill_it(path):
    Database.open(path).close()
    async with local(path) as source:
        assert not await source.has_data()
        assert await no_data(source, a_window()) == (
            "The database holds no usage yet; fill it with edgedns-mcp import."
        )


async def test_a_missing_database_is_told_and_seen_as_soon_as_it_is_there(path):
    async with local(path) as source:
        assert not await source.has_data()
        with pytest.raises(ConfigurationError) as caught:
            await covered(source, a_window())
        assert str(caught.value) == (
            f"There is no database at {path}; fill it with edgedns-mcp import, or set EDGEDNS_DATABASE."
        )
        assert not path.exists()
        fill(path, ("2026-10-01", "2026-11-03"))
        assert await source.has_data()
        assert (await covered(source, a_window())).complete


async def test_a_file_that_is_no_database_is_told(path):
    path.write_text("Dear all,\n" * 1000)
    async with local(path) as source:
        with pytest.raises(StoreError, match="is not a readable SQLite database"):
            await covered(source, a_window())


async def test_data_from_the_future_is_not_older_than_now(path):
    async with local(path, ("2026-10-01", "2026-12-24")) as source:
        assert (await covered(source, a_window())).age_s == 0


async def test_the_view_answers_from_the_database(path):
    def everything(view):
        window = a_window()
        return (
            view.source,
            view.keys(),
            view.totals(window),
            view.totals(window, "ssl"),
            view.endpoints(window, ["key_1"]),
            view.top_endpoints(window, ["key_1"], 3),
        )

    last = int(utc("2026-10-20").timestamp())
    async with local(path, ("2026-10-01", "2026-10-20")) as source:
        assert await source.read(everything, [a_window()]) == (
            "local",
            [Key(key_id="key_1", name="key_1")],
            {"key_1": Tally(2, 1, last)},
            {},
            {"key_1": {WHOIS: Tally(2, 1, last)}},
            {WHOIS: 2},
        )


async def test_one_question_sees_one_state_while_another_process_writes(path):
    def twice(view):
        before = view.totals(a_window())
        fill(path, ("2026-10-02", "2026-10-03"))
        return before == view.totals(a_window())

    async with local(path, ("2026-10-01", "2026-10-20")) as source:
        assert await source.read(twice, [])
        assert (await source.read(lambda view: view.totals(a_window()), []))["key_1"].requests == 4


async def test_questions_at_one_time_are_all_answered(path):
    async with local(path, ("2026-10-01", "2026-11-03")) as source:
        answers = await asyncio.gather(*(covered(source, a_window()) for _ in range(8)))
    assert all(answer == answers[0] for answer in answers)


async def test_health_tells_what_the_database_holds(path):
    async with local(path, ("2026-10-01", "2026-10-10"), ("2026-10-13", "2026-10-20")) as source:
        found = await source.health()
    assert (found.source, found.chosen_because, found.database) == ("local", "EDGEDNS_SOURCE=local", str(path))
    assert (found.data_from, found.data_to) == (utc("2026-10-01"), utc("2026-10-20"))
    assert (found.keys, found.requests, found.gaps, found.rejected_lines, found.calls_spent) == (1, 4, 1, 0, 0)


class Clock:
    def __init__(self, now=NOW):
        self.now = now

    def __call__(self):
        return self.now


@asynccontextmanager
async def demo(clock):
    source = DemoSource(now=clock, because="EDGEDNS_SOURCE=demo")
    try:
        yield source
    finally:
        await source.aclose()


async def test_the_demo_holds_the_organisation_up_to_the_last_full_hour():
    begin = utc("2026-11-22") - timedelta(days=demo_organisation.HISTORY_DAYS)
    async with demo(Clock()) as source:
        found = await covered(source, a_window())
        health = await source.health()
        keys = await source.read(lambda view: view.keys(), [])
        sentence = await no_data(source, a_window("2025-01-01", "2025-02-01"))
    assert (found.data_from, found.data_to, found.complete) == (begin, utc("2026-11-22T10:00:00"), True)
    assert keys == sorted(demo_organisation.keys(NOW), key=lambda key: key.key_id)
    assert health.requests == sum(cell.requests for cell in demo_organisation.cells(NOW))
    assert (health.source, health.chosen_because) == ("demo", "EDGEDNS_SOURCE=demo")
    assert sentence.startswith("DEMO: There is no data for asked")


async def test_the_demo_is_built_once_an_hour_and_anew_in_the_next():
    clock, window = Clock(), a_window("2026-11-22", "2026-11-23")
    async with demo(clock) as source:
        first = await source.read(lambda view: (engine(view), view.coverage(window)), [])
        clock.now += timedelta(minutes=29)
        again = await source.read(lambda view: (engine(view), view.coverage(window)), [])
        clock.now += timedelta(minutes=1)
        later = await source.read(lambda view: (engine(view), view.coverage(window)), [])
    assert again[0] is first[0]
    assert (again[1].data_to, again[1].age_s) == (first[1].data_to, first[1].age_s + 29 * 60)
    assert later[1].data_to == utc("2026-11-22T11:00:00")


async def test_questions_at_one_time_share_one_demo():
    async with demo(Clock()) as source:
        engines = await asyncio.gather(*(source.read(engine, []) for _ in range(3)))
    assert len({id(one) for one in engines}) == 1


def engine(view):
    return view._held.tx.connection
