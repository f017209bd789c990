"""The readings that were kept, and whose they are."""

import pytest
from store_builders import a_reading, epoch

from edgedns_mcp.store import readings
from edgedns_mcp.store.readings import Kept

LATER = epoch("2026-12-01")


@pytest.fixture
def kept(database):
    """Two accounts; the first one's API key was changed on the 6th."""
    some = [
        Kept(reading=a_reading("2026-10-05T10:00", 100), account="acme", credential="old"),
        Kept(reading=a_reading("2026-10-06T10:00", 200), account="acme", credential="new"),
        Kept(reading=a_reading("2026-10-07T10:00", 900), account="other", credential="foreign"),
    ]
    for one in (some[2], some[0], some[1]):
        database.write(lambda tx, one=one: readings.keep(tx, one))
    return some


def test_a_reading_comes_back_as_it_was_kept(database, kept):
    assert database.read(readings.newest) == kept[2]


def test_the_newest_is_by_time_taken_and_not_by_order_kept(database, kept):
    found = database.read(lambda tx: readings.last_of_account(tx, "acme", LATER))
    assert found == kept[1]


def test_of_two_readings_of_one_second_the_later_kept_is_the_newest(database, kept):
    again = Kept(reading=a_reading("2026-10-07T10:00", 901), account="other", credential="foreign")
    database.write(lambda tx: readings.keep(tx, again))
    assert database.read(readings.newest) == again


def test_an_api_key_finds_its_own_readings_only(database, kept):
    found = [database.read(lambda tx, who=who: readings.last_by_credential(tx, who, LATER)) for who in ("old", "x")]
    assert found == [kept[0], None]


def test_a_reading_at_the_very_moment_is_not_before_it(database, kept):
    at = int(kept[1].reading.taken_at.timestamp())
    found = [database.read(lambda tx, t=t: readings.last_of_account(tx, "acme", t)) for t in (at + 1, at)]
    assert found == [kept[1], kept[0]]
    assert database.read(lambda tx: readings.last_by_credential(tx, "new", at)) is None


def test_every_reading_is_counted(database, kept):
    assert database.read(readings.count) == 3


def test_a_new_database_holds_no_reading(database):
    assert database.read(readings.newest) is None
    assert database.read(readings.count) == 0
