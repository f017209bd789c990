"""From figures to watched keys: what was observed, what was counted together, and who inherits what."""

from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

import pytest
from anomaly_builders import DAYS, FIRST, LAST, a_search, found, row_of, spikes, usual, with_days
from domain_builders import a_key, utc

from edgedns_mcp.domain.anomalies.baseline import DAILY, HOURLY
from edgedns_mcp.domain.anomalies.buckets import Figures, edges_between, watched_keys
from edgedns_mcp.domain.anomalies.watched import calendar_of
from edgedns_mcp.domain.teams import team_of
from edgedns_mcp.models import Plan, Series, Span

DAY_S = 86_400
BEGIN = int(datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC).timestamp())
EDGES = [BEGIN + DAY_S * day for day in range(DAYS + 1)]
ALWAYS = ((BEGIN, EDGES[-1]),)


def watched(counts, *apart, keys=None, observed=ALWAYS, plans=(), running=False, edges=EDGES):
    """Make keys with these counts ready, by key id."""
    series = Series(counts, {key_id: [0] * len(column) for key_id, column in counts.items()}, apart)
    figures = Figures(edges, series, observed, ZoneInfo("UTC"), DAILY, running)
    described = [a_key(key_id) for key_id in counts] if keys is None else keys
    return dict(watched_keys(described, figures, {key.key_id: team_of(key) for key in described}, plans))


def span(first: float, end: float, requests: int, bound="exact", key_id="key_1") -> Span:
    return Span(BEGIN + int(first * DAY_S), BEGIN + int(end * DAY_S), key_id, requests, 0, bound)


def test_edges_are_the_midnights_of_the_zone_and_the_last_bucket_ends_where_it_was_asked():
    berlin = ZoneInfo("Europe/Berlin")
    edges = edges_between(utc("2026-10-23T10:00"), utc("2026-10-26T12:00"), berlin, hourly=False)
    assert [edge.isoformat() for edge in edges] == [
        "2026-10-22T22:00:00+00:00",
        "2026-10-23T22:00:00+00:00",
        "2026-10-24T22:00:00+00:00",
        "2026-10-25T23:00:00+00:00",  # summer time ended: the day had 25 hours
        "2026-10-26T12:00:00+00:00",
    ]


def test_edges_of_hours_are_every_full_hour():
    edges = edges_between(utc("2026-10-23T10:20"), utc("2026-10-23T13:00"), ZoneInfo("Asia/Kolkata"), hourly=True)
    assert edges == [utc("2026-10-23T10:00") + timedelta(hours=hour) for hour in range(4)]


def test_a_day_that_nobody_observed_is_no_0():
    gap = ((BEGIN, EDGES[50]), (EDGES[53], EDGES[-1]))
    key = watched({"key_1": with_days(usual(), dict.fromkeys(range(50, 53), 0))}, observed=gap)["key_1"]
    assert list(key.counts[49:54]) == [usual()[49], None, None, None, usual()[53]]
    assert key.every[51] == -1
    assert key.history_days(60) == 57


def test_a_day_observed_for_less_than_three_quarters_is_not_learnt_from():
    for hours, whole in ((18, True), (17, False)):
        until = EDGES[50] + hours * 3600
        key = watched({"key_1": usual()}, observed=((BEGIN, until), (EDGES[51], EDGES[-1])))["key_1"]
        assert key.counts[50] == usual()[50]
        assert (key.every[50] >= 0) is whole


def test_the_running_day_is_not_learnt_from_but_may_be_a_spike():
    keys = watched({"key_1": with_days(usual(), {LAST: 10_000})}, running=True)
    assert keys["key_1"].every[LAST] == -1
    assert spikes(keys["key_1"]) == [("key_1", LAST, LAST)]


def test_several_days_counted_together_are_one_finding_if_one_of_them_must_have_been_a_spike():
    counts = {"key_1": with_days(usual(), dict.fromkeys(range(90, 93), 0))}
    (key,) = watched(counts, span(90, 93, 10_300)).values()
    assert list(key.counts[89:94]) == [usual()[89], None, None, None, usual()[93]]
    (one,) = found(key)
    assert (one.kind, one.first, one.last, one.trial.requests) == ("spike", 90, 92, 10_300)
    assert one.trial.mean == pytest.approx(300, rel=0.1)
    assert one.trial.low < 300 < one.trial.high
    assert row_of(one, key).request_count == 10_300
    for usual_sum in (300, 700):  # 700 may be 500 on one day: five times the usual, but two of three said nothing
        assert spikes(*watched(counts, span(90, 93, usual_sum)).values()) == []


@pytest.mark.parametrize(
    ("requests", "gate"), [(300, "record"), (500, "ratio"), (950, "passed")], ids=["usual", "more", "much more"]
)
def test_days_counted_together_stand_before_the_same_gates(requests, gate):
    (key,) = watched({"key_1": with_days(usual(), dict.fromkeys(range(90, 93), 0))}, span(90, 93, requests)).values()
    assert a_search(key).detector.gap(key, key.gaps[0]).gate == gate


def test_days_counted_together_are_not_judged_without_history():
    (key,) = watched({"key_1": with_days(usual(), {})[:15] + [0] * (DAYS - 15)}, span(15, 18, 10_300)).values()
    assert a_search(key).detector.gap(key, key.gaps[0]).gate == "history"


def test_nothing_is_learnt_from_days_counted_together():
    counts = {"key_1": with_days(usual(), {**dict.fromkeys(range(40, 43), 0), LAST: 1_000})}
    (key,) = watched(counts, span(40, 43, 30_000)).values()
    assert spikes(key) == [("key_1", LAST, LAST)]


def test_a_count_that_reaches_over_a_midnight_belongs_to_the_day_of_its_middle():
    (key,) = watched({"key_1": usual()}, span(50.6, 51.5, 70), span(60.9, 61.3, 40)).values()
    assert (key.counts[50], key.counts[51], key.counts[61]) == (usual()[50], usual()[51] + 70, usual()[61] + 40)
    assert key.gaps == ()


def test_a_count_that_reaches_before_the_first_day_or_beyond_the_last_is_left_out():
    (key,) = watched({"key_1": usual()}, span(-0.9, 0.2, 70), span(DAYS - 0.2, DAYS + 0.9, 70)).values()
    assert list(key.counts) == usual()


def test_a_lower_bound_within_a_day_counts_but_is_no_finding_and_nothing_is_learnt_from_it():
    counts = {"key_1": with_days(usual(), {90: 10_000})}
    (key,) = watched(counts, span(90.2, 90.4, 10_000, "lower")).values()
    assert (key.counts[90], key.every[90]) == (10_000, -1)
    assert spikes(key) == []
    assert spikes(*watched(counts).values()) == [("key_1", 90, 90)]


def test_a_lower_bound_of_several_days_is_no_finding():
    counts = {"key_1": with_days(usual(), dict.fromkeys(range(90, 93), 0))}
    assert spikes(*watched(counts, span(90, 93, 10_300, "lower")).values()) == []


def test_where_every_count_is_a_lower_bound_they_are_compared_with_each_other():
    counts = usual()
    rolling = [span(day + 0.2, day + 0.4, 1, "lower") for day in range(len(counts))]
    assert spikes(*watched({"key_1": with_days(counts, {90: 10_000})}, *rolling).values()) == [("key_1", 90, 90)]


def test_a_successor_goes_on_where_the_key_that_it_replaced_stopped():
    """It was tried out for a month with a few requests before it took over."""
    old = [count if day < 80 else 0 for day, count in enumerate(usual(1_000))]
    new = [0 if day < 50 else 10 if day < 80 else count for day, count in enumerate(usual(1_000))]
    apart = watched({"old": old, "new": new})
    assert spikes(*apart.values()) == [("new", 80, 93)]
    rotated = watched({"old": old, "new": new}, keys=[a_key("old", replaced_by="new"), a_key("new")])
    assert spikes(*rotated.values()) == []
    assert list(rotated["new"].counts) == [one + other for one, other in zip(old, new, strict=True)]


def test_a_chain_of_successors_is_followed_and_a_ring_of_them_ends():
    counts = {
        "a": with_days([0] * DAYS, {1: 5}),
        "b": with_days([0] * DAYS, {2: 6}),
        "c": with_days([0] * DAYS, {3: 7}),
    }
    chain = [a_key("a", replaced_by="b"), a_key("b", replaced_by="c"), a_key("c", replaced_by="gone")]
    assert [list(one.counts[1:4]) for one in watched(counts, keys=chain).values()] == [[5, 0, 0], [5, 6, 0], [5, 6, 7]]
    ring = [a_key("a", replaced_by="b"), a_key("b", replaced_by="a")]
    assert [list(one.counts[1:4]) for one in watched(counts, keys=ring).values()] == [[5, 6, 0], [5, 6, 0]]


def test_the_order_of_keys_and_spans_changes_nothing():
    counts = {f"key_{one}": usual(50 + one, seed=one) for one in range(9)}
    keys = [a_key(f"key_{one}", replaced_by=f"key_{one + 1}" if one % 3 == 0 else "") for one in range(9)]
    spans = [span(20 + one, 23 + one, 100, key_id=f"key_{one}") for one in range(9)]
    expected = watched(counts, *spans, keys=keys)
    for seed in range(3):
        shuffled = Random(seed).sample(keys, 9)
        assert watched(counts, *Random(seed).sample(spans, 9), keys=shuffled) == expected


def test_a_plan_is_for_a_key_for_a_team_or_for_all_and_from_its_start_to_its_end():
    counts = {"key_1": usual(), "key_2": usual()}
    keys = [a_key("key_1", team="payments"), a_key("key_2", team="growth")]
    start, end = BEGIN + 90 * DAY_S + 3600, BEGIN + 92 * DAY_S

    def planned(who):
        return {
            key_id: set(one.planned)
            for key_id, one in watched(counts, keys=keys, plans=[Plan(start, end, who)]).items()
        }

    assert watched(counts, plans=[Plan(EDGES[91], end, "")])["key_1"].planned == {91}
    assert planned("key_1") == {"key_1": {90, 91}, "key_2": set()}
    assert planned("growth") == {"key_1": set(), "key_2": {90, 91}}
    assert planned("") == {"key_1": {90, 91}, "key_2": {90, 91}}


def test_by_hours_a_month_of_buckets_is_cut_the_same_way():
    edges = [BEGIN + 3600 * hour for hour in range(73)]
    column = [5] * 48 + [0] * 24
    series = Series({"key_1": column}, {"key_1": [0] * 72}, [])
    figures = Figures(edges, series, ((BEGIN, edges[48]),), ZoneInfo("UTC"), HOURLY)
    (key,) = watched_keys([a_key()], figures, {"key_1": "payments"}).values()
    assert (key.counts[47], key.counts[48], key.history_days(48), key.calendar.per_day) == (5, None, 2, 24)
    assert [key.calendar.bins[hour] for hour in (0, 23, 24)] == [0, 23, 0]


def test_what_was_counted_in_a_day_that_nobody_says_to_have_observed_counts():
    (key,) = watched({"key_1": usual()}, observed=((BEGIN, EDGES[50]), (EDGES[51], EDGES[-1]))).values()
    assert (key.counts[50], key.every[50]) == (usual()[50], -1)


def test_in_zones_of_half_hours_a_day_is_the_one_that_begins_in_its_first_hour():
    zone = ZoneInfo("Asia/Kolkata")
    starts = edges_between(utc("2026-08-28T18:00"), utc("2026-09-01T18:00"), zone, hourly=False)
    assert [start.hour for start in starts] == [18] * 5
    calendar = calendar_of(starts, zone, DAILY, [True] * 5)
    assert list(calendar.bins) == [5, 6, 0, 1, 2]  # Saturday 2026-08-29 to Wednesday 2026-09-02
    assert list(calendar.boundary) == [False, True, True, True, False]


def test_what_lies_in_one_bucket_does_not_hide_what_lies_in_several():
    counts = {"key_1": with_days(usual(), dict.fromkeys(range(90, 93), 0))}
    (key,) = watched(counts, span(20.2, 20.4, 5, "lower"), span(90, 93, 300)).values()
    assert [(gap.first, gap.last, gap.requests) for gap in key.gaps] == [(90, 92, 300)]


def test_a_count_over_an_edge_adds_its_requests_and_errors_to_the_day_of_its_middle():
    (key,) = watched({"key_1": [100] * DAYS}, span(-0.3, 0.8, 70)._replace(errors=2)).values()
    assert (key.counts[:2], key.errors[:2]) == ([170, 100], [2, 0])


@pytest.mark.parametrize(
    ("first", "end", "days"),
    [(50, 53, (50, 52)), (50.5, 53, (50, 52)), (50.6, 53, (51, 52)), (50, 52.4, (50, 51)), (-1, 2, (0, 1))],
)
def test_days_counted_together_are_those_that_a_count_fills_for_half_at_least(first, end, days):
    counts = {"key_1": with_days([100] * DAYS, dict.fromkeys(range(days[0], days[1] + 1), 0))}
    (key,) = watched(counts, span(first, end, 300)).values()
    assert [(gap.first, gap.last) for gap in key.gaps] == [days]
    assert [at for at, count in enumerate(key.counts) if count is None] == [*range(days[0], days[1] + 1)]


def test_a_day_without_use_beside_days_counted_together_was_observed():
    counts = {"key_1": with_days([100] * DAYS, {10: 0} | dict.fromkeys(range(50, 54), 0))}
    (key,) = watched(counts, span(50, 53, 300)).values()
    assert (key.counts[10], list(key.counts[50:54])) == (0, [None, None, None, 0])


def test_a_count_that_ends_with_its_day_was_counted_in_it_and_one_that_ends_a_second_later_was_not():
    within = span(50, 51, 70)
    for one, count in ((within, 100), (within._replace(end=within.end + 1), 170)):
        (key,) = watched({"key_1": [100] * DAYS}, one).values()
        assert key.counts[50] == count


def test_stretches_of_one_day_add_up():
    nine_hours, noon = EDGES[50] + 9 * 3_600, EDGES[50] + 12 * 3_600
    key = watched({"key_1": [100] * DAYS}, observed=((BEGIN, nine_hours), (noon, EDGES[-1])))["key_1"]
    assert key.every[50] == 100


@pytest.mark.parametrize(
    ("days", "unseen", "are_exceptions"),
    [(40, 0, True), (49, 0, True), (50, 0, False), (44, 10, True), (45, 10, False)],
)
def test_lower_bounds_are_exceptions_where_less_than_half_of_the_observed_days_are_such(days, unseen, are_exceptions):
    seen = ((BEGIN, EDGES[DAYS - unseen]),)
    counts = with_days([100] * DAYS, dict.fromkeys(range(DAYS - unseen, DAYS), 0))
    lower = [span(day + 0.2, day + 0.4, 1, "lower") for day in range(days)]
    (key,) = watched({"key_1": counts}, *lower, observed=seen).values()
    assert key.lower == (frozenset(range(days)) if are_exceptions else frozenset())


def test_days_are_those_of_the_zone_that_is_asked_for():
    kolkata = ZoneInfo("Asia/Kolkata")
    edges = [
        int(edge.timestamp())
        for edge in edges_between(utc("2026-08-28T19:00"), utc("2026-09-01T18:00"), kolkata, hourly=False)
    ]
    figures = Figures(edges, Series({"key_1": (5,) * 4}, {}, ()), ((edges[0], edges[-1]),), kolkata, DAILY)
    (key,) = watched_keys([a_key()], figures, {"key_1": "payments"}).values()
    assert list(key.calendar.bins) == [5, 6, 0, 1]  # Saturday 2026-08-29 to Tuesday 2026-09-01
    assert list(key.calendar.days) == [0, 1, 2, 3]


def test_the_last_day_is_whole_whatever_was_seen_of_the_second():
    seen = ((BEGIN, EDGES[1]), (EDGES[2], EDGES[-1]))
    key = watched({"key_1": with_days([100] * DAYS, {1: 0})}, observed=seen)["key_1"]
    assert (key.every[1], key.every[LAST]) == (-1, 100)


def test_a_chain_that_runs_into_a_ring_ends():
    keys = [a_key("a", replaced_by="b"), a_key("b", replaced_by="c"), a_key("c", replaced_by="b")]
    counts = {name: with_days([0] * DAYS, {at: 5}) for at, name in enumerate("abc", 1)}
    assert [list(one.counts[1:4]) for one in watched(counts, keys=keys).values()] == [[5, 0, 0], [5, 5, 5], [5, 5, 5]]


def test_a_successor_inherits_what_was_counted_over_an_edge_too():
    keys = [a_key("old", replaced_by="new"), a_key("new")]
    keys = watched({"old": [100] * DAYS, "new": [0] * DAYS}, span(50.6, 51.5, 70, key_id="old"), keys=keys)
    assert [keys[one].counts[51] for one in ("old", "new")] == [170, 170]


def test_a_key_without_figures_did_nothing():
    assert set(watched({"key_1": [100] * DAYS}, keys=[a_key("idle")])["idle"].counts) == {0}


def test_a_key_with_a_plan_keeps_its_name_its_successor_and_the_days_that_nobody_observed():
    seen = ((BEGIN, EDGES[50]), (EDGES[51], EDGES[-1]))
    counts = {"key_1": with_days([100] * DAYS, {50: 0})}
    described = [a_key("key_1", name="mailer", replaced_by="heir")]
    key = watched(counts, keys=described, observed=seen, plans=[Plan(EDGES[91], EDGES[92], "")])["key_1"]
    assert (key.name, key.is_replaced, key.counts[50], key.planned) == ("mailer", True, None, {91})


def test_a_key_keeps_its_name_and_whether_it_was_replaced():
    keys = watched({"a": [100] * DAYS, "b": [1] * DAYS}, keys=[a_key("a", name="mailer", replaced_by="b"), a_key("b")])
    assert (keys["a"].name, keys["a"].is_replaced, keys["b"].is_replaced) == ("mailer", True, False)


@pytest.mark.parametrize(("first", "lower"), [(-0.5, {0}), (0.2, {0}), (49.9, {49, 50}), (99.5, {99})])
def test_a_lower_bound_is_one_of_the_buckets_that_it_touches(first, lower):
    (key,) = watched({"key_1": [100] * DAYS}, span(first, first + 0.7, 1, "lower")).values()
    assert key.lower == lower


def test_errors_of_counts_over_edges_add_up():
    counts = {"key_1": [100] * DAYS}
    (key,) = watched(counts, *(span(50.6, 51.5, 70)._replace(errors=errors) for errors in (2, 3))).values()
    assert (key.counts[51], key.errors[51]) == (240, 5)


@pytest.mark.parametrize(("end", "gaps"), [(51.5, 0), (51.6, 1)])
def test_a_count_of_a_day_and_a_half_belongs_to_the_day_of_its_middle(end, gaps):
    (key,) = watched({"key_1": [100] * DAYS}, span(50, end, 70)).values()
    assert (len(key.gaps), key.counts[50]) == (gaps, 100 if gaps else 170)
