"""Buckets of any length, and the cells behind them, are as in the plain-Python reference."""

from contextlib import closing
from itertools import chain

from hypothesis import given
from hypothesis import strategies as st
from store_builders import FIRST_DAY, KEY_IDS, a_cell, a_window, cell_batches, epoch, of, to, windows

from edgedns_mcp.domain import cells as reference
from edgedns_mcp.domain import usages
from edgedns_mcp.models import Cell, Series, Span, Window
from edgedns_mcp.store import cells, series, spans
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
    assert found == Series({"key_1": (10, 10)}, {"key_1": (1, 1)}, [Span(over.start, over.end, "key_1", 7, 2), lower])


def test_the_cells_of_a_few_keys_are_the_same_however_they_are_looked_for(database):
    """Where many moments end a span, all are gone through instead of looking each key up at each moment."""
    first = epoch("2026-10-01")
    some = [
        Cell(first + 7 * at, first + 7 * at + 3 * HOUR_S, KEY_IDS[at % 3], "/v1/a", "live", 1, 0, first + 7 * at)
        for at in range(spans.MOST_SEEKS // 2)
    ]
    put(database, [some])
    window = a_window("2026-10-01T01:00", "2026-10-02")
    for key_ids in (KEY_IDS[:1], KEY_IDS[:3]):
        found = database.read(lambda tx, key_ids=key_ids: series.cells(of(tx), window, key_ids))
        assert found == reference.inside(merged([some]), window, key_ids)


spread = st.lists(
    st.builds(
        lambda hour, path, key, long: Cell(
            at := epoch("2026-10-01") + hour * HOUR_S, at + long * HOUR_S, key, path, "live", 10, 0, at
        ),
        hour=st.integers(0, 60 * 24),
        path=st.sampled_from(("", "/a", "/b", "/c")),
        key=st.sampled_from(KEY_IDS[:2]),
        long=st.sampled_from((1, 1, 24, 30)),
    ),
    max_size=12,
)


@given(some=st.lists(spread, max_size=3), start=st.integers(0, 50 * 24), length=st.integers(1, 20 * 24))
def test_no_endpoint_that_is_new_to_a_key_is_overlooked(some, start, length):
    begin = epoch("2026-10-01") + start * HOUR_S
    end = begin + length * HOUR_S
    with closing(Database.open(None)) as database:
        put(database, some)
        window = Window(start=usages.moment(begin), end=usages.moment(end), period="a time")
        found = database.read(lambda tx: series.may_call_new(of(tx), window))
    for key_id in KEY_IDS[:2]:
        mine = [cell for cell in chain(*some) if cell.key_id == key_id and cell.endpoint]
        before = {cell.endpoint for cell in mine if cell.start < begin}
        if any(cell.endpoint not in before for cell in mine if begin <= cell.start and cell.end <= end):
            assert found[key_id]
        if not mine:
            assert key_id not in found


def test_a_key_that_calls_what_it_always_called_calls_nothing_new(database):
    every_day = [a_cell(f"2026-{month:02}-{day:02}T10:00") for month in (8, 9, 10) for day in range(1, 29)]
    put(
        database,
        [
            every_day,
            [
                a_cell("2026-10-27T10:00", endpoint="/v1/new", key_id="key_2"),
                a_cell("2026-08-01T10:00", key_id="key_2"),
            ],
        ],
    )
    window = a_window("2026-10-20", "2026-10-29")
    assert database.read(lambda tx: series.may_call_new(of(tx), window)) == {"key_1": False, "key_2": True}
