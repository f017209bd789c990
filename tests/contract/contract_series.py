"""Any store gives the buckets of the plain-Python reference, the cells behind them, and what was observed."""

from collections import defaultdict
from datetime import UTC, datetime
from itertools import chain, pairwise

from contract_builders import merged
from hypothesis import given
from hypothesis import strategies as st
from store_builders import FIRST_DAY, HOUR_S, KEY_IDS, a_cell, a_window, batches, cell_batches, epoch, windows

from edgedns_mcp.domain import cells as reference
from edgedns_mcp.domain.usages import moment
from edgedns_mcp.models import Cell, Series, Span, Window
from edgedns_mcp.store import coverage

# Equal steps, and steps as a zone with summer time or the months have them.
steps = st.lists(st.sampled_from((1, 6, 23, 24, 24, 24, 25, 48)), min_size=1, max_size=8)
edges = st.builds(
    lambda first, steps: [epoch(FIRST_DAY) + (first + sum(steps[:n])) * HOUR_S for n in range(len(steps) + 1)],
    first=st.integers(-48, 120) | st.sampled_from((-48, -24, 0, 24)),
    steps=steps,
)
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


def put(held, some):
    for batch in some:
        held.put(batch)
    return held


def moments(edges):
    return [datetime.fromtimestamp(edge, UTC) for edge in edges]


@given(some=cell_batches, edges=edges)
def test_each_bucket_counts_what_the_reference_counts(new_store, some, edges):
    with new_store() as held:
        put(held, some)
        found = held.ask(lambda view: view.series(moments(edges)))
        of_one = held.ask(lambda view: view.series(moments(edges), KEY_IDS[:1]))
    assert found == reference.series(merged(some), edges)
    assert of_one == reference.series([cell for cell in merged(some) if cell.key_id == KEY_IDS[0]], edges)


@given(some=cell_batches, window=windows)
def test_cells_come_out_as_they_went_in(new_store, some, window):
    with new_store() as held:
        found = put(held, some).ask(lambda view: view.cells(window, KEY_IDS[:2]))
    assert found == reference.inside(merged(some), window, KEY_IDS[:2])


def test_a_span_over_an_edge_is_in_no_bucket(new_store):
    over = a_cell("2026-10-01T23:30", end=epoch("2026-10-02T00:30"), requests=7, errors=2)
    edges = [epoch(day) for day in ("2026-10-01", "2026-10-02", "2026-10-03")]
    with new_store() as held:
        put(held, [[a_cell(), over], [a_cell("2026-10-02T10:20", end=epoch("2026-10-02T10:40"), bound="lower")]])
        found = held.ask(lambda view: view.series(moments(edges)))
    lower = Span(epoch("2026-10-02T10:20"), epoch("2026-10-02T10:40"), "key_1", 10, 1, "lower")
    assert found == Series({"key_1": (10, 10)}, {"key_1": (1, 1)}, [Span(over.start, over.end, "key_1", 7, 2), lower])


@given(some=batches, window=windows)
def test_a_key_was_seen_in_the_environments_of_the_days_around_the_window(new_store, some, window):
    made = reference.cells_of(chain(*some))
    with new_store() as held:
        found = (
            held.ask(lambda view: view.environments(window), "")
            if not made
            else put(held, [made]).ask(lambda view: view.environments(window))
        )
    first, last = int(window.start.timestamp()) // 86_400, -(-int(window.end.timestamp()) // 86_400)
    seen = defaultdict(set)
    for cell in made:
        if first <= cell.start // 86_400 < last:
            seen[cell.key_id].add(cell.environment)
    assert found == seen


@given(some=st.lists(spread, max_size=3), start=st.integers(0, 50 * 24), length=st.integers(1, 20 * 24))
def test_no_endpoint_that_is_new_to_a_key_is_overlooked(new_store, some, start, length):
    begin = epoch("2026-10-01") + start * HOUR_S
    end = begin + length * HOUR_S
    window = Window(start=moment(begin), end=moment(end), period="a time")
    with new_store() as held:
        found = put(held, some).ask(lambda view: view.may_call_new(window))
    for key_id in KEY_IDS[:2]:
        mine = [cell for cell in chain(*some) if cell.key_id == key_id and cell.endpoint]
        before = {cell.endpoint for cell in mine if cell.start < begin}
        if any(cell.endpoint not in before for cell in mine if begin <= cell.start and cell.end <= end):
            assert found[key_id]
        if not mine:
            assert key_id not in found


def test_a_key_that_calls_what_it_always_called_calls_nothing_new(new_store):
    every_day = [a_cell(f"2026-{month:02}-{day:02}T10:00") for month in (8, 9, 10) for day in range(1, 29)]
    news = [
        a_cell("2026-10-27T10:00", endpoint="/v1/new", key_id="key_2"),
        a_cell("2026-08-01T10:00", key_id="key_2"),
    ]
    with new_store() as held:
        found = put(held, [every_day, news]).ask(lambda view: view.may_call_new(a_window("2026-10-20", "2026-10-29")))
    assert found == {"key_1": False, "key_2": True}


@given(st.lists(st.tuples(st.integers(0, 60 * HOUR_S), st.integers(0, 60 * HOUR_S)).map(sorted), max_size=5))
def test_every_stretch_is_in_the_observed_ones_which_are_apart_and_in_order(new_store, some):
    some = [(epoch(FIRST_DAY) + first, epoch(FIRST_DAY) + last) for first, last in some]
    with new_store() as held:
        for stretch in some:
            held.observe("import", *stretch)
        kept = held.ask(lambda view: view.observed())
    assert all(any(start <= first and last <= end for start, end in kept) for first, last in some)
    assert {start for start, _ in kept} <= {coverage.hour_of(first) for first, _ in some}
    assert {end for _, end in kept} <= {last for _, last in some}
    assert all(two[0] - coverage.hour_of(one[1]) >= 2 * HOUR_S for one, two in pairwise(kept))
