"""The days that sleep and silence are told by: which pause is long enough, which days are steady, what is a record."""

from datetime import date

import pytest
from anomaly_builders import DAYS, LAST, a_search, a_watched, found, roll_of, usual, with_days

from edgedns_mcp.domain.anomalies.baseline import HOURLY
from edgedns_mcp.domain.anomalies.candidates import candidates, is_used_often
from edgedns_mcp.domain.anomalies.dormancy import are_steady, is_steady, wakes
from edgedns_mcp.domain.anomalies.failing import Errors, makes_enough
from edgedns_mcp.domain.anomalies.looks import busy, steady
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


@pytest.mark.parametrize(
    ("every", "pause", "woke"),
    [
        (1, 10, True),  # (1 - 60 / 70)^30 is rare, and 30 days are one and a half times the longest pause
        (1, 20, True),
        (1, 21, False),
        (4, 10, False),  # (1 - 16 / 68)^30 is not
    ],
)
def test_a_longer_pause_than_ever_is_a_sleep_of_a_key_that_is_used_often(every, pause, woke):
    before = [*range(0, 30, every)]
    after = [*range(before[-1] + pause + 1, before[-1] + pause + 31, every)]
    counts = with_days([0] * 120, dict.fromkeys((*before, *after, after[-1] + 31), 100))
    assert [one.sleep.quiet_days for one in found(a_watched(counts), kinds=["dormant"], first=31)] == [30] * woke


@pytest.mark.parametrize(("runs", "woke"), [(8, False), (9, True)])
def test_a_job_that_ran_eight_times_may_rest_for_35_days(runs, woke):
    last = 5 * (runs - 1)
    counts = with_days([0] * DAYS, {5 * run: 9 for run in range(runs)} | {last + 36: 9})
    assert [one.first for one in found(a_watched(counts), kinds=["dormant"], first=50)] == [last + 36] * woke


def test_a_run_goes_on_over_a_pause_of_two_days():
    for second, woke in ((39, [74]), (40, [])):
        counts = with_days([0] * DAYS, {36: 9, second: 9, 74: 9})
        assert [one.first for one in found(a_watched(counts), kinds=["dormant"])] == woke


def test_a_key_that_never_paused_had_no_longest_pause():
    (one,) = found(a_watched([0 if 40 <= day < 80 else 9 for day in range(DAYS)]), kinds=["dormant"])
    assert one.sleep.longest_days == 0


def test_a_waking_with_a_plan_is_news():
    counts = [0 if 40 <= day < 90 else 9 for day in range(DAYS)]
    search = a_search(key := a_watched(counts, planned=frozenset({5})))
    assert search.with_news(["key_1"], ["dormant"], 60, range(80, DAYS)) == ["key_1"]
    assert search.is_news(key, ["dormant"], 60, range(80, DAYS))


@pytest.mark.parametrize(("first", "told"), [(92, [86]), (93, [])])
def test_a_silence_is_news_for_a_week(first, told):
    key = a_watched(with_days(FLAT, dict.fromkeys(range(86, DAYS), 0)))
    assert [one.first for one in found(key, kinds=["silence"], first=first)][:1] == told


@pytest.mark.parametrize(("requests", "expected"), [(20, []), (19, [LAST])])
def test_the_worst_before_is_that_of_days_with_twenty_requests(requests, expected):
    key = a_watched(
        with_days([1_000] * DAYS, {50: requests}), errors=with_days([0] * DAYS, {50: requests // 2, LAST: 300})
    )
    assert [one.first for one in found(key, kinds=["error_burst"])] == expected


@pytest.mark.parametrize(
    ("counts", "at", "enough"),
    [
        ([20] * 14, 14, True),
        ([20] * 14, 13, False),
        ([20] * 13 + [19], 14, False),
        ([20] * 14 + [0] * 84, 98, False),
        ([0] * 14 + [20] * 14 + [0] * 70, 98, True),
    ],
)
def test_a_share_is_usual_after_fourteen_days_of_twenty_requests_in_twelve_weeks(counts, at, enough):
    assert makes_enough(counts, at, 1) is enough


def test_keys_that_made_enough_are_those_of_the_last_weeks():
    keys = [a_watched([20] * DAYS), a_watched([19] * DAYS, "few"), a_watched([0] * 5 + [20] * 95, "late")]
    keys.append(a_watched([20] * DAYS, "planned", planned=frozenset(range(DAYS))))
    roll = roll_of(keys)
    assert busy(roll, Errors(roll), [*roll], 14) == {"key_1"}
    assert busy(roll, Errors(roll), [*roll], 13) == set()
    assert busy(roll, Errors(roll), [*roll], 19) == {"key_1", "late"}


def test_keys_are_steady_before_any_of_the_days_that_are_asked_for():
    begun, few = a_watched([10] * 50 + [0] * 50), a_watched([4] * DAYS, "few")
    roll = roll_of([begun, few, a_watched([10, 0] * 50, "by_turns")])
    assert steady(roll, [*roll], range(28, DAYS)) == {"key_1"}
    assert steady(roll, [*roll], [50]) == {"key_1"}
    assert steady(roll, [*roll], [51]) == set()


def test_days_that_nobody_observed_make_no_key_unsteady_that_did_nothing_then():
    unseen = dict.fromkeys((50, 60))
    roll = roll_of([a_watched(with_days([10] * DAYS, unseen)), a_watched(with_days([10] * DAYS, {50: None}), "seen")])
    assert roll.blind == [50, 60]
    idle = a_watched(with_days([10] * DAYS, unseen | {65: 0}), "idle")
    roll = roll_of([roll["key_1"], roll["seen"], idle])
    assert steady(roll, [*roll], [78]) == {"key_1", "seen"}
    assert steady(roll, [*roll], [94]) == {"key_1", "seen", "idle"}


def test_a_row_tells_how_many_days_were_observed_since_a_key_was_born():
    unseen = dict.fromkeys((10, 50))
    keys = [
        a_watched(with_days(FLAT, unseen)),
        a_watched(with_days(FLAT, {10: None}), "seen"),
        a_watched(with_days([0] * 20 + FLAT[20:], unseen), "late"),
        a_watched(with_days(FLAT, unseen), "planned", planned=frozenset(range(20, 30))),
        a_watched([0] * 10 + [None] + [0] * 39 + [None] + [0] * 49, "never"),
    ]
    roll = roll_of(keys)
    assert [*roll.history_days([*roll], 60)] == [58, 59, 39, 48, 0]
    assert [*roll_of(keys[1:2]).history_days(["seen"], 60)] == [59]
    assert [*roll_of([a_watched(FLAT)]).history_days(["key_1"], 60)] == [60]


def test_a_sample_of_a_team_leaves_out_small_keys_and_is_in_no_order_of_ids():
    keys = [a_watched([20 + at] * 3, f"key_{at:02}") for at in range(25)]
    roll = roll_of([*keys, a_watched([19] * 3, "small"), a_watched([50] * 3, "else", team="growth")])
    drawn = roll.sample("payments", 20.0)
    assert sorted(drawn) == [key.key_id for key in keys]
    assert drawn != sorted(drawn)
    assert drawn == roll_of([*reversed(keys)]).sample("payments", 20.0) == roll.sample("payments", 20.0)
    assert len(roll.sample("payments", 30.0)) == 15
    assert roll.sample("growth", 20.0) == ["else"]


def test_days_counted_together_are_told_unless_a_plan_touches_them():
    gap = Gap(80, 82, 30_000)
    counts = with_days(FLAT, dict.fromkeys(range(80, 83)))
    for planned, told in (({79, 83}, True), ({80}, False), ({82}, False)):
        key = a_watched(counts, gaps=(gap,), planned=frozenset(planned))
        spikes = [(one.first, one.last, one.size) for one in found(key, kinds=["spike"])]
        assert spikes == [(80, 82, 30_000)] * told


@pytest.mark.parametrize(("used", "often"), [(13, True), (12, False)])
def test_a_key_that_is_used_on_half_of_its_days_is_used_often(used, often):
    counts = [1] * used + [0] * (26 - used) + [9]
    assert is_used_often(a_watched([0, 0, *counts], born=2), 28) is often


def test_a_day_with_the_least_that_a_spike_adds_is_looked_at():
    key = a_watched(with_days([0] * 17, {2: 1, 16: 15}), born=0)
    assert candidates(key, 16, 17, 15, 1.5) == [16]
    assert candidates(key, 16, 17, 16, 1.5) == []


def test_by_hours_no_burst_is_left_out_of_a_record():
    key = a_watched(with_days([20] * (24 * 40), {100: 900}), rhythm=HOURLY, first=date(2026, 9, 3))
    assert [max(key.ordinary(at)) for at in (600, 772, 773)] == [900, 900, 20]  # 28 days later it is forgotten


def test_days_of_hours_are_counted_from_the_first():
    key = a_watched([5] * 60, rhythm=HOURLY, planned=frozenset({0}))
    assert (key.calendar.days[:25], key.calendar.days[59]) == ([0] * 24 + [1], 2)
    assert [key.history_days(at) for at in (24, 25, 50)] == [0, 1, 2]
    assert [a_watched([5] * 60, rhythm=HOURLY).history_days(at) for at in (23, 24, 50)] == [0, 1, 2]


@pytest.mark.parametrize(
    ("requests", "errors", "may_be"),
    [(20, 8, True), (19, 8, False), (20, 7, False), (160, 8, True), (161, 8, False), (400, 19, False), (400, 20, True)],
)
def test_a_burst_may_go_on_where_enough_requests_failed_the_day_before_and_then(requests, errors, may_be):
    key = a_watched([requests] * DAYS, errors=[errors] * DAYS)
    assert Errors(roll_of([key])).is_news(key, 90, 91) is may_be


@pytest.mark.parametrize(("until", "told"), [(90, []), (91, []), (92, [86]), (95, [86])])
def test_a_silence_that_was_over_before_the_search_is_no_news(until, told):
    key = a_watched(with_days(FLAT, dict.fromkeys(range(86, until + 1), 0)))
    assert [one.first for one in found(key, kinds=["silence"], first=92)][:1] == told


def test_only_the_days_of_a_silence_make_it_unlikely():
    quiet_before = [5, *[0] * 20, *[6] * 77, 0, 0]
    assert found(a_watched(quiet_before), kinds=["silence"], first=93) == []


def test_a_burst_that_is_no_record_was_no_quiet_day_either():
    assert a_watched(with_days(FLAT, {45: 3_000})).ordinary(LAST)[44:47] == [100, -1, 100]
