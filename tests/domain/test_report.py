"""Rank, share, total, rest."""

from collections.abc import Sequence
from datetime import timedelta
from fractions import Fraction

import pytest
from domain_builders import (
    ENVIRONMENTS,
    NOW,
    SECRET,
    a_key,
    a_usage,
    epoch,
    hostile_names,
    is_plain,
    tallies,
    usages,
    utc,
)
from hypothesis import example, given
from hypothesis import strategies as st

from edgedns_mcp.domain import report
from edgedns_mcp.domain.cells import NOTHING, add
from edgedns_mcp.domain.groups import group, rank_groups
from edgedns_mcp.domain.usages import tally_of, usage_of, usages_of
from edgedns_mcp.models import Coverage, Filters, GroupRow, Highlights, KeyUsage, Standing, Tally

SORTS = ("requests", "errors", "error_percent", "last_activity", "name")
HALF_A_TENTH = Fraction(1, 20)
FLOAT_NOISE = Fraction(1, 10**9)
DAY = timedelta(days=1)

filters = st.sampled_from(
    (
        Filters(),
        Filters(environment="live"),
        Filters(environment="test"),
        Filters(team="PAYMENTS"),
        Filters(name_contains="PAY"),
        Filters(name_contains="1", environment="live"),
        Filters(team="nobody"),
    )
)
endpoint_tallies = st.dictionaries(
    st.sampled_from(("/v1/resolve", "/v1/whois", "/v1/dns/records", "/health", "/a", "/b")), tallies(), max_size=6
)


def ids(of: Sequence[KeyUsage]) -> list[str]:
    return [usage.key.key_id for usage in of]


def a_standing(name: str = "payments", requests: int = 100, **changes: object) -> Standing:
    errors = changes.pop("errors", 0)
    return Standing(
        **{
            "name": name,
            "environment": "live",
            "requests": requests,
            "share_percent": 0,
            "errors": errors,
            "error_percent": report.percent(errors, requests),
            **changes,
        }
    )


@pytest.mark.parametrize(
    ("changes", "active"),
    [
        ({}, True),
        ({"created_at": NOW - DAY}, True),
        ({"created_at": NOW}, True),
        ({"created_at": NOW + DAY}, False),
        ({"revoked_at": NOW - DAY}, False),
        ({"revoked_at": NOW}, False),
        ({"revoked_at": NOW + DAY}, True),
        ({"created_at": NOW - DAY, "revoked_at": NOW + DAY}, True),
    ],
)
def test_a_key_is_active_from_its_creation_until_its_revocation(changes, active):
    assert report.is_active(a_key(**changes), NOW) is active


def grouped(used, by, endpoints):
    return rank_groups(group(used, by, endpoints), "requests")


def test_an_earlier_now_brings_a_revoked_key_back_and_takes_a_new_one_away():
    old = a_key("old", created_at=NOW - 9 * DAY, revoked_at=NOW - 2 * DAY)
    new = a_key("new", created_at=NOW - DAY)
    assert ids(report.attribute([old, new], {"old": Tally(7, 1, None)}, NOW)[0]) == ["new"]
    used, left = report.attribute([old, new], {"old": Tally(7, 1, None)}, NOW - 5 * DAY)
    assert [(usage.key.key_id, usage.requests) for usage in used] == [("old", 7)]
    assert left.request_count == 0


def test_a_key_that_made_requests_is_active_whenever_it_is_said_to_be_created():
    late = a_key("late", created_at=NOW + DAY)
    used, left = report.attribute([late], {"late": Tally(5, 0, None)}, NOW)
    assert ([usage.requests for usage in used], left.request_count) == ([5], 0)
    assert ids(report.attribute([late], {}, NOW)[0]) == []


def test_the_next_change_is_the_first_creation_or_revocation_still_to_come():
    past, soon, later = NOW - DAY, NOW + DAY, NOW + 2 * DAY
    assert report.next_change([], NOW) is None
    assert report.next_change([a_key(), a_key("b", created_at=past, revoked_at=NOW)], NOW) is None
    assert report.next_change([a_key(revoked_at=later), a_key("b", created_at=soon)], NOW) == soon
    assert report.next_change([a_key(created_at=past, revoked_at=soon), a_key("b", created_at=later)], NOW) == soon


def test_until_the_next_change_the_same_keys_are_active():
    keys = [a_key(created_at=NOW + DAY), a_key("b", revoked_at=NOW + 2 * DAY), a_key("c", created_at=NOW - DAY)]
    change = report.next_change(keys, NOW)
    before, after = ([report.is_active(key, moment) for key in keys] for moment in (change - DAY / 86_400, change))
    assert before == [report.is_active(key, NOW) for key in keys]
    assert before != after


def test_requests_of_no_active_key_are_told_apart():
    keys = [a_key("key_1"), a_key("gone", revoked_at=NOW - DAY)]
    figures = {
        "key_1": Tally(100, 2, None),
        "gone": Tally(30, 0, None),
        "who": Tally(4, 4, None),
        "": Tally(1, 1, None),
    }
    used, left = report.attribute(keys, figures, NOW)
    assert [(usage.requests, usage.errors) for usage in used] == [(100, 2)]
    assert left.model_dump() == {"request_count": 35, "revoked": 30, "unknown_key": 4, "no_key": 1}


def test_a_key_without_requests_is_listed_with_zero():
    (idle,), left = report.attribute([a_key()], {}, NOW)
    assert (idle.requests, idle.errors, idle.last_activity) == (0, 0, None)
    assert left.request_count == 0


def test_a_key_on_record_twice_counts_once():
    used, left = report.attribute([a_key(), a_key()], {"key_1": Tally(9, 0, None)}, NOW)
    assert [usage.requests for usage in used] == [9]
    assert left.request_count == 0


@given(
    st.dictionaries(st.sampled_from(("", "a", "b", "c", "d", "stranger")), tallies()),
    st.lists(
        st.builds(
            a_key,
            st.sampled_from("abcd"),
            environment=st.sampled_from(ENVIRONMENTS),
            created_at=st.sampled_from((None, NOW - DAY, NOW + DAY)),
            revoked_at=st.sampled_from((None, NOW - DAY, NOW + DAY)),
        ),
        max_size=6,
    ),
)
def test_unattributed_and_totals_are_all_requests_there_are(figures, keys):
    used, left = report.attribute(keys, figures, NOW)
    assert report.total(used).request_count + left.request_count == sum(tally.requests for tally in figures.values())
    assert left.revoked + left.unknown_key + left.no_key == left.request_count
    assert all(report.is_active(usage.key, NOW) or usage.requests for usage in used)
    assert not any(usage.key.revoked_at and usage.key.revoked_at <= NOW for usage in used)
    assert len(set(ids(used))) == len(used)


def test_every_filter_keeps_its_keys():
    live = a_usage(key_id="live", name="Payments-API", team="Finance")
    test = a_usage(key_id="test", name="checkout-web", environment="test")
    every = [live, test]
    for wanted, expected in [
        (Filters(), every),
        (Filters(environment="live"), [live]),
        (Filters(environment="test"), [test]),
        (Filters(team="finance"), [live]),
        (Filters(team="CHECKOUT"), [test]),
        (Filters(team="unassigned"), []),
        (Filters(name_contains="pay"), [live]),
        (Filters(name_contains="WEB"), [test]),
        (Filters(environment="test", name_contains="pay"), []),
        (Filters(environment="live", team="checkout"), []),
    ]:
        assert list(report.select(every, wanted)) == expected, wanted


@given(usages(), filters)
def test_totals_are_the_sums_of_the_keys_by_environment_too(used, wanted):
    chosen = report.select(used, wanted)
    whole = report.total(chosen)
    assert whole.keys == len(chosen)
    assert whole.request_count == sum(usage.requests for usage in chosen)
    assert whole.live_requests + whole.test_requests + whole.unknown_requests == whole.request_count
    for environment in ENVIRONMENTS:
        mine = report.total([usage for usage in chosen if usage.key.environment == environment])
        assert (
            getattr(whole, f"{environment}_requests") == mine.request_count == getattr(mine, f"{environment}_requests")
        )
    assert whole.idle_keys == len([usage for usage in chosen if usage.requests == 0])
    unknown = any(usage.errors is None for usage in chosen)
    assert whole.error_count == (None if unknown else sum(usage.errors for usage in chosen))


@given(usages(), filters, st.sampled_from(SORTS), st.sampled_from((0, 0, 1, 5)), st.integers(0, 13))
def test_rows_and_rest_are_the_totals_whatever_the_page(used, wanted, sort_by, first, limit):
    chosen = report.rank_keys(report.select(used, wanted), sort_by)
    whole = report.total(chosen)
    rows = [report.key_row(usage, whole.request_count, {}, 3) for usage in chosen[first : first + limit]]
    left = report.rest(whole, rows, len(chosen))
    assert len(rows) + left.rows == whole.keys
    assert sum(row.request_count for row in rows) + left.request_count == whole.request_count
    if whole.error_count is None:
        assert left.error_count is None
    else:
        assert sum(row.error_count for row in rows) + left.error_count == whole.error_count


def test_the_rest_is_what_the_listed_rows_leave_of_the_totals():
    used = [a_usage(60, 6, key_id="1"), a_usage(30, 5, key_id="2"), a_usage(10, 4, key_id="3")]
    whole = report.total(used)
    rows = [report.key_row(usage, whole.request_count, {}, 3) for usage in used[:2]]
    assert report.rest(whole, rows, 3).model_dump() == {"rows": 1, "request_count": 10, "error_count": 4}


def test_no_keys_at_all_make_a_report_of_zeros():
    whole = report.total([])
    assert set(whole.model_dump(exclude={"error_percent"}).values()) == {0}
    assert whole.error_percent is None
    assert report.rest(whole, [], 0).model_dump() == {"rows": 0, "request_count": 0, "error_count": 0}
    assert grouped([], "team", {}) == []
    empty = report.highlights([])
    assert (empty.leaders, empty.tied, empty.leaders_share_percent, empty.worst, empty.test_leader) == (
        (),
        0,
        0.0,
        None,
        None,
    )


def test_one_key_has_all_of_it():
    usage = a_usage(80, 20, epoch("2026-10-14T09:00"))
    row = report.key_row(usage, 80, {"/v1/resolve": Tally(80, 20, None)}, 3)
    assert row.model_dump(mode="json") == {
        "key_id": "key_1",
        "name": "payments-api",
        "environment": "live",
        "team": "payments",
        "request_count": 80,
        "share_percent": 100.0,
        "error_count": 20,
        "error_percent": 25.0,
        "last_activity": "2026-10-14T09:00:00Z",
        "endpoint_distribution": {"/v1/resolve": 80},
    }


def test_keys_that_did_nothing_have_no_share_and_no_error_percent():
    idle = [a_usage(0, key_id=name, name=name) for name in ("a", "b")]
    whole = report.total(idle)
    row = report.key_row(idle[0], whole.request_count, {}, 3)
    assert (row.share_percent, row.error_percent, row.endpoint_distribution) == (0.0, None, {})
    assert (whole.idle_keys, whole.request_count, whole.error_percent) == (2, 0, None)
    standings = report.standings(usages_of(idle), 0)
    assert (report.highlights(standings).leaders, report.highlights(standings).tied) == ((), 0)


def test_an_unknown_error_count_stays_unknown_and_is_never_zero():
    unknown = a_usage(10, None)
    assert report.key_row(unknown, 10, {}, 3).error_percent is None
    whole = report.total([unknown, a_usage(10, 1, key_id="key_2")])
    assert (whole.error_count, whole.error_percent) == (None, None)
    known_row = report.key_row(a_usage(10, 1, key_id="key_2"), 20, {}, 3)
    assert report.rest(whole, [known_row], 2).error_count is None


@given(st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_share_lies_within_half_a_tenth_of_the_exact_value(one, other):
    part, whole = sorted((one, other))
    shown = report.percent(part, whole)
    if whole == 0:
        assert shown is None
        assert report.share(part, whole) == 0.0
        return
    assert abs(Fraction(part * 100, whole) - Fraction(shown)) <= HALF_A_TENTH + FLOAT_NOISE
    assert 0 <= shown <= 100
    assert len(str(shown).split(".")[1]) == 1
    assert report.share(part, whole) == shown


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [
        (0, 7, 0.0),
        (7, 7, 100.0),
        (1, 3, 33.3),
        (2, 3, 66.7),
        (1, 2000, 0.1),
        (1, 2001, 0.0),
        (3, 2000, 0.2),
        (1, 8, 12.5),
    ],
)
def test_percentages_have_one_decimal_and_round_half_up(part, whole, shown):
    assert report.percent(part, whole) == shown


def test_a_percentage_of_nothing_or_of_the_unknown_is_unknown():
    assert report.percent(0, 0) is None
    assert report.percent(None, 5) is None


def a_coverage(**changes: str | None) -> Coverage:
    times = {
        "window_start": "2026-10-01",
        "window_end": "2026-10-11",
        "data_from": "2026-09-01",
        "data_to": "2026-11-01",
        **changes,
    }
    return Coverage(**{name: text and utc(text) for name, text in times.items()}, complete=True)


@pytest.mark.parametrize(
    ("changes", "pace"),
    [
        ({}, 10.0),
        ({"data_from": "2026-10-09"}, 50.0),
        ({"data_to": "2026-10-03"}, 50.0),
        ({"data_from": "2026-10-03", "data_to": "2026-10-04T12:00"}, 66.7),
        ({"data_from": "2026-10-03", "data_to": "2026-10-03T12:00"}, None),
        ({"data_from": "2026-10-08", "data_to": "2026-10-31"}, 33.3),
        ({"data_from": "2026-10-11"}, None),
        ({"data_to": "2026-10-01"}, None),
        ({"data_from": "2026-12-01", "data_to": "2026-12-02"}, None),
        ({"window_start": None}, None),
        ({"window_end": None}, None),
        ({"data_from": None}, None),
        ({"data_to": None}, None),
    ],
)
def test_the_pace_is_over_the_part_of_the_window_that_was_observed(changes, pace):
    assert report.per_day(100, a_coverage(**changes), a_key()) == pace


def test_the_pace_of_one_day_is_all_of_it():
    assert report.per_day(1_234_567, a_coverage(window_end="2026-10-02"), a_key()) == 1_234_567.0


@given(usages(), st.sampled_from(SORTS), st.randoms())
def test_the_ranking_does_not_depend_on_the_order_of_the_input(used, sort_by, random):
    shuffled = used.copy()
    random.shuffle(shuffled)
    assert report.rank_keys(shuffled, sort_by) == report.rank_keys(used, sort_by)


@pytest.mark.parametrize(
    ("sort_by", "expected"),
    [
        ("requests", ["c", "a", "b", "d", "e"]),
        ("errors", ["c", "b", "a", "d", "e"]),
        ("error_percent", ["b", "c", "a", "d", "e"]),
        ("last_activity", ["a", "c", "b", "d", "e"]),
        ("name", ["a", "b", "c", "d", "e"]),
    ],
)
def test_keys_are_ranked_most_first_and_names_from_a(sort_by, expected):
    used = [
        a_usage(0, 0, None, key_id="e", name="Echo"),
        a_usage(50, 20, epoch("2026-10-03"), key_id="b", name="bravo"),
        a_usage(5, None, None, key_id="d", name="delta"),
        a_usage(900, 90, epoch("2026-10-04"), key_id="c", name="Charlie"),
        a_usage(60, 3, epoch("2026-10-05"), key_id="a", name="alpha"),
    ]
    assert ids(report.rank_keys(used, sort_by)) == expected


@pytest.mark.parametrize("sort_by", SORTS)
def test_ties_go_by_name_and_then_by_id(sort_by):
    tied = [
        a_usage(10, 1, epoch("2026-10-03"), key_id=key_id, name=name)
        for key_id, name in (("2", "beta"), ("1", "beta"), ("9", "alpha"))
    ]
    assert ids(report.rank_keys(tied, sort_by)) == ["9", "1", "2"]


@pytest.mark.parametrize("sort_by", ["errors", "error_percent", "last_activity"])
def test_equal_errors_or_moments_go_by_requests_first(sort_by):
    few, many = a_usage(10, 0, key_id="1", name="alpha"), a_usage(20, 0, key_id="2", name="beta")
    assert ids(report.rank_keys([few, many], sort_by)) == ["2", "1"]


def test_the_ranking_by_error_percent_follows_the_figures_shown():
    used = [a_usage(1000, errors, key_id=f"{errors}", name=f"{errors:04}") for errors in range(1001)]
    ranked = report.rank_keys(reversed(used), "error_percent")
    assert [usage.errors for usage in ranked] == list(range(1000, -1, -1))


@pytest.mark.parametrize("sort_by", ["errors", "error_percent"])
def test_unknown_errors_rank_with_none_at_all(sort_by):
    unknown, none = a_usage(1000, None, key_id="1", name="alpha"), a_usage(1000, 0, key_id="2", name="aardvark")
    one = a_usage(1000, 1, key_id="3", name="zulu")
    assert ids(report.rank_keys([unknown, none, one], sort_by)) == ["3", "2", "1"]


def test_error_percents_that_look_equal_rank_by_requests():
    few = a_usage(1_000, 100, key_id="1", name="alpha")
    many = a_usage(100_000, 9_999, key_id="2", name="beta")
    assert report.percent(100, 1_000) == report.percent(9_999, 100_000)
    assert ids(report.rank_keys([few, many], "error_percent")) == ["2", "1"]


@given(usages(), st.sampled_from(SORTS), st.randoms())
def test_groups_are_ranked_the_same_way(used, sort_by, random):
    sums = group(used, "team", {})
    ranked = rank_groups(random.sample(sums, len(sums)), sort_by)
    assert ranked == rank_groups(sums, sort_by)
    if sort_by == "requests":
        assert [row.request_count for row in ranked] == sorted((one.tally.requests for one in sums), reverse=True)


@given(usages(), st.sampled_from(("team", "environment")))
def test_grouping_keys_conserves_every_sum(used, by):
    whole = report.total(used)
    rows = grouped(used, by, {})
    assert sum(row.keys for row in rows) == whole.keys
    assert sum(row.request_count for row in rows) == whole.request_count
    if whole.error_count is not None:
        assert sum(row.error_count for row in rows) == whole.error_count
    latest = max((usage.last_activity for usage in used if usage.last_activity), default=None)
    assert max((row.last_activity for row in rows if row.last_activity), default=None) == latest
    assert len({row.name for row in rows}) == len(rows)
    left = report.rest(whole, rows, len(rows))
    assert (left.rows, left.request_count) == (0, 0)
    for row in rows:
        assert row.share_percent == report.share(row.request_count, whole.request_count)
        assert row.error_percent == report.percent(row.error_count, row.request_count)


@given(st.dictionaries(st.sampled_from("abc"), endpoint_tallies, max_size=3))
def test_grouping_by_endpoint_conserves_requests_and_counts_each_key_once(endpoints):
    used = [
        usage_of(a_key(key_id), Tally(sum(tally.requests for tally in paths.values()), None, None))
        for key_id, paths in endpoints.items()
    ]
    rows = grouped(used, "endpoint", endpoints)
    assert sum(row.request_count for row in rows) == report.total(used).request_count
    assert all(1 <= row.keys <= len(used) for row in rows)


def test_paths_that_look_the_same_are_one_endpoint_of_one_key():
    path = "/v1/" + "x" * 200
    (row,) = grouped(
        [a_usage()], "endpoint", {"key_1": {f"{path}?1": Tally(60, 0, None), f"{path}?2": Tally(40, 0, None)}}
    )
    assert (row.keys, row.request_count, row.share_percent) == (1, 100, 100.0)


def test_groups_carry_the_keys_that_belong_to_them():
    used = [
        a_usage(60, 6, epoch("2026-10-02"), key_id="1", name="payments-api"),
        a_usage(40, 0, epoch("2026-10-03"), key_id="2", name="payments-web", environment="test"),
        a_usage(100, 50, None, key_id="3", name="live"),
    ]
    rows = {row.name: row for row in grouped(used, "team", {})}
    assert set(rows) == {"payments", "unassigned"}
    assert rows["payments"].model_dump(mode="json") == {
        "name": "payments",
        "keys": 2,
        "request_count": 100,
        "share_percent": 50.0,
        "error_count": 6,
        "error_percent": 6.0,
        "last_activity": "2026-10-03T00:00:00Z",
    }
    assert {row.name: row.keys for row in grouped(used, "environment", {})} == {"live": 2, "test": 1}


def test_an_endpoint_group_reads_only_the_keys_that_were_selected():
    endpoints = {
        "key_1": {"/v1/a": Tally(60, 1, None), "/v1/b": Tally(40, 0, None)},
        "other": {"/v1/a": Tally(9, 9, None)},
    }
    rows = {row.name: (row.keys, row.request_count) for row in grouped([a_usage()], "endpoint", endpoints)}
    assert rows == {"/v1/a": (1, 60), "/v1/b": (1, 40)}


@given(endpoint_tallies, st.integers(0, 7), st.randoms())
def test_the_endpoints_listed_are_the_most_used_and_keep_their_requests(endpoints, top, random):
    listed = report.distribution(endpoints, top)
    every = report.distribution(endpoints, len(endpoints))
    assert sum(every.values()) == sum(tally.requests for tally in endpoints.values())
    assert list(listed.items()) == list(every.items())[:top]
    assert list(listed.values()) == sorted(listed.values(), reverse=True)
    shuffled = dict(random.sample(list(endpoints.items()), len(endpoints)))
    assert list(report.distribution(shuffled, top).items()) == list(listed.items())


def test_endpoints_are_listed_most_first_and_ties_by_path():
    endpoints = {"/c": Tally(5, 0, None), "/b": Tally(7, 0, None), "/a": Tally(5, 0, None), "/d": Tally(1, 0, None)}
    assert list(report.distribution(endpoints, 3).items()) == [("/b", 7), ("/a", 5), ("/c", 5)]
    assert report.distribution(endpoints, 0) == {}


def test_a_path_may_be_twice_as_long_as_a_name():
    fits, too_long = "/" + "x" * 119, "/" + "y" * 120
    endpoints = {fits: Tally(2, 0, None), too_long: Tally(1, 0, None)}
    shown = [fits, too_long[:117] + "..."]
    assert list(report.distribution(endpoints, 3)) == shown
    assert [row.name for row in grouped([a_usage()], "endpoint", {"key_1": endpoints})] == shown


def test_paths_that_look_the_same_are_listed_as_one_with_their_sum():
    assert report.distribution({"/a": Tally(3, 0, None), "/a\u200b": Tally(4, 0, None)}, 3) == {"/a": 7}


def test_the_first_three_lead_and_their_share_is_of_all():
    standings = [a_standing(name, requests) for name, requests in (("d", 10), ("a", 40), ("c", 20), ("b", 30))]
    found = report.highlights(standings)
    assert [one.name for one in found.leaders] == ["a", "b", "c"]
    assert (found.ranked, found.tied, found.leaders_share_percent) == (4, 1, 90.0)


def test_a_tie_for_the_first_place_is_counted_beyond_the_leaders():
    found = report.highlights([a_standing(name, 10) for name in "edcba"] + [a_standing("z", 1)])
    assert [one.name for one in found.leaders] == ["a", "b", "c"]
    assert found.tied == 5


@pytest.mark.parametrize(
    ("requests", "errors", "worth_it"),
    [(100, 20, True), (100, 19, False), (400, 20, True), (410, 20, False), (100, None, False)],
)
def test_errors_are_worth_a_word_from_twenty_and_five_percent(requests, errors, worth_it):
    found = report.highlights([a_standing("calm", 1000), a_standing("failing", requests, errors=errors)])
    assert (found.worst is not None and found.worst.name == "failing") is worth_it


def test_the_most_errors_are_the_worst():
    standings = [a_standing("a", 1000, errors=100), a_standing("b", 100, errors=90), a_standing("c", 500, errors=200)]
    assert report.highlights(standings).worst.name == "c"


def test_a_test_key_among_the_leaders_stands_out_only_beside_live_use():
    test = a_standing("trial", 50, environment="test")
    assert report.highlights([test, a_standing("payments", 10)]).test_leader == test
    assert report.highlights([test, a_standing("payments", 0)]).test_leader is None
    assert report.highlights([a_standing("payments", 10)]).test_leader is None
    busy = [a_standing(name, 100) for name in "abc"]
    assert report.highlights([test, *busy]).test_leader is None


@given(usages(), st.randoms())
def test_what_stands_out_is_the_same_in_whatever_order_the_keys_came(used, random):
    def found(keys: list[KeyUsage]) -> Highlights:
        whole = report.total(keys).request_count
        return report.highlights(report.standings(report.rank_keys(keys, "requests"), whole))

    one = found(used)
    assert found(random.sample(used, len(used))) == one
    assert [leader.requests for leader in one.leaders] == sorted(
        (usage.requests for usage in used if usage.requests), reverse=True
    )[:3]
    most = max((usage.requests for usage in used), default=0)
    assert one.tied == (sum(usage.requests == most for usage in used) if most else 0)


def test_a_group_stands_in_the_ranking_like_a_key():
    row = GroupRow(
        name="payments", keys=2, request_count=50, share_percent=0, error_count=5, error_percent=0, last_activity=None
    )
    assert report.standings([row], 200)[0] == Standing(
        name="payments", environment="unknown", requests=50, share_percent=25.0, errors=5, error_percent=10.0
    )
    assert report.standings(usages_of([a_usage(50, 5, environment="test")]), 200)[0] == Standing(
        name="payments-api", environment="test", requests=50, share_percent=25.0, errors=5, error_percent=10.0
    )


@given(hostile_names, hostile_names, hostile_names, hostile_names)
@example(SECRET, SECRET, SECRET, f"/v1/resolve?api_key={SECRET}")
def test_no_name_from_outside_reaches_an_answer_as_it_is(key_id, name, team, path):
    usage = a_usage(key_id=key_id, name=name, team=team)
    endpoints = {key_id: {path: Tally(100, 0, None)}}
    row = report.key_row(usage, 100, endpoints[key_id], 3)
    assert is_plain(row.key_id, 60)
    assert is_plain(row.name, 60)
    assert is_plain(row.team, 60)
    assert all(is_plain(shown, 120) for shown in row.endpoint_distribution)
    assert is_plain(report.standings(usages_of([usage]), 100)[0].name, 60)
    assert all(is_plain(found.name, 60) for found in grouped([usage], "team", {}))
    assert all(is_plain(found.name, 120) for found in grouped([usage], "endpoint", endpoints))


@pytest.mark.parametrize("nothing_to_see", ["", "\u200b", " \n ", "\u202e\u2066"])
def test_a_key_whose_name_cannot_be_seen_still_has_one(nothing_to_see):
    assert report.key_row(a_usage(name=nothing_to_see), 100, {}, 3).name
    assert report.standings(usages_of([a_usage(name=nothing_to_see)]), 100)[0].name
    assert is_plain(report.key_row(a_usage(key_id=f"k\u202e{SECRET}", name=nothing_to_see), 100, {}, 3).name, 60)


def test_twins_of_one_name_are_told_apart_where_they_stand_together():
    live, test = a_usage(50, key_id="l"), a_usage(5, key_id="t", environment="test")
    assert [one.name for one in report.standings(usages_of([live, test]), 55)] == [
        "payments-api (live)",
        "payments-api (test)",
    ]


def test_the_pace_counts_the_days_that_the_key_lived():
    coverage = a_coverage(window_end="2026-10-11")
    born, gone = a_key(created_at=utc("2026-10-06")), a_key(revoked_at=utc("2026-10-03"))
    assert (report.per_day(100, coverage, born), report.per_day(100, coverage, gone)) == (20.0, 50.0)


def test_a_key_is_not_idle_in_a_window_before_it_existed():
    young = a_key(created_at=utc("2026-10-06"))
    assert not report.is_active(young, utc("2026-11-01"), utc("2026-10-06") - timedelta(hours=1))
    assert report.is_active(young, utc("2026-11-01"), utc("2026-10-07"))


@given(usages(), st.sampled_from(SORTS))
def test_the_order_by_columns_is_that_of_the_rows_one_by_one(used, sort_by):
    def place(usage):
        percent = report.percent(usage.errors, usage.requests) or 0
        first = {
            "errors": usage.errors or 0,
            "error_percent": percent,
            "last_activity": tally_of(usage).last_activity or 0,
        }
        figures = (-first.get(sort_by, 0), -usage.requests) if sort_by != "name" else (usage.key.name.casefold(),)
        return *figures, usage.key.name, usage.key.key_id

    assert list(report.rank_keys(used, sort_by)) == sorted(used, key=place)


@given(usages())
def test_columns_give_back_the_rows_and_sum_as_they_do(used):
    columns = usages_of(used)
    assert [*columns] == used
    assert [*columns[1:3]] == used[1:3]
    assert columns.total == add(map(tally_of, used))._replace(last_activity=None)


@given(
    st.dictionaries(st.sampled_from("abc"), tallies()),
    st.lists(
        st.builds(
            a_key,
            st.sampled_from("abcd"),
            created_at=st.sampled_from((None, NOW - DAY, NOW, NOW + DAY)),
            revoked_at=st.sampled_from((None, NOW - DAY, NOW, NOW + DAY)),
        ),
        unique_by=lambda key: key.key_id,
    ),
    st.sampled_from((None, NOW - 2 * DAY, NOW - DAY, NOW, NOW + 2 * DAY)),
)
def test_the_keys_in_use_are_those_active_one_by_one_or_with_requests(figures, keys, window_end):
    used, _ = report.attribute(keys, figures, NOW, window_end)
    expected = {key.key_id for key in keys if report.is_active(key, NOW, window_end)}
    unrevoked = {key.key_id for key in keys if not key.revoked_at or key.revoked_at > NOW}
    expected |= {key_id for key_id in unrevoked if figures.get(key_id, NOTHING).requests}
    assert set(ids(used)) == expected
    assert all(usage == usage_of(usage.key, figures.get(usage.key.key_id, NOTHING)) for usage in used)


@given(usages(most=8), st.sampled_from(SORTS))
@example([a_usage(10, 0, name=name, key_id=name) for name in "edcba"], "name")
@example([a_usage(requests, 30, name=str(requests), key_id=str(requests)) for requests in (40, 9000, 50)], "requests")
def test_what_stands_out_is_what_the_standings_of_all_keys_show(used, sort_by):
    ranked = report.rank_keys(used, sort_by)
    whole = report.total(ranked).request_count
    expected = report.highlights(report.standings(ranked, whole))
    assert report.outstanding(ranked, whole) == expected
    every = usages_of(used)
    assert report.outstanding(every, whole, next(iter(report.order(every, sort_by)), 0)) == expected


@given(usages(), st.sampled_from(SORTS), st.integers(1, 13))
def test_the_first_places_are_those_of_the_whole_order(used, sort_by, most):
    every = usages_of(used)
    assert report.order(every, sort_by, most) == report.order(every, sort_by)[:most]


def test_a_key_that_was_created_after_the_window_is_not_of_it():
    new = a_key("new", created_at=NOW - DAY)
    assert ids(report.attribute([new], {}, NOW, NOW - 2 * DAY)[0]) == []
    assert ids(report.attribute([new], {}, NOW, NOW - DAY)[0]) == ["new"]


def test_a_line_lists_so_many_endpoints_as_are_asked_for():
    endpoints = {"/a": Tally(1, 0, None), "/b": Tally(2, 0, None), "/c": Tally(3, 0, None)}
    assert report.key_row(a_usage(6), 6, endpoints, 2).endpoint_distribution == {"/c": 3, "/b": 2}


def test_what_may_have_come_on_top_is_kept_beside_a_keys_use():
    assert usage_of(a_key(), Tally(1, 0, None, 3)).slack == 3


def test_a_total_tells_which_part_of_all_requests_failed():
    whole = report.total([a_usage(80, 20, key_id="1"), a_usage(20, 5, key_id="2")])
    assert (whole.error_count, whole.error_percent) == (25, 25.0)


def test_a_key_that_may_have_been_used_is_not_idle():
    none, some, unknown = (usage_of(a_key(str(at)), Tally(0, 0, None, slack)) for at, slack in enumerate((0, 3, None)))
    busy = usage_of(a_key("busy"), Tally(1, 0, None, 0))
    assert report.total([none, some, unknown, busy]).idle_keys == 1
    assert report.total([none, some, busy]).idle_keys == 1
    assert report.total([none, busy]).idle_keys == 1
    assert report.total([some, unknown, busy]).idle_keys == 0


def test_one_request_makes_a_key_active_before_it_is_said_to_be_created():
    assert ids(report.attribute([a_key("late", created_at=NOW + DAY)], {"late": Tally(1, 0, None)}, NOW)[0]) == ["late"]


def test_what_stands_first_in_the_order_that_was_asked_for_is_told_first():
    assert report.highlights([a_standing("b", 10), a_standing("a", 20)]).first == a_standing("b", 10)
    assert report.highlights([]).first is None


def test_a_key_that_called_no_endpoint_is_in_no_group_of_endpoints():
    assert grouped([a_usage(), a_usage(key_id="key_2")], "endpoint", {"key_2": {}}) == []


def test_a_row_gives_back_its_tally():
    tally = Tally(5, None, epoch("2026-10-03"), 3)
    assert tally_of(usage_of(a_key(), tally)) == tally


@pytest.mark.parametrize(("errors", "is_worst"), [(20, True), (19, False)])
def test_the_worst_may_be_none_of_those_with_most_requests(errors, is_worst):
    every = [a_usage(1_000 + at, 0, key_id=f"busy_{at}", name=f"busy_{at}") for at in range(3)]
    every.append(a_usage(40, errors, key_id="failing", name="failing"))
    found = report.outstanding(usages_of(every), 3_043)
    assert (found.worst is not None and found.worst.name == "failing") is is_worst
    rows = grouped([usage._replace(team=usage.key.name) for usage in every], "team", {})
    assert (report.outstanding(rows, 3_043).worst is not None) is is_worst


def test_the_leaders_have_their_share_of_all():
    every = usages_of([a_usage(count, 0, key_id=str(count), name=str(count)) for count in (50, 40, 30, 20, 10)])
    found = report.outstanding(every, 150)
    assert (found.ranked, found.leaders_share_percent) == (5, 80.0)
