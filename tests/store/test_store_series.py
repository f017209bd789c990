"""Buckets of any length, and the cells behind them, are as in the plain-Python reference."""

from contextlib import closing
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st
from store_builders import FIRST_DAY, KEY_IDS, a_cell, cell_batches, epoch, of, to, windows

from edgedns_mcp.domain import cells as reference
from edgedns_mcp.models import Cell, Series, Span
from edgedns_mcp.store import cells, series
from edgedns_mcp.store.database import Database

HOUR_S = 3600
# Equal steps, and steps as a zone with summer time or the months have them.
steps = st.lists(st.sampled_from((1, 6, 23, 24, 24, 24, 25, 48)), min_size=1, max_size=8)
edges = st.builds(
    lambda first, steps: [epoch(FIRST_DAY) + (first + sum(steps[:n])) * HOUR_S for n in range(len(steps) + 1)],
    first=st.integers(-48, 120),
    steps=steps,
)


def put(database, batches):
    for batch in batches:
        database.write(lambda tx, batch=batch: cells.apply(to(tx), batch))


def merged(batches):
    """Add up the cells of one place."""
    sums = {}
    for cell in chain(*batches):
        place = (*cell[:5], cell.bound)
        had = sums.get(place, (0, 0, 0))
        sums[place] = had[0] + cell.requests, had[1] + cell.errors, max(had[2], cell.last_activity)
    return [Cell(*place[:5], *figures, place[5]) for place, figures in sums.items()]


@given(some=cell_batches, edges=edges)
def test_each_bucket_counts_what_the_reference_counts(some, edges):
    with closing(Database.open(None)) as database:
        put(database, some)
        found = database.read(lambda tx: series.series(of(tx), edges))
    assert found == reference.series(merged(some), edges)


@given(some=cell_batches, window=windows)
def test_cells_come_out_as_they_went_in(some, window):
    with closing(Database.open(None)) as database:
        put(database, some)
        found = database.read(lambda tx: series.cells(of(tx), window, KEY_IDS[:2]))
    assert found == reference.inside(merged(some), window, KEY_IDS[:2])


def test_a_span_over_an_edge_is_in_no_bucket(database):
    over = a_cell("2026-10-01T23:30", end=epoch("2026-10-02T00:30"), requests=7, errors=2)
    put(database, [[a_cell(), over], [a_cell("2026-10-02T10:20", end=epoch("2026-10-02T10:40"), bound="lower")]])
    edges = [epoch(day) for day in ("2026-10-01", "2026-10-02", "2026-10-03")]
    found = database.read(lambda tx: series.series(of(tx), edges))
    lower = Span(epoch("2026-10-02T10:20"), epoch("2026-10-02T10:40"), "key_1", 10, 1, "lower")
    assert found == Series({"key_1": [10, 10]}, {"key_1": [1, 1]}, [Span(over.start, over.end, "key_1", 7, 2), lower])
