"""Keys that wake, keys that fall silent, and requests that fail: what is told, and what is habit or an outage."""

import pytest
from anomaly_builders import DAYS, LAST, a_watched, found, row_of, usual, with_days

WOKE = 90


def dormant(counts, **more):
    return [(one.first, one.sleep.quiet_days) for one in found(a_watched(counts, **more), kinds=["dormant"])]


def silent(counts, **more):
    return [(one.first, one.last) for one in found(a_watched(counts, **more), kinds=["silence"], first=93)]


def asleep(quiet: int, before=None):
    """Give a key that was used, slept for `quiet` days and woke on day 90."""
    counts = usual() if before is None else before
    return [0 if WOKE - quiet <= day < WOKE else count for day, count in enumerate(counts)]


@pytest.mark.parametrize(("quiet", "expected"), [(29, []), (30, [(WOKE, 30)]), (60, [(WOKE, 60)])])
def test_a_key_is_asleep_after_thirty_quiet_days(quiet, expected):
    assert dormant(asleep(quiet)) == expected


def test_one_request_wakes_a_key():
    counts = [0 if day > 50 else count for day, count in enumerate(usual())]
    assert dormant(with_days(counts, {WOKE: 1})) == [(WOKE, WOKE - 51)]


def test_a_key_that_was_never_used_before_does_not_wake():
    assert dormant([0] * WOKE + [50] * (DAYS - WOKE)) == []


def test_days_that_nobody_observed_are_no_quiet_days():
    counts = asleep(40)
    assert dormant(with_days(counts, dict.fromkeys(range(60, 80)))) == []
    assert dormant(with_days(counts, dict.fromkeys(range(60, 66)))) == [(WOKE, 34)]


@pytest.mark.parametrize("every", [7, 14, 30, 31, 35])
def test_a_job_that_runs_weekly_or_monthly_never_wakes(every):
    counts = [40 if day % every == 3 else 0 for day in range(DAYS)]
    assert dormant(counts) == []


@pytest.mark.parametrize(("woke", "expected"), [(181, []), (182, [(182, 116)])])
def test_a_job_that_runs_monthly_wakes_after_four_times_its_rest(woke, expected):
    runs = with_days([0] * 190, {5: 40, 35: 40, 65: 40, woke: 40})
    assert dormant(runs) == expected


def test_a_key_that_often_rests_must_rest_for_much_longer():
    seldom = [5 if day % 13 == 0 else 0 for day in range(58)]  # five runs, twelve quiet days between them
    slept = [*seldom, *[0] * (WOKE - 58), *[5] * (DAYS - WOKE)]
    assert dormant(slept) == []  # 37 days are no four times twelve
    assert dormant([*slept[:58], *[0] * 20, *slept[58:]]) == [(WOKE + 20, 57)]


def test_the_first_days_of_a_woken_key_are_its_story():
    (one,) = found(a_watched(asleep(40)), kinds=["dormant"])
    assert (one.first, one.last) == (WOKE, WOKE + 3)
    row = row_of(one, a_watched(asleep(40)))
    assert (row.kind, row.quiet_days, row.request_count) == ("dormant", 40, sum(usual()[WOKE : WOKE + 4]))
    assert (row.ratio, row.record_count, row.worst_count) == (None, None, max(usual()[WOKE : WOKE + 4]))


def test_a_long_sleep_makes_a_waking_more_severe():
    counts = [*usual(days=40), *[0] * 89, *[1_000] * 6]
    longer = [*usual(days=40), *[0] * 90, *[1_000] * 6]
    rows = [
        row_of(one, a_watched(some))
        for some in (counts, longer)
        for one in found(a_watched(some), kinds=["dormant"], first=100)
    ]
    assert [(row.quiet_days, row.severity) for row in rows] == [(89, "high"), (90, "critical")]


def test_a_key_that_calls_every_day_and_stops_is_silent():
    assert silent(with_days(usual(), dict.fromkeys(range(95, DAYS), 0))) == [(95, LAST)]


def test_a_silence_ends_when_the_key_calls_again_and_is_no_news_after_a_week():
    assert silent(with_days(usual(), {95: 0, 96: 0})) == [(95, 96)]
    assert silent(with_days(usual(), dict.fromkeys(range(90, DAYS), 0))) == [(90, LAST)]
    assert [
        one.news_until
        for one in found(a_watched(with_days(usual(), dict.fromkeys(range(90, DAYS), 0))), kinds=["silence"])
    ] == [96]


def test_silence_is_not_missing_data():
    assert silent(with_days(usual(), dict.fromkeys(range(95, DAYS)))) == []
    assert silent(with_days(usual(), dict.fromkeys(range(95, DAYS), 0)), whole=[day < 95 for day in range(DAYS)]) == []
    assert silent(with_days(usual(), {95: None, **dict.fromkeys(range(96, DAYS), 0)})) == [(96, LAST)]


def test_a_key_that_rests_at_weekends_is_not_silent_then():
    counts = usual(weekend=0)  # the last weekend are days 96 and 97
    assert counts[96] == counts[97] == 0
    assert silent(counts) == []
    assert silent(with_days(counts, {98: 0, LAST: 0})) == []


def test_a_key_of_few_requests_may_have_days_without_one():
    assert silent(with_days(usual(3), {98: 0, LAST: 0})) == []
    assert silent(with_days(usual(5.5), {98: 0, LAST: 0})) == []  # once in some ten million pairs of days
    assert silent(with_days(usual(40), {98: 0, LAST: 0})) == [(98, LAST)]


def test_one_day_without_a_request_is_no_silence():
    assert silent(with_days(usual(1000), {LAST: 0})) == []
    assert silent(with_days(usual(1000), {97: 0, 98: 7})) == []


def test_a_silence_tells_what_was_expected():
    key = a_watched(with_days(usual(), dict.fromkeys(range(95, DAYS), 0)))
    (one,) = found(key, kinds=["silence"], first=93)
    row = row_of(one, key)
    assert (row.request_count, row.worst_count, row.ratio, row.record_count) == (0, 0, 0.0, None)
    assert 90 < row.expected_count < 110


def failing(share: float, counts=None, *, days=(LAST,), key_id="key_1", seed=1, **more):
    """Give a key of which 1 % fails, but `share` on some days."""
    counts = usual(1_000, seed=seed) if counts is None else counts
    errors = [round(count * (share if day in days else 0.01)) for day, count in enumerate(counts)]
    return a_watched(counts, key_id, errors=errors, **more)


def bursts(*keys):
    return [(one.key_id, one.first, one.last) for one in found(*keys, kinds=["error_burst"])]


def test_errors_that_burst_are_found_with_their_figures():
    key = failing(0.3)
    (one,) = found(key)
    assert (one.kind, one.first, one.last) == ("error_burst", LAST, LAST)
    row = row_of(one, key)
    assert (row.request_count, row.error_count, row.error_percent) == (key.counts[LAST], key.errors[LAST], 30.0)
    assert row.ratio is None
    assert one.failing.share == pytest.approx(0.01, abs=0.001)


@pytest.mark.parametrize("share", [0.01, 0.02, 0.04, 0.048])
def test_a_few_more_errors_are_no_burst(share):
    assert bursts(failing(share)) == []


def test_errors_of_few_requests_are_no_burst():
    few = with_days(usual(1_000), {LAST: 19})
    assert bursts(failing(0.9, few)) == []
    assert bursts(failing(0.9, with_days(few, {LAST: 30}))) == [("key_1", LAST, LAST)]


def test_a_key_that_often_fails_must_fail_far_more_than_ever():
    counts = usual(1_000)
    errors = [round(count * (0.3 if day % 9 == 0 else 0.1)) for day, count in enumerate(counts)]
    for share, expected in ((0.4, []), (0.7, [("key_1", LAST, LAST)])):
        key = a_watched(counts, errors=with_days(errors, {LAST: round(counts[LAST] * share)}))
        assert bursts(key) == expected


def test_an_outage_of_the_team_is_nobodys_burst():
    outage = [failing(0.3, key_id=f"key_{one}", seed=one) for one in range(3)]
    assert bursts(*outage) == []
    alone = [failing(0.3), *(failing(0.01, key_id=f"peer_{one}", seed=one + 5) for one in range(3))]
    assert bursts(*alone) == [("key_1", LAST, LAST)]
    elsewhere = [failing(0.3), *(failing(0.3, key_id=f"peer_{one}", seed=one + 5, team="other") for one in range(3))]
    assert ("key_1", LAST, LAST) in bursts(*elsewhere[:2])


def test_a_large_team_is_judged_by_the_middle_of_it():
    half = [failing(0.3 if one < 5 else 0.01, key_id=f"key_{one}", seed=one) for one in range(10)]
    most = [failing(0.3 if one < 7 else 0.01, key_id=f"key_{one}", seed=one) for one in range(10)]
    assert len(bursts(*half)) == 5
    assert bursts(*most) == []


def test_errors_in_a_planned_time_are_no_burst():
    assert bursts(failing(0.3, planned=frozenset({LAST}))) == []


def test_a_key_with_little_use_before_has_no_usual_share_of_errors():
    assert bursts(failing(0.3, [0] * (LAST - 13) + usual(1_000, days=14))) == []
    assert bursts(failing(0.3, [0] * (LAST - 14) + usual(1_000, days=15))) == [("key_1", LAST, LAST)]


def test_a_burst_that_goes_on_is_one_finding_over_its_days_and_after_two_weeks_the_usual():
    assert bursts(failing(0.3, days=(80, 81, 82))) == [("key_1", 80, 82)]
    assert bursts(failing(0.3, days=range(80, DAYS))) == [("key_1", 80, 93)]


@pytest.mark.parametrize(("errors", "expected"), [(400, []), (460, [("key_1", LAST, LAST)])])
def test_a_burst_is_half_as_much_again_as_the_worst_before(errors, expected):
    before = with_days([10] * DAYS, {50: 300, LAST: errors})
    assert bursts(a_watched([1_000] * DAYS, errors=before)) == expected


@pytest.mark.parametrize(("errors", "expected"), [(290, []), (310, [("key_1", LAST, LAST)])])
def test_a_key_of_which_much_fails_must_fail_by_a_fifth_of_its_requests_more(errors, expected):
    assert bursts(a_watched([1_000] * DAYS, errors=with_days([100] * DAYS, {LAST: errors}))) == expected


def test_errors_that_scatter_must_be_rare_to_be_a_burst():
    scattered = [3 * (day % 3) for day in range(DAYS)]
    assert bursts(a_watched([30] * DAYS, errors=with_days(scattered, {LAST: 15}))) == []
    assert bursts(a_watched([30] * DAYS, errors=with_days(scattered, {LAST: 30}))) == [("key_1", LAST, LAST)]


def test_a_job_that_ran_once_before_may_rest_for_a_month():
    assert dormant(with_days([0] * DAYS, {45: 40, 76: 40})) == []
    assert dormant(with_days([0] * DAYS, {45: 40, 81: 40})) == []
    assert dormant(with_days([0] * DAYS, {45: 40, 82: 40})) == [(82, 36)]


def test_a_key_of_less_than_five_a_day_is_not_expected_to_call():
    week = dict.fromkeys(range(93, DAYS), 0)
    assert silent(with_days([4] * DAYS, week)) == []
    assert silent(with_days([6] * DAYS, week)) == [(93, LAST)]


def test_a_key_whose_name_began_anew_just_then_was_rotated():
    stopped = with_days(usual(), dict.fromkeys(range(95, DAYS), 0))
    old = a_watched(stopped, name="mailer")
    for born, expected in ((94, []), (80, [95])):
        new = a_watched([0] * born + usual()[born:], "key_2", name="mailer")
        assert [one.first for one in found(old, new, kinds=["silence"], first=93)] == expected


def test_a_search_for_several_kinds_finds_what_each_of_them_finds():
    key = failing(0.3, counts=with_days(usual(1_000), {80: 30_000}))
    assert [(one.kind, one.first) for one in found(key, kinds=["spike", "error_burst"])] == [
        ("spike", 80),
        ("error_burst", LAST),
    ]
