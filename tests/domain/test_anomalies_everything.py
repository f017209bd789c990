"""Whatever the figures are, a search ends, stays within its window and says the same again."""

from datetime import date

import pytest
from anomaly_builders import DAYS, a_search, a_watched, edges_of, found, row_of, usual, with_days
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.domain.anomalies import tested
from edgedns_mcp.domain.anomalies.baseline import DAILY, HOURLY
from edgedns_mcp.domain.anomalies.incidents import KINDS
from edgedns_mcp.domain.anomalies.search import gathered
from edgedns_mcp.domain.anomalies.watched import Gap
from edgedns_mcp.models import Key

counts = st.one_of(st.none(), st.just(0), st.integers(0, 30), st.integers(0, 30), st.integers(0, 10**12))


@st.composite
def keys(draw: st.DrawFn, *, days: int = 70):
    """Some keys of two teams with whatever counts, errors and uncertainties."""
    made = []
    for number in range(draw(st.integers(1, 4))):
        pattern = draw(st.lists(counts, min_size=1, max_size=14))  # repeated, with whatever at the end
        column = [*(pattern * days)[: days - 10], *draw(st.lists(counts, min_size=10, max_size=10))]
        parts = draw(st.sampled_from((0, 0.01, 0.5, 1)))
        errors = [None if count is None else int(count * parts * (day % 3)) // 2 for day, count in enumerate(column)]
        some_days = st.frozensets(st.integers(0, days - 1), max_size=5)
        made.append(
            a_watched(
                column,
                f"key_{number}",
                team=draw(st.sampled_from(("a", "b"))),
                errors=errors,
                lower=draw(some_days),
                planned=draw(some_days),
                whole=[day not in draw(st.just({3, 40})) for day in range(days)],
                gaps=tuple(draw(st.sampled_from(((), (Gap(50, 52, 10**9),), (Gap(0, -1, 0),))))),
            )
        )
    return made


@st.composite
def plain_keys(draw: st.DrawFn, *, days: int = 70):
    """Some keys of whom rows tell all; what nobody observed is the same for all of them."""
    blind = draw(st.frozensets(st.integers(0, days - 1), max_size=4))
    made = []
    for number in range(draw(st.integers(1, 4))):
        pattern = draw(st.lists(st.sampled_from((0, 1, 20, 25, 30, 10_000)), min_size=1, max_size=14))
        column = [
            *(pattern * days)[: days - 10],
            *draw(st.lists(st.sampled_from((0, 9, 22, 500)), min_size=10, max_size=10)),
        ]
        quiet = {day for day in blind if draw(st.booleans())}
        column = [None if day in quiet or (day in blind and not count) else count for day, count in enumerate(column)]
        parts = draw(st.sampled_from((0, 0.01, 0.5, 1)))
        errors = [None if count is None else int(count * parts * (day % 3)) // 2 for day, count in enumerate(column)]
        made.append(a_watched(column, f"key_{number}", team="a", errors=errors))
    return made


any_keys = st.one_of(keys(), plain_keys())


@given(keys(), st.integers(0, 69), st.sampled_from(("strict", "normal", "keen")))
def test_every_incident_lies_in_the_search_and_the_same_input_gives_the_same(some, first, sensitivity):
    incidents = found(*some, first=first)
    assert found(*reversed(some), first=first) == incidents
    for one in incidents:
        assert 0 <= one.first <= one.peak <= one.last < 70
        assert one.last >= first
    search = a_search(*some, sensitivity=sensitivity)
    for key in some:
        for one in search.flagged(key, KINDS, first, 70):
            assert key.counts[one.peak] is not None or one.trial is not None
            assert one.peak not in key.planned or one.kind in ("dormant", "silence") or key.gaps


@given(keys())
def test_every_finding_can_be_told(some):
    by_id = {key.key_id: key for key in some}
    for one in found(*some, first=20):
        row = row_of(one, by_id[one.key_id])
        assert edges_of(by_id[one.key_id])[one.first] == row.start.timestamp()
        assert row.start <= row.worst_start < row.end
        assert row.expected_low is None or row.expected_low <= row.expected_high


@given(keys())
def test_a_spike_is_more_than_its_record_and_its_range(some):
    search = a_search(*some)
    for key in some:
        for at, trial in search.detector.spikes(key, 20, 70):
            assert trial.requests == key.counts[at]
            assert trial.requests > trial.record
            assert at not in key.planned | key.lower
            assert trial.is_young or trial.requests >= 3 * trial.mean


@given(keys(days=72))
def test_hours_are_searched_as_well(some):
    hours = [a_watched(list(key.counts), key.key_id, rhythm=HOURLY, first=date(2026, 6, 1)) for key in some]
    for one in found(*hours, first=0):
        assert one.kind != "silence"
        assert 0 <= one.first <= one.last < 72


@pytest.mark.parametrize("count", [0, 1, 10**15])
@pytest.mark.parametrize("rhythm", [DAILY, HOURLY])
def test_a_key_that_never_changes_has_no_finding(count, rhythm):
    assert found(a_watched([count] * 900, rhythm=rhythm, first=date(2026, 1, 1)), first=100) == []


@given(any_keys, st.integers(1, 69), st.integers(0, 20))
def test_a_key_that_is_passed_over_has_no_news(some, first, before):
    search, lead_in = a_search(*some), max(first - before, 0)
    for kind in KINDS:
        news = search.with_news([key.key_id for key in some], [kind], lead_in, range(first, 70))
        for key in some:
            if key.key_id not in news:
                assert [
                    one for one in gathered(search.flagged(key, [kind], lead_in, 70), 1) if one.news_until >= first
                ] == []


@given(st.one_of(keys(days=72), plain_keys(days=72)), st.integers(1, 71))
def test_a_key_that_is_passed_over_has_no_news_by_hours_either(some, first):
    hours = [
        a_watched(list(key.counts), key.key_id, errors=key.errors, rhythm=HOURLY, first=date(2026, 6, 1))
        for key in some
    ]
    search = a_search(*hours)
    news = search.with_news([key.key_id for key in hours], KINDS, 0, range(first, 72))
    for key in hours:
        if key.key_id not in news:
            assert [one for one in gathered(search.flagged(key, KINDS, 0, 72), 24) if one.news_until >= first] == []


@given(any_keys, st.integers(1, 69))
def test_rows_tell_of_what_a_key_was_tested_as_the_key_does(some, first):
    described = {key.key_id: Key(key_id=key.key_id, name="a", environment="live") for key in some}
    known = {"environment": ["key_0"], "endpoint_shift": ["key_1"], "budget": ()}
    by_rows, by_keys = (
        tested.Reach(a_search(*some, all_odd=all_odd), described, first, known) for all_odd in (False, True)
    )
    assert tested.tested(by_rows, KINDS, [*described]) == tested.tested(by_keys, KINDS, [*described])
    for key_id in described:
        assert tested.why_not(by_rows, KINDS, key_id) == tested.why_not(by_keys, KINDS, key_id)
        of_one = [one.why for one in tested.tested(by_rows, KINDS, [key_id])]
        assert of_one == [f"1 {why}" if why else "" for why in tested.why_not(by_rows, KINDS, key_id)]


BUSY = usual(100, seed=3)


def test_a_spike_that_goes_on_is_news_on_each_of_its_days_beside_an_old_burst_on_its_weekday():
    key = a_watched(with_days(BUSY, {40: 6_000} | dict.fromkeys(range(82, 92), 1_500)))
    search = a_search(key)
    for day in range(82, 92):
        assert search.with_news(["key_1"], ["spike"], day - 15, range(day, day + 1)) == ["key_1"]


@pytest.mark.parametrize(
    ("kind", "key"),
    [
        ("spike", a_watched(with_days(BUSY, {70: 1000, 71: 1100, 72: 1200, 73: 1000}))),
        ("spike", a_watched(with_days(BUSY, dict.fromkeys(range(68, 80), 1500)))),
        ("error_burst", a_watched(BUSY, errors=[60 if 70 <= day < 75 else 0 for day in range(DAYS)])),
        ("dormant", a_watched([20] * 20 + [0] * 50 + [9, 9, 9] + [0] * 27)),
        ("silence", a_watched(BUSY[:70] + [0] * 30)),
    ],
)
def test_what_reaches_into_the_window_is_news_wherever_it_began(kind, key):
    search = a_search(key)
    for first in range(60, 80):
        told = [one for one in found(key, kinds=[kind], first=first - 15) if one.news_until >= first]
        assert search.with_news([key.key_id], [kind], first - 15, range(first, DAYS)) or not told
        if first in (71, 72):
            assert [one.kind for one in told] == [kind]


def test_a_key_is_steady_whether_it_was_used_on_a_day_that_nobody_observed_or_not():
    one, other = a_watched(with_days(BUSY, {80: None})), a_watched(with_days(BUSY, {80: None, 85: None}), "key_2")
    search = a_search(one, other)
    described = {key_id: Key(key_id=key_id, name="a") for key_id in ("key_1", "key_2")}
    (silence,) = tested.tested(tested.Reach(search, described, 90, {}), ["silence"], [*described])
    assert (silence.keys, search.keys.odd, search.keys.blind) == (2, frozenset(), [80, 85])
