"""What each key did, by columns."""

from domain_builders import tallies
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.domain.cells import NOTHING
from edgedns_mcp.domain.tallies import Tallies, tallies_of, with_last_uses
from edgedns_mcp.models import Tally

some_tallies = st.dictionaries(st.sampled_from("abcde"), tallies())
some_keys = st.lists(st.sampled_from("abcdef"), unique=True)


@given(some_tallies)
def test_columns_are_the_mapping_that_they_were_made_of(figures):
    made = tallies_of(figures)
    assert made == figures
    assert (len(made), list(made), dict(made)) == (len(figures), list(figures), figures)
    assert tallies_of(made) is made


@given(some_tallies, some_keys)
def test_some_keys_and_all_others_are_the_whole(figures, key_ids):
    asked, others = tallies_of(figures).parted(key_ids)
    assert asked.key_ids == key_ids
    assert asked.requests == [figures.get(key_id, NOTHING).requests for key_id in key_ids]
    assert others == {key_id: tally for key_id, tally in figures.items() if key_id not in key_ids}


@given(some_tallies, st.data())
def test_columns_in_the_order_of_the_keys_are_parted_alike(figures, data):
    size = data.draw(st.integers(0, len(figures)))
    key_ids = list(figures)[:size]
    asked, others = tallies_of(figures).parted(key_ids)
    assert asked == {key_id: figures[key_id] for key_id in key_ids}
    assert others == {key_id: figures[key_id] for key_id in list(figures)[size:]}


@given(some_tallies, st.data())
def test_rows_at_places_and_the_rows_without_them_are_all_rows(figures, data):
    every = tallies_of(figures)
    places = data.draw(st.sets(st.integers(0, len(figures) - 1))) if figures else set()
    assert dict(every.at(places)) | dict(every.without(places)) == figures
    assert len(every.at(places)) + len(every.without(places)) == len(figures)


def test_a_key_that_has_no_tally_is_not_there():
    made = Tallies(["a", "b"], [0, 3], [0, 1], [None, 7], [0, 0], [False, True])
    assert made == {"b": (3, 1, 7, 0)}
    assert "a" not in made


def test_a_last_use_that_was_told_elsewhere_counts_where_it_is_later():
    counted = tallies_of({"a": Tally(5, 1, 100), "b": Tally(2, 0, None), "c": Tally(1, 0, 7)})
    assert with_last_uses(counted, {"a": 90, "b": 80, "d": 70}) == {
        "a": Tally(5, 1, 100),
        "b": Tally(2, 0, 80),
        "c": Tally(1, 0, 7),
        "d": Tally(0, 0, 70),
    }
    assert with_last_uses(counted, {"a": 110})["a"] == Tally(5, 1, 110)
    assert with_last_uses(counted, {}) is counted


def test_a_tally_is_found_by_its_key_with_all_that_it_had():
    tally = Tally(5, None, 1_790_000_000, 3)
    assert tallies_of({"a": tally})["a"] == tally
