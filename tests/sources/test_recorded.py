"""EdgeDNS with a memory: what is asked, what is kept, what is shown again, and to whom never."""

import asyncio
import re
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from asking import KEY, in_time
from fake_edgedns import a_body, a_key, failure, fake_edgedns, ok, play
from pydantic import SecretStr

from edgedns_mcp.domain.periods import billing_period
from edgedns_mcp.errors import NoDataError, RefusedError, UnavailableError
from edgedns_mcp.models import Tally, Window
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.sources.book import Book
from edgedns_mcp.sources.edgedns import EdgeDnsSource, client
from edgedns_mcp.sources.readings import ACTIVE_KEYS_ONLY
from edgedns_mcp.sources.recorded import RecordedSource
from edgedns_mcp.store import readings
from edgedns_mcp.store.database import Database

NOW = datetime(2026, 11, 22, 10, 30, 59, tzinfo=UTC)
BEGAN = "EdgeDNS states no dates for a billing period; by EDGEDNS_BILLING_DAY it began 2026-11-01."
OTHER_KEY = "edns_live_" + "Zz9yXx8wVv7uTt6sRr5qPp4oNn3mMm2l"
OUTAGE = failure(500)
REFUSAL = failure(401, "INVALID_API_KEY")
THEIRS = a_body(a_key("foreign_1", 7000, 0), a_key("foreign_2", 7, 0))
NOBODY = {"keys": [], "total_keys": 0}
NO_ADDRESS = "http://127.0.0.1:9"


class Clock:
    def __init__(self, now=NOW):
        self.now = now

    def __call__(self):
        return self.now

    def passes(self, **time):
        self.now += timedelta(**time)


@pytest.fixture
def clock():
    return Clock()


@asynccontextmanager
async def recorded(url, path, clock, *, key=KEY, account="", sends_period=False, looking_back=False):
    """Open the source as the factory does; a new one knows only what is in the database."""
    upstream = EdgeDnsSource(client(url, SecretStr(key)), now=clock, send_period=sends_period)
    source = RecordedSource(
        None if looking_back else upstream,
        Book(lambda: Database.open(path), str(path), SecretStr(key), account, boundaries=a_period),
        now=clock,
        billing=a_period,
        zone=UTC,
        because="an API key is configured",
        sends_period=sends_period,
    )
    try:
        yield source
    finally:
        await source.aclose()
        await upstream.aclose()


def a_period(moment):
    return billing_period(moment, ZoneInfo("UTC"), 1)


def a_window(period):
    return Window(start=NOW - timedelta(days=7), end=NOW, period=period)


async def ask(source, period="current"):
    """Give the requests of each key, and the coverage."""
    window = a_window(period)

    def question(view):
        return {key_id: tally.requests for key_id, tally in view.totals(window).items()}, view.coverage(window)

    return await source.read(question, [window])


async def count(source):
    return (await source.health()).readings


def busy(requests):
    return ok(a_body(a_key(requests=requests), a_key("key_2", 0, 0, endpoint_distribution={}, last_activity=None)))


def keep(path, taken_at, requests):
    """Keep a reading as an earlier run with this API key would have."""

    async def run():
        async with fake_edgedns(busy(requests)) as upstream, recorded(upstream.url, path, Clock(taken_at)) as source:
            await ask(source)

    return run()


async def test_the_answer_of_edgedns_is_shown_with_its_age_and_what_nobody_knows(path, clock):
    async with fake_edgedns(busy(100)) as upstream, recorded(upstream.url, path, clock) as source:
        requests, coverage = await ask(source)
    assert requests == {"key_1": 100, "key_2": 0}
    assert (coverage.window_start, coverage.window_end, coverage.data_from) == (None, None, None)
    assert (coverage.data_to, coverage.age_s, coverage.complete) == (NOW, 0, None)
    assert coverage.notes == (BEGAN, ACTIVE_KEYS_ONLY)


async def test_dates_that_edgedns_states_are_shown(path, clock):
    stated = a_body(period_start="2026-11-01T00:00:00Z", period_end="2026-12-01T00:00:00Z")
    async with fake_edgedns(ok(stated)) as upstream, recorded(upstream.url, path, clock) as source:
        _, coverage = await ask(source)
    assert coverage.window_start == coverage.data_from == datetime(2026, 11, 1, tzinfo=UTC)
    assert coverage.window_end == datetime(2026, 12, 1, tzinfo=UTC)
    assert coverage.notes == (ACTIVE_KEYS_ONLY,)


async def test_edgedns_is_asked_at_most_once_a_minute(path, clock):
    async with fake_edgedns(busy(100), busy(101)) as upstream, recorded(upstream.url, path, clock) as source:
        await ask(source)
        clock.passes(seconds=59)
        requests, coverage = await ask(source)
        assert (requests["key_1"], coverage.age_s, len(upstream.requests)) == (100, 59, 1)
        clock.passes(seconds=1)
        requests, coverage = await ask(source)
        assert (requests["key_1"], coverage.age_s, len(upstream.requests)) == (101, 0, 2)
        assert await count(source) == 2
        assert (await source.health()).calls_spent == 2


async def test_questions_at_one_time_share_one_request(path, clock):
    slow = play(0.05, *busy(100).steps())
    async with fake_edgedns(slow) as upstream, recorded(upstream.url, path, clock) as source:
        answers = await asyncio.gather(*(ask(source) for _ in range(5)))
    assert len(upstream.requests) == 1
    assert all(answer == answers[0] for answer in answers)


async def test_a_second_server_on_the_same_database_does_not_ask_again(path, clock):
    async with fake_edgedns(busy(100)) as upstream:
        async with recorded(upstream.url, path, clock) as source:
            await ask(source)
        clock.passes(seconds=30)
        async with recorded(upstream.url, path, clock) as source:
            requests, coverage = await ask(source)
    assert (requests["key_1"], coverage.age_s, len(upstream.requests)) == (100, 30, 1)


async def test_an_outage_shows_the_last_good_answer_with_its_age_and_the_reason(path, clock):
    async with fake_edgedns(busy(100), OUTAGE) as upstream, recorded(upstream.url, path, clock) as source:
        await ask(source)
        clock.passes(minutes=12, seconds=5)
        requests, coverage = await ask(source)
        health = await source.health()
    assert (requests["key_1"], coverage.age_s) == (100, 725)
    assert coverage.notes[0].startswith(
        "These are the last good figures, taken 12 min 5 s ago, because EdgeDNS cannot be asked now: "
        "EdgeDNS failed inside (HTTP 500, request req_abc123)."
    )
    assert coverage.notes[1:] == (BEGAN, ACTIVE_KEYS_ONLY)
    assert health.last_error.startswith("EdgeDNS failed inside")


async def test_the_last_good_answer_outlives_the_server(path, clock):
    await keep(path, NOW - timedelta(hours=5), 90)
    async with fake_edgedns(OUTAGE) as upstream, recorded(upstream.url, path, clock) as source:
        requests, coverage = await ask(source)
    assert (requests["key_1"], coverage.age_s) == (90, 5 * 3600)
    assert "taken 300 min 0 s ago" in coverage.notes[0]


async def test_the_last_good_answer_is_the_newest_whoever_took_it(path, clock):
    async with fake_edgedns(busy(100), OUTAGE) as upstream, recorded(upstream.url, path, clock) as source:
        await ask(source)
        await keep(path, NOW + timedelta(minutes=30), 150)
        clock.passes(minutes=40)
        requests, coverage = await ask(source)
    assert (requests["key_1"], coverage.age_s) == (150, 600)


async def test_an_outage_without_anything_recorded_is_told(path, clock):
    async with fake_edgedns(OUTAGE) as upstream, recorded(upstream.url, path, clock) as source:
        with pytest.raises(UnavailableError, match="EdgeDNS failed inside"):
            await ask(source)


async def test_after_an_outage_edgedns_is_asked_again_and_the_trouble_is_forgotten(path, clock):
    async with fake_edgedns(OUTAGE, busy(100)) as upstream, recorded(upstream.url, path, clock) as source:
        with pytest.raises(UnavailableError):
            await ask(source)
        requests, _ = await ask(source)
        assert requests["key_1"] == 100
        assert (await source.health()).last_error == ""


async def test_a_refusal_is_told_even_where_a_good_answer_was_recorded(path, clock):
    async with fake_edgedns(busy(100), REFUSAL) as upstream, recorded(upstream.url, path, clock) as source:
        await ask(source)
        clock.passes(minutes=2)
        with pytest.raises(RefusedError, match="EdgeDNS does not know this API key"):
            await ask(source)


async def test_the_status_tells_of_a_refusal(path, clock):
    async with fake_edgedns(REFUSAL) as upstream, recorded(upstream.url, path, clock) as source:
        with pytest.raises(RefusedError):
            await ask(source)
        assert "EdgeDNS does not know this API key" in (await source.health()).last_error


async def test_figures_of_the_previous_billing_period_are_not_shown_as_current(path, clock):
    clock.now = datetime(2026, 10, 31, 23, 59, 50, tzinfo=UTC)
    async with fake_edgedns(busy(9000), OUTAGE) as upstream, recorded(upstream.url, path, clock) as source:
        await ask(source)
        clock.passes(seconds=15)  # the memory is fresh, the period is over
        with pytest.raises(UnavailableError):
            await ask(source)
        requests, coverage = await ask(source, "previous")
    assert (requests["key_1"], coverage.data_to) == (9000, datetime(2026, 10, 31, 23, 59, 50, tzinfo=UTC))


async def test_a_figure_of_the_current_period_in_the_database_beats_an_old_one_in_memory(path, clock):
    clock.now = datetime(2026, 10, 31, 23, 59, 50, tzinfo=UTC)
    async with fake_edgedns(busy(9000), OUTAGE) as upstream, recorded(upstream.url, path, clock) as source:
        await ask(source)
        await keep(path, datetime(2026, 11, 1, 2, tzinfo=UTC), 20)
        clock.now = datetime(2026, 11, 1, 3, tzinfo=UTC)
        requests, coverage = await ask(source)
    assert (requests["key_1"], coverage.age_s) == (20, 3600)


async def test_previous_is_the_last_reading_before_the_boundary(path, clock):
    boundary = datetime(2026, 11, 1, tzinfo=UTC)
    for taken_at, requests in (
        (boundary - timedelta(days=40), 7000),
        (boundary - timedelta(hours=2), 8000),
        (boundary - timedelta(seconds=1), 9000),
        (boundary, 10),
        (NOW - timedelta(days=1), 100),
    ):
        await keep(path, taken_at, requests)
    async with fake_edgedns() as upstream, recorded(upstream.url, path, clock) as source:
        requests, coverage = await ask(source, "previous")
    assert requests["key_1"] == 9000
    assert (coverage.complete, coverage.data_to) == (False, boundary - timedelta(seconds=1))
    assert coverage.notes == (
        "The last reading of that period is of 2026-10-31T23:59:59Z; later ones are not in it.",
        BEGAN.replace("2026-11-01", "2026-10-01"),
        ACTIVE_KEYS_ONLY,
    )
    assert upstream.requests == []


async def test_previous_without_a_reading_of_that_period_is_refused_in_words(path, clock):
    await keep(path, datetime(2026, 9, 30, 23, 59, tzinfo=UTC), 7000)
    await keep(path, NOW - timedelta(days=1), 100)
    async with recorded(NO_ADDRESS, path, clock) as source:
        with pytest.raises(NoDataError) as caught:
            await ask(source, "previous")
    assert str(caught.value) == (
        "No reading was recorded in the previous billing period (2026-10-01 to 2026-11-01), and EdgeDNS offers its "
        "current one only; ask period=current."
    )


@pytest.mark.parametrize("period", ["7d", "24h", "2026-10", "yesterday", "2026-11-01 until now"])
async def test_any_other_period_is_refused_in_words_and_costs_no_call(path, clock, period):
    async with fake_edgedns() as upstream, recorded(upstream.url, path, clock) as source:
        with pytest.raises(NoDataError) as caught:
            await ask(source, period)
    assert f"there are no figures for {period}; ask period=current" in str(caught.value)
    assert upstream.requests == []


async def test_a_rolling_period_is_sent_where_the_settings_say_so_and_is_no_reading(path, clock):
    async with (
        fake_edgedns(busy(70), busy(300), busy(71)) as upstream,
        recorded(upstream.url, path, clock, sends_period=True) as source,
    ):
        week, coverage = await ask(source, "7d")
        month, _ = await ask(source, "30d")
        clock.passes(seconds=59)
        await ask(source, "7d")
        assert await count(source) == 0
        clock.passes(seconds=1)
        later, _ = await ask(source, "7d")
    assert [request.query["period"] for request in upstream.requests] == [["7d"], ["30d"], ["7d"]]
    assert (week["key_1"], month["key_1"], later["key_1"]) == (70, 300, 71)
    assert coverage.notes[0] == (
        "EdgeDNS was asked for period=7d and did not confirm it; the window may be another one."
    )


async def test_a_rolling_period_that_edgedns_confirms_needs_no_note(path, clock):
    stated = a_body(period_start="2026-11-15T00:00:00Z", period_end="2026-11-22T00:00:00Z")
    async with (
        fake_edgedns(ok(stated)) as upstream,
        recorded(upstream.url, path, clock, sends_period=True) as source,
    ):
        _, coverage = await ask(source, "7d")
    assert coverage.notes == (ACTIVE_KEYS_ONLY,)


async def test_the_last_good_answer_for_a_rolling_period_outlives_an_outage_too(path, clock):
    async with (
        fake_edgedns(busy(70), OUTAGE) as upstream,
        recorded(upstream.url, path, clock, sends_period=True) as source,
    ):
        await ask(source, "7d")
        clock.passes(minutes=2)
        requests, coverage = await ask(source, "7d")
    assert (requests["key_1"], coverage.age_s) == (70, 120)
    assert "because EdgeDNS cannot be asked now" in coverage.notes[0]


async def test_a_question_about_two_periods_lists_each_key_once(path, clock):
    await keep(path, NOW - timedelta(days=30), 9000)
    windows = [a_window("current"), a_window("previous")]
    async with fake_edgedns(busy(100)) as upstream, recorded(upstream.url, path, clock) as source:
        keys, *requests = await source.read(
            lambda view: (view.keys(), *(view.totals(window)["key_1"].requests for window in windows)), windows
        )
    assert requests == [100, 9000]
    assert sorted(key.key_id for key in keys) == ["key_1", "key_2"]


async def test_a_new_api_key_of_the_same_organisation_continues_its_record(path, clock):
    await keep(path, datetime(2026, 10, 31, 12, tzinfo=UTC), 9000)
    async with fake_edgedns(busy(100)) as upstream, recorded(upstream.url, path, clock, key=OTHER_KEY) as source:
        with pytest.raises(NoDataError):
            await ask(source, "previous")  # not before it has shown whose key it is
        _, coverage = await ask(source)
        assert coverage.notes == (BEGAN, ACTIVE_KEYS_ONLY)
        requests, _ = await ask(source, "previous")
    assert requests["key_1"] == 9000


async def test_the_reading_of_another_organisation_is_shown_and_not_recorded(path, clock):
    await keep(path, NOW - timedelta(hours=1), 100)
    async with fake_edgedns(ok(THEIRS)) as upstream, recorded(upstream.url, path, clock, key=OTHER_KEY) as source:
        requests, coverage = await ask(source)
        health = await source.health()
    assert requests == {"foreign_1": 7000, "foreign_2": 7}
    assert re.fullmatch(
        "This API key belongs to another organisation than the recorded readings, so nothing was recorded; set "
        "EDGEDNS_ACCOUNT to a name for it, or to [0-9a-f]{8} if it is the same one with other keys, or another "
        "EDGEDNS_DATABASE.",
        coverage.notes[0],
    )
    assert (health.readings, health.last_error) == (1, coverage.notes[0])
    assert b"foreign_1" not in bytes_of(path)


async def test_nobody_sees_the_last_good_answer_of_another_organisation(path, clock):
    await keep(path, NOW - timedelta(hours=1), 100)
    await keep(path, datetime(2026, 10, 31, 12, tzinfo=UTC), 9000)
    async with (
        fake_edgedns(OUTAGE, ok(THEIRS), OUTAGE) as upstream,
        recorded(upstream.url, path, clock, key=OTHER_KEY) as source,
    ):
        with pytest.raises(UnavailableError):
            await ask(source)
        await ask(source)
        clock.passes(minutes=2)
        requests, _ = await ask(source)
        assert requests == {"foreign_1": 7000, "foreign_2": 7}
        with pytest.raises(NoDataError):
            await ask(source, "previous")


async def test_an_organisation_without_keys_is_not_taken_for_another_one(path, clock):
    async with fake_edgedns(ok(NOBODY), OUTAGE) as upstream:
        await keep(path, NOW - timedelta(hours=1), 100)
        async with recorded(upstream.url, path, clock, key=OTHER_KEY) as source:
            await ask(source)
        await keep(path, NOW + timedelta(minutes=5), 110)
        clock.passes(minutes=10)
        async with recorded(upstream.url, path, clock, key=OTHER_KEY) as source:
            shown = {}
            with suppress(UnavailableError):  # as good: there is nothing of its own to show
                shown, _ = await ask(source)
    assert "key_1" not in shown


async def test_a_reading_without_keys_does_not_open_the_book_to_another_organisation(path, clock):
    await keep(path, NOW - timedelta(hours=1), 100)
    async with (
        fake_edgedns(ok(NOBODY), ok(THEIRS)) as upstream,
        recorded(upstream.url, path, clock, key=OTHER_KEY) as source,
    ):
        _, coverage = await ask(source)
        clock.passes(minutes=2)
        await ask(source)
    assert coverage.notes[0] == (
        "This reading was not recorded: it lists no keys, so nothing shows whose it is; set EDGEDNS_ACCOUNT to "
        "record it."
    )
    assert b"foreign_1" not in bytes_of(path)


async def test_a_reading_without_keys_does_not_open_an_empty_book(path, clock):
    async with fake_edgedns(ok(NOBODY), busy(100), OUTAGE) as upstream:
        async with recorded(upstream.url, path, clock, key=OTHER_KEY) as nobody:
            await ask(nobody)
        async with recorded(upstream.url, path, clock) as source:
            await ask(source)
        clock.passes(minutes=2)
        async with recorded(upstream.url, path, clock, key=OTHER_KEY) as nobody:
            with pytest.raises(UnavailableError):
                await ask(nobody)


async def test_declared_accounts_share_a_database_and_nothing_else(path, clock):
    async with (
        fake_edgedns(busy(100), ok(THEIRS), OUTAGE) as upstream,
        recorded(upstream.url, path, clock, account="ours") as ours,
        recorded(upstream.url, path, clock, key=OTHER_KEY, account="theirs") as theirs,
    ):
        await ask(ours)
        _, coverage = await ask(theirs)
        assert coverage.notes == (BEGAN, ACTIVE_KEYS_ONLY)
        assert await count(ours) == 2
        clock.passes(minutes=2)
        assert (await ask(ours))[0] == {"key_1": 100, "key_2": 0}
        assert (await ask(theirs))[0] == {"foreign_1": 7000, "foreign_2": 7}


async def test_a_declared_account_is_known_to_a_new_api_key_at_once(path, clock):
    async with fake_edgedns(busy(100), OUTAGE) as upstream:
        async with recorded(upstream.url, path, clock, account="ours") as source:
            await ask(source)
        clock.passes(minutes=2)
        async with recorded(upstream.url, path, clock, key=OTHER_KEY, account="ours") as source:
            requests, _ = await ask(source)
    assert requests["key_1"] == 100


async def test_a_database_that_cannot_be_written_costs_a_note_and_no_answer(tmp_path, clock):
    (tmp_path / "a file").touch()
    path = tmp_path / "a file" / "usage.db"
    async with fake_edgedns(busy(100)) as upstream, recorded(upstream.url, path, clock) as source:
        requests, coverage = await ask(source)
        health = await source.health()
    assert requests["key_1"] == 100
    assert coverage.notes[0] == (
        f"This reading was not recorded: The database {path} cannot be opened for writing; check the folder's "
        "permissions, or name another file in EDGEDNS_DATABASE."
    )
    assert (health.readings, health.last_error) == (
        0,
        coverage.notes[0].removeprefix("This reading was not recorded: "),
    )


async def test_what_was_not_recorded_is_said_as_long_as_the_figures_are_shown(tmp_path, clock):
    (tmp_path / "a file").touch()
    path = tmp_path / "a file" / "usage.db"
    async with fake_edgedns(busy(100), OUTAGE) as upstream, recorded(upstream.url, path, clock) as source:
        _, first = await ask(source)
        clock.passes(seconds=30)
        _, again = await ask(source)
    assert again.notes == first.notes


async def test_figures_that_were_not_recorded_answer_previous_after_the_boundary(tmp_path, clock):
    (tmp_path / "a file").touch()
    clock.now = datetime(2026, 10, 31, 23, 59, 50, tzinfo=UTC)
    async with (
        fake_edgedns(busy(9000)) as upstream,
        recorded(upstream.url, tmp_path / "a file" / "usage.db", clock) as source,
    ):
        await ask(source)
        clock.passes(seconds=15)
        requests, coverage = await ask(source, "previous")
    assert requests["key_1"] == 9000
    assert "This reading was not recorded" in coverage.notes[1]


async def test_a_database_that_another_process_holds_does_not_cost_the_answer(path, clock):
    """An import holds it for as long as it runs."""
    await keep(path, NOW - timedelta(hours=1), 90)
    holder = Database.open(path)
    holder._connection.execute("BEGIN IMMEDIATE")
    slow = play(1.5, *busy(100).steps())
    window = a_window("current")
    try:
        async with fake_edgedns(slow) as upstream, recorded(upstream.url, path, clock) as source:
            desk = Desk(source, clock, ZoneInfo("UTC"), 1)
            with in_time():
                requests, notes = await desk.ask(
                    lambda view: (view.totals(window)["key_1"].requests, view.coverage(window).notes), window
                )
    finally:
        holder.close()
    assert requests == 100
    assert "This reading was not recorded" in notes[0]


async def test_looking_back_shows_what_was_recorded_by_then_and_asks_nobody(path, clock):
    for hours, requests in ((5, 60), (2, 80), (0.5, 95)):
        await keep(path, NOW - timedelta(hours=hours), requests)
    clock.now = NOW - timedelta(hours=1)
    async with fake_edgedns() as upstream, recorded(upstream.url, path, clock, looking_back=True) as source:
        requests, coverage = await ask(source)
        health = await source.health()
    assert (requests["key_1"], coverage.age_s, coverage.notes) == (80, 3600, (BEGAN, ACTIVE_KEYS_ONLY))
    assert (upstream.requests, health.calls_spent, health.requests) == ([], 0, 80)


async def test_looking_back_includes_the_very_second(path, clock):
    await keep(path, NOW, 100)
    async with recorded(NO_ADDRESS, path, clock, looking_back=True) as source:
        requests, _ = await ask(source)
    assert requests["key_1"] == 100


async def test_looking_back_further_than_the_record_is_refused_in_words(path, clock):
    await keep(path, NOW, 100)
    clock.now = NOW - timedelta(days=2)
    async with recorded(NO_ADDRESS, path, clock, looking_back=True, sends_period=True) as source:
        with pytest.raises(NoDataError) as caught:
            await ask(source)
        with pytest.raises(NoDataError, match="no figures for 7d"):
            await ask(source, "7d")
    assert str(caught.value) == (
        "No reading was recorded between 2026-11-01 and the time to look back to; leave EDGEDNS_AS_OF out to ask "
        "EdgeDNS now."
    )


async def test_health_is_told_without_asking_the_network(path, clock):
    await keep(path, NOW - timedelta(hours=2), 90)
    async with fake_edgedns() as upstream, recorded(upstream.url, path, clock) as source:
        health = await source.health()
    assert upstream.requests == []
    assert (health.source, health.chosen_because) == ("edgedns", "an API key is configured")
    assert (health.data_to, health.keys, health.requests, health.readings) == (NOW - timedelta(hours=2), 2, 90, 1)
    assert (health.calls_spent, health.last_error, health.database) == (0, "", str(path))


async def test_the_status_tells_that_edgedns_was_not_asked_yet(path, clock):
    async with fake_edgedns(busy(100)) as upstream, recorded(upstream.url, path, clock) as source:
        before = await source.health()
        await ask(source)
        after = await source.health()
    assert (before.chosen_because, before.keys, before.requests) == ("an API key is configured (not asked yet)", 0, 0)
    assert (after.chosen_because, after.keys, after.requests) == ("an API key is configured", 2, 100)


async def test_the_view_answers_from_the_reading(path, clock):
    body = a_body(
        a_key(requests=100, errors=5, endpoint_distribution={"/v1/Whois": 60, "/v1/ssl": 30, "/v1/never": 0}),
        a_key("key_2", 40, 0, endpoint_distribution={"/v1/ssl": 40}),
    )
    window = a_window("current")
    async with fake_edgedns(ok(body)) as upstream, recorded(upstream.url, path, clock) as source:
        totals, of_some, endpoints, top = await source.read(
            lambda view: (
                view.totals(window),
                view.totals(window, "WHOIS"),
                view.endpoints(window, ["key_1"]),
                view.top_endpoints(window, ["key_1", "key_2"], 1),
            ),
            [window],
        )
    last = int(datetime(2026, 11, 20, 8, 15, 30, tzinfo=UTC).timestamp())
    assert totals["key_1"] == Tally(100, 5, last)
    elsewhere = 10  # requests that EdgeDNS tells no endpoint of may have gone to any
    assert of_some == {"key_1": Tally(60, None, None, elsewhere), "key_2": Tally(0, None, None)}
    assert endpoints == {
        "key_1": {"/v1/Whois": Tally(60, None, None, elsewhere), "/v1/ssl": Tally(30, None, None, elsewhere)}
    }
    assert top == {"/v1/ssl": 70}


async def test_the_api_key_is_in_no_byte_of_the_database(path, clock):
    planted = a_body(a_key(name=f"rotated {KEY}"), a_key("key_2"))
    async with (
        fake_edgedns(ok(planted), OUTAGE, REFUSAL) as upstream,
        recorded(upstream.url, path, clock) as source,
    ):
        await ask(source)
        clock.passes(minutes=2)
        await ask(source)
        with pytest.raises(RefusedError):
            await ask(source)
        await source.health()
        assert KEY.removeprefix("edns_live_").encode() not in bytes_of(path)
    assert KEY.removeprefix("edns_live_").encode() not in bytes_of(path)
    database = Database.open(path)
    assert database.read(readings.count) == 1
    database.close()


def bytes_of(path):
    return b"".join(each.read_bytes() for each in sorted(path.parent.glob("usage.db*")))
