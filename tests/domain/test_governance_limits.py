"""Limits and budgets from a key's own history, and services that share a key."""

from random import Random

import pytest
from governance_builders import NOW, ago, at, hour_cell, tally
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.domain.cells import DAY_S, HOUR_S
from edgedns_mcp.domain.governance.limits import Counts, burst_days, counts, proposal, rounded_up
from edgedns_mcp.domain.governance.mixture import group_of, may_be_several, several_services
from edgedns_mcp.models import Reason

UNTIL = at(NOW)
TODAY = UNTIL // DAY_S * DAY_S


def hours_of(figures) -> Counts:
    """Give counts of the hours up to now, the newest last."""
    first = UNTIL - len(figures) * HOUR_S
    return Counts(HOUR_S, {first + place * HOUR_S: count for place, count in enumerate(figures)})


def days_of(figures) -> Counts:
    first = TODAY - len(figures) * DAY_S
    return Counts(DAY_S, {first + place * DAY_S: count for place, count in enumerate(figures)})


@pytest.mark.parametrize(("count", "rounded"), [(0, 0), (7, 7), (99, 99), (100, 100), (101, 110), (12_345, 13_000)])
def test_limits_are_rounded_up_to_two_significant_digits(count, rounded):
    assert rounded_up(count) == rounded


def test_the_limit_is_twice_the_99th_percentile_or_half_more_than_the_record():
    steady = proposal(hours_of([100] * 90 * 24), days_of([2_400] * 90))
    assert steady is not None
    assert (steady.per, steady.limit_count, steady.p99_count, steady.record_count) == ("hour", 200, 100, 100)
    peaky = proposal(hours_of([*[10] * (90 * 24 - 1), 101]), days_of([240] * 90))
    assert peaky is not None
    assert (peaky.limit_count, peaky.p99_count, peaky.record_count) == (160, 10, 101)
    assert (peaky.tested, peaky.blocked, peaky.burst_start) == (2_160, 0, None)


def test_a_limit_is_tried_on_hours_that_it_was_not_learnt_from():
    busier_then = [*[900] * 5, *[100] * (90 * 24 - 5)]
    found = proposal(hours_of(busier_then), days_of([2_400] * 90))
    assert found is not None
    assert (found.limit_count, found.tested, found.blocked) == (200, 2_160, 5)


@pytest.mark.parametrize(("hours_ago", "record", "blocked"), [(672, 101, 0), (673, 10, 1)])
def test_the_record_is_that_of_28_days_to_the_hour(hours_ago, record, blocked):
    figures = [10] * 62 * 24
    figures[-hours_ago] = 101
    found = proposal(hours_of(figures), days_of([240] * 62))
    assert found is not None
    assert (found.record_count, found.blocked) == (record, blocked)


def test_an_hour_at_the_limit_is_not_blocked():
    found = proposal(hours_of([*[20] * 5, *[10] * 60 * 24]), days_of([240] * 60))
    assert found is not None
    assert (found.limit_count, found.blocked) == (20, 0)


def test_a_short_burst_is_left_out_and_its_hours_are_told_apart():
    figures = [10] * 90 * 24
    start = TODAY - 3 * DAY_S
    hours = hours_of(figures)
    for place in range(48):
        hours.by_start[start + place * HOUR_S] = 5_000
    days = days_of([240] * 90)
    days.by_start[start] = days.by_start[start + DAY_S] = 120_000
    found = proposal(hours, days)
    assert found is not None
    assert (found.limit_count, found.blocked, found.blocked_in_burst) == (20, 0, 48)
    assert (found.burst_start and at(found.burst_start), found.monthly_budget) == (start, 8_700)


def test_a_month_end_that_comes_back_is_no_burst():
    days = days_of([100] * 90)
    for back in (5, 6, 35, 36, 66, 67):
        days.by_start[TODAY - back * DAY_S] = 800
    assert burst_days(days.by_start) == frozenset()
    found = proposal(Counts(HOUR_S, {}), days)
    assert found is not None
    assert (found.per, found.record_count, found.limit_count, found.blocked) == ("day", 800, 1_600, 0)


def test_a_few_requests_are_no_burst():
    assert burst_days(days_of([*[1] * 30, 40]).by_start) == frozenset()
    assert len(burst_days(days_of([*[1] * 30, 100]).by_start)) == 1
    assert burst_days(days_of([*[1] * 15, 100]).by_start) == frozenset()
    assert len(burst_days(days_of([*[1] * 16, 100]).by_start)) == 1


@pytest.mark.parametrize(
    ("hot", "found"), [([201], 1), ([200], 0), ([201] * 3, 3), ([201] * 4, 0), ([500, 90, 500], 2)]
)
def test_a_burst_is_up_to_three_days_each_more_than_twice_every_other(hot, found):
    assert len(burst_days(days_of([*[100] * 30, *hot, *[100] * 10]).by_start)) == found


def test_less_than_a_week_makes_no_limit_and_less_than_a_month_no_budget():
    assert proposal(hours_of([5] * 167), days_of([5] * 6)) is None
    week = proposal(hours_of([5] * 168), days_of([120] * 7))
    assert week is not None
    assert (week.limit_count, week.monthly_budget, week.budget_alerts) == (10, None, {})
    month = proposal(hours_of([5] * 720), days_of([120] * 30))
    assert month is not None
    assert month.monthly_budget == 4_400
    assert month.budget_alerts == {"80 %": 3_520, "90 %": 3_960, "100 %": 4_400}
    assert proposal(hours_of([0] * 720), days_of([0] * 30)) is None


@given(st.lists(st.integers(0, 10_000), min_size=168, max_size=400), st.randoms())
def test_what_was_learnt_from_is_never_blocked_and_order_does_not_matter(figures, draw):
    hours = hours_of(figures)
    found = proposal(hours, days_of([sum(figures)] * 7))
    if not any(figures[-28 * 24 :]):
        assert found is None
        return
    assert found is not None
    assert found.blocked == 0
    mixed = list(hours.by_start.items())
    draw.shuffle(mixed)
    assert proposal(Counts(HOUR_S, dict(mixed)), days_of([sum(figures)] * 7)) == found
    assert found.limit_count >= max(2 * found.p99_count, found.record_count)


def test_an_hour_without_requests_counts_and_one_that_nobody_observed_does_not():
    cells = [hour_cell(1, 10, 7), hour_cell(1, 11, 2)]
    observed = [(at(ago(2)), at(ago(1))), (at(ago(0.5)), UNTIL)]
    found = counts(cells, observed, UNTIL, HOUR_S)
    assert len(found.by_start) == 24 + 12
    assert [count for count in found.by_start.values() if count] == [7, 2]


def test_counts_over_longer_stretches_leave_their_hours_unknown():
    cells = [hour_cell(1, 4, 50, hours=6), hour_cell(1, 12, 3)]
    found = counts(cells, [(at(ago(2)), UNTIL)], UNTIL, HOUR_S)
    assert len(found.by_start) == 48 - 6
    assert sum(found.by_start.values()) == 3
    days = counts(cells, [(at(ago(2)), UNTIL)], UNTIL, DAY_S)
    assert list(days.by_start.values()) == [53]


@pytest.mark.parametrize(("seconds", "known"), [(5_400, 48), (5_401, 46)])
def test_a_count_over_an_hour_and_a_half_belongs_to_the_hour_of_its_middle(seconds, known):
    cell = hour_cell(1, 10, 7)
    found = counts([cell._replace(end=cell.start + seconds)], [(at(ago(2)), UNTIL)], UNTIL, HOUR_S)
    assert len(found.by_start) == known


def test_ninety_days_are_looked_at():
    found = counts([], [(at(ago(120)), UNTIL)], UNTIL, HOUR_S)
    assert (len(found.by_start), min(found.by_start)) == (90 * 24, UNTIL - 90 * DAY_S)


def test_two_readings_an_hour_and_some_seconds_apart_are_an_hour():
    cell = hour_cell(1, 10, 7)._replace(end=hour_cell(1, 10, 7).end + 4)
    found = counts([cell], [(at(ago(2)), UNTIL)], UNTIL, HOUR_S)
    assert found.by_start[cell.start] == 7


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("/v1/dns/dnssec", "/v1/dns"),
        ("/api/v2/users/list", "/api/v2/users"),
        ("/health", "/health"),
        ("/", "/"),
        ("/v1", "/v1"),
        ("/voucher/5", "/voucher"),
    ],
)
def test_a_group_of_endpoints_is_the_first_part_of_their_path_that_is_no_version(path, group):
    assert group_of(path) == group


def a_month(pattern) -> list:
    """Make 28 days of cells: for each path the hours it is used in, with about so many requests."""
    draw = Random(3)
    return [
        hour_cell(day, hour, max(round(mean * draw.gauss(1, 0.3)), 1), path)
        for day in range(1, 29)
        for path, (hours, mean) in pattern.items()
        for hour in hours
    ]


OFFICE, NIGHT, ALWAYS = range(8, 18), range(1, 5), range(24)


def test_groups_that_are_used_at_other_times_are_several_services():
    reason = several_services(a_month({"/v1/ip/reputation": (OFFICE, 60), "/v1/dns/dnssec": (NIGHT, 90)}))
    assert reason is not None
    assert (reason.number, reason.percent) == (2, 0.0)
    assert [word.split(" % ")[1] for word in reason.words] == ["/v1/ip", "/v1/dns"]


def test_a_weekly_job_beside_daily_use_is_another_service():
    daily = a_month({"/v1/ip/reputation": (ALWAYS, 20)})
    mondays = [hour_cell(day, hour, 300, "/v1/dns/dnssec") for day in (6, 13, 20, 27) for hour in range(4)]
    assert several_services([*daily, *mondays]) is not None
    assert several_services([*daily, *mondays[:12]]) is None  # on three days only


@pytest.mark.parametrize(
    "pattern",
    [
        {f"/v1/{group}/all": (OFFICE, 50) for group in ("dns", "ip", "domain", "score", "security")},
        {"/v1/dns/a": (ALWAYS, 40), "/v1/ip/b": (OFFICE, 60)},  # a gateway whose users sleep less for one group
        {"/v1/dns/a": (ALWAYS, 40)},
        {"/v1/dns/a": (OFFICE, 90), "/v1/dns/b": (NIGHT, 90)},  # one group
        {"/v1/dns/a": (OFFICE, 90), "/v1/ip/b": (NIGHT, 40)},  # less than a fifth
        {"/v1/dns/a": (OFFICE, 1), "/v1/ip/b": (NIGHT, 1)},  # hardly anything
    ],
)
def test_a_gateway_and_a_small_side_job_are_one_service(pattern):
    assert several_services(a_month(pattern)) is None


def test_groups_between_two_others_join_them():
    pattern = {"/v1/a/x": (range(12), 50), "/v1/b/x": (range(7, 19), 50), "/v1/c/x": (range(12, 24), 50)}
    assert several_services(a_month(pattern)) is None
    assert several_services(a_month({path: pattern[path] for path in ("/v1/a/x", "/v1/c/x")})) is not None


@given(st.integers(2, 6), st.integers(20, 200), st.randoms())
def test_a_gateway_is_never_flagged_whatever_its_rhythm(groups, volume, draw):
    rhythm = [draw.random() ** 2 for _ in range(24)]
    cells = [
        hour_cell(day, hour, max(round(volume * part * draw.uniform(0.5, 1.5)), 1), f"/v1/g{group}/x")
        for day in range(1, 15)
        for group in range(groups)
        for hour, part in enumerate(rhythm)
    ]
    assert several_services(cells) is None


def test_counts_that_tell_no_hours_and_no_endpoints_say_nothing():
    assert several_services([hour_cell(1, 0, 5_000, hours=24)]) is None
    assert several_services([hour_cell(1, 0, 5_000, "")]) is None
    assert several_services([]) is None


def test_hours_are_looked_at_only_where_two_groups_are_substantial():
    assert may_be_several({"/v1/dns/a": tally(800), "/v1/ip/b": tally(200)})
    assert not may_be_several({"/v1/dns/a": tally(801), "/v1/ip/b": tally(199)})
    assert not may_be_several({"/v1/dns/a": tally(9_000), "/v1/ip/b": tally(1_000)})
    assert not may_be_several({})


def test_services_say_their_parts_and_how_much_of_their_use_falls_together():
    cells = [
        hour_cell(day, hour, requests, path)
        for day in range(1, 29)
        for path, by_hour in {"/v1/a/x": {8: 50, 9: 13}, "/v1/b/x": {9: 37}}.items()
        for hour, requests in by_hour.items()
    ]
    reason = several_services(cells)
    assert (reason.percent, reason.words) == (20.6, ("63.0 % /v1/a", "37.0 % /v1/b"))


def test_groups_that_are_used_at_the_same_hour_of_other_days_are_one_service():
    assert several_services([hour_cell(day, 8, 100, f"/v1/{'ab'[day % 2]}/x") for day in range(1, 29)]) is None


def test_a_service_has_two_hundred_requests_a_fifth_of_all_and_four_days():
    def told(days, few, many):
        cells = [hour_cell(day, 3, few // days, "/v1/a/x") for day in range(1, days + 1)]
        return several_services([*cells, *(hour_cell(day, 12, many // 4, "/v1/b/x") for day in range(1, 5))])

    assert told(4, 200, 800) == Reason(
        "several_services", number=2, percent=0.0, words=("80.0 % /v1/b", "20.0 % /v1/a")
    )
    assert told(4, 196, 400) is None
    assert told(4, 200, 804) is None
    assert told(3, 201, 804) is None


def test_counts_of_half_days_tell_no_hours():
    paths = ((0, "/v1/a/x"), (12, "/v1/b/x"))
    assert (
        several_services([hour_cell(day, hour, 500, path, 12) for day in range(1, 9) for hour, path in paths]) is None
    )


def test_requests_of_a_group_are_summed_over_its_endpoints():
    assert may_be_several({"/v1/a/x": tally(100), "/v1/a/y": tally(100), "/v1/b/x": tally(200)})
    assert not may_be_several({"/v1/a/x": tally(100), "/v1/a/y": tally(99), "/v1/b/x": tally(200)})


def test_an_empty_part_of_a_path_is_no_group():
    assert group_of("/v1//dns/dnssec") == "/v1//dns"


def test_a_burst_lasts_for_three_days_at_most_around_its_highest():
    assert burst_days(days_of([*[100] * 30, 201, 300, 201, 201, *[100] * 10]).by_start) == frozenset()
    assert burst_days({0: 500}) == frozenset()
    assert burst_days({}) == frozenset()


@pytest.mark.parametrize(("over", "hour"), [(1_799, 10), (1_800, 10), (1_801, 11)])
def test_a_count_over_the_hour_belongs_to_the_hour_of_its_greater_part(over, hour):
    begin = hour_cell(1, 11, 7).start
    cell = hour_cell(1, 11, 7)._replace(start=begin - 1_800, end=begin + over)
    found = counts([cell], [(at(ago(2)), UNTIL)], UNTIL, HOUR_S)
    assert found.length == HOUR_S
    assert [start for start, count in found.by_start.items() if count] == [hour_cell(1, hour, 7).start]


def test_a_budget_is_of_the_highest_thirty_days_in_a_row():
    found = proposal(hours_of([5] * 720), days_of([100] * 30 + [200] * 30))
    assert found is not None
    assert found.monthly_budget == 7_200


def test_the_99th_percentile_is_the_least_that_99_percent_do_not_exceed():
    found = proposal(hours_of(range(1, 169)), days_of([100] * 7))
    assert found is not None
    assert (found.p99_count, found.record_count, found.limit_count) == (167, 168, 340)


def test_three_groups_of_a_service_are_named_and_the_others_counted():
    by_day = {f"/v1/{name}/x": (range(8, 12), mean) for name, mean in zip("abcde", (50, 90, 70, 60, 80), strict=True)}
    cells = [
        hour_cell(day, hour, mean, path)
        for day in range(1, 8)
        for path, (hours, mean) in by_day.items()
        for hour in hours
    ]
    cells += [hour_cell(day, 20, 900, "/v1/night/x") for day in range(1, 8)]
    reason = several_services(cells)
    assert reason is not None
    assert [words.split(" % ")[1] for words in reason.words] == ["/v1/b /v1/e /v1/c and 2 more", "/v1/night"]


@pytest.mark.parametrize(("path", "group"), [("/V2/users/x", "/V2/users"), ("/X1/a", "/X1")])
def test_a_version_is_a_v_and_digits(path, group):
    assert group_of(path) == group


def test_groups_that_are_used_within_the_same_hour_are_one_service():
    cells = [
        hour_cell(day, 10, 100, path)._replace(
            start=hour_cell(day, 10, 1).start + at, end=hour_cell(day, 10, 1).start + at + 60
        )
        for day in range(1, 9)
        for at, path in ((900, "/v1/a/x"), (2_700, "/v1/b/x"))
    ]
    assert several_services(cells) is None


def test_services_share_an_hour_by_the_lesser_part():
    """Half of one falls on that hour, and a tenth of the other."""
    cells = [
        hour_cell(day, hour, requests, path)
        for day in range(1, 8)
        for path, by_hour in {"/v1/a/x": {8: 50, 9: 50}, "/v1/b/x": {9: 10, 20: 90}}.items()
        for hour, requests in by_hour.items()
    ]
    reason = several_services(cells)
    assert reason is not None
    assert (reason.number, reason.percent) == (2, 10.0)


def test_alerts_of_a_budget_are_rounded_up():
    found = proposal(hours_of([5] * 720), days_of([1] * 30))
    assert found is not None
    assert found.budget_alerts == {"80 %": 29, "90 %": 33, "100 %": 36}  # of 36: 28.8, 32.4


def test_days_of_the_week_are_weighed_by_all_that_was_used_on_them():
    """Ten times as many calls of one on Mondays as on Tuesdays, in as many hours; of the other the other way round."""
    mondays, tuesdays = (6, 13, 20, 27), (5, 12, 19, 26)  # days before Sunday, 2026-11-22
    cells = [
        hour_cell(day, hour, many if day in busy else 10, path)
        for path, busy, many in (("/v1/a/x", mondays, 100), ("/v1/b/x", tuesdays, 100))
        for day in (*mondays, *tuesdays)
        for hour in (9, 10)
    ]
    reason = several_services(cells)
    assert reason is not None
    assert reason.percent == 18.2  # a tenth each of the one and the other: 2 / 11
