"""The days that sleep and silence are told by: which pause is long enough, which days are steady, what is a record."""

import pytest
from anomaly_builders import DAYS, LAST, a_search, a_watched, found, usual, with_days

from edgedns_mcp.domain.anomalies.candidates import candidates
from edgedns_mcp.domain.anomalies.dormancy import are_steady, is_steady, wakes
from edgedns_mcp.domain.anomalies.watched import Gap

FLAT = [100] * DAYS


@pytest.mark.parametrize(
    ("counts", "steady"),
    [
        ([5] * 28, True),
        ([5] * 27 + [4], False),  # less than five a day
        ([1] * 27 + [113], True),
        ([5] * 21, True),
        ([5] * 20, False),  # three quarters of the days are needed
        ([100] * 27 + [0], False),
    ],
)
def test_a_key_is_steady_by_five_requests_a_day_and_none_without(counts, steady):
    assert are_steady(counts) is steady


def test_only_the_last_four_weeks_make_a_key_steady_and_no_planned_day_counts():
    counts = [0] * 50 + [10] * 28 + [0] * 22
    assert is_steady(a_watched(counts), 78)
    assert not is_steady(a_watched(counts), 77)
    assert is_steady(a_watched(with_days(counts, {60: 0}), planned=frozenset({60})), 78)
    assert not is_steady(a_watched(with_days(counts, {60: 0}), planned=frozenset({61})), 78)


@pytest.mark.parametrize(
    ("counts", "at", "end", "woke"),
    [
        ([1, *[0] * 30, 1], 5, 32, True),
        ([1, *[0] * 30, 1], 1, 32, True),
        ([1, *[0] * 30, 1], 30, 32, True),
        ([1, *[None] * 30, 1], 5, 32, True),
        ([1, *[0] * 29, 1], 5, 31, False),  # a day too short
        ([0, *[0] * 30, 1], 5, 32, False),  # never used before
        ([1, *[0] * 30, 1], 5, 31, False),  # woke after the search
        ([1, *[0] * 31], 5, 32, False),  # not yet awake
    ],
)
def test_a_pause_of_thirty_days_between_two_uses_ends_in_waking(counts, at, end, woke):
    assert wakes(counts, at, end) is woke


def test_a_key_may_wake_on_the_first_day_that_is_searched():
    counts = [0 if 40 <= day < 90 else count for day, count in enumerate(usual())]
    for first, expected in ((90, [90]), (91, [])):
        assert [one.first for one in found(a_watched(counts), kinds=["dormant"], first=first)] == expected


def test_a_sleep_tells_the_day_before_it_how_long_it_was_and_the_longest_pause_until_then():
    counts = [0 if 20 <= day < 25 or 40 <= day < 80 else 9 for day in range(DAYS)]
    (one,) = found(a_watched(counts), kinds=["dormant"])
    assert one.sleep == (80, 39, 40, 5)
    assert (one.first, one.last, one.peak, one.size) == (80, 83, 80, 36)


def test_a_key_of_few_days_may_rest_for_a_month_if_it_then_ran_for_three_days_at_most():
    for run, woke in ((3, []), (4, [74])):
        counts = with_days([0] * DAYS, dict.fromkeys(range(40 - run, 40), 9) | {74: 9})
        assert [one.first for one in found(a_watched(counts), kinds=["dormant"])] == woke


def test_a_silence_is_as_large_as_what_was_expected_of_its_days():
    (one,) = found(a_watched(with_days(FLAT, dict.fromkeys(range(95, DAYS), 0))), kinds=["silence"], first=93)
    assert (one.first, one.last, one.size) == (95, LAST, pytest.approx(100, rel=0.02))


@pytest.mark.parametrize(("born", "rotated"), [(82, False), (83, True), (97, True), (98, False)])
def test_a_key_of_the_same_name_that_began_within_a_week_took_over(born, rotated):
    old = a_watched(with_days(FLAT, dict.fromkeys(range(90, DAYS), 0)), name="mailer")
    new = a_watched([0] * born + FLAT[born:], "key_2", name="mailer")
    silences = [one.key_id for one in found(old, new, kinds=["silence"], first=93)]
    assert silences == ["key_1"] * (not rotated)


def test_the_size_of_a_burst_is_what_failed_beyond_the_usual():
    errors = with_days([10] * DAYS, {LAST: 300})
    (one,) = found(a_watched([1_000] * DAYS, errors=errors), kinds=["error_burst"])
    assert (one.size, one.failing.share, one.failing.record) == (pytest.approx(290), pytest.approx(0.01), 0.01)


def a_peer(number: int, errors: int, requests: int = 1_000):
    usually = requests // 100
    return a_watched([requests] * DAYS, f"peer_{number}", errors=with_days([usually] * DAYS, {LAST: errors}))


@pytest.mark.parametrize(
    ("peers", "times"),
    [
        ([a_peer(1, 20)], 1.0),  # one other is no team
        ([a_peer(1, 20), a_peer(2, 14)], 1.2),  # (1.4 + 1) / (1 + 1) percent, the lower of two
        ([a_peer(1, 20), a_peer(2, 0)], 0.5),
        ([a_peer(1, 20), a_peer(2, 14), a_peer(3, 16)], 1.2),
        ([a_peer(1, 20), a_peer(2, 14), a_peer(3, 16), a_peer(4, 18)], 1.3),
        ([a_peer(number, 10 + number) for number in range(8)], 1.175),  # of many, the middle
        ([a_peer(1, 20), a_peer(2, 0, 20)], 10 / 11),  # where hardly anything fails, 0.1 percent is usual
        ([a_peer(1, 20), a_peer(2, 0, 19)], 1.0),  # too few requests to say anything
    ],
)
def test_a_burst_says_how_many_times_the_usual_its_team_failed(peers, times):
    key = a_watched([1_000] * DAYS, errors=with_days([10] * DAYS, {LAST: 300}))
    burst = next(one for one in found(key, *peers, kinds=["error_burst"]) if one.key_id == "key_1")
    assert burst.failing.team == pytest.approx(times)


def test_the_highest_day_of_a_key_is_the_first_of_those_that_are_alike():
    assert a_watched(with_days(FLAT, {40: 900, 50: 900})).highest(LAST) == (900, 40)
    assert a_watched(with_days([0] * DAYS, {LAST: 5})).highest(LAST) is None
    assert a_watched([None, None, 5], born=0).highest(2) is None
    assert a_watched(FLAT).highest(0) is None


@pytest.mark.parametrize(
    ("bursts", "record"),
    [
        ({45: 3_000}, 100),
        ({43: 1_000, 45: 3_000}, 100),  # one burst, of three days
        ({45: 3_000, 47: 1_000}, 100),
        ({42: 1_000, 45: 3_000}, 1_000),  # two bursts, of which the higher is left out
        ({45: 3_000, 48: 1_000}, 1_000),
        (dict.fromkeys(range(45, 48), 3_000), 100),
        (dict.fromkeys(range(45, 49), 3_000), 3_000),  # four days are no burst
        ({45: 3_000, 62: 1_499}, 1_499),
        ({45: 3_000, 62: 1_500}, 3_000),  # no more than twice all else
        ({62: 1_499, 75: 3_000}, 1_499),
        ({62: 1_500, 75: 3_000}, 3_000),
        ({84: 3_000}, 100),
        ({85: 3_000}, 3_000),  # two weeks ago: not old
    ],
)
def test_a_record_leaves_out_one_old_burst(bursts, record):
    assert max(a_watched(with_days(FLAT, bursts)).ordinary(LAST)) == record


def test_a_burst_is_old_only_for_a_key_of_thirty_days_and_not_for_month_ends():
    for begun, record in ((2, 100), (3, 3_000)):
        assert max(a_watched([0] * begun + with_days(FLAT, {5: 3_000})[begun:]).ordinary(32)) == record
    assert max(a_watched(with_days(FLAT, {5: 3_000})).ordinary(91)) == 3_000  # the last of August


@pytest.mark.parametrize(("count", "listed"), [(30, []), (31, [16])])
def test_a_day_is_looked_at_that_beats_the_second_highest_of_its_weekday(count, listed):
    key = a_watched(with_days([0] * 17, {2: 20, 9: 40, 16: count}), born=0)
    assert candidates(key, 16, 17, 15, 1.5) == listed


def test_a_key_that_does_its_usual_or_always_fails_as_often_has_no_news():
    calm = a_watched(usual())
    often = a_watched([100] * DAYS, "often", errors=[20 * (day % 2) for day in range(DAYS)])
    search = a_search(calm, often)
    window = range(90, DAYS)
    for kind in ("spike", "error_burst", "dormant", "silence"):
        assert search.with_news(["key_1", "often"], [kind], 60, window) == []
        assert not any(search.is_news(key, [kind], 60, window) for key in (calm, often))


def test_days_counted_together_are_news_where_the_last_of_them_lies_in_the_window():
    gap = Gap(80, 82, 30_000)
    key = a_watched(with_days(FLAT, dict.fromkeys(range(80, 83))), gaps=(gap,))
    search = a_search(key)
    told = [first for first in range(78, 86) if search.is_news(key, ["spike"], first, range(first, first + 1))]
    assert told == [82]
    usual_days = a_watched(with_days(FLAT, dict.fromkeys(range(80, 83))), gaps=(gap._replace(requests=300),))
    assert not a_search(usual_days).is_news(usual_days, ["spike"], 60, range(60, DAYS))
