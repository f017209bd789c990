"""What a bucket that stood before the gates says of itself: its figures and how high the gate was that stopped it."""

import pytest
from anomaly_builders import DAYS, LAST, a_search, a_watched, tried, with_days

from edgedns_mcp.domain.anomalies.baseline import HOURLY
from edgedns_mcp.domain.anomalies.spikes import Trial
from edgedns_mcp.domain.anomalies.usual import usual_range
from edgedns_mcp.domain.anomalies.watched import Gap

FLAT = [100] * DAYS
USUAL, RECORD = pytest.approx(301 / 3), pytest.approx(100)
BURSTY = [day * day % 97 * (day % 3 == 0) for day in range(DAYS)]


def a_day(count: int | None, counts=FLAT, **more) -> Trial:
    return tried(with_days(counts, {LAST: count}), **more)


@pytest.mark.parametrize(
    ("count", "trial"),
    [
        (None, Trial("observed")),
        (14, Trial("effect", 14, LAST, bar=15)),
        (150, Trial("record", 150, LAST, RECORD, USUAL, bar=1.5)),
        (280, Trial("ratio", 280, LAST, RECORD, USUAL, bar=3.0)),
        (10_000, Trial("passed", 10_000, LAST, RECORD, USUAL)),
    ],
    ids=["not seen", "few", "record", "x2.8", "spike"],
)
def test_a_day_says_which_gate_stopped_it_and_how_high_that_was(count, trial):
    assert a_day(count) == trial


def test_a_quiet_key_is_stopped_by_what_it_adds_to_its_usual():
    assert a_day(16, [2] * DAYS) == Trial("effect", 16, LAST, 2.0, pytest.approx(602 / 300), bar=15)


def test_noise_has_no_height():
    assert a_day(30, [9] * DAYS) == Trial("rarity", 30, LAST, 9.0, pytest.approx(9.03))


def test_a_planned_day_says_what_it_had():
    assert a_day(10_000, planned=frozenset({LAST})) == Trial("planned", 10_000, LAST)


def test_a_key_of_which_nothing_can_be_learnt_says_how_many_days_are_needed():
    assert a_day(10_000, whole=[False] * DAYS) == Trial("history", 10_000, LAST, bar=21)


@pytest.mark.parametrize(("days", "count", "gate"), [(7, 100, "passed"), (6, 100, "history"), (7, 99, "history")])
def test_a_young_key_needs_a_week_and_a_hundred_requests(days, count, gate):
    young = [0] * (LAST - days) + [5] * (days + 1)
    assert a_day(count, young) == Trial(gate, count, days, 5, is_young=True, bar=21)


@pytest.mark.parametrize(("count", "gate"), [(200, "passed"), (199, "history")])
def test_a_young_key_needs_ten_times_its_record(count, gate):
    assert a_day(count, [0] * (LAST - 8) + [20] * 9).gate == gate


def counted_together(requests: int, counts=FLAT, days: int = 3) -> Trial:
    """Put days from the 90th on before the gates, of which only the sum is known."""
    first, last = 90, 90 + days - 1
    gap = Gap(first, last, requests)
    key = a_watched(with_days(counts, dict.fromkeys(range(first, last + 1))), gaps=(gap,))
    return a_search(key).detector.gap(key, gap)


@pytest.mark.parametrize(
    ("requests", "gate", "low", "high"), [(350, "record", 0, 0), (900, "ratio", 0, 0), (910, "passed", 254, 351)]
)
def test_days_counted_together_are_held_against_the_usual_of_all_but_one(requests, gate, low, high):
    trial = counted_together(requests)
    record = pytest.approx(100 + 2 * 301 / 3)
    assert trial == Trial(gate, requests, 90, record, pytest.approx(301), low, high)


def test_few_days_counted_together_are_no_effect():
    trial = counted_together(18, [2] * DAYS, 2)
    assert trial == Trial("effect", 18, 90, pytest.approx(2 + 602 / 300), pytest.approx(602 / 150))
    assert counted_together(20, [2] * DAYS, 2).gate != "effect"


def test_days_counted_together_of_an_irregular_key_must_beat_twice_its_record_and_scatter_less():
    record, rare, passed = (counted_together(requests, BURSTY) for requests in (200, 500, 3_000))
    assert [one.gate for one in (record, rare, passed)] == ["record", "rarity", "passed"]
    assert {one.is_regular for one in (record, rare, passed)} == {False}
    assert (rare.low, rare.high, rare.record) == (passed.low, passed.high, record.record) == (0, 365, rare.record)
    assert record.record == pytest.approx(136, abs=1)


def test_days_counted_together_after_a_reset_are_not_judged():
    gap = Gap(90, 92, 30_000)
    key = a_watched(with_days(FLAT, dict.fromkeys(range(90, 93))), gaps=(gap,), lower=frozenset({90}))
    assert a_search(key).detector.gap(key, gap) == Trial("history", 30_000, 90)


@pytest.mark.parametrize(("others", "team"), [(1, 1.0), (2, 2.0), (6, 2.0), (7, 3.0)])
def test_of_a_small_team_the_quieter_speak_and_of_a_large_one_the_middle(others, team):
    """All but half of them do three times their usual; of few, the lower quarter is heard."""
    factors = [2, 3, 3, 3, 3, 3, 3] if others == 7 else [2, 2, 3, 3, 3, 3][:others]
    peers = [a_watched(with_days(FLAT, {LAST: 100 * factor}), f"peer_{one}") for one, factor in enumerate(factors)]
    key = a_watched(with_days(FLAT, {LAST: 2_000}))
    trial = a_search(key, *peers).detector.tried(key, LAST)
    assert (trial.peers, trial.team) == (others, pytest.approx(team, rel=0.01))


def usual_of(at: int, counts=FLAT, **more) -> tuple[int, int] | None:
    key = a_watched(counts, **more)
    return usual_range(a_search(key), key, at)


def test_what_is_usual_for_a_day_is_what_the_gates_would_say_of_it():
    key = a_watched(FLAT)
    detector = a_search(key).detector
    ranged = detector.ranged(key, LAST, detector.tried(key, LAST)._replace(mean=1.0))
    assert usual_of(LAST) == (ranged.low, ranged.high)
    assert ranged.low < 100 < ranged.high


@pytest.mark.parametrize(
    ("at", "more"),
    [
        (LAST, {"whole": [day != LAST for day in range(DAYS)]}),
        (LAST, {"planned": frozenset({LAST})}),
        (30, {}),
        (20, {}),
        (10, {"born": 50}),
    ],
    ids=["in part", "planned", "first of a month", "20 days of history", "not born"],
)
def test_nothing_is_usual_for_a_day_of_which_nobody_can_know(at, more):
    assert usual_of(at, **more) is None


def test_a_range_is_told_from_three_weeks_of_history_on():
    assert usual_of(21) is not None


def test_nothing_is_usual_where_nothing_could_be_learnt():
    unseen_but_the_last = [day == LAST for day in range(DAYS)]
    assert usual_of(LAST, whole=unseen_but_the_last) is None


@pytest.mark.parametrize(("count", "gate"), [(280, "rarity"), (281, "passed")])
def test_a_key_of_three_active_days_must_do_what_students_t_allows_once_in_ten_thousand(count, gate):
    """Three days of 20: log 21 + 9.678 sqrt(0.27 / 5) sqrt(4 / 3) = log 282; 9.678 is of five degrees of freedom."""
    assert a_day(count, with_days([0] * DAYS, {40: 20, 50: 20, 55: 20})).gate == gate


@pytest.mark.parametrize(("count", "gate"), [(301, "ratio"), (302, "passed")])
def test_a_count_of_three_times_the_usual_is_enough(count, gate):
    assert a_day(count).gate == gate  # 3 x 100 1/3 = 301


@pytest.mark.parametrize(("count", "gate"), [(350, "passed"), (401, "passed"), (150, "record")])
def test_a_month_end_is_held_to_the_same_record_where_months_do_not_make_the_key_busy(count, gate):
    assert tried(with_days(FLAT, {92: count}), at=92).gate == gate


@pytest.mark.parametrize(("factors", "team"), [([2, 3, 3], 2.0), ([2, 3, 3, 3], 2.0), ([2, 2.5, 3, 3, 3], 2.5)])
def test_the_lower_quarter_of_a_small_team_speaks_for_it(factors, team):
    peers = [a_watched(with_days(FLAT, {LAST: 100 * factor}), f"peer_{one}") for one, factor in enumerate(factors)]
    key = a_watched(with_days(FLAT, {LAST: 2_000}))
    assert a_search(key, *peers).detector.tried(key, LAST).team == pytest.approx(team, rel=0.01)


def test_a_peer_in_its_first_day_says_nothing_about_its_team():
    peers = [a_watched(with_days([0] * DAYS, {LAST: 500}), f"peer_{one}") for one in range(3)]
    key = a_watched(with_days(FLAT, {LAST: 2_000}))
    trial = a_search(key, *peers).detector.tried(key, LAST)
    assert (trial.gate, trial.peers, trial.team) == ("passed", 0, 1.0)


def test_days_counted_together_before_a_month_ends_are_not_excused_by_earlier_month_ends():
    busy = with_days(FLAT, {28: 1_000, 29: 1_000, 30: 1_000})
    for first, gate in ((56, "passed"), (57, "record")):  # to the 28th and the 30th of July
        gap = Gap(first, first + 2, 2_500)
        key = a_watched(with_days(busy, dict.fromkeys(range(first, first + 3))), gaps=(gap,))
        assert a_search(key).detector.gap(key, gap).gate == gate


@pytest.mark.parametrize(("requests", "gate"), [(280, "rarity"), (281, "passed")])
def test_days_counted_together_of_three_active_days_are_held_to_the_same_chance(requests, gate):
    assert counted_together(requests, with_days([0] * DAYS, {40: 20, 50: 20, 55: 20})).gate == gate


def test_days_counted_together_are_no_spike_of_a_key_that_was_active_twice():
    assert counted_together(100_000, with_days([0] * DAYS, {40: 20, 50: 20})).gate == "rarity"


def test_a_day_of_one_request_is_an_active_day():
    once = with_days([0] * DAYS, dict.fromkeys((40, 50, 55), 1))
    assert a_day(60, once).gate == "passed"  # log 2 + 2.6 is log 27
    assert a_day(20, once).gate == "rarity"
    assert counted_together(60, once).gate == "passed"


@pytest.mark.parametrize(("born", "gate"), [(69, "passed"), (70, "history")])
def test_days_counted_together_are_judged_after_three_weeks(born, gate):
    assert counted_together(10_000, [0] * born + FLAT[born:]).gate == gate


def test_the_first_day_of_a_key_has_no_history():
    assert a_day(10_000, [0] * DAYS) == Trial("history", 10_000, 0, 0, is_young=True, bar=21)


@pytest.mark.parametrize("planned", range(6))
def test_a_peer_of_whom_nobody_can_say_does_not_silence_the_others(planned):
    peers = [
        a_watched(
            with_days(FLAT, {LAST: 300}), f"peer_{one}", planned=frozenset({LAST}) if one == planned else frozenset()
        )
        for one in range(6)
    ]
    key = a_watched(with_days(FLAT, {LAST: 2_000}))
    assert a_search(key, *peers).detector.tried(key, LAST).peers == 5


def test_a_peer_of_less_than_twenty_a_day_is_not_asked():
    peers = [a_watched(with_days([count] * DAYS, {LAST: 300}), f"peer_{count}") for count in (19, 25, 30, 40)]
    key = a_watched(with_days(FLAT, {LAST: 2_000}))
    assert a_search(key, *peers).detector.tried(key, LAST).peers == 3


def test_one_busy_day_of_another_kind_does_not_make_months_busy():
    counts = with_days(FLAT, {50: 300, 92: 500})
    assert tried(counts, at=92).gate == "passed"
    assert tried([0] * 5 + with_days(FLAT, {28: 350})[5:], at=28).gate == "passed"  # no month's end before


@pytest.mark.parametrize(("requests", "gate"), [(3_199, "record"), (3_203, "passed")])
def test_days_counted_together_over_a_busy_month_end_must_beat_it_twice(requests, gate):
    """Half again of 2 x 1,000, and 200 2/3 of the other two days."""
    busy = with_days(FLAT, {28: 1_000, 29: 1_000, 30: 1_000})
    gap = Gap(57, 59, requests)
    key = a_watched(with_days(busy, dict.fromkeys(range(57, 60))), gaps=(gap,))
    assert a_search(key).detector.gap(key, gap).gate == gate


def test_of_seven_peers_the_middle_speaks():
    peers = [a_watched(with_days(FLAT, {LAST: 100 * (2 + (one > 2))}), f"peer_{one}") for one in range(7)]
    key = a_watched(with_days(FLAT, {LAST: 2_000}))
    assert a_search(key, *peers).detector.tried(key, LAST).team == pytest.approx(3, rel=0.01)


def test_a_busy_team_raises_the_record_what_is_expected_and_its_range():
    peers = [a_watched(with_days(FLAT, {LAST: 300}), f"peer_{one}") for one in range(7)]
    key = a_watched(with_days(FLAT, {LAST: 2_000}))
    detector = a_search(key, *peers).detector
    trial = detector.tried(key, LAST)
    assert (trial.gate, trial.record, trial.mean) == (
        "passed",
        pytest.approx(300, rel=0.01),
        pytest.approx(300, rel=0.01),
    )
    ranged = detector.ranged(key, LAST, trial)
    assert 200 < ranged.low < 300 < ranged.high < 400
    assert detector.ranged(key, LAST, trial._replace(low=1)) == trial._replace(low=1)  # told already


def test_what_is_usual_for_an_hour_is_learnt_once_a_day():
    key = a_watched([30] * (24 * 40), rhythm=HOURLY)
    detector = a_search(key).detector
    day = [detector.learnt(key, 24 * 30 + hour) for hour in range(24)]
    assert all(one is day[0] for one in day)
    assert detector.learnt(key, 24 * 31) is not day[0]


def test_of_a_large_team_25_are_asked():
    peers = [a_watched(with_days(FLAT, {LAST: 150}), f"peer_{one}") for one in range(30)]
    key = a_watched(with_days(FLAT, {LAST: 2_000}), "key_1")
    assert a_search(key, *peers).detector.tried(key, LAST).peers in (24, 25)  # of which it may be one
