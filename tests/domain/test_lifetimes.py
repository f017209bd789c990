"""Who lived in a stretch of time, what nobody known used, and how far that is from exact."""

import pytest
from domain_builders import a_key, utc

from edgedns_mcp.domain.bounds import bounds
from edgedns_mcp.domain.lifetimes import present, unknown
from edgedns_mcp.models import Tally

START, END = utc("2026-10-01"), utc("2026-11-01")
USED, NOT_USED = Tally(7, 0, None), Tally(0, 0, None)


def is_present(used: Tally = NOT_USED, **changes) -> bool:
    found = present([a_key(**changes)], {"key_1": used}, START, END)
    return [(one.key.key_id, one.requests, one.slack) for one in found] == [("key_1", used.requests, used.slack)]


@pytest.mark.parametrize(
    ("born", "gone", "lived"),
    [
        (None, None, True),
        (None, "2026-10-01T00:00:00", False),
        (None, "2026-10-01T00:00:01", True),
        ("2026-11-01T00:00:00", None, False),
        ("2026-10-31T23:59:59", None, True),
    ],
)
def test_a_key_is_there_that_lived_for_a_moment_of_it(born, gone, lived):
    assert is_present(created_at=born and utc(born), revoked_at=gone and utc(gone)) is lived


@pytest.mark.parametrize("used", [USED, Tally(1, 0, None), Tally(0, 0, None, 1), Tally(0, 0, None, None)])
def test_a_key_that_may_have_been_used_was_there(used):
    assert is_present(used, revoked_at=utc("2026-09-01"))


def test_keys_come_by_name_and_each_has_its_own_use():
    keys = [a_key("key_1", name="b"), a_key("key_2", name="a")]
    found = present(keys, {"key_1": USED, "": Tally(3, 0, None)}, START, END)
    assert [(one.key.name, one.requests) for one in found] == [("a", 0), ("b", 7)]


def test_what_no_known_key_used_is_summed():
    used = {"key_1": USED, "": Tally(3, 1, 10), "stranger": Tally(4, 2, 20)}
    assert unknown([a_key()], used) == Tally(7, 3, 20)


def test_exact_figures_have_no_bounds():
    assert bounds(USED, USED, {"key_1": USED}) is None
    assert bounds(USED, None, {}) is None


def test_bounds_say_the_most_there_may_have_been():
    told = bounds(Tally(10, 0, None, 5), Tally(2, 0, None, 1), {"key_1": USED, "key_2": Tally(3, 0, None, 4)})
    assert (told.request_count_max, told.unattributed_max, told.rows) == (15, 3, {"key_2": 7})


def test_a_bound_that_nobody_knows_is_none():
    told = bounds(Tally(10, 0, None, None), None, {"key_1": Tally(3, 0, None, None)})
    assert (told.request_count_max, told.unattributed_max, told.rows) == (None, None, {"key_1": None})


@pytest.mark.parametrize(
    ("whole", "beside", "row"), [(1, 0, 0), (0, 1, 0), (0, 0, 1), (None, 0, 0)], ids=["all", "beside", "row", "unknown"]
)
def test_one_figure_that_is_not_exact_is_enough(whole, beside, row):
    assert bounds(USED._replace(slack=whole), USED._replace(slack=beside), {"key_1": USED._replace(slack=row)})
