"""One incident, one finding: where keys do not belong, which signs are one story, how severe it is, and its name."""

from random import Random

import pytest
from anomaly_builders import DAYS, LAST, a_search, a_watched, edges_of, found, row_of, usual, with_days
from domain_builders import a_key

from edgedns_mcp.domain.anomalies.dormancy import Sleep
from edgedns_mcp.domain.anomalies.failing import Failing
from edgedns_mcp.domain.anomalies.incidents import (
    KINDS,
    Incident,
    finding_id,
    is_live,
    joined,
    severity,
    told_once,
)
from edgedns_mcp.domain.anomalies.misplaced import (
    Misplaced,
    bucket_of,
    declared,
    in_wrong_environment,
    on_new_endpoints,
    wrong_environments,
)
from edgedns_mcp.domain.anomalies.search import gathered, misplaced
from edgedns_mcp.domain.anomalies.spikes import Trial
from edgedns_mcp.models import SEVERITY, Cell

DAY_S = 86_400
EDGES = edges_of(a_watched([1] * DAYS))
TRIAL = Trial("passed", requests=10_000, record=120, mean=100.0, low=80, high=120)


def cell(day: int, requests: int = 100, path: str = "/v1/whois", environment="live") -> Cell:
    start = EDGES[day] + 3600
    return Cell(start, start + 3600, "key_1", path, environment, requests, 1, start)


def one(kind, first: int, last: int | None = None, *, size: float = 100, **more) -> Incident:
    last = first if last is None else last
    return Incident("key_1", kind, first, last, more.pop("peak", first), size, **more)


def told(*incidents, per_day=1):
    return [(each.kind, each.first, each.also) for each in told_once(incidents, per_day)]


@pytest.mark.parametrize(
    ("described", "seen", "wrong"),
    [
        ({"environment": "live"}, {"live"}, set()),
        ({"environment": "live"}, {"live", "test"}, {"test"}),
        ({"environment": "test"}, {"live", "unknown"}, {"live"}),
        ({"environment": "test", "allowed_environments": ("live",)}, {"live", "test"}, set()),
        ({"environment": "unknown"}, {"live", "test"}, set()),
        ({"environment": "unknown", "key_id": "edns_test_ab12"}, {"live"}, {"live"}),
        ({"environment": "unknown", "key_id": "EDNS_LIVE_ab12"}, {"live", "test"}, {"test"}),
        ({"environment": "live", "key_id": "edns_test_ab12"}, {"live"}, set()),
        ({"environment": "live"}, set(), set()),
    ],
)
def test_a_key_is_where_it_does_not_belong_by_what_is_declared_allowed_or_in_its_id(described, seen, wrong):
    assert wrong_environments(a_key(**described), seen) == wrong


def test_what_is_declared_weighs_more_than_the_id():
    assert declared(a_key("edns_live_1", environment="test")) == "test"
    assert declared(a_key("edns_live_1", environment="unknown")) == "live"
    assert declared(a_key("key_1", environment="unknown")) == "unknown"


def test_use_in_the_wrong_environment_is_summed_by_day():
    cells = [cell(90), cell(91, 5, "/b", "test"), cell(91, 7, "/c", "test"), cell(93, 1, "/b", "test"), cell(94, 0)]
    assert in_wrong_environment(cells, {"test"}, EDGES) == [
        Misplaced(91, 12, 2, {"/b": 5, "/c": 7}, "test"),
        Misplaced(93, 1, 1, {"/b": 1}, "test"),
    ]


def test_use_in_the_wrong_environment_is_one_story_until_a_week_without_it():
    days = [Misplaced(day, 10, 0, {}, "live") for day in (60, 61, 68, 76)]
    incidents = gathered(misplaced("key_1", "environment", days), 1)
    assert [(each.first, each.last) for each in incidents] == [(60, 68), (76, 76)]
    assert [len(each.misplaced) for each in incidents] == [3, 1]


def shifted(cells, known=(), first=80):
    return [(each.at, each.requests) for each in on_new_endpoints(cells, known, EDGES, first)]


def test_a_shift_to_new_endpoints_is_told_for_a_week():
    usually = [cell(day) for day in range(70, DAYS)]
    new = [cell(day, 60, "/v1/export") for day in range(85, DAYS)]
    assert shifted(usually + new, ["/v1/whois"]) == [(day, 60) for day in range(85, 92)]


@pytest.mark.parametrize(("requests", "expected"), [(14, []), (42, []), (43, [(85, 43)]), (100, [(85, 100)])])
def test_a_shift_needs_fifteen_requests_and_three_tenths_of_the_day(requests, expected):
    assert shifted([cell(85), cell(85, requests, "/v1/export")], ["/v1/whois"]) == expected


def test_a_shift_of_few_requests_is_none_even_if_it_is_half_of_them():
    assert shifted([cell(85, 20), cell(85, 14, "/v1/export")], ["/v1/whois"]) == []
    assert shifted([cell(85, 20), cell(85, 15, "/v1/export")], ["/v1/whois"]) == [(85, 15)]


def test_an_endpoint_that_was_known_or_is_not_named_is_no_shift():
    assert shifted([cell(85, 500, "/v1/export"), cell(86, 500, "")], ["/v1/export"]) == []
    assert shifted([cell(79, 500, "/v1/export"), cell(88, 500, "/v1/export")]) == []  # nine days old by then


def test_errors_and_new_endpoints_of_a_spike_are_its_story():
    spike = one("spike", 90, trial=TRIAL)
    assert told(spike, one("error_burst", 91), one("endpoint_shift", 90)) == [
        ("spike", 90, ("error_burst", "endpoint_shift"))
    ]
    assert told(spike, one("error_burst", 92)) == [("spike", 90, ()), ("error_burst", 92, ())]


def test_what_a_woken_key_does_is_the_story_of_its_waking():
    woke = one("dormant", 90, sleep=Sleep(90, 40, 49, 0))
    everything = (woke, one("spike", 92, trial=TRIAL), one("error_burst", 94), one("endpoint_shift", 90))
    assert told(*everything) == [("dormant", 90, ("spike", "error_burst", "endpoint_shift"))]
    assert told_once(everything, 1)[0].trial == TRIAL
    assert told(woke, one("spike", 95, trial=TRIAL)) == [("dormant", 90, ()), ("spike", 95, ())]


def test_a_spike_in_the_wrong_environment_is_one_story_if_it_consists_of_that():
    wrong = one("environment", 90, misplaced=(Misplaced(90, 9_000, 0, {}, "test"),))
    few = one("environment", 90, misplaced=(Misplaced(90, 20, 0, {}, "test"),))
    spike = one("spike", 90, trial=TRIAL)
    assert told(wrong, spike) == [("environment", 90, ("spike",))]
    assert told(few, spike) == [("spike", 90, ()), ("environment", 90, ())]


def test_errors_on_new_endpoints_are_the_story_of_the_shift():
    assert told(one("endpoint_shift", 90), one("error_burst", 90)) == [("endpoint_shift", 90, ("error_burst",))]


def test_stories_of_two_keys_are_never_one():
    spike = one("spike", 90, trial=TRIAL)
    other = one("error_burst", 90)._replace(key_id="key_2")
    assert [(each.key_id, each.also) for each in gathered([other, spike], 1)] == [("key_1", ()), ("key_2", ())]


@pytest.mark.parametrize(
    ("second", "size", "incidents"),
    [
        (92, 100, 1),  # one quiet day between
        (92, 900, 1),
        (93, 100, 1),  # as bad within a week: the same
        (93, 149, 1),
        (93, 150, 2),  # half as bad again: news
        (97, 100, 1),
        (98, 100, 2),  # seven quiet days: news
    ],
)
def test_a_repeat_is_told_again_after_a_week_or_if_it_is_half_as_bad_again(second, size, incidents):
    found_ = joined([one("error_burst", 90), one("error_burst", second, size=size)], 1)
    assert len(found_) == incidents
    if incidents == 1:
        assert (found_[0].first, found_[0].last, found_[0].size) == (90, second, max(size, 100))


def test_by_hours_a_repeat_is_told_again_after_a_day():
    assert len(joined([one("spike", 90), one("spike", 90 + 24)], 24)) == 1
    assert len(joined([one("spike", 90), one("spike", 90 + 25)], 24)) == 2


def test_a_real_spike_of_errors_and_requests_comes_out_as_one_finding():
    counts = with_days(usual(), {LAST: 10_000})
    errors = [round(count * (0.5 if day == LAST else 0.01)) for day, count in enumerate(counts)]
    (story,) = found(a_watched(counts, errors=errors))
    assert (story.kind, story.also) == ("spike", ("error_burst",))


def test_a_woken_key_that_goes_wild_is_one_finding():
    counts = [0 if 40 <= day < 95 else count for day, count in enumerate(usual())]
    (story,) = found(a_watched(with_days(counts, {95: 5_000, 96: 6_000})))
    assert (story.kind, story.also, story.first) == ("dormant", ("spike",), 95)
    assert story.trial.requests in (5_000, 6_000)


@pytest.mark.parametrize(
    ("incident", "live", "expected"),
    [
        (one("spike", 90, trial=TRIAL), True, "critical"),  # 100 times, 9,900 more, live: 6.6 + 4.0 + 2
        (one("spike", 90, trial=TRIAL), False, "critical"),
        (one("spike", 90, trial=TRIAL._replace(requests=25, mean=1.0)), False, "medium"),  # 4.6 + 1.4
        (one("spike", 90, trial=TRIAL._replace(requests=25, mean=1.0)), True, "high"),
        (one("spike", 90, trial=TRIAL._replace(requests=300)), False, "low"),  # 1.6 + 2.3
        (one("spike", 90, trial=TRIAL._replace(requests=300), also=("error_burst",)), False, "medium"),
        (one("spike", 90, trial=TRIAL._replace(requests=300)), True, "medium"),
        (one("spike", 90, trial=TRIAL._replace(requests=1_200, mean=0.0, is_young=True)), False, "medium"),  # record
        (one("dormant", 90, size=1, sleep=Sleep(90, 50, 39, 0)), False, "low"),
        (one("dormant", 90, size=100, sleep=Sleep(90, 50, 39, 0)), False, "medium"),
        (one("dormant", 90, size=100, sleep=Sleep(99, 5, 93, 0)), False, "medium"),
        (one("dormant", 90, size=100, sleep=Sleep(99, 5, 93, 0)), True, "high"),
        (one("dormant", 90, size=1_000, sleep=Sleep(99, 5, 89, 0)), True, "high"),
        (one("dormant", 90, size=1_000, sleep=Sleep(99, 5, 90, 0)), True, "critical"),
        (one("environment", 90, size=2), False, "low"),
        (one("environment", 90, size=2), True, "medium"),
        (one("environment", 90, size=1_000), True, "critical"),
        (one("error_burst", 90, size=236, failing=Failing(0.01, 0.02, 0.05)), True, "medium"),
        (one("endpoint_shift", 90, size=100), False, "low"),
        (one("silence", 90, size=1_000), False, "low"),
        (one("silence", 90, size=1_000), True, "medium"),
    ],
)
def test_severity_adds_up_how_many_times_how_many_and_what_makes_it_worse(incident, live, expected):
    assert severity(incident, SEVERITY, live=live) == expected


def test_a_finding_has_the_same_name_wherever_the_search_begins_and_ends():
    key = a_watched(with_days(usual(), {70: 8_000, 71: 9_000, LAST: 10_000}))
    names = [
        [finding_id(each.key_id, each.kind, EDGES[each.first]) for each in found(key, first=first, end=end)]
        for first, end in ((40, DAYS), (60, DAYS), (70, 90), (85, DAYS))
    ]
    assert names[0] == names[1]
    assert names[0] == names[2] + names[3]
    assert len(set(names[0])) == 2
    assert row_of(found(key)[0], key).finding_id == names[0][0]


def test_names_differ_by_key_kind_and_beginning():
    names = {finding_id(key, kind, start) for key in ("a", "b") for kind in KINDS for start in (0, 86_400)}
    assert len(names) == 2 * len(KINDS) * 2
    assert all(len(name) == 10 and set(name) <= set("0123456789abcdef") for name in names)
    assert finding_id("key_72c9a5", "spike", 1_795_046_400) == "7b1da5b90c"  # people keep these


def test_the_order_of_keys_changes_nothing():
    keys = [
        a_watched(
            with_days(usual(40 + seed, seed=seed, spread=0.3), {90: 900 * (seed % 3), 95: 0 if seed % 4 else 7_000}),
            f"key_{seed:02}",
            team=f"team_{seed % 3}",
        )
        for seed in range(24)
    ]
    expected = found(*keys)
    assert len(expected) > 5
    for seed in range(4):
        shuffled = keys[:]
        Random(seed).shuffle(shuffled)
        assert found(*shuffled) == expected


def test_a_search_may_be_asked_twice():
    key = a_watched(with_days(usual(), {LAST: 10_000}))
    search = a_search(key)
    assert list(search.flagged(key, KINDS, 60, DAYS)) == list(search.flagged(key, KINDS, 60, DAYS)) != []


def test_where_the_path_went_and_what_was_new_stand_in_a_finding():
    key = a_watched(with_days(usual(), {LAST: 10_000}))
    (spike,) = found(key)
    cells = [cell(LAST, 9_000), cell(LAST, 700, "/v1/spf"), cell(LAST, 200, "/v1/ct"), cell(LAST, 100, "/v1/ssl")]
    row = row_of(spike, key, cells, known=["/v1/spf", "/v1/ssl"])
    assert row.endpoint_distribution == {"/v1/whois": 9_000, "/v1/spf": 700, "/v1/ct": 200}
    assert row.new_endpoints == {"/v1/whois": 9_000, "/v1/ct": 200}


def test_cells_of_one_endpoint_are_summed():
    cells = [cell(91, 5, "/b", "test"), cell(91, 7, "/b", "test")]
    assert in_wrong_environment(cells, {"test"}, EDGES) == [Misplaced(91, 12, 2, {"/b": 12}, "test")]


@pytest.mark.parametrize(("day", "is_new"), [(96, True), (97, False)])
def test_an_endpoint_is_new_for_a_week(day, is_new):
    cells = [cell(90, 50, "/new"), cell(day, 50, "/new")]
    assert [one.at for one in on_new_endpoints(cells, ["/usual"], EDGES, 91)] == [day] * is_new


def test_a_new_endpoint_is_none_any_more_after_a_week_of_hours_or_of_days_of_any_length():
    hours = [3_600 * hour for hour in range(8 * 24 + 1)]

    def told(edges, *starts, first=1):
        every = [Cell(start, start + 60, "key_1", "/new", "live", 50, 0, start) for start in starts]
        return [each.at for each in on_new_endpoints(every, ["/usual"], edges, first)]

    assert told(hours, 0, hours[167]) == [167]
    assert told(hours, 0, hours[168]) == []
    begin_of_summer_time = [0, *(82_800 + DAY_S * day for day in range(10))]
    assert told(begin_of_summer_time, 0, begin_of_summer_time[6]) == [6]
    assert told(begin_of_summer_time, 0, begin_of_summer_time[7]) == []


def test_a_shift_may_begin_in_the_first_bucket_that_is_searched_with_three_tenths_of_its_requests():
    assert shifted([cell(80, 35), cell(80, 15, "/v1/export")], ["/v1/whois"]) == [(80, 15)]


def test_use_before_the_first_bucket_or_after_the_last_is_in_none():
    def of(start: int) -> Cell:
        return Cell(start, start + 60, "key_1", "/b", "test", 5, 0, start)

    outside = [of(EDGES[0] - 60), of(EDGES[-1]), of(EDGES[-1] + DAY_S)]
    assert in_wrong_environment(outside, {"test"}, EDGES) == []
    ends = in_wrong_environment([of(EDGES[0]), of(EDGES[-1] - 60)], {"test"}, EDGES)
    assert [each.at for each in ends] == [0, DAYS - 1]


@pytest.mark.parametrize(("end", "bucket"), [(1_799, 89), (1_800, 89), (1_801, 90)])
def test_use_over_an_edge_belongs_where_the_greater_part_of_it_lies(end, bucket):
    over = Cell(EDGES[90] - 1_800, EDGES[90] + end, "key_1", "/b", "test", 5, 0, EDGES[90])
    assert bucket_of(EDGES, over) == bucket


def test_a_key_is_where_it_does_not_belong_bucket_by_bucket():
    days = [Misplaced(60, 10, 2, {"/b": 10}, "live"), Misplaced(64, 7, 0, {}, "live")]
    assert list(misplaced("key_1", "environment", days)) == [
        Incident("key_1", "environment", day.at, day.at, day.at, day.requests, misplaced=(day,)) for day in days
    ]


def test_an_incident_is_of_live_use_by_where_the_key_was_seen_or_else_belongs():
    seen_live, seen_test = (one("environment", 90, misplaced=(Misplaced(90, 9, 0, {}, to),)) for to in ("live", "test"))
    live, test = a_key(), a_key(environment="test")
    assert [is_live(incident, key) for incident in (seen_live, seen_test) for key in (live, test)] == [True] * 2 + [
        False
    ] * 2
    assert [is_live(one("spike", 90), key) for key in (live, test)] == [True, False]


def test_points_of_a_kind_add_to_those_of_its_size():
    small = one("spike", 90, trial=TRIAL._replace(requests=300))  # 1.6 + 2.3, low
    dear = SEVERITY._replace(kind={**SEVERITY.kind, "spike": 2.0})
    assert (severity(small, SEVERITY, live=False), severity(small, dear, live=False)) == ("low", "medium")


def test_use_in_wrong_environments_is_told_by_environment_the_most_first():
    days = (Misplaced(90, 5, 0, {}, "live"), Misplaced(91, 20, 0, {}, "unknown"), Misplaced(92, 7, 0, {}, "live"))
    row = row_of(one("environment", 90, 92, misplaced=days), a_watched(usual()))
    assert list(row.wrong_environments.items()) == [("unknown", 20), ("live", 12)]
    assert (row.request_count, row.worst_count) == (32, 20)


def test_requests_to_one_endpoint_are_listed_together():
    misused = one("environment", 90, 91, misplaced=(Misplaced(90, 12, 0, {}, "test"),))
    row = row_of(misused, a_watched(usual()), [cell(90, 5, "/b"), cell(91, 7, "/b")])
    assert row.endpoint_distribution == {"/b": 12}


def test_use_in_the_wrong_environment_that_grows_is_the_same_story():
    days = [Misplaced(day, 10 * 3**at, 0, {}, "live") for at, day in enumerate((60, 63, 70))]
    incidents = gathered(misplaced("key_1", "environment", days), 1)
    assert [(each.first, each.last, each.size) for each in incidents] == [(60, 70, 90)]


@pytest.mark.parametrize(("requests", "also"), [(6_600, ("spike",)), (6_599, ())])
def test_a_spike_consists_of_what_makes_up_two_thirds_of_what_it_adds(requests, also):
    wrong = one("environment", 90, misplaced=(Misplaced(90, requests, 0, {}, "test"),))
    assert told(wrong, one("spike", 90, trial=TRIAL))[-1] == ("environment", 90, also)


@pytest.mark.parametrize(
    ("incident", "points"),
    [
        (one("spike", 90, trial=TRIAL._replace(requests=300)), 1.585 + 2.301),  # log2 of 3, log10 of 200
        (one("spike", 90, trial=TRIAL._replace(requests=2, mean=1.0)), 1.0),
        (one("spike", 90, trial=TRIAL._replace(requests=64, mean=0.2)), 6 + 1.799),  # of at least one a day
        (one("spike", 90, trial=TRIAL._replace(requests=960, is_young=True)), 3 + 2.924),  # times its record
        (one("error_burst", 90, size=1), 1.0),
        (one("error_burst", 90, size=1_000), 3 + 1.0),
        (one("endpoint_shift", 90, size=1_000, also=("error_burst",)), 3 + 1 + 1.0),
        (one("dormant", 90, size=10, sleep=Sleep(95, 4, 90, 0)), 1 + 3 + 1.0),
        (one("dormant", 90, size=10, sleep=Sleep(95, 5, 89, 0)), 1 + 3.0),
    ],
)
def test_points_are_those_of_how_many_times_how_many_and_the_kind(incident, points):
    around = SEVERITY._replace(bars=(points - 0.01, points + 0.01, 99.0))
    assert severity(incident, around, live=False) == "medium"
    lower = SEVERITY._replace(bars=(points + 1.99, points + 2.01, 99.0))
    assert severity(incident, lower, live=True) == "medium"


def test_by_hours_use_in_the_wrong_environment_is_one_story_for_a_week():
    for pause, stories in ((7 * 24, 1), (7 * 24 + 1, 2)):
        hours = [Misplaced(at, 10, 0, {}, "live") for at in (60, 60 + pause)]
        assert len(gathered(misplaced("key_1", "environment", hours), 24)) == stories


def test_a_spike_on_another_day_is_not_what_was_in_the_wrong_environment():
    wrong = one("environment", 90, misplaced=(Misplaced(90, 9_000, 0, {}, "test"),))
    assert told(wrong, one("spike", 92, trial=TRIAL)) == [("environment", 90, ()), ("spike", 92, ())]


def test_a_search_finds_only_the_kinds_that_are_asked_for():
    woken = a_watched([0 if 40 <= day < 95 else 9 for day in range(DAYS)])
    assert found(woken, kinds=["spike"]) == []
    assert [each.kind for each in found(woken, kinds=["dormant", "spike"])] == ["dormant"]
