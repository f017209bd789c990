"""Figures of a forecast that can be reckoned by hand: scatter, doubt, month ends, growth, and days to come."""

from datetime import date, timedelta
from math import exp, log

import pytest

from edgedns_mcp.domain.forecast.habits import Factor, Habit, days_of, grown, habit_of
from edgedns_mcp.domain.forecast.outlook import ABOVE, BELOW, Open, Outlook, outlook, paths

JULY = days_of([date(2026, 7, 2) + timedelta(days=day) for day in range(28)])  # without a month's end
SUMMER = [date(2026, 7, 6) + timedelta(days=day) for day in range(112)]


def nearly(figure: float):
    return pytest.approx(figure, rel=1e-4)


def test_a_level_of_twenty_days_is_as_certain_as_nineteen_of_them():
    """A weight halved in 21 days: (1 - q^20)(1 + q) / ((1 - q)(1 + q^20)) = 19.306 for q = 0.5^(1 / 21)."""
    habit = habit_of([100] * 20, JULY)
    assert (habit.level, habit.scatter, habit.growth) == (nearly(100), 0.005, 0.0)
    assert habit.doubt == nearly((0.005 + 1 / 100) / 19.3057)


@pytest.mark.parametrize(
    ("counts", "scatter"),
    [
        ([80, 120] * 2, 1_200 * 4 / 3 / 40_000),
        ([80, 120, 80], 50.0),  # of three days nobody can tell, and that is the most
        ([80, 120] * 5, 3_000 * 10 / 9 / 100_000),
        ([80, 120] * 5 + [100] * 3, 3_000 * 10 / 9 / 100_000),
        (
            [80] * 7 + [120] * 7 + [80] * 7 + [120] * 7,  # around 92, 96 and 115 in ten, ten and eight days
            (2_440 * 10 / 9 + 2_880 * 10 / 9 + 480 * 8 / 7) / (84_640 + 92_160 + 105_800),
        ),
    ],
)
def test_scatter_is_how_far_days_lie_from_the_mean_of_ten(counts, scatter):
    assert habit_of(counts, JULY).scatter == nearly(scatter)


def test_a_months_end_counts_as_often_as_it_was_seen_and_half_a_time_as_usual():
    counts = [800 if (day + timedelta(days=2)).day <= 2 else 100 for day in SUMMER]
    twice_three = Factor(nearly((3 * 8 + 0.5) / 3.5), nearly(0.4**2 / 3))
    assert habit_of(counts, days_of(SUMMER)).month_ends == {-2: twice_three, -1: twice_three}


@pytest.mark.parametrize(("ordinary", "ends"), [(4, {}), (5, dict.fromkeys((-2, -1), Factor(nearly(8.5 / 1.5), 0.16)))])
def test_a_months_end_is_compared_with_five_ordinary_days_at_least(ordinary, ends):
    last = [date(2026, 7, 31) - timedelta(days=day) for day in reversed(range(ordinary + 2))]
    found = habit_of([100] * ordinary + [800] * 2, days_of(last)).month_ends
    assert {place: Factor(one.times, round(one.doubt, 9)) for place, one in found.items()} == ends


@pytest.mark.parametrize(("count", "ends"), [(124, []), (125, [-1]), (76, []), (75, [-1])])
def test_one_months_end_counts_where_it_differs_by_two_deviations(count, ends):
    """Two of sqrt(0.005 + 1 / 100) are 24.5 percent."""
    days = [date(2026, 7, 31) - timedelta(days=day) for day in reversed(range(22))]
    counts = [100] * 20 + [100, count]
    assert list(habit_of(counts, days_of(days)).month_ends) == ends


@pytest.mark.parametrize(("count", "ends"), [(114, []), (115, [-1])])
def test_three_months_ends_count_where_they_differ_by_less(count, ends):
    """Two of sqrt((0.005 + 3 / 300) / 3) are 14.1 percent."""
    counts = [count if (day + timedelta(days=1)).day == 1 else 100 for day in SUMMER]
    assert list(habit_of(counts, days_of(SUMMER)).month_ends) == ends


def test_growth_of_weeks_is_shrunk_by_its_error():
    """Ten percent a week are log 1.1 / 7 a day; the error of a line through four weeks takes 9 percent of it."""
    weekly = [count for count in (1_000, 1_100, 1_210, 1_331) for _ in range(7)]
    assert habit_of(weekly, JULY).growth == nearly(log(1.1) / 7 * (1 - 0.0903295))
    assert habit_of(weekly[7:], JULY).growth == 0.0  # three weeks tell no growth


@pytest.mark.parametrize(("weeks", "growth"), [((100, 200, 400, 800), 0.03), ((800, 400, 200, 100), -0.03)])
def test_growth_is_three_percent_a_day_at_most(weeks, growth):
    assert habit_of([count for count in weeks for _ in range(7)], JULY).growth == growth


def test_growth_is_damped_from_the_first_day_on():
    assert grown(0.01, 0) == 1.0
    assert grown(0.01, -3) == nearly(exp(-0.03))
    assert grown(0.01, 1) == nearly(exp(0.01 * 0.98))
    assert grown(0.01, 2) == nearly(exp(0.01 * (0.98 + 0.98**2)))


@pytest.mark.parametrize(("quiet", "stopped"), [(11, False), (12, True)])
def test_a_key_of_every_other_day_has_stopped_when_it_rested_longer_than_once_in_a_thousand(quiet, stopped):
    """(1 - 0.9 x 20 / 39)^11 is 0.0011, and ^12 is 0.0006."""
    counts = [100, 0] * 19 + [100] + [0] * quiet
    assert habit_of(counts, days_of(SUMMER)).stopped is stopped


@pytest.mark.parametrize(("quiet", "unseen", "stopped"), [(6, 0, False), (7, 0, True), (7, 1, False), (8, 1, True)])
def test_a_key_of_every_day_has_stopped_after_a_week_that_was_observed(quiet, unseen, stopped):
    counts = [100] * 40 + [None] * unseen + [0] * (quiet - unseen)
    assert habit_of(counts, days_of(SUMMER)).stopped is stopped


HABIT = Habit(100.0, [1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5], {1: Factor(2.0, 0.1)}, 0.0, 0.05, 0.01, stopped=False)
AUTUMN = days_of([date(2026, 9, 29) + timedelta(days=day) for day in range(6)])  # Tuesday to Sunday


def test_a_day_to_come_is_level_times_weekday_times_months_end_and_scatters_by_both():
    still_open = [Open(1, 0.5), Open(2, 1.0), Open(4, 1.0)]
    found = outlook(HABIT, AUTUMN, 1, still_open)
    assert list(found.means) == [50, 200, 50]  # half a Wednesday, the first of October, a Saturday
    assert list(found.variances) == [nearly(300), nearly(200 + 0.15 * 200**2), nearly(50 + 0.05 * 50**2)]
    assert (list(found.swing), found.doubt) == ([50, 200, 50], 0.01)


def test_growth_counts_from_the_first_day_to_come():
    first, second = outlook(HABIT._replace(growth=0.01), AUTUMN, 0, [Open(0, 1.0), Open(1, 1.0)]).means
    assert (first, second) == (nearly(100 * exp(0.0098)), nearly(100 * exp(0.0098 + 0.01 * 0.98**2)))


def test_a_key_that_stopped_may_come_back_by_one_deviation_in_so_many():
    found = outlook(HABIT._replace(stopped=True), AUTUMN, 1, [Open(1, 1.0)])
    assert (list(found.means), list(found.variances), list(found.swing)) == ([0.0], [0.0], [100.0])
    assert found.doubt == nearly(1 / 7.84)


def test_the_range_of_one_day_is_that_of_its_deviations():
    """900 of its own; 0.01 + 0.01 + 0.0016 of its level; 0.0025 + 0.0004 + 0.0225 of all levels."""
    (one,) = paths([Outlook([100.0 * 3], [900.0], [300.0], 0.01)], [Open(0, 1.0)])
    deviation = (900 + 300**2 * (0.0216 + 0.0254)) ** 0.5
    assert one.low == nearly(300 - BELOW * deviation)
    assert one.mid == 300
    assert one.high == nearly(300 * exp(ABOVE * log(1 + (deviation / 300) ** 2) ** 0.5))


def test_what_was_reached_once_is_not_taken_back():
    first, second = paths([Outlook([100.0, 0.0], [0.0, 90_000.0], [0.0, 0.0], 0.0)], [Open(0, 1.0), Open(1, 1.0)])
    assert first.low == second.low > 0
    assert first.mid == second.mid == 100


def test_a_level_is_that_of_its_days_grown_since():
    """1,191.77 a day by weights that are halved in 21 days, 11.376 days ago, and 1.23858 percent more on each since."""
    weekly = [count for count in (1_000, 1_100, 1_210, 1_331) for _ in range(7)]
    assert habit_of(weekly, JULY).level == nearly(1_191.77 * exp(0.0123858 * 11.376))


def test_no_day_of_a_key_that_scatters_counts_for_more_than_nine_times_the_usual():
    """1,000 after eleven ones count for 9: of the weights of twelve days, 10.073, the last has 1."""
    assert habit_of([1] * 11 + [1_000], JULY).level == nearly((10.073 - 1 + 9) / 10.073)
