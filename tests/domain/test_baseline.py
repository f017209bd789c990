"""What is usual, learnt from so few buckets that it can be reckoned by hand: level, rhythm and scatter."""

import pytest
from anomaly_builders import DAYS, a_watched, with_days

from edgedns_mcp.domain.anomalies.baseline import DAILY, HOURLY, Baseline, Rhythm, learn

ALIKE, TWO = Rhythm(bins=1, window=84, half_life=28, lately=14), Rhythm(bins=2, window=84, half_life=28, lately=14)


def learnt(counts, rhythm=ALIKE, weights=None) -> tuple[float, list[float], float, int]:
    points = [(weights[at] if weights else 1.0, at % rhythm.bins, count) for at, count in enumerate(counts)]
    level, factors, dispersion, number = learn(points, rhythm)
    return level, list(factors), dispersion, number


def nearly(figure: float):
    return pytest.approx(figure, rel=1e-5)


def test_a_rhythm_is_shrunk_by_what_it_is_learnt_from():
    """Five buckets of each kind, 150 and 50: 1 + (5 x 0.3) / (5 x 0.3 + 1 / 100 + 0.01) x 0.5."""
    assert learnt([150, 50] * 5, TWO) == (nearly(100), [nearly(1.493421), nearly(0.506579)], 0.01, 10)


def test_scatter_is_the_mean_of_that_around_the_level_and_that_from_bucket_to_bucket():
    """50 and 150 by turns: 2,400 / 10,000 around 100, (10,000 - 200) / 2 / 7,500 in succession; median 100 x 1.132."""
    assert learnt([50, 150] * 10) == (nearly(113.1993), [1.0], nearly((0.24 * 49 / 75) ** 0.5), 20)


def test_what_stands_out_weighs_less():
    """One 1,000 after nineteen 100: 2.58 deviations of 196.15 are 506 of the 855 above the mean, squared 0.35."""
    level, _, dispersion, _ = learnt([100] * 19 + [1_000])
    assert dispersion == nearly(0.828895)
    assert level == nearly(100 * (1 + 0.828895 / 3))  # the median of the last fourteen, for the mean is 116


def test_old_buckets_weigh_less():
    """A level of (0.5 x 100 + 400) / 1.5; around it 49,400 / 180,000, in succession 44,750 / 40,000."""
    assert learnt([100, 400], weights=[0.5, 1.0]) == (nearly(300), [1.0], nearly((0.247 / 0.9 * 1.11875) ** 0.5), 2)


@pytest.mark.parametrize(("before", "since", "is_new"), [(60, 6, False), (60, 8, True), (5, 8, False), (6, 8, True)])
def test_a_level_that_most_of_the_last_fourteen_buckets_had_is_the_level(before, since, is_new):
    level, _, dispersion, _ = learnt([100] * before + [300] * since)
    assert (level == nearly(300 * (1 + min(dispersion, 1.0) / 3))) is is_new
    assert (level >= 300) is is_new


def test_nothing_is_learnt_of_nothing_and_a_key_without_use_is_expected_to_make_a_tenth():
    assert learn([], ALIKE) is None
    level, factors, dispersion, number = learnt([0] * 20)
    assert (level, factors, number) == (0.0, [1.0], 20)
    assert Baseline(level, factors, dispersion, number).mean(0) == 0.1


def test_a_kind_of_bucket_that_was_never_seen_is_like_the_others():
    points = [(1.0, 0, 100)] * 10
    assert learn(points, TWO).factors == [1.0, 1.0]


def test_what_is_expected_is_the_level_times_its_factor_and_its_range_that_of_so_many_times_as_much():
    usual = Baseline(100.0, [1.5, 0.0001], 0.01, 20)
    assert (usual.mean(0), usual.mean(1)) == (150.0, 0.1)
    assert usual.span(0) == (114, 190)
    low, high = usual.span(0, 2.0)
    assert low < 300 < high
    assert low > 190


def test_a_weight_is_halved_by_half_a_life():
    assert (DAILY.weight(0), DAILY.weight(28), DAILY.weight(84)) == (1.0, 0.5, 0.125)
    assert (HOURLY.weight(14 * 24), len(HOURLY.weights)) == (0.5, 28 * 24 + 1)


def test_a_key_is_learnt_from_its_last_twelve_weeks_without_month_ends_and_unseen_days():
    counts = with_days([100] * DAYS, {10: 5_000, 20: None})
    learnt_from = a_watched(counts, whole=[day != 50 for day in range(DAYS)]).baseline(95)
    assert learnt_from.points == 84 - 2 - 9  # days 20 and 50; the ends and begins of three months
    assert learnt_from.level == nearly(301 / 3)
    assert a_watched([0] * 50 + [100] * 50).baseline(50) is None
    assert a_watched([0] * 50 + [100] * 50).baseline(51).points == 1


def test_a_kind_that_was_not_seen_does_not_hide_the_next():
    three = Rhythm(bins=3, window=84, half_life=28, lately=14)
    points = [(1.0, 0, 150)] * 5 + [(1.0, 2, 50)] * 5
    assert learn(points, three).factors == [nearly(1.493421), 1.0, nearly(0.506579)]
