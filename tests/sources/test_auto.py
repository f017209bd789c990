"""Which source answers is chosen at each question: a key, else a database with data, else the demo."""

import asyncio
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from asking import KEY
from fake_edgedns import failure, fake_edgedns, ok, play

from edgedns_mcp.errors import ConfigurationError, RefusedError, StoreError
from edgedns_mcp.models import Cell, Window
from edgedns_mcp.settings import load
from edgedns_mcp.sources.factory import open_source
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database

NOW = datetime(2026, 11, 22, 10, 30, tzinfo=UTC)
WINDOW = Window(start=datetime(2026, 11, 1, tzinfo=UTC), end=NOW.replace(minute=0), period="current")
OTHER_KEY = "edns_live_" + "Zz9yXx8wVv7uTt6sRr5qPp4oNn3mMm2l"


class Clock:
    now = NOW

    def __call__(self):
        return self.now


@asynccontextmanager
async def opened(path, clock=lambda: NOW, **settings):
    source = open_source(load(**{"source": "auto", "database": path} | settings), clock)
    try:
        yield source
    finally:
        await source.aclose()


async def who_answers(source):
    return await source.read(lambda view: (view.source, len(view.totals(WINDOW))), [WINDOW])


def fill(path):
    at = int(datetime(2026, 11, 10, tzinfo=UTC).timestamp())
    database = Database.open(path)
    database.write(
        lambda tx: cells.apply(
            accounts.made(tx, "local"), [Cell(at, at + 3600, "key_1", "/v1/whois", "live", 7, 0, at)]
        )
    )
    database.write(lambda tx: coverage.observe(accounts.made(tx, "local"), "import", at, at))
    database.close()


async def test_with_nothing_configured_the_demo_answers(path):
    async with opened(path) as source:
        assert await who_answers(source) == ("demo", 22)
        health = await source.health()
    assert (health.source, health.chosen_because) == (
        "demo",
        "neither an API key nor a database with data is configured",
    )
    assert not path.exists()


async def test_a_database_that_appears_later_is_seen(path):
    async with opened(path) as source:
        assert (await source.health()).source == "demo"
        Database.open(path).close()
        assert (await source.health()).source == "demo"  # it holds no data yet
        fill(path)
        assert await who_answers(source) == ("local", 1)
        health = await source.health()
    assert (health.source, health.chosen_because) == ("local", "no API key is configured, but a database is")


async def test_a_key_beats_a_database_with_data(path):
    fill(path)
    async with fake_edgedns(ok()) as upstream, opened(path, api_key=KEY, base_url=upstream.url) as source:
        assert await who_answers(source) == ("edgedns", 2)
        assert (await source.health()).chosen_because == "an API key is configured"


async def test_a_refused_key_is_told_and_no_other_source_answers_instead(path):
    fill(path)
    async with fake_edgedns(failure(401)) as upstream, opened(path, api_key=KEY, base_url=upstream.url) as source:
        with pytest.raises(RefusedError):
            await who_answers(source)


async def test_a_key_file_that_cannot_be_read_is_told_and_works_once_it_is_there(path, tmp_path):
    key_file = tmp_path / "key"
    async with (
        fake_edgedns(ok()) as upstream,
        opened(path, api_key_file=key_file, base_url=upstream.url) as source,
    ):
        for question in (who_answers(source), source.health()):
            with pytest.raises(ConfigurationError, match="EDGEDNS_API_KEY_FILE"):
                await question
        key_file.write_text(f"{KEY}\n")
        assert await who_answers(source) == ("edgedns", 2)


@pytest.mark.parametrize("choice", ["auto", "edgedns"])
async def test_a_key_file_that_was_changed_counts_from_the_next_question_on(path, tmp_path, choice):
    clock, key_file = Clock(), tmp_path / "key"
    key_file.write_text(KEY)
    async with (
        fake_edgedns(ok()) as upstream,
        opened(path, clock, source=choice, api_key_file=key_file, base_url=upstream.url) as source,
    ):
        await who_answers(source)
        key_file.write_text(OTHER_KEY)
        clock.now += timedelta(minutes=2)
        await who_answers(source)
    sent = [request.headers["authorization"] for request in upstream.requests]
    assert sent == [f"Bearer {KEY}", f"Bearer {OTHER_KEY}"]


async def test_a_question_that_runs_while_the_key_changes_is_answered(path, tmp_path):
    key_file = tmp_path / "key"
    key_file.write_text(KEY)
    async with (
        fake_edgedns(play(0.2, *ok().steps()), ok()) as upstream,
        opened(path, api_key_file=key_file, base_url=upstream.url, account="ours") as source,
    ):
        running = asyncio.create_task(who_answers(source))
        while not upstream.requests:  # noqa: ASYNC110 - the fake tells nobody that it was asked
            await asyncio.sleep(0)
        key_file.write_text(OTHER_KEY)
        answers = [await who_answers(source), await running]
    assert answers == [("edgedns", 2)] * 2
    assert len(upstream.requests) == 2


async def test_a_foreign_file_in_place_of_the_database_is_told_and_no_demo_answers_instead(path):
    path.write_text("Dear all,\n" * 1000)
    async with opened(path) as source:
        with pytest.raises(StoreError, match="is not a readable SQLite database"):
            await who_answers(source)


async def test_the_source_that_the_settings_name_answers_whatever_else_is_there(path):
    fill(path)
    async with opened(path, source="demo", api_key=KEY) as source:
        assert (await source.health()).chosen_because == "EDGEDNS_SOURCE=demo"
    async with opened(path, source="local", api_key=KEY) as source:
        assert await who_answers(source) == ("local", 1)


async def test_edgedns_without_a_key_says_how_to_configure_one(path):
    async with opened(path, source="edgedns") as source:
        with pytest.raises(ConfigurationError) as caught:
            await who_answers(source)
    assert str(caught.value) == (
        "No EdgeDNS API key is configured; set EDGEDNS_API_KEY or EDGEDNS_API_KEY_FILE, or try EDGEDNS_SOURCE=demo."
    )


async def test_looking_back_asks_nobody(path):
    clock = Clock()
    async with fake_edgedns(ok()) as upstream:
        async with opened(path, clock, api_key=KEY, base_url=upstream.url) as source:
            await who_answers(source)
        clock.now += timedelta(hours=1)
        async with opened(path, clock, api_key=KEY, base_url=upstream.url, as_of="2026-11-22T11:30:00Z") as source:
            assert await who_answers(source) == ("edgedns", 2)
    assert len(upstream.requests) == 1
