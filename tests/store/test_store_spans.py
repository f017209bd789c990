"""Sums of spans are carried and made anew alike; what every store counts is in test_store_contract.py."""

from contextlib import closing
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st
from store_builders import (
    a_cell,
    a_key,
    a_window,
    cell_batches,
    everything,
    expected,
    of,
    one_cell,
    opened,
    to,
    windows,
)

from edgedns_mcp.store import cells, keys, sums
from edgedns_mcp.store.database import Database


def put(database, some, name=""):
    for batch in some:
        database.write(lambda tx, batch=batch: cells.apply(to(tx, name), batch))


def asked(database, window, name="", part=""):
    return database.read(lambda tx: everything(tx, window, name, part))


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
