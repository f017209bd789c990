"""Cells of any length count as in the plain-Python reference: days, the time between two readings, lower bounds."""

from contextlib import closing
from itertools import chain

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from store_builders import (
    a_cell,
    a_key,
    a_window,
    cell_batches,
    epoch,
    everything,
    expected,
    of,
    one_cell,
    opened,
    to,
    windows,
)

from edgedns_mcp.models import Tally
from edgedns_mcp.store import cells, keys, sums
from edgedns_mcp.store.database import Database

PARTS = ("whois", "/v1/", "nowhere", "H")
WHOLE_DAY = a_cell("2026-10-01", end=epoch("2026-10-02"), last_activity=epoch("2026-10-01"))
YEARS = a_cell("2026-10-01", end=epoch("2031-10-01"), last_activity=epoch("2026-10-01"))
AT_LEAST = a_cell("2026-10-01T10:20", end=epoch("2026-10-01T10:40"), bound="lower")


def put(database, some, name=""):
    for batch in some:
        database.write(lambda tx, batch=batch: cells.apply(to(tx, name), batch))


def asked(database, window, name="", part=""):
    return database.read(lambda tx: everything(tx, window, name, part))


@given(some=cell_batches, window=windows, part=st.sampled_from(PARTS))
@example(some=[[WHOLE_DAY]], window=a_window("2026-10-01T06:00", "2026-10-01T18:00"), part="whois")
@example(some=[[YEARS], [AT_LEAST]], window=a_window("2026-10-01T11:00", "2026-10-03"), part="whois")
def test_cells_of_any_length_count_as_in_the_reference(some, window, part):
    with closing(Database.open(None)) as database:
        put(database, some)
        assert asked(database, window, part=part) == expected([*chain(*some)], window, part)


@given(some=cell_batches, window=windows)
def test_neither_the_order_of_cells_nor_their_batches_matter(some, window):
    with closing(Database.open(None)) as database:
        put(database, some, "in turn")
        put(database, reversed(some), "backwards")
        put(database, [[*chain(*some)]], "at once")
        found = [asked(database, window, name) for name in ("in turn", "backwards", "at once")]
    assert found == [expected([*chain(*some)], window)] * 3


@given(ours=cell_batches, theirs=cell_batches, window=windows)
def test_no_account_sees_the_cells_of_another(ours, theirs, window):
    with closing(Database.open(None)) as database:
        for turn in range(max(len(ours), len(theirs))):
            put(database, ours[turn : turn + 1], "ours")
            put(database, theirs[turn : turn + 1], "theirs")
        assert asked(database, window, "ours") == expected([*chain(*ours)], window)
        assert asked(database, window, "theirs") == expected([*chain(*theirs)], window)


@given(some=cell_batches, others=st.lists(one_cell, max_size=5), window=windows)
def test_sums_made_anew_are_the_ones_that_were_carried(some, others, window):
    with closing(Database.open(None)) as database:
        put(database, some)
        put(database, [others], "others")
        before = asked(database, window), asked(database, window, "others")
        database.write(lambda tx: cells.rebuild_sums(to(tx)))
        assert (asked(database, window), asked(database, window, "others")) == before
        put(database, [others])
        assert asked(database, window) == expected([*chain(*some), *others], window)


@pytest.mark.parametrize(
    ("start", "end", "tally"),
    [
        ("2026-10-01", "2026-10-02", Tally(10, 1, epoch("2026-10-01"), 0)),
        ("2026-10-01T01:00", "2026-10-02", Tally(0, 0, epoch("2026-10-01"), 10)),
        ("2026-10-01", "2026-10-01T23:00", Tally(0, 0, None, 10)),
        ("2026-10-02", "2026-10-03", Tally(0, 0, epoch("2026-10-01"), 0)),
    ],
    ids=["whole", "cut at its start", "cut at its end", "over before"],
)
def test_a_day_is_never_split(database, start, end, tally):
    put(database, [[WHOLE_DAY]])
    assert database.read(lambda tx: sums.totals(of(tx), a_window(start, end))) == {"key_1": tally}


def test_a_lower_bound_is_open_above_wherever_it_touches_the_window(database):
    put(database, [[AT_LEAST]])
    windows = [a_window("2026-10-01T10:00", "2026-10-01T11:00"), a_window("2026-10-01T11:00", "2026-10-02")]
    found = [database.read(lambda tx, window=window: sums.totals(of(tx), window)) for window in windows]
    assert [tallies["key_1"].slack for tallies in found] == [None, 0]


def test_what_is_remembered_of_keys_and_endpoints_is_forgotten_with_every_change(path):
    def known(account):
        return {key.key_id for key in keys.list_keys(account)}, set(sums.totals(account, a_window()))

    def grow(account, number):
        keys.put_keys(account, [a_key(f"key_{number}")])
        cells.apply(account, [a_cell(key_id=f"key_{number}", endpoint=f"/v1/{number}")])
        return known(account)

    with opened(path) as one, opened(path) as other:
        for number, writer in ((1, one), (2, other), (3, one), (4, other)):
            inside = writer.write(lambda tx, number=number: grow(to(tx), number))
            everybody = {f"key_{which}" for which in range(1, number + 1)}
            seen = [database.read(lambda tx: known(of(tx))) for database in (one, one, other)]
            paths = one.read(lambda tx, ids=everybody: sums.endpoints(of(tx), a_window(), ids))
            assert [inside, *seen] == [(everybody, everybody)] * 4
            assert sorted(paths) == sorted(everybody)
