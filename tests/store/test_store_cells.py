"""The store counts what the plain-Python reference counts: any requests, in any order, in any window."""

import itertools
from collections import Counter
from contextlib import closing, contextmanager

import pytest
from hypothesis import given
from hypothesis import strategies as st
from store_builders import KEY_IDS, PATHS, a_cell, a_window, batches, epoch, of, stored, to, windows

from edgedns_mcp.domain import cells as reference
from edgedns_mcp.models import Tally
from edgedns_mcp.store import cells, sums
from edgedns_mcp.store.database import Database

FILTERS = ("resolve", "/V1/", "WHOIS", "health", "nowhere", "%", "_")


@pytest.fixture(scope="module")
def new_path(tmp_path_factory):
    """A new path for each example."""
    folder, numbers = tmp_path_factory.mktemp("examples"), itertools.count()
    return lambda: folder / f"{next(numbers)}.db"


@contextmanager
def filled(some, path=None):
    with closing(Database.open(path)) as database:
        for batch in some:
            database.write(lambda tx, batch=batch: cells.apply(to(tx), reference.cells_of(batch)))
        yield database


@given(some=batches, window=windows)
def test_a_file_counts_what_the_reference_counts(new_path, some, window):
    with filled(some, new_path()) as database:
        counted = _everything(database, window)
    made = _all(some)
    by_endpoint = reference.endpoints(made, window, KEY_IDS)
    assert counted == (reference.totals(made, window), by_endpoint, _ranked(by_endpoint))


@given(some=batches, window=windows, endpoint=st.sampled_from(FILTERS))
def test_totals_of_some_endpoints_are_those_of_the_reference(some, window, endpoint):
    with filled(some) as database:
        counted = database.read(lambda tx: sums.totals(of(tx), window, endpoint))
    assert counted == reference.totals(_all(some), window, endpoint)


@given(some=batches, window=windows, key_ids=st.sets(st.sampled_from((*KEY_IDS, "key_9"))), most=st.integers(0, 4))
def test_some_keys_have_the_endpoints_of_the_reference(some, window, key_ids, most):
    with filled(some) as database:
        counted = database.read(lambda tx: sums.endpoints(of(tx), window, key_ids))
        top = database.read(lambda tx: sums.top_endpoints(of(tx), window, key_ids, most))
    expected = reference.endpoints(_all(some), window, key_ids)
    assert counted == expected
    assert list(top.items()) == list(_ranked(expected).items())[:most]


@given(some=batches, window=windows, key_ids=st.sets(st.sampled_from(KEY_IDS)))
def test_top_endpoints_are_the_same_when_the_other_keys_in_use_are_known(some, window, key_ids):
    with filled(some) as database:
        used = {key_id for key_id, tally in database.read(lambda tx: sums.totals(of(tx), window)).items() if tally[0]}
        top, known = (
            database.read(lambda tx, chosen=chosen, more=more: sums.top_endpoints(of(tx), window, chosen, 9, **more))
            for chosen, more in ((key_ids, {}), (key_ids & used, {"others": used - key_ids}))
        )
    assert list(known.items()) == list(top.items())


@given(some=batches, window=windows)
def test_neither_the_order_of_batches_nor_their_number_matters(some, window):
    with filled(some) as one, filled(reversed(some)) as other, filled([list(itertools.chain(*some))]) as at_once:
        assert _everything(one, window) == _everything(other, window) == _everything(at_once, window)
        assert stored(one) == stored(other) == stored(at_once) == sum(len(batch) for batch in some)


@pytest.mark.parametrize(
    "window", [a_window(), a_window("2026-10-01", "2026-10-01T12:00")], ids=["month", "half a day"]
)
def test_an_hour_that_comes_twice_is_added_up_and_keeps_its_last_request(database, window):
    for requests, last in ((10, "2026-10-01T10:45"), (7, "2026-10-01T10:05")):
        cell = a_cell(requests=requests, errors=1, last_activity=epoch(last))
        database.write(lambda tx, cell=cell: cells.apply(to(tx), [cell]))
    assert database.read(lambda tx: sums.totals(of(tx), window)) == {"key_1": Tally(17, 2, epoch("2026-10-01T10:45"))}


def test_a_late_hour_counts_in_its_own_day_and_in_every_later_sum(database):
    for start in ("2026-10-03T08:00", "2026-10-05T08:00", "2026-10-01T23:00"):
        database.write(lambda tx, at=start: cells.apply(to(tx), [a_cell(at)]))
    asked = [a_window("2026-10-01", "2026-10-02"), a_window("2026-10-02", "2026-10-04"), a_window("2026-10-04")]
    found = [database.read(lambda tx, window=window: sums.totals(of(tx), window)) for window in asked]
    assert [sums["key_1"].requests for sums in found] == [10, 10, 10]
    assert stored(database) == 30


def test_a_window_before_the_data_knows_no_key(database):
    database.write(lambda tx: cells.apply(to(tx), [a_cell()]))
    assert database.read(lambda tx: sums.totals(of(tx), a_window("2026-09-01", "2026-10-01"))) == {}


def test_a_window_after_the_data_still_tells_the_last_request(database):
    database.write(lambda tx: cells.apply(to(tx), [a_cell()]))
    found = database.read(lambda tx: sums.totals(of(tx), a_window("2026-11-01", "2026-12-01")))
    assert found == {"key_1": Tally(0, 0, epoch("2026-10-01T10:30"))}


def test_a_key_without_a_request_to_such_an_endpoint_is_not_in_its_totals(database):
    database.write(lambda tx: cells.apply(to(tx), [a_cell(), a_cell(key_id="key_2", endpoint="/health")]))
    assert set(database.read(lambda tx: sums.totals(of(tx), a_window(), "HEALTH"))) == {"key_2"}


def test_names_that_are_hard_on_sql_are_names_like_others(database):
    names = ("o'brien", '"', "a;DROP TABLE cell", "größe", "a\u0000b", "\U0001f511", "[1]", "x" * 5000)
    database.write(lambda tx: cells.apply(to(tx), [a_cell(key_id=name, endpoint=name) for name in names]))
    found = database.read(lambda tx: sums.endpoints(of(tx), a_window(), names))
    assert {name: set(paths) for name, paths in found.items()} == {name: {name} for name in names}


def test_no_cells_change_nothing(database):
    database.write(lambda tx: cells.apply(to(tx), []))
    assert database.read(lambda tx: sums.totals(of(tx), a_window())) == {}
    assert stored(database) == 0


def _all(some):
    return reference.cells_of(itertools.chain(*some))


def _ranked(by_endpoint):
    sums = Counter()
    for paths in by_endpoint.values():
        sums.update({path: tally.requests for path, tally in paths.items()})
    return dict(sorted(sums.items(), key=lambda item: (-item[1], item[0])))


def _everything(database, window):
    return database.read(
        lambda tx: (
            sums.totals(of(tx), window),
            sums.endpoints(of(tx), window, KEY_IDS),
            sums.top_endpoints(of(tx), window, KEY_IDS, len(PATHS)),
        )
    )
