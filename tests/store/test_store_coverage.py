"""What was observed, and what was not."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st
from store_builders import HOUR_S, epoch, of, to

from edgedns_mcp.store import coverage
from edgedns_mcp.store.database import Database


def at(text: str) -> int:
    return epoch(f"2026-10-01T{text}")


def observed(database, *stretches, feed="import"):
    for ends in [(at(first), at(last)) for first, last in stretches]:
        database.write(lambda tx, ends=ends: coverage.observe(to(tx), feed, *ends))
    return database.read(lambda tx: coverage.stretches(of(tx)))


def test_a_new_database_observed_nothing(database):
    assert observed(database) == []


def test_stretches_that_overlap_are_one(database):
    assert observed(database, ("10:00", "12:00"), ("11:30", "13:15")) == [(at("10:00"), at("13:15"))]


def test_a_stretch_inside_another_changes_nothing(database):
    assert observed(database, ("10:00", "13:00"), ("11:00", "11:30")) == [(at("10:00"), at("13:00"))]


def test_a_quiet_stretch_into_the_next_hour_is_no_gap(database):
    assert observed(database, ("10:00", "10:01"), ("11:59", "12:30")) == [(at("10:00"), at("12:30"))]


def test_a_full_hour_without_a_request_is_a_gap(database):
    kept = observed(database, ("10:00", "10:59"), ("12:00", "12:30"))
    assert kept == [(at("10:00"), at("10:59")), (at("12:00"), at("12:30"))]


def test_what_comes_late_closes_the_gap(database):
    kept = observed(database, ("08:00", "09:00"), ("14:00", "15:00"), ("09:30", "13:45"))
    assert kept == [(at("08:00"), at("15:00"))]


def test_feeds_are_kept_apart_and_shown_together(database):
    observed(database, ("08:00", "10:00"), feed="import")
    kept = observed(database, ("09:00", "12:00"), feed="other")
    assert kept == [(at("08:00"), at("12:00"))]
    assert database.read(lambda tx: tx.rows("SELECT * FROM coverage ORDER BY feed")) == [
        (1, "import", at("08:00"), at("10:00")),
        (1, "other", at("09:00"), at("12:00")),
    ]


@given(st.lists(st.tuples(st.integers(0, 60 * HOUR_S), st.integers(0, 60 * HOUR_S)).map(sorted), max_size=8))
def test_every_stretch_is_in_the_merged_ones_which_are_apart_and_in_order(some):
    database = Database.open(None)
    for stretch in some:
        database.write(lambda tx, ends=stretch: coverage.observe(to(tx), "import", *ends))
    kept = database.read(lambda tx: coverage.stretches(of(tx)))
    database.close()
    assert all(any(start <= first and last <= end for start, end in kept) for first, last in some)
    assert {edge for ends in kept for edge in ends} <= {edge for ends in some for edge in ends}
    assert all(two[0] - coverage.hour_of(one[1]) >= 2 * HOUR_S for one, two in pairwise(kept))
