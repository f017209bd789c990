"""What a forecast learns of a key, how far its range reaches, and when a threshold is crossed."""

from datetime import date, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.domain.forecast.counted import Counted, observed_parts
from edgedns_mcp.domain.forecast.habits import days_of, grown, habit_of
from edgedns_mcp.domain.forecast.outlook import Open, Outlook, Range, outlook, paths
from edgedns_mcp.domain.quota import Ahead, Course, Day, crossings, least, percent_of
from edgedns_mcp.models import Series, Span

FIRST = date(2026, 7, 6)  # a Monday
DATES = [FIRST + timedelta(days=day) for day in range(200)]
DAYS = days_of(DATES)
DAY_S = 86_400
WEEKEND = 5


def learnt(count_of, days=112):
    return habit_of([count_of(at, DATES[at]) for at in range(days)], DAYS)


def expected(habit, history, ahead=30):
    still_open = [Open(at, 1.0) for at in range(history, history + ahead)]
    return outlook(habit, DAYS, history, still_open).means


def test_weekdays_are_learnt_and_told_apart():
    habit = learnt(lambda _, day: 100 if day.weekday() < WEEKEND else 20)
    means = expected(habit, 112, 7)
    assert [round(mean) for mean in means] == [100, 100, 100, 100, 100, 20, 20]


def test_with_few_days_every_weekday_counts_alike():
    habit = learnt(lambda _, day: 100 if day.weekday() < WEEKEND else 20, days=13)
    assert len({round(mean, 6) for mean in expected(habit, 13, 7)}) == 1


def test_month_ends_count_where_history_shows_them_and_only_then():
    jobs = learnt(lambda _, day: 800 if (day + timedelta(days=2)).day <= 2 else 100)
    assert jobs.month_ends.keys() == {-2, -1}
    assert 600 < expected(jobs, 112)[DATES.index(date(2026, 10, 31)) - 112] < 800
    assert learnt(lambda at, _: 100 + at % 3).month_ends == {}


def test_growth_goes_on_damped_and_noise_is_no_growth():
    rises = learnt(lambda at, _: round(1000 * 1.01**at))
    assert 0.009 < rises.growth < 0.011
    assert expected(rises, 112)[0] == pytest.approx(1000 * 1.01**112, rel=0.03)
    assert expected(rises, 112)[29] == pytest.approx(1000 * 1.01**141, rel=0.1)
    assert expected(rises, 112)[29] < 1000 * 1.01**141
    assert learnt(lambda at, _: 1000 + (at * 37) % 101).growth == 0


def test_a_spike_is_no_level_and_a_new_level_is():
    spike = learnt(lambda at, _: 10_000 if at in (100, 101) else 100)
    assert expected(spike, 112, 1)[0] < 200
    shift = learnt(lambda at, _: 300 if at >= 84 else 100)
    assert expected(shift, 112, 1)[0] > 250


def test_what_nobody_observed_is_no_zero():
    habit = learnt(lambda at, _: None if at % 3 == 0 else 90)
    assert round(habit.level) == 90


def test_a_key_that_stopped_is_expected_to_do_nothing_though_it_may_come_back():
    habit = learnt(lambda at, _: 100 if at < 100 else 0)
    assert habit.stopped
    still_open = [Open(at, 1.0) for at in range(112, 142)]
    *_, last = paths([outlook(habit, DAYS, 112, still_open)], still_open)
    assert (last.low, last.mid) == (0, 0)
    assert last.high > 500
    assert not learnt(lambda at, _: 100 if at % 7 == 0 else 0).stopped  # a weekly job rests six days


def test_without_any_use_there_is_no_habit_and_nothing_to_come():
    assert habit_of([0, None, 0], DAYS) is None
    still_open = [Open(3, 1.0)]
    assert paths([outlook(None, DAYS, 3, still_open)], still_open) == [Range(0, 0, 0)]


def test_a_steady_key_is_more_certain_than_one_that_scatters():
    still_open = [Open(at, 1.0) for at in range(112, 142)]

    def width(count_of):
        *_, last = paths([outlook(learnt(count_of), DAYS, 112, still_open)], still_open)
        return (last.high - last.low) / last.mid

    assert width(lambda at, _: 1000 + at % 5) < width(lambda at, _: (at * 7919) % 2000)


@given(
    st.lists(st.lists(st.none() | st.integers(0, 5_000), min_size=40, max_size=40), min_size=1, max_size=4),
    st.lists(st.floats(0.01, 1), min_size=1, max_size=31),
)
def test_a_range_holds_its_mean_never_falls_and_means_add_up(series, parts):
    still_open = [Open(40 + at, part) for at, part in enumerate(parts)]
    every = [outlook(habit_of(counts, DAYS), DAYS, 40, still_open) for counts in series]
    together = paths(every, still_open)
    assert all(0 <= one.low <= one.mid <= one.high for one in together)
    assert all(former[side] <= later[side] for former, later in pairwise(together) for side in range(3))
    alone = sum(paths([one], still_open)[-1].mid for one in every)
    assert together[-1].mid == pytest.approx(alone)


@given(st.integers(-40, 40), st.floats(-0.03, 0.03))
def test_growth_before_now_is_as_it_was_and_after_it_damped(ahead, growth):
    assert grown(growth, ahead) > 0
    assert abs(grown(growth, ahead) - 1) <= abs(2.72 ** (growth * ahead) - 1) + 1e-9
    assert grown(growth, 0) == 1


@given(
    st.integers(0, 2_000),
    st.lists(st.integers(0, 300), max_size=10),
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 90), st.integers(0, 90)), max_size=10),
    st.lists(st.integers(1, 200), min_size=1, max_size=6),
    st.fractions(min_value=1, max_value=3_000),
)
def test_thresholds_are_crossed_in_order(before, counted, more, percents, limit):
    so_far, days = before, [Day(None, before)]
    for at, some in enumerate(counted):
        so_far += some
        days.append(Day(DATES[at], so_far))
    low = mid = high = 0
    ahead = []
    for at, (one, two, three) in enumerate(more):
        low, mid, high = low + one, mid + one + two, high + one + two + three
        ahead.append(Ahead(DATES[len(counted) + at], Range(low, mid, high)))
    found = crossings(limit, percents, Course(so_far, days, ahead))
    assert [one.percent for one in found] == sorted({*percents})
    order = ["crossed", "expected", "possible", "not_expected"]
    assert [order.index(one.state) for one in found] == sorted(order.index(one.state) for one in found)
    for one in found:
        assert one.request_count * 100 >= limit * one.percent > (one.request_count - 1) * 100
        assert (one.state == "crossed") == (so_far >= one.request_count)
        assert (one.on is not None) == (
            one.state == "expected" or (one.state == "crossed" and before < one.request_count)
        )
        dates = [day for day in (one.earliest, one.on, one.latest) if day]
        assert dates == sorted(dates)


def test_a_threshold_is_crossed_on_the_day_that_reaches_it():
    days = [Day(None, 0), Day(date(2026, 11, 1), 60), Day(date(2026, 11, 2), 70), Day(date(2026, 11, 3), 75)]
    ahead = [Ahead(date(2026, 11, 4), Range(0, 5, 9)), Ahead(date(2026, 11, 5), Range(2, 12, 30))]
    seventy, eighty, ninety, whole = crossings(Fraction(100), (70, 80, 90, 100), Course(75, days, ahead))
    assert (seventy.state, seventy.on) == ("crossed", date(2026, 11, 2))
    assert (eighty.state, eighty.on, eighty.earliest) == ("expected", date(2026, 11, 4), date(2026, 11, 4))
    assert (ninety.state, ninety.on, ninety.earliest) == ("possible", None, date(2026, 11, 5))
    assert (whole.state, whole.earliest, whole.latest) == ("possible", date(2026, 11, 5), None)


def test_percent_is_half_up_and_thresholds_round_up():
    assert percent_of(1, Fraction(3)) == 33.3
    assert percent_of(5, Fraction(2_000)) == 0.3
    assert percent_of(250, Fraction(100)) == 250.0
    assert least(Fraction(10, 3), 70) == 3


EDGES = [0, DAY_S, 2 * DAY_S, 3 * DAY_S]


def test_days_are_counted_where_they_were_observed_for_the_greater_part():
    parts = observed_parts(EDGES, [(0, DAY_S + DAY_S // 2), (DAY_S + DAY_S * 3 // 4, 2 * DAY_S + DAY_S // 8)])
    assert parts == [1, 0.75, 0.125]
    counted = Counted(EDGES, Series({"a": [8, 6, 1], "b": [2, 0, 0]}, {}, []), parts)
    assert counted.days(["a"]) == [8, 8, None]
    assert counted.sums(["a", "b"]) == [10, 6, 1]
    assert (counted.total("a"), counted.total("c"), counted.key_ids) == (15, 0, {"a", "b"})


def test_what_reaches_over_an_edge_is_spread_and_nothing_counts_twice():
    over = Span(DAY_S // 2, 2 * DAY_S, "a", 30, 0)
    inside = Span(2 * DAY_S, 2 * DAY_S + 3600, "a", 4, 0, "lower")  # counted in its bucket already
    counted = Counted(EDGES, Series({"a": [1, 0, 4]}, {}, [over, inside]), [1, 1, 1])
    assert counted.sums(["a"]) == [11, 20, 4]
    assert counted.total("a") == 35


def test_days_are_known_by_their_weekday_and_their_place_at_a_months_end():
    days = days_of([date(2026, 2, day) for day in (1, 26, 27, 28)] + [date(2026, 3, 2)])
    assert days.weekdays == [6, 3, 4, 5, 0]
    assert days.places == [1, 0, -2, -1, 0]


def test_who_did_nothing_but_over_an_edge_is_counted():
    over = Span(DAY_S // 2, 2 * DAY_S, "a", 30, 0)
    counted = Counted(EDGES, Series({}, {}, [over]), [1, 1, 1])
    assert (counted.sums(["a"]), counted.total("a"), counted.key_ids) == ([10, 20, 0], 30, {"a"})


def test_of_whom_nothing_was_learnt_nothing_is_expected():
    assert outlook(None, DAYS, 100, [Open(100, 1.0), Open(101, 1.0)]) == ([0, 0], [0, 0], [0, 0], 0)


def test_a_threshold_that_no_path_reaches_is_not_expected():
    (whole,) = crossings(Fraction(100), (100,), Course(0, [], [Ahead(DATES[0], Range(0, 5, 99))]))
    assert (whole.state, whole.on, whole.earliest, whole.latest) == ("not_expected", None, None, None)


def test_a_range_is_that_of_its_days_its_levels_and_what_all_share():
    still_open = [Open(112, 0.5), Open(113, 1.0)]
    one = Outlook([50.0, 100.0], [500.0, 1000.0], [50.0, 100.0], 0.01)
    first, second = paths([one, one], still_open)
    assert [round(figure, 1) for figure in first] == [34.8, 100.0, 292.3]
    assert [round(figure, 1) for figure in second] == [176.9, 300.0, 598.2]


def test_a_key_has_not_stopped_after_a_few_quiet_days_or_as_many_as_it_often_has():
    assert not learnt(lambda at, _: 100 if at < 108 else 0).stopped
    assert not learnt(lambda at, _: 100 if at % 5 == 0 and at < 104 else 0).stopped


def test_each_path_crosses_a_threshold_on_its_own_day():
    paths_ahead = (Range(1, 5, 100), Range(1, 100, 200), Range(100, 200, 300))
    ahead = [Ahead(day, more) for day, more in zip(DATES, paths_ahead, strict=False)]
    (whole,) = crossings(Fraction(100), (100,), Course(0, [], ahead))
    assert (whole.state, whole.earliest, whole.on, whole.latest) == ("expected", *DATES[:3])


def test_what_reaches_a_second_over_an_edge_is_counted_there():
    over = Span(0, DAY_S + 1, "a", DAY_S + 1, 0)
    counted = Counted(EDGES, Series({"a": [0, 0, 0]}, {}, [over]), [1, 1, 1])
    assert counted.sums(["a"]) == pytest.approx([DAY_S, 1, 0])
    within = Counted(EDGES, Series({"a": [7, 0, 0]}, {}, [over._replace(end=DAY_S)]), [1, 1, 1])
    assert within.sums(["a"]) == [7, 0, 0]  # counted in its bucket already


def test_a_stretch_before_the_first_day_or_after_the_last_is_part_of_none():
    assert observed_parts(EDGES, [(-DAY_S, 0), (3 * DAY_S, 4 * DAY_S)]) == [0, 0, 0]
    assert observed_parts(EDGES, [(-DAY_S, DAY_S // 2), (5 * DAY_S // 2, 4 * DAY_S)]) == [0.5, 0, 0.5]


def test_a_threshold_that_was_crossed_on_a_day_that_is_not_known_has_no_day():
    (half,) = crossings(Fraction(100), (50,), Course(80, [], []))
    assert (half.state, half.on) == ("crossed", None)


def test_a_threshold_that_was_just_reached_is_crossed():
    (half,) = crossings(Fraction(100), (50,), Course(50, [Day(DATES[0], 49), Day(DATES[1], 50)], []))
    assert (half.state, half.on) == ("crossed", DATES[1])
