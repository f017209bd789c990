"""The readings that were kept, and whose they are."""

import pytest
from store_builders import a_reading, epoch

from edgedns_mcp.store import accounts, readings
from edgedns_mcp.store.readings import Kept

LATER = epoch("2026-12-01")


@pytest.fixture
def kept(database):
    """Two accounts; the first one's API key was changed on the 6th."""
    some = [
        ("acme", Kept(reading=a_reading("2026-10-05T10:00", 100), credential="old")),
        ("acme", Kept(reading=a_reading("2026-10-06T10:00", 200), credential="new")),
        ("other", Kept(reading=a_reading("2026-10-07T10:00", 900), credential="foreign")),
    ]
    for name, one in (some[2], some[0], some[1]):
        keep(database, name, one)
    return [one for _, one in some]


def keep(database, name, one):
    database.write(lambda tx: readings.keep(accounts.made(tx, "edgedns", name), one))


def last(database, name, *bounds):
    return database.read(lambda tx: readings.last(accounts.find(tx, "edgedns", name), *bounds))


def test_a_reading_comes_back_as_it_was_kept(database, kept):
    assert last(database, "other") == kept[2]


def test_the_newest_is_by_time_taken_and_not_by_order_kept(database, kept):
    assert last(database, "acme", LATER) == kept[1]


def test_of_two_readings_of_one_second_the_later_kept_is_the_newest(database, kept):
    again = Kept(reading=a_reading("2026-10-07T10:00", 901), credential="foreign")
    keep(database, "other", again)
    assert last(database, "other") == again


def test_an_api_key_finds_its_own_account_only(database, kept):
    def numbers_of(*credentials):
        found = [database.read(lambda tx, who=who: readings.account_of(tx, who)) for who in credentials]
        return [one and one.number for one in found]

    acme, other = (database.read(lambda tx, n=name: accounts.find(tx, "edgedns", n)) for name in ("acme", "other"))
    assert numbers_of("old", "new", "foreign", "x") == [acme.number, acme.number, other.number, None]


def test_a_reading_at_the_very_moment_is_not_before_it(database, kept):
    at = int(kept[1].reading.taken_at.timestamp())
    assert [last(database, "acme", moment) for moment in (at + 1, at)] == [kept[1], kept[0]]
    assert last(database, "acme", LATER, at) is None


def test_every_reading_is_counted(database, kept):
    assert database.read(readings.count) == 3


def test_a_new_database_holds_no_reading(database):
    assert last(database, "acme") is None
    assert database.read(readings.count) == 0


def test_a_kept_key_names_its_fields_so_that_versions_with_other_fields_can_read_it():
    kept = a_reading("2026-10-05T10:00", 100).model_dump(mode="json")["keys"][0]["key"]
    assert {"key_id", "name", "environment", "team", "created_at", "replaced_by"} <= {*kept}
