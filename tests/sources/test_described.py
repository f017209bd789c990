"""Keys of EdgeDNS, described by an inventory from a file: whose word counts, and for which accounts."""

from datetime import UTC, datetime, timedelta

import pytest
from fake_edgedns import a_body, a_key, dated, fake_edgedns, ok
from test_recorded import OTHER_KEY, THEIRS, Clock, recorded

from edgedns_mcp.domain.described import described
from edgedns_mcp.domain.periods import resolve
from edgedns_mcp.intake.inventory import import_inventory
from edgedns_mcp.models import Key
from edgedns_mcp.service.teams import teams_status
from edgedns_mcp.sources.mapped import MappedSource
from edgedns_mcp.sources.teams_file import TeamsFile
from edgedns_mcp.store import accounts, keys
from edgedns_mcp.store.database import Database

START = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)
NOW, HOUR = timedelta(), timedelta(hours=1)
HEAD = "key_id,name,environment,created_at,expires_at,team,cost_center"
WINDOWS = ("current", "2026-11-10")


@pytest.fixture
def clock():
    return Clock(START)


def describe(path, *rows, head=HEAD, account=""):
    """Import a file of keys, as `edgedns-mcp keys import` does."""
    file = path.parent / "keys.csv"
    file.write_text("\n".join([head, *rows]))
    database = Database.open(path)
    try:
        import_inventory(database, account, file, START)
    finally:
        database.close()


def used(*requests):
    rows = [a_key(f"key_{number}", count, 0, last_activity=None) for number, count in enumerate(requests, 1) if count]
    return ok(a_body(*rows))


async def keys_of(source, clock, period):
    window = resolve(period, "", "", now=clock(), zone=UTC, billing_day=1)
    return await source.read(lambda view: {key.key_id: key for key in view.keys()}, [window])  # noqa: SIM118 - a method of the view


async def record(source, clock, times=2):
    for _ in range(times):
        await source.record(NOW)
        clock.passes(hours=1)


async def test_what_the_file_says_wins_over_edgedns_and_what_it_leaves_out_does_not(path, clock):
    rows = [dated(expires_at="2027-06-30T00:00:00Z"), dated("key_2", expires_at="2027-06-30T00:00:00Z")]
    describe(path, "key_1,Checkout,test,2025-12-01,,payments,CC-410", "key_9,Elsewhere,live,,,growth,")
    async with fake_edgedns(used(90, 5), keys=[ok(rows)]) as upstream, recorded(upstream.url, path, clock) as source:
        await record(source, clock)
        for period in WINDOWS:
            found = await keys_of(source, clock, period)
            first, second = found["key_1"], found["key_2"]
            assert set(found) == {"key_1", "key_2"}
            assert (first.name, first.team, first.cost_center) == ("Checkout", "payments", "CC-410")
            assert first.created_at == datetime(2025, 12, 1, tzinfo=UTC)  # the file's word
            assert first.expires_at == datetime(2027, 6, 30, tzinfo=UTC)  # an empty cell is none
            assert first.environment == "live"  # EdgeDNS knows better
            assert (second.name, second.team) == ("key_2-service", "")
            assert second.created_at == datetime(2026, 1, 15, 9, tzinfo=UTC)


async def test_a_teams_file_wins_over_the_inventory_and_the_status_tells_both(path, clock):
    describe(path, "key_1,payments", "key_2,growth", head="key_id,team")
    teams = path.parent / "teams.csv"
    teams.write_text("key,team\nkey_2,risk\n")
    async with fake_edgedns(used(90, 5, 1)) as upstream, recorded(upstream.url, path, clock) as source:
        await record(source, clock)
        mapped = MappedSource(source, TeamsFile(teams))
        for period in WINDOWS:
            found = await keys_of(mapped, clock, period)
            assert [found[key_id].team for key_id in ("key_1", "key_2", "key_3")] == ["payments", "risk", ""]
        status = teams_status(await mapped.health())
    assert (status.keys_by_file, status.keys_by_inventory, status.keys_by_name) == (1, 1, 1)


async def test_a_file_that_comes_later_or_changes_is_seen_at_once(path, clock):
    async with fake_edgedns(used(90)) as upstream, recorded(upstream.url, path, clock) as source:
        await record(source, clock)
        for team in ("payments", "growth"):
            describe(path, f"key_1,{team}", head="key_id,team")
            for period in WINDOWS:
                found = await keys_of(source, clock, period)
                assert (found["key_1"].name, found["key_1"].team) == ("key_1-service", team)


async def test_a_revoked_key_keeps_its_team_and_the_file_revokes_nothing(path, clock):
    describe(path, "key_1,payments,2026-11-01", "key_2,growth,", head="key_id,team,revoked_at")
    async with fake_edgedns(used(90, 5), used(95)) as upstream, recorded(upstream.url, path, clock) as source:
        await record(source, clock)
        for period in WINDOWS:
            found = await keys_of(source, clock, period)
            assert (found["key_1"].team, found["key_1"].revoked_at) == ("payments", None)
            assert (found["key_2"].team, found["key_2"].revoked_at) == ("growth", START + HOUR)


async def test_without_a_file_the_status_says_how_names_and_teams_are_given(path, clock):
    async with fake_edgedns(used(90)) as upstream, recorded(upstream.url, path, clock) as source:
        await record(source, clock)
        before = await source.health()
        describe(path, "key_1,payments", head="key_id,team")
        after = await source.health()
    assert (before.has_inventory, after.has_inventory) == (False, True)
    assert [[key.team for key in health.roster] for health in (before, after)] == [[""], ["payments"]]


async def test_a_rotation_that_a_person_noted_is_known(path, clock):
    describe(path, "key_1,payments", "key_2,payments", head="key_id,team")
    database = Database.open(path)
    database.write(lambda tx: keys.link(accounts.find(tx, "local"), "key_1", "key_2"))
    database.close()
    async with fake_edgedns(used(90, 5)) as upstream, recorded(upstream.url, path, clock) as source:
        await record(source, clock)
        for period in WINDOWS:
            assert (await keys_of(source, clock, period))["key_1"].replaced_by == "key_2"


async def test_a_file_describes_the_account_of_its_name_only(path, clock):
    describe(path, "key_1,ours,", "foreign_1,ours,", head="key_id,team,cost_center")
    describe(path, "foreign_1,theirs,", head="key_id,team,cost_center", account="theirs")
    async with (
        fake_edgedns(used(90)) as upstream,
        fake_edgedns(ok(THEIRS)) as foreign,
        recorded(upstream.url, path, clock) as ours,
        recorded(foreign.url, path, clock, key=OTHER_KEY, account="theirs") as theirs,
    ):
        await record(ours, clock)
        await record(theirs, clock)
        assert (await keys_of(ours, clock, "current"))["key_1"].team == "ours"
        assert (await keys_of(theirs, clock, "current"))["foreign_1"].team == "theirs"
        assert (await keys_of(theirs, clock, "current"))["foreign_2"].team == ""


def test_a_file_fills_in_the_environment_that_edgedns_does_not_tell():
    said = Key(key_id="key_1", name="key_1", environment="test")
    assert described(Key(key_id="key_1", name="Checkout"), said) == Key(
        key_id="key_1", name="Checkout", environment="test"
    )


def test_keys_found_in_logs_describe_nothing(path, clock):
    database = Database.open(path)

    def filled(tx):
        ours = accounts.made(tx, "edgedns", "acme")
        keys.see_keys(ours, [Key(key_id="key_1", name="Checkout")])
        keys.find_keys(accounts.made(tx, "local", "acme"), ["key_1"])
        return keys.said_of(ours), list(keys.list_keys(ours))

    said, listed = database.write(filled)
    database.close()
    assert (said, listed) == ({}, [Key(key_id="key_1", name="Checkout")])
