"""Any store counts what the plain-Python reference counts: any cells, in any order, in any window."""

import itertools
from itertools import chain

import pytest
from contract_builders import everything
from hypothesis import example, given
from hypothesis import strategies as st
from store_builders import KEY_IDS, PATHS, a_cell, a_window, batches, cell_batches, epoch, expected, ranked, windows

from edgedns_mcp.domain import cells as reference
from edgedns_mcp.models import Tally

FILTERS = ("resolve", "/V1/", "WHOIS", "health", "nowhere", "%", "_")
PARTS = ("whois", "/v1/", "nowhere", "H")
WHOLE_DAY = a_cell("2026-10-01", end=epoch("2026-10-02"), last_activity=epoch("2026-10-01"))
YEARS = a_cell("2026-10-01", end=epoch("2031-10-01"), last_activity=epoch("2026-10-01"))
AT_LEAST = a_cell("2026-10-01T10:20", end=epoch("2026-10-01T10:40"), bound="lower")


def put(held, some, name=""):
    for batch in some:
        held.put(batch, name)
    return held


def cells_of_each(some):
    return [reference.cells_of(batch) for batch in some]


@given(some=batches, window=windows, part=st.sampled_from(FILTERS))
def test_a_store_counts_what_the_reference_counts(new_store, some, window, part):
    with new_store() as held:
        found = put(held, cells_of_each(some)).ask(lambda view: everything(view, window, part))
    assert found == expected(reference.cells_of(chain(*some)), window, part)


@given(some=cell_batches, window=windows, part=st.sampled_from(PARTS))
@example(some=[[WHOLE_DAY]], window=a_window("2026-10-01T06:00", "2026-10-01T18:00"), part="whois")
@example(some=[[YEARS], [AT_LEAST]], window=a_window("2026-10-01T11:00", "2026-10-03"), part="whois")
def test_cells_of_any_length_count_as_in_the_reference(new_store, some, window, part):
    with new_store() as held:
        found = put(held, some).ask(lambda view: everything(view, window, part))
    assert found == expected([*chain(*some)], window, part)


@given(some=batches, window=windows, key_ids=st.sets(st.sampled_from((*KEY_IDS, "key_9"))), most=st.integers(0, 4))
def test_some_keys_have_the_endpoints_of_the_reference(new_store, some, window, key_ids, most):
    with new_store() as held:
        put(held, cells_of_each(some))
        counted, top = held.ask(
            lambda view: (view.endpoints(window, key_ids), view.top_endpoints(window, key_ids, most))
        )
    by_endpoint = reference.endpoints(reference.cells_of(chain(*some)), window, key_ids)
    assert counted == by_endpoint
    assert list(top.items()) == list(ranked(by_endpoint).items())[:most]


@given(some=batches, window=windows, key_ids=st.sets(st.sampled_from(KEY_IDS)))
def test_top_endpoints_are_the_same_when_the_other_keys_in_use_are_known(new_store, some, window, key_ids):
    def asked(view):
        used = {key_id for key_id, tally in view.totals(window).items() if tally.requests}
        known = view.top_endpoints(window, key_ids & used, 9, others=used - key_ids)
        return view.top_endpoints(window, key_ids, 9), known

    with new_store() as held:
        top, known = put(held, cells_of_each(some)).ask(asked)
    assert list(known.items()) == list(top.items())


@given(some=cell_batches, window=windows)
def test_neither_the_order_of_cells_nor_their_batches_matter(new_store, some, window):
    with new_store() as held:
        put(held, some, "in turn")
        put(held, reversed(some), "backwards")
        put(held, [[*chain(*some)]], "at once")
        found = [held.ask(lambda view: everything(view, window), name) for name in ("in turn", "backwards", "at once")]
    assert found == [expected([*chain(*some)], window)] * 3


@given(ours=cell_batches, theirs=cell_batches, window=windows)
def test_no_organisation_sees_the_cells_of_another(new_store, ours, theirs, window):
    with new_store() as held:
        for mine, other in itertools.zip_longest(ours, theirs, fillvalue=()):
            put(held, [mine], "ours")
            put(held, [other], "theirs")
        for some, name in ((ours, "ours"), (theirs, "theirs")):
            assert held.ask(lambda view: everything(view, window), name) == expected([*chain(*some)], window)


@pytest.mark.parametrize(
    "window", [a_window(), a_window("2026-10-01", "2026-10-01T12:00")], ids=["month", "half a day"]
)
def test_an_hour_that_comes_twice_is_added_up_and_keeps_its_last_request(new_store, window):
    with new_store() as held:
        for requests, last in ((10, "2026-10-01T10:45"), (7, "2026-10-01T10:05")):
            held.put([a_cell(requests=requests, errors=1, last_activity=epoch(last))])
        found = held.ask(lambda view: dict(view.totals(window)))
    assert found == {"key_1": Tally(17, 2, epoch("2026-10-01T10:45"))}


@pytest.mark.parametrize(
    "window", [a_window(), a_window("2026-10-01", "2026-10-01T13:00")], ids=["month", "half a day"]
)
def test_an_hour_without_use_tells_of_no_request(new_store, window):
    some = [a_cell(), a_cell("2026-10-01T12:00", requests=0, errors=0), a_cell(key_id="key_2", requests=0, errors=0)]
    with new_store() as held:
        held.put(some)
        found = held.ask(lambda view: everything(view, window, "who"))
    assert found == expected(some, window, "who")


def test_a_late_hour_counts_in_its_own_day_and_in_every_later_sum(new_store):
    asked = [a_window("2026-10-01", "2026-10-02"), a_window("2026-10-02", "2026-10-04"), a_window("2026-10-04")]
    with new_store() as held:
        put(held, [[a_cell(start)] for start in ("2026-10-03T08:00", "2026-10-05T08:00", "2026-10-01T23:00")])
        found = held.ask(lambda view: [view.totals(window)["key_1"].requests for window in asked])
    assert found == [10, 10, 10]


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [
        ("2026-09-01", "2026-10-01", {}),
        ("2026-11-01", "2026-12-01", {"key_1": Tally(0, 0, epoch("2026-10-01T10:30"))}),
    ],
    ids=["before the data no key is known", "after it the last request still is"],
)
def test_a_window_beside_the_data(new_store, start, end, expected):
    with new_store() as held:
        held.put([a_cell()])
        assert held.ask(lambda view: dict(view.totals(a_window(start, end)))) == expected


def test_a_key_without_a_request_to_such_an_endpoint_is_not_in_its_totals(new_store):
    with new_store() as held:
        held.put([a_cell(), a_cell(key_id="key_2", endpoint="/health")])
        assert held.ask(lambda view: set(view.totals(a_window(), "HEALTH"))) == {"key_2"}


def test_names_that_are_hard_on_sql_are_names_like_others(new_store):
    names = ("o'brien", '"', "a;DROP TABLE cell", "größe", "a\u0000b", "\U0001f511", "[1]", "{x:Int8}", "$", "x" * 5000)
    with new_store() as held:
        held.put([a_cell(key_id=name, endpoint=name) for name in names])
        found = held.ask(lambda view: view.endpoints(a_window(), names))
    assert {name: set(paths) for name, paths in found.items()} == {name: {name} for name in names}


def test_no_cells_change_nothing(new_store):
    with new_store() as held:
        held.put([])
        assert held.ask(lambda view: dict(view.totals(a_window()))) == {}


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
def test_a_day_is_never_split(new_store, start, end, tally):
    with new_store() as held:
        held.put([WHOLE_DAY])
        assert held.ask(lambda view: dict(view.totals(a_window(start, end)))) == {"key_1": tally}


def test_a_lower_bound_is_open_above_wherever_it_touches_the_window(new_store):
    asked = [a_window("2026-10-01T10:00", "2026-10-01T11:00"), a_window("2026-10-01T11:00", "2026-10-02")]
    with new_store() as held:
        held.put([AT_LEAST])
        assert held.ask(lambda view: [view.totals(window)["key_1"].slack for window in asked]) == [None, 0]


def test_of_many_keys_the_same_is_told_as_of_few(new_store):
    many = {f"key_{number:04}": number % 3 for number in range(1_200)}  # more than are named in a question
    some = [a_cell(key_id=key_id, endpoint=PATHS[path], requests=1 + path) for key_id, path in many.items()]
    with new_store() as held:
        held.put([*some, a_cell(key_id="another", endpoint="/other")])
        found, top = held.ask(lambda view: (view.endpoints(a_window(), many), view.top_endpoints(a_window(), many, 2)))
        others = held.ask(lambda view: view.top_endpoints(a_window(), many, 2, others={"another"}))
    assert found == reference.endpoints(some, a_window(), many)
    assert top == others == {PATHS[2]: 1_200, PATHS[1]: 800}
