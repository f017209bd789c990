"""Cells in a file, and how many there are; what every store counts is in test_store_contract.py."""

import itertools

import pytest
from hypothesis import given
from store_builders import batches, everything, expected, opened, stored, to, windows

from edgedns_mcp.domain import cells as reference
from edgedns_mcp.store import cells


@pytest.fixture(scope="module")
def new_path(tmp_path_factory):
    """A new path for each example."""
    folder, numbers = tmp_path_factory.mktemp("examples"), itertools.count()
    return lambda: folder / f"{next(numbers)}.db"


def put(database, some):
    for batch in some:
        database.write(lambda tx, batch=batch: cells.apply(to(tx), reference.cells_of(batch)))


@given(some=batches, window=windows)
def test_a_file_counts_what_the_reference_counts(new_path, some, window):
    path = new_path()
    with opened(path) as database:
        put(database, some)
    with opened(path) as database:
        counted = database.read(lambda tx: everything(tx, window))
    assert counted == expected(reference.cells_of(itertools.chain(*some)), window)


@given(some=batches)
def test_neither_the_order_of_batches_nor_their_number_changes_how_many_requests_are_stored(some):
    for each in (some, reversed(some), [list(itertools.chain(*some))]):
        with opened(None) as database:
            put(database, each)
            assert stored(database) == sum(len(batch) for batch in some)
