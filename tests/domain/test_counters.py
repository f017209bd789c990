"""Two readings of counters, rule by rule."""

import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from domain_builders import a_key, epoch, utc
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.domain.counters import Known, Snapshot, Step, cells_between, step
from edgedns_mcp.domain.periods import billing_period
from edgedns_mcp.models import Cell, KeyReading, Reading

HOUR = timedelta(hours=1)
MID = "2026-10-15T10:20"  # far from a boundary
AFTER = "2026-10-15T11:20"
LONG_AGO = utc("2026-10-02T01:00")


def boundaries(moment: datetime) -> tuple[datetime, datetime]:
    return billing_period(moment, ZoneInfo("UTC"), 1)


def a_counter(requests: int = 0, errors: int = 0, last: datetime | None = None, **endpoints: int) -> KeyReading:
    return KeyReading(key=a_key(), requests=requests, errors=errors, last_activity=last, endpoints=endpoints)


def a_reading(at: str, start: str = "", **keys: int | KeyReading) -> Reading:
    """Take a reading; a mere number is the requests of a key."""
    counted = {name: a_counter(one) if isinstance(one, int) else one for name, one in keys.items()}
    named = (one.model_copy(update={"key": a_key(name)}) for name, one in counted.items())
    return Reading(taken_at=utc(at), keys=tuple(named), window_start=utc(start) if start else None)


def after(*readings: Reading) -> Step:
    """Feed all readings and give the last step; what is known in between is stored as JSON."""
    known, done = None, None
    for reading in readings:
        done = step(known, reading, boundaries)
        assert done
        known = Known.model_validate_json(done.known.model_dump_json())
        assert known == done.known
    assert done
    return done


def a_cell(key_id: str, start: str, end: str, requests: int, bound: str = "exact", **changes: object) -> Cell:
    made = Cell(epoch(start), epoch(end), key_id, "", "unknown", requests, 0, epoch(start), bound)
    return made._replace(**changes)


def settled_reset() -> list[Reading]:
    """Readings in which a new period was recognised, so that the counter is known not to roll."""
    return [a_reading("2026-10-31T23:20", a=900, b=800), a_reading("2026-11-01T00:20", a=1, b=2)]


def test_the_first_reading_makes_no_cells():
    done = after(a_reading(MID, a=7))
    assert (done.cells, done.new_period, done.fallen) == ([], False, ())
    assert (done.known.began, done.known.taken_at, done.known.resets) == (utc(MID), utc(MID), False)


def test_a_first_reading_that_states_its_window_is_exact_from_there():
    done = after(a_reading(MID, "2026-10-01", a=7, b=0))
    assert done.cells == [a_cell("a", "2026-10-01", MID, 7)]


def test_a_rise_is_exact_between_the_readings():
    done = after(a_reading(MID, a=7, b=3), a_reading(AFTER, a=12, b=3))
    assert done.cells == [a_cell("a", MID, AFTER, 5)]


def test_a_rise_within_an_hour_belongs_to_that_hour():
    done = after(a_reading("2026-10-15T10:20", a=7), a_reading("2026-10-15T11:00", a=8))
    assert done.cells == [a_cell("a", "2026-10-15T10:00", "2026-10-15T11:00", 1)]
    done = after(a_reading("2026-10-15T10:00", a=7), a_reading("2026-10-15T10:00:01", a=8))
    assert done.cells == [a_cell("a", "2026-10-15T10:00", "2026-10-15T11:00", 1)]


def test_a_part_of_a_second_widens_the_span():
    done = after(a_reading("2026-10-15T10:59:59.900", a=7), a_reading("2026-10-15T11:00:00.300", a=8))
    assert done.cells == [a_cell("a", "2026-10-15T10:59:59", "2026-10-15T11:00:01", 1)]


@pytest.mark.parametrize("at", [MID, "2026-10-15T10:19:59"])
def test_a_reading_that_is_not_newer_adds_nothing(at):
    known = after(a_reading(MID, a=7)).known
    assert step(known, a_reading(at, a=9), boundaries) is None


@pytest.mark.parametrize(("last", "told"), [("T10:20", "T10:20"), ("T11:19:59", "T11:19:59"), ("T10:19", "T10:19")])
def test_the_last_activity_is_edgedns_own_where_it_lies_before_the_end_of_the_cell(last, told):
    now = a_counter(12, last=utc("2026-10-15" + last))
    (cell,) = after(a_reading(MID, a=7), a_reading(AFTER, a=now)).cells
    assert cell.last_activity == epoch("2026-10-15" + told)
    at_its_end = a_counter(12, last=utc(AFTER))
    (cell,) = after(a_reading(MID, a=7), a_reading(AFTER, a=at_its_end)).cells
    assert cell.last_activity == cell.start


def test_what_endpoints_do_not_explain_and_all_errors_have_no_endpoint():
    old, now = a_counter(10, 2, x=4, y=5), a_counter(20, 5, x=10, y=5, z=1)
    done = after(a_reading(MID, a=old), a_reading(AFTER, a=now))
    figures = {cell.endpoint: (cell.requests, cell.errors) for cell in done.cells}
    assert figures == {"x": (6, 0), "z": (1, 0), "": (3, 3)}


def test_errors_without_requests_of_unknown_endpoint_are_one_cell():
    done = after(a_reading(MID, a=a_counter(10, 2, x=10)), a_reading(AFTER, a=a_counter(12, 3, x=12)))
    assert [(cell.endpoint, cell.requests, cell.errors) for cell in done.cells] == [("x", 2, 0), ("", 0, 1)]


@pytest.mark.parametrize("now", [{"x": 3, "y": 9}, {"x": 9}, {"x": 14, "y": 9}])
def test_endpoints_that_fell_or_exceed_the_key_are_not_believed(now):
    done = after(a_reading(MID, a=a_counter(10, x=4, y=5)), a_reading(AFTER, a=a_counter(13, **now)))
    assert done.cells == [a_cell("a", MID, AFTER, 3)]


@pytest.mark.parametrize(("old", "now", "told"), [(5, 2, 0), (0, 9, 3), (1, 3, 2)])
def test_errors_are_neither_negative_nor_more_than_requests(old, now, told):
    done = after(a_reading(MID, a=a_counter(10, old)), a_reading(AFTER, a=a_counter(13, now)))
    assert [(cell.requests, cell.errors) for cell in done.cells] == [(3, told)]


def test_a_new_key_counts_whole():
    done = after(a_reading(MID, a=7), a_reading(AFTER, a=7, new=5, unused=0))
    assert done.cells == [a_cell("new", MID, AFTER, 5)]


def test_a_renamed_key_stays_the_same_key():
    renamed = a_reading(AFTER, a=9)
    (one,) = renamed.keys
    renamed = renamed.model_copy(update={"keys": (one.model_copy(update={"key": a_key("a", name="other")}),)})
    assert after(a_reading(MID, a=7), renamed).cells == [a_cell("a", MID, AFTER, 2)]


def test_a_key_listed_twice_counts_once():
    twice = a_reading(AFTER, a=9)
    twice = twice.model_copy(update={"keys": twice.keys * 2})
    assert after(a_reading(MID, a=7), twice).cells == [a_cell("a", MID, AFTER, 2)]


def test_a_new_period_counts_every_new_value_as_a_lower_bound():
    done = after(a_reading("2026-10-31T23:20", a=900, b=800, c=0), a_reading("2026-11-01T00:20", a=5, b=0, c=2))
    span = "2026-10-31T23:20", "2026-11-01T00:20"
    assert done.cells == [
        a_cell("a", *span, 5, "lower"),
        a_cell("b", *span, 0, "lower"),
        a_cell("c", *span, 2, "lower"),
    ]
    assert (done.new_period, done.fallen, done.known.resets, done.known.began) == (True, (), True, utc(span[1]))


@pytest.mark.parametrize(
    ("before", "now", "recognised"),
    [
        ("2026-11-02T11:59", "2026-11-02T13:00", True),
        ("2026-11-02T12:00", "2026-11-02T13:00", False),
        ("2026-10-30T10:00", "2026-10-30T12:00", True),
        ("2026-10-30T10:00", "2026-10-30T11:59", False),
        ("2026-10-20", "2026-11-20", True),
    ],
)
def test_a_new_period_begins_within_36_hours_of_a_boundary(before, now, recognised):
    assert after(a_reading(before, a=900), a_reading(now, a=5)).new_period == recognised


@pytest.mark.parametrize(("kept", "value", "recognised"), [(1, 49, True), (2, 49, False), (1, 50, False)])
def test_nine_of_ten_keys_with_use_fall_below_half_when_a_period_begins(kept, value, recognised):
    old = {f"k{number}": 100 for number in range(10)} | {"unused": 0}
    now = {f"k{number}": 150 if number < kept else value for number in range(10)} | {"unused": 0}
    done = after(a_reading("2026-10-31T23:20", **old), a_reading("2026-11-01T00:20", **now))
    assert done.new_period == recognised


def test_a_key_that_was_away_has_no_say_in_whether_a_period_began():
    away = a_reading("2026-10-30", a=9, b=900), a_reading("2026-10-31T23:20", b=900)
    assert after(*away, a_reading("2026-11-01T00:20", a=9, b=1)).new_period


def test_a_key_that_rose_when_a_period_began_adds_only_its_rise():
    old = {f"k{number}": 100 for number in range(10)}
    now = dict.fromkeys(old, 3) | {"k0": 104}
    done = after(a_reading("2026-10-31T23:20", **old), a_reading("2026-11-01T00:20", **now))
    assert [cell.requests for cell in done.cells] == [4, *[3] * 9]


def test_a_new_value_without_a_request_since_the_last_reading_is_no_use():
    old, now = a_counter(900, last=LONG_AGO), a_counter(300, last=LONG_AGO)
    done = after(a_reading("2026-10-31T23:20", a=old), a_reading("2026-11-01T00:20", a=now))
    assert [(cell.requests, cell.bound) for cell in done.cells] == [(0, "lower")]


def test_after_the_new_period_was_recognised_differences_are_exact_again():
    done = after(*settled_reset(), a_reading("2026-11-01T01:20", a=4, b=2))
    assert done.cells == [a_cell("a", "2026-11-01T00:20", "2026-11-01T01:20", 3)]


def test_a_period_begins_once():
    done = after(*settled_reset(), a_reading("2026-11-01T01:20", a=0, b=0))
    assert (done.new_period, done.fallen) == (False, ("a", "b"))


def test_a_stated_new_window_is_exact_and_the_gap_before_it_is_not():
    done = after(
        a_reading("2026-10-31T23:20", "2026-10-01", a=900, b=3),
        a_reading("2026-11-01T01:20", "2026-11-01", a=950, b=0),
    )
    gap, window = ("2026-10-31T23:00", "2026-11-01"), ("2026-11-01", "2026-11-01T01:20")
    assert done.cells == [
        a_cell("a", *gap, 0, "lower"),
        a_cell("a", *window, 950),
        a_cell("b", *gap, 0, "lower"),
    ]
    assert (done.new_period, done.fallen, done.known.resets) == (True, (), True)
    assert done.known.since == done.known.began == utc("2026-11-01T01:20")


def test_a_stated_window_that_begins_with_the_last_reading_leaves_no_gap():
    done = after(a_reading("2026-11-01", "2026-10-01", a=900), a_reading("2026-11-01T01:20", "2026-11-01", a=5))
    assert done.cells == [a_cell("a", "2026-11-01", "2026-11-01T01:20", 5)]


def test_a_creeping_window_rolls():
    done = after(a_reading(MID, "2026-09-15T10:20", a=9), a_reading(AFTER, "2026-09-15T11:20", a=12))
    assert done.cells == [a_cell("a", MID, AFTER, 3, "lower"), a_cell("a", MID, AFTER, 0, "lower")]
    assert (done.new_period, done.known.rolls) == (False, True)


def test_a_window_that_grows_backwards_adds_nothing():
    done = after(a_reading(MID, "2026-10-01", a=9), a_reading(AFTER, "2026-09-01", a=99))
    assert {(cell.requests, cell.bound) for cell in done.cells} == {(0, "lower")}


def test_a_window_from_the_future_is_not_believed():
    done = after(a_reading(MID, a=9), a_reading(AFTER, "2026-12-01", a=12))
    assert done.cells == [a_cell("a", MID, AFTER, 3)]


def test_the_same_stated_window_excludes_a_reset_at_a_boundary():
    done = after(
        a_reading("2026-10-31T23:20", "2026-10-20", a=900, b=20),
        a_reading("2026-11-01T00:20", "2026-10-20", a=907, b=3),
    )
    assert done.cells == [
        a_cell("a", "2026-10-31T23:20", "2026-11-01T00:20", 7),
        a_cell("b", "2026-10-31T23:20", "2026-11-01T00:20", 0, "lower"),
    ]
    assert (done.new_period, done.fallen) == (False, ("b",))


@pytest.mark.parametrize(
    ("before", "now", "bound"),
    [
        ("2026-10-31T22:20", "2026-10-31T23:59", "exact"),
        ("2026-10-31T23:20", "2026-11-01T00:00", "lower"),
        ("2026-11-02T11:20", "2026-11-02T11:50", "lower"),
        ("2026-11-02T12:00", "2026-11-02T12:50", "exact"),
        ("2026-10-20T10:00", "2026-11-20T10:00", "lower"),
    ],
)
def test_a_reset_may_hide_in_a_rise_until_36_hours_after_a_boundary(before, now, bound):
    done = after(a_reading(before, a=3), a_reading(now, a=5))
    assert (done.cells[0].requests, done.cells[0].bound) == (2, bound)


def test_a_key_in_use_that_reads_word_for_word_the_same_was_not_reset():
    still = a_counter(9, last=LONG_AGO, x=9)
    moved = a_counter(9, last=utc("2026-11-01T00:10"), x=9)
    done = after(
        a_reading("2026-10-31T23:20", still=still, moved=still, unused=0, undated=9),
        a_reading("2026-11-01T00:20", still=still, moved=moved, unused=0, undated=9),
    )
    assert [(cell.key_id, cell.requests, cell.bound) for cell in done.cells] == [
        ("moved", 0, "lower"),
        ("unused", 0, "lower"),
        ("undated", 0, "lower"),
    ]


def test_a_key_with_one_request_is_in_use_and_one_with_none_is_not_whatever_its_last_request_was():
    once, idle = a_counter(1, last=LONG_AGO), a_counter(0, last=LONG_AGO)
    done = after(
        a_reading("2026-10-31T23:20", once=once, idle=idle), a_reading("2026-11-01T00:20", once=once, idle=idle)
    )
    assert [cell.key_id for cell in done.cells] == ["idle"]


def test_a_key_with_another_name_reads_word_for_word_the_same():
    before, after_ = a_reading("2026-10-31T23:20", a=a_counter(9, last=LONG_AGO)), a_reading("2026-11-01T00:20")
    renamed = before.keys[0].model_copy(update={"key": a_key("a", name="other")})
    assert after(before, after_.model_copy(update={"keys": (renamed,)})).cells == []


def test_a_key_with_the_same_count_as_before_adds_nothing_when_a_period_begins():
    old = {f"k{number}": 100 for number in range(10)}
    done = after(
        a_reading("2026-10-31T23:20", **old), a_reading("2026-11-01T00:20", **dict.fromkeys(old, 3) | {"k0": 100})
    )
    assert [cell.requests for cell in done.cells] == [0, *[3] * 9]


def test_a_boundary_36_hours_after_the_first_reading_was_watched_as_a_whole():
    assert after(a_reading("2026-10-30T12:00", a=3), a_reading("2026-11-02T12:00", a=4)).known.rolls
    assert not after(a_reading("2026-10-30T12:00:01", a=3), a_reading("2026-11-02T12:00", a=4)).known.rolls


def test_falls_are_kept_count_of_while_nothing_falls_and_while_the_window_stays():
    fell = a_reading(MID, a=700), a_reading(AFTER, a=600), a_reading("2026-10-15T12:20", a=605)
    assert (after(*fell).known.falls, after(*fell).known.rolls) == (1, True)
    stated = (a_reading(f"2026-10-15T1{hour}:20", "2026-10-01", a=610 + hour) for hour in (3, 4))
    done = after(*fell, *stated)
    assert (done.known.falls, done.known.rolls) == (1, True)


def test_a_boundary_without_a_new_period_puts_all_in_doubt():
    begun = a_reading("2026-10-15", a=3)
    done = after(begun, a_reading("2026-10-31", a=4), a_reading("2026-11-01T10:00", a=5))
    assert [cell.bound for cell in done.cells] == ["lower"]
    done = after(begun, a_reading("2026-11-01T10:00", a=5), a_reading("2026-11-02T12:00", a=6))
    assert done.cells[1:] == [a_cell("a", "2026-10-15", "2026-11-02T12:00", 0, "lower")]
    assert done.known.rolls
    done = after(begun, a_reading("2026-11-02T12:00", a=6), a_reading("2026-11-02T13:00", a=7))
    assert [(cell.requests, cell.bound) for cell in done.cells] == [(1, "lower")]


def test_a_boundary_without_a_new_period_dooms_only_its_neighbourhood_where_periods_are_known():
    done = after(*settled_reset(), a_reading("2026-11-29", a=3, b=3), a_reading("2026-12-02T12:00", a=4, b=3))
    around = "2026-11-29T12:00", "2026-12-02T12:00"
    assert done.cells[2:] == [a_cell("a", *around, 0, "lower"), a_cell("b", *around, 0, "lower")]
    assert not done.known.rolls


def test_whoever_begins_after_a_boundary_only_waits_until_no_reset_can_come():
    done = after(a_reading("2026-11-01T05:00", a=3), a_reading("2026-11-02T12:00", a=4))
    assert {cell.bound for cell in done.cells} == {"lower"}
    assert not done.known.rolls


def test_a_fall_puts_all_that_was_recorded_in_doubt_where_the_counter_may_roll():
    done = after(a_reading(MID, a=7, b=9), a_reading(AFTER, a=8, b=9), a_reading("2026-10-15T12:20", a=7, b=10))
    step_span, all_of_it = (AFTER, "2026-10-15T12:20"), (MID, "2026-10-15T12:20")
    assert done.cells == [
        a_cell("a", *step_span, 0, "lower"),
        a_cell("b", *step_span, 1, "lower"),
        a_cell("a", *all_of_it, 0, "lower"),
        a_cell("b", *all_of_it, 0, "lower"),
    ]
    assert (done.new_period, done.fallen, done.known.began) == (False, ("a",), utc(MID))


def test_doubt_is_told_once_and_lasts_until_a_new_period_is_recognised():
    fell = [a_reading(MID, a=700), a_reading(AFTER, a=600)]
    done = after(*fell, a_reading("2026-10-15T12:20", a=605), a_reading("2026-10-15T13:20", a=606))
    assert done.cells == [a_cell("a", "2026-10-15T12:20", "2026-10-15T13:20", 1, "lower")]
    done = after(*fell, a_reading("2026-11-01T10:20", a=5), a_reading("2026-11-01T11:20", a=6))
    assert [(cell.requests, cell.bound) for cell in done.cells] == [(1, "exact")]


def test_a_rolling_counter_at_nothing_saw_nothing():
    fell = [a_reading(MID, a=700, b=0), a_reading(AFTER, a=600, b=0)]
    done = after(*fell, a_reading("2026-10-15T12:20", a=605, b=0))
    assert [cell.key_id for cell in done.cells] == ["a"]
    done = after(*fell, a_reading("2026-10-16T11:20", a=605, b=0))
    assert [cell.key_id for cell in done.cells] == ["a"]
    done = after(*fell, a_reading("2026-10-17", a=605, b=0))
    assert [cell.key_id for cell in done.cells] == ["a", "b"]


def test_a_correction_dooms_only_its_own_key_where_periods_are_known():
    done = after(*settled_reset(), a_reading("2026-11-10", a=50, b=50), a_reading("2026-11-11", a=60, b=10))
    span = "2026-11-10", "2026-11-11"
    assert done.cells == [a_cell("a", *span, 10), a_cell("b", *span, 0, "lower")]
    assert done.fallen == ("b",)


def test_after_a_correction_the_new_value_is_what_the_next_is_compared_with():
    corrected = a_reading("2026-11-10", a=50, b=50), a_reading("2026-11-11", a=60, b=10)
    done = after(*settled_reset(), *corrected, a_reading("2026-11-12", a=60, b=15))
    assert done.cells == [a_cell("b", "2026-11-11", "2026-11-12", 5)]


def test_a_second_fall_in_one_period_is_no_correction_any_more():
    corrected = a_reading("2026-11-10", a=50, b=50), a_reading("2026-11-11", a=60, b=10)
    done = after(*settled_reset(), *corrected, a_reading("2026-11-12", a=70, b=9))
    assert {cell.bound for cell in done.cells} == {"lower"}
    assert min(cell.start for cell in done.cells) == epoch("2026-10-31T23:20")


def test_a_fall_near_a_boundary_may_be_a_late_reset_and_is_no_sign_of_a_roll():
    late = a_reading("2026-11-30T23:20", a=50, b=50), a_reading("2026-12-01T00:20", a=5, b=51)
    done = after(*settled_reset(), *late)
    assert (done.fallen, done.known.falls, done.known.rolls) == (("a",), 0, False)
    assert {cell.bound for cell in done.cells} == {"lower"}


def test_later_periods_are_not_doubted_for_what_falls_in_an_earlier_one():
    december = a_reading("2026-11-30T23:20", a=900, b=800), a_reading("2026-12-01T00:20", a=1, b=2)
    falls = [a_reading(f"2026-12-1{day}", a=50 - day, b=50) for day in range(3)]
    done = after(*settled_reset(), *december, *falls)
    assert min(cell.start for cell in done.cells) == epoch("2026-12-01T00:20")


def test_a_key_that_vanishes_keeps_its_figures_and_is_in_doubt_once():
    first = after(a_reading(MID, a=7, b=1), a_reading(AFTER, b=1))
    assert first.cells == [a_cell("a", MID, AFTER, 0, "lower")]
    assert (first.known.keys["a"].gone, first.known.keys["a"].counters.requests) == (True, 7)
    done = after(a_reading(MID, a=7, b=1), a_reading(AFTER, b=1), a_reading("2026-10-15T12:20", b=1))
    assert (done.cells, done.known.keys["a"].at) == ([], utc(MID))


def test_a_key_that_returns_is_compared_with_its_last_figures():
    done = after(a_reading(MID, a=7), a_reading(AFTER), a_reading("2026-10-15T12:20", a=9))
    assert done.cells == [a_cell("a", MID, "2026-10-15T12:20", 2)]
    assert not done.known.keys["a"].gone


def test_a_key_that_returns_with_less_fell():
    done = after(a_reading(MID, a=7), a_reading(AFTER), a_reading("2026-10-15T12:20", a=5))
    assert (done.fallen, done.known.rolls) == (("a",), True)


@pytest.mark.parametrize("returns", ["2026-11-01T00:20", "2026-11-10"])
def test_a_key_that_was_away_when_a_period_began_counts_its_new_value_as_a_lower_bound(returns):
    away = a_reading("2026-10-30", a=9, b=900), a_reading("2026-10-31T23:20", b=900)
    between = [] if returns < "2026-11-02" else [a_reading("2026-11-01T00:20", b=1)]
    done = after(*away, *between, a_reading(returns, a=4, b=1))
    assert done.fallen == ()
    assert a_cell("a", "2026-10-30", returns, 4, "lower") in done.cells


def test_a_key_that_was_away_over_a_boundary_without_a_new_period_has_a_lower_bound():
    away = a_reading("2026-11-29", a=9, b=900), a_reading("2026-11-30", b=901)
    done = after(*settled_reset(), *away, a_reading("2026-12-03", b=902), a_reading("2026-12-04", a=10, b=903))
    assert done.cells == [
        a_cell("a", "2026-11-29", "2026-12-04", 1, "lower"),
        a_cell("b", "2026-12-03", "2026-12-04", 1),
    ]


@pytest.mark.parametrize(
    ("before", "after_", "expected"),
    [
        (Snapshot(3600, 5, 1), Snapshot(9000, 8, 3), (3600, 9000, 3, 2, "exact")),
        (Snapshot(3700, 5, 1), Snapshot(7200, 8, 9), (3600, 7200, 3, 3, "exact")),
        (Snapshot(3600, 5), Snapshot(9000, 8, 3), (3600, 9000, 3, 0, "exact")),
        (Snapshot(3600, 5, 1), Snapshot(9000, 8), (3600, 9000, 3, 0, "exact")),
        (Snapshot(3600, 5, 3), Snapshot(9000, 8, 1), (3600, 9000, 3, 0, "exact")),
        (Snapshot(3600, 10, 4), Snapshot(9000, 4, 1), (3600, 9000, 4, 1, "lower")),
        (Snapshot(3600, 10, 1), Snapshot(9000, 5, 3), (3600, 9000, 0, 0, "lower")),
    ],
)
def test_two_snapshots_become_a_cell(before, after_, expected):
    start, end, requests, errors, bound = expected
    assert cells_between("k", before, after_) == [
        Cell(start, end, "k", "", "unknown", requests, errors, start, bound),
    ]


@pytest.mark.parametrize("after_", [Snapshot(9000, 5), Snapshot(3600, 8), Snapshot(3000, 8)])
def test_snapshots_that_are_equal_or_out_of_order_add_nothing(after_):
    assert cells_between("k", Snapshot(3600, 5), after_) == []


counts = st.integers(0, 50)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), counts), min_size=1, max_size=8), st.randoms())
def test_every_cell_is_well_formed_whatever_a_counter_does(figures, dice):
    known, moment = None, utc("2026-10-29")
    for keys in figures:
        moment += timedelta(minutes=dice.randint(1, 3000))
        made = {name: a_counter(count, dice.randint(0, 60), x=dice.randint(0, 60)) for name, count in keys.items()}
        reading = a_reading(moment.isoformat()[:19], **made)
        known, cells, _, fallen = step(known, reading, boundaries)
        assert set(fallen) <= set(keys)
        assert all(0 <= cell.errors <= cell.requests or cell.endpoint == "" for cell in cells)
        assert all(cell.start <= cell.last_activity < cell.end and cell.requests >= 0 for cell in cells)
        assert all(cell.requests or cell.errors or cell.bound == "lower" for cell in cells)
        assert {seen.at for seen in known.keys.values() if not seen.gone} <= {reading.taken_at}


def test_a_thousand_keys_of_twenty_endpoints_are_compared_within_a_moment():
    def at(moment: datetime, count: int) -> Reading:
        paths = {f"/{number}": count for number in range(20)}
        return a_reading(moment.isoformat()[:19], **{f"k{n}": a_counter(20 * count, **paths) for n in range(1000)})

    known = after(at(utc(MID), 5)).known
    reading, began = at(utc(AFTER), 7), time.process_time()
    assert len(step(known, reading, boundaries).cells) == 20_000
    assert time.process_time() - began < 1  # measured: 0.02 s; a slow machine is no failure


def test_a_stated_window_that_moves_past_a_boundary_is_no_new_period():
    done = after(
        a_reading("2026-10-31T23:20", "2026-10-01T23:20", a=900), a_reading("2026-11-01T00:20", "2026-10-02T00:20", a=5)
    )
    assert (done.new_period, done.fallen, done.known.rolls) == (False, ("a",), True)
    assert done.known.window_start == utc("2026-10-02T00:20")


def test_a_key_that_was_away_when_its_stated_window_began_did_not_fall():
    away = a_reading(MID, a=700, b=1), a_reading(AFTER, b=2)
    done = after(*away, a_reading("2026-10-15T12:20", "2026-10-15T10:40", a=5, b=2))
    assert done.fallen == ()
    assert done.cells == [
        a_cell("a", "2026-10-15T10:00", "2026-10-15T11:00", 0, "lower"),
        a_cell("a", "2026-10-15T10:40", "2026-10-15T12:20", 5),
    ]


def test_requests_that_are_listed_without_an_endpoint_join_those_that_are_not_listed():
    old, now = a_counter(6, **{"": 2, "x": 4}), a_counter(12, **{"": 5, "x": 6})
    done = after(a_reading(MID, a=old), a_reading(AFTER, a=now))
    assert {cell.endpoint: cell.requests for cell in done.cells} == {"": 4, "x": 2}


def test_snapshots_without_errors_have_none():
    (cell,) = cells_between("k", Snapshot(3600, 5, 0), Snapshot(9000, 8, 0))
    assert (cell.requests, cell.errors) == (3, 0)


@pytest.mark.parametrize(("last", "requests"), [("2026-10-31T23:20", 0), ("2026-10-31T23:20:01", 300)])
def test_a_new_value_is_use_if_a_request_came_after_the_last_reading(last, requests):
    old, now = a_counter(900, last=LONG_AGO), a_counter(300, last=utc(last))
    done = after(a_reading("2026-10-31T23:20", a=old), a_reading("2026-11-01T00:20", a=now))
    assert [(cell.requests, cell.bound) for cell in done.cells] == [(requests, "lower")]


def test_a_window_may_begin_with_the_reading_that_states_it():
    assert after(a_reading(MID, a=9), a_reading(AFTER, AFTER, a=0)).new_period


@pytest.mark.parametrize(
    ("before", "after_", "requests", "errors"),
    [
        (Snapshot(3600, 1_000), Snapshot(9000, 499), 499, 0),
        (Snapshot(3600, 1_000), Snapshot(9000, 500), 0, 0),
        (Snapshot(3600, 5, 0), Snapshot(9000, 8, 2), 3, 2),
    ],
)
def test_less_than_half_is_a_counter_that_started_again(before, after_, requests, errors):
    (cell,) = cells_between("k", before, after_)
    assert (cell.requests, cell.errors) == (requests, errors)


def test_an_endpoint_with_one_request_that_is_listed_no_more_is_not_believed():
    old, now = a_counter(10, x=1, y=5), a_counter(13, y=8)
    assert after(a_reading(MID, a=old), a_reading(AFTER, a=now)).cells == [a_cell("a", MID, AFTER, 3)]


def test_a_new_key_has_all_of_its_errors():
    (cell,) = after(a_reading(MID, a=7), a_reading(AFTER, a=7, new=a_counter(5, 2))).cells
    assert (cell.key_id, cell.requests, cell.errors) == ("new", 5, 2)


def test_a_new_period_is_recognised_where_only_one_reading_states_its_window():
    before, after_ = a_reading("2026-10-31T23:20", a=900, b=800), a_reading("2026-11-01T00:20", "2026-10-15", a=1, b=2)
    assert after(before, after_).new_period
    stated = before.model_copy(update={"window_start": utc("2026-10-15")})
    assert after(stated, after_.model_copy(update={"window_start": None})).new_period
