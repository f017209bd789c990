"""Tails of the negative binomial and of Student's t, against sums of exact probabilities and closed forms."""

from decimal import Decimal, getcontext
from itertools import pairwise
from math import atan, comb, fsum, pi, sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.domain.anomalies.tails import above, at_least, at_most, range_of

getcontext().prec = 60

MEANS = (0.1, 1.0, 7.3, 100.0, 2500.0)
DISPERSIONS = (0.01, 0.1, 0.7, 3.0, 50.0)


def chances(most: int, mean: float, dispersion: float) -> list[Decimal]:
    """Give P(Y = 0) to P(Y = most), each from the one before."""
    shape, product = 1 / Decimal(dispersion), Decimal(dispersion) * Decimal(mean)
    found = [(1 / (1 + product)) ** shape]
    for count in range(most):
        found.append(found[-1] * (count + shape) / (count + 1) * product / (1 + product))
    return found


def by_successes(count: int, mean: int, shape: int) -> Decimal:
    """Give P(Y >= count) for a whole 1 / dispersion: fewer than `shape` successes in count + shape - 1 trials."""
    success, trials = Decimal(shape) / (shape + mean), count + shape - 1
    return sum(comb(trials, one) * success**one * (1 - success) ** (trials - one) for one in range(shape))


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize("dispersion", DISPERSIONS)
def test_both_tails_are_the_sums_of_exact_probabilities(mean, dispersion):
    most = int(2 * mean) + 40
    below = Decimal(0)
    for count, chance in enumerate(chances(most, mean, dispersion)):
        if count % 7 == 0 or count < 4:
            assert at_least(count, mean, dispersion) == pytest.approx(float(1 - below), rel=1e-9)
            assert at_most(count, mean, dispersion) == pytest.approx(float(below + chance), rel=1e-9)
        below += chance


@pytest.mark.parametrize(
    ("count", "mean", "shape"),
    [
        (10_000, 100, 100),
        (200, 100, 100),
        (400, 100, 10),
        (10_000, 100, 2),
        (25, 1, 1),
        (1_000_000, 100, 1),
        (60, 7, 4),
    ],
)
def test_chances_far_too_small_to_be_left_from_1_are_right(count, mean, shape):
    exact = float(by_successes(count, mean, shape))
    assert exact < 1e-3
    assert at_least(count, mean, 1 / shape) == pytest.approx(exact, rel=1e-9)


@pytest.mark.parametrize(("count", "mean"), [(1_500_000, 1_000_000), (1_000_000, 1_000_000), (3_000_000, 1_000_000)])
def test_a_million_requests_a_day_are_weighed_as_well(count, mean):
    assert at_least(count, mean, 0.01) == pytest.approx(float(by_successes(count, mean, 100)), rel=1e-7)


def test_no_request_of_a_million_is_as_rare_as_the_first_probability():
    (none,) = chances(0, 1e6, 50.0)
    assert at_most(0, 1e6, 50.0) == pytest.approx(float(none), rel=1e-9)
    assert at_most(0, 1e6, 0.01) == pytest.approx(float(chances(0, 1e6, 0.01)[0]), rel=1e-9)


def test_at_least_none_is_certain_and_beyond_all_measure_is_impossible():
    assert at_least(0, 1e6, 0.01) == at_least(0, 0.1, 50.0) == 1.0
    assert at_least(10**12, 0.1, 0.01) == 0.0
    assert at_most(10**12, 100, 0.01) == 1.0


@given(
    count=st.integers(0, 20_000),
    mean=st.floats(0.1, 1e6),
    dispersion=st.floats(0.01, 50),
)
def test_chances_lie_between_0_and_1_fall_with_the_count_and_rise_with_the_mean(count, mean, dispersion):
    chance = at_least(count, mean, dispersion)
    assert 0 <= chance <= 1
    assert at_least(count + 1, mean, dispersion) <= chance * (1 + 1e-9) + 1e-12
    assert at_least(count, mean * 1.1, dispersion) >= chance * (1 - 1e-9) - 1e-12
    assert chance + at_most(count - 1, mean, dispersion) == pytest.approx(1) if count else chance == 1


@pytest.mark.parametrize(
    ("value", "freedom", "chance"),
    [
        (2.228138851964939, 10, 0.025),  # tables of the t distribution
        (1.812461122811676, 10, 0.05),
        (3.169272667175838, 10, 0.005),
        (2.042272456301238, 30, 0.025),
        (12.706204736432095, 1, 0.025),
    ],
)
def test_students_t_has_the_values_of_the_tables(value, freedom, chance):
    assert above(value, freedom) == pytest.approx(chance, rel=1e-8)


@pytest.mark.parametrize("value", [0.01, 0.5, 1.0, 3.0, 20.0, 1e3, 1e6])
def test_students_t_is_the_closed_form_of_one_and_of_two_degrees(value):
    root = sqrt(value * value + 2)
    assert above(value, 1) == pytest.approx(atan(1 / value) / pi, rel=1e-9)
    assert above(value, 2) == pytest.approx(1 / (root * (root + value)), rel=1e-9)
    assert above(-value, 2) == pytest.approx(1 - 1 / (root * (root + value)), rel=1e-9)


def test_students_t_falls_with_the_value_and_is_a_half_in_the_middle():
    found = [above(one / 4, 5) for one in range(-40, 41)]
    assert all(one > other for one, other in pairwise(found))
    assert above(0, 5) == pytest.approx(0.5)


@pytest.mark.parametrize("mean", MEANS)
@pytest.mark.parametrize("dispersion", DISPERSIONS)
@pytest.mark.parametrize("outside", [0.05, 0.2])
def test_a_range_holds_its_part_and_would_not_if_it_ended_earlier(mean, dispersion, outside):
    low, high = range_of(mean, dispersion, outside)
    every = [float(one) for one in chances(high, mean, dispersion)]
    below, to_high, last = fsum(every[:low]), fsum(every), every[high]
    assert below < outside / 2
    assert to_high >= 1 - outside / 2 > to_high - last
    assert to_high - below >= 1 - outside


def test_a_range_of_a_million_is_found_too():
    low, high = range_of(1e6, 0.01)
    assert (round(low, -3), round(high, -3)) == (814_000, 1_205_000)
    assert range_of(0.1, 0.01) == (0, 1)
