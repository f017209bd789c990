"""Spikes: what is found, what is not, and which gate says so."""

from datetime import UTC, date, datetime, timedelta

import pytest
from anomaly_builders import DAYS, LAST, a_search, a_watched, found, row_of, spikes, tried, usual, with_days

from edgedns_mcp.domain.anomalies.baseline import HOURLY

JUNE_30, JULY_1 = 29, 30
QUIET = [9] * DAYS  # so steady that nothing of it is noise


def at_the_end(count: int | None, counts=None) -> list[int | None]:
    return with_days(usual() if counts is None else counts, {LAST: count})


def a_team(number: int, factor: float, counts_of=usual, *, day: int = LAST):
    """Give keys of one team that all do `factor` times their usual on a day."""
    keys = []
    for one in range(number):
        counts = counts_of(80 + 7 * one, seed=one + 10)
        keys.append(a_watched(with_days(counts, {day: round(counts[day] * factor)}), f"peer_{one:02}"))
    return keys


def test_a_hundred_a_day_that_become_ten_thousand_are_found_with_their_figures():
    key = a_watched(at_the_end(10_000))
    (one,) = found(key)
    assert (one.kind, one.key_id, one.first, one.last, one.peak) == ("spike", "key_1", LAST, LAST, LAST)
    row = row_of(one, key)
    assert (row.worst_count, row.request_count, row.history_days) == (10_000, 10_000, LAST)
    assert row.record_count == max(usual()[:LAST])
    assert row.record_start == datetime(2026, 6, 1, tzinfo=UTC) + timedelta(days=usual().index(row.record_count))
    assert 60 < row.expected_low < 90 < row.expected_count < 110 < row.expected_high < 150
    assert row.ratio == pytest.approx(10_000 / row.expected_count, abs=0.06)
    assert (row.start, row.end) == (datetime(2026, 9, 8, tzinfo=UTC), datetime(2026, 9, 9, tzinfo=UTC))
    assert (row.severity, row.team_ratio, row.team_peers, row.quiet_days) == ("critical", None, 0, None)


def test_nothing_is_found_in_a_hundred_keys_that_do_their_usual():
    keys = [
        a_watched(usual(3 + 3 * seed, seed=seed, spread=0.25, weekend=0.3), f"key_{seed:03}", team=f"team_{seed % 9}")
        for seed in range(100)
    ]
    assert found(*keys, first=30) == []


@pytest.mark.parametrize("seed", range(8))
def test_twice_the_usual_is_no_spike_and_ten_times_is(seed):
    assert spikes(a_watched(at_the_end(200, usual(seed=seed)))) == []
    assert spikes(a_watched(at_the_end(1_000, usual(seed=seed)))) == [("key_1", LAST, LAST)]


def test_a_weekday_is_held_against_its_own_kind():
    """A Saturday with what every Tuesday has is five times its usual; the Tuesday is as always."""
    counts = usual(500, weekend=0.05)
    saturday = LAST - 3
    assert spikes(a_watched(with_days(counts, {saturday: 500}))) == [("key_1", saturday, saturday)]
    assert spikes(a_watched(with_days(counts, {LAST: 500}))) == []


@pytest.mark.parametrize(
    ("gate", "count", "counts", "more"),
    [
        ("observed", None, usual(), {}),
        ("observed", 0, [0] * DAYS, {}),
        ("planned", 10_000, usual(), {"planned": frozenset({LAST})}),
        ("history", 1_000, [0] * (LAST - 20) + usual(days=21), {}),
        ("history", 10_000, usual(), {"whole": [False] * DAYS}),
        ("effect", 14, QUIET, {}),
        ("effect", 16, [2] * DAYS, {}),
        ("record", 174, usual(), {}),
        ("ratio", 280, usual(), {}),
        ("rarity", 30, QUIET, {}),
        ("passed", 10_000, usual(), {}),
    ],
    ids=["not seen", "never used", "planned", "young", "unsure", "few", "few more", "record", "x2.9", "noise", "spike"],
)
def test_each_gate_is_the_first_to_say_no(gate, count, counts, more):
    trial = tried(at_the_end(count, counts), **more)
    assert trial.gate == gate
    assert trial.requests == (count or 0)


def test_a_count_just_above_each_gate_passes_it():
    assert tried(at_the_end(16, [2] * DAYS)).gate == "effect"
    assert tried(at_the_end(30, [2] * DAYS)).gate == "passed"
    assert tried(at_the_end(175)).gate == "ratio"
    assert tried(at_the_end(290)).gate == "passed"
    assert tried(at_the_end(27, QUIET)).gate == "ratio"
    assert tried(at_the_end(31, QUIET)).gate == "passed"
    grown = [0] * (LAST - 21) + usual(days=22)
    assert tried(at_the_end(1_000, grown)).gate == "passed"


def test_what_is_strict_is_found_by_keen_too_and_not_the_other_way_round():
    noisy = usual(30, spread=0.35, seed=4)
    gates = {}
    for sensitivity in ("strict", "normal", "keen"):
        key = a_watched(at_the_end(120, noisy))
        gates[sensitivity] = a_search(key, sensitivity=sensitivity).detector.tried(key, LAST).gate
    assert gates == {"strict": "rarity", "normal": "rarity", "keen": "passed"}


def test_an_irregular_key_must_beat_twice_its_record_and_scatter_less():
    bursty = [day * day % 97 * (day % 3 == 0) for day in range(DAYS)]
    trial = tried(at_the_end(2 * max(bursty) - 10, bursty))
    assert (trial.gate, trial.is_regular, trial.record) == ("record", False, max(bursty))
    assert tried(at_the_end(2 * max(bursty) + 60, bursty)).gate == "rarity"
    assert tried(at_the_end(60 * max(bursty), bursty)).gate == "passed"


def test_a_key_that_was_used_twice_is_only_held_against_ten_times_its_record():
    counts = with_days([0] * DAYS, {40: 20, 70: 10})
    assert tried(at_the_end(190, counts)).gate == "rarity"
    assert tried(at_the_end(210, counts)).gate == "passed"


def test_a_job_at_the_end_of_months_is_no_spike_but_a_spike_of_it_is():
    days = 122  # to 2026-09-30
    month_ends = {29: 400, 28: 380, 60: 430, 59: 390, 91: 410, 90: 420, 120: 400}
    counts = with_days(usual(30, days=days), month_ends)
    assert spikes(a_watched(with_days(counts, {121: 450})), first=35) == []
    assert tried(with_days(counts, {121: 1_600}), at=121).gate == "record"  # no two months are alike
    assert spikes(a_watched(with_days(counts, {121: 4_000}))) == [("key_1", 121, 121)]
    middle = with_days(counts, {105: 450})
    assert spikes(a_watched(middle)) == [("key_1", 105, 105)]  # in the middle of a month it is one


def test_a_surge_of_the_team_is_nobodys_spike():
    team = a_team(10, 3.6)
    assert spikes(*team) == []
    trial = a_search(*team).detector.tried(team[0], LAST)
    assert (trial.gate, trial.peers) == ("team", 9)
    assert 3.3 < trial.team < 3.9
    alone = a_watched(team[0].counts, team="another")
    assert spikes(*team[1:], alone) == [("key_1", LAST, LAST)]


def test_a_key_far_beyond_the_surge_of_its_team_is_found():
    team = a_team(10, 3.0)
    beyond = a_watched(at_the_end(5_000), "key_beyond")
    assert spikes(*team, beyond) == [("key_beyond", LAST, LAST)]
    (one,) = found(*team, beyond)
    row = row_of(one, beyond)
    assert (row.team_ratio, row.team_peers) == (one.trial.team.__round__(1), 10)
    assert 2.7 < row.team_ratio < 3.2
    assert row.expected_count == pytest.approx(one.trial.team * 100, rel=0.1)


def test_two_others_excuse_a_key_only_if_both_were_busy():
    counts = at_the_end(350)
    both = a_team(2, 3.5)
    assert spikes(a_watched(counts), *both) == []
    one_of_two = [both[0], a_watched(usual(80, seed=99), "peer_99")]
    assert ("key_1", LAST, LAST) in spikes(a_watched(counts), *one_of_two)
    assert ("key_1", LAST, LAST) in spikes(a_watched(counts), both[0])  # one other key is no team


def test_a_young_key_is_held_against_ten_times_its_record_and_nothing_else():
    counts = [0] * (LAST - 12) + usual(20, days=12)
    record = max(counts)
    below, above = tried([*counts, 10 * record - 1]), tried([*counts, 10 * record])
    assert (below.gate, below.is_young, below.record) == ("history", True, record)
    assert (above.gate, above.is_young) == ("passed", True)
    key = a_watched([*counts, 10 * record])
    (one,) = found(key)
    row = row_of(one, key)
    assert (row.expected_count, row.expected_low, row.ratio, row.record_count, row.history_days) == (
        None, None, None, record, 12,
    )  # fmt: skip


def test_a_key_of_less_than_a_week_is_not_judged_whatever_it_does():
    assert spikes(a_watched([0] * (DAYS - 6) + [1, 2, 1, 2, 1, 1_000_000])) == []
    assert tried([0] * (DAYS - 6) + [1, 2, 1, 2, 1, 1_000_000]).gate == "history"


def test_an_old_burst_is_no_record_and_a_fresh_one_is():
    old = with_days(usual(), {45: 3_000, 46: 2_800})
    trial = tried(at_the_end(1_000, old))
    assert trial.gate == "passed"
    assert trial.record < 125
    fresh = with_days(usual(), {LAST - 13: 3_000, LAST - 12: 2_800})
    assert tried(at_the_end(1_000, fresh)).gate == "record"
    long = with_days(usual(), {45: 2_900, 46: 2_900, 47: 3_000, 48: 2_900})  # four days of it are no burst
    assert tried(at_the_end(1_000, long)).gate == "record"


def test_an_incident_that_goes_on_is_one_finding_with_its_worst_day():
    key = a_watched(with_days(usual(), {80: 5_000, 81: 9_000, 82: 4_000, 83: 5_000}))
    (one,) = found(key)
    assert (one.first, one.last, one.peak) == (80, 83, 81)
    row = row_of(one, key)
    assert (row.worst_count, row.request_count) == (9_000, 23_000)
    assert row.worst_start == datetime(2026, 8, 21, tzinfo=UTC)
    assert 60 < row.expected_low < row.expected_high < 150  # by what was usual before the incident


def test_a_quiet_day_between_does_not_end_an_incident():
    assert spikes(a_watched(with_days(usual(), {80: 5_000, 82: 11_000}))) == [("key_1", 80, 82)]
    assert spikes(a_watched(with_days(usual(), {80: 5_000, 83: 11_000}))) == [("key_1", 80, 80), ("key_1", 83, 83)]


def test_what_lasts_for_two_weeks_is_the_new_usual():
    counts = with_days(usual(days=120), {day: 5_000 + day for day in range(70, 120)})
    assert spikes(a_watched(counts)) == [("key_1", 70, 83)]


def test_a_second_burst_must_beat_the_first_by_far():
    counts = with_days(usual(), {80: 5_000})
    assert spikes(a_watched(with_days(counts, {85: 9_000}))) == [("key_1", 80, 80)]
    assert spikes(a_watched(with_days(counts, {85: 11_000}))) == [("key_1", 80, 80), ("key_1", 85, 85)]


def test_days_that_nobody_observed_neither_count_nor_hide_a_spike():
    counts = with_days(usual(), dict.fromkeys(range(70, 80)))
    (one,) = found(a_watched(with_days(counts, {LAST: 10_000})))
    assert one.trial.history_days == LAST - 10
    assert spikes(a_watched(counts)) == []


def test_a_day_observed_in_part_is_not_learnt_from():
    """Its count is too low to be anybody's usual; yet what was counted of it may be a spike."""
    counts = [100 if day % 2 else 5 for day in range(DAYS)]
    trial = tried(at_the_end(1_000, counts), whole=[day % 2 == 1 for day in range(DAYS)])
    assert (trial.gate, round(trial.record)) == ("passed", 100)
    assert 90 < trial.mean < 110


def test_a_lower_bound_is_never_a_spike_and_nothing_is_learnt_from_it():
    """A counter that was reset may have counted anything."""
    assert spikes(a_watched(at_the_end(10_000), lower=frozenset({LAST}))) == []
    assert tried(at_the_end(10_000), lower=frozenset({LAST})).gate == "observed"
    counts = with_days(at_the_end(1_000), dict.fromkeys(range(50, 60), 20_000))
    assert tried(counts, lower=frozenset(range(50, 60))).gate == "passed"
    assert tried(counts).gate == "record"


def test_what_was_planned_is_not_learnt_from():
    counts = with_days(at_the_end(1_000), dict.fromkeys(range(50, 60), 20_000))
    assert tried(counts, planned=frozenset(range(50, 60))).gate == "passed"


def test_by_hours_a_night_is_held_against_nights():
    days = [[2] * 8 + [60] * 10 + [2] * 6 for _ in range(34)]
    hours = [count for day in days for count in day]
    night, noon = len(hours) - 24 + 3, len(hours) - 24 + 12
    first = len(hours) - 48
    keys = {"rhythm": HOURLY, "first": date(2026, 9, 3)}
    assert spikes(a_watched(with_days(hours, {night: 60}), **keys), first=first) == [("key_1", night, night)]
    assert spikes(a_watched(with_days(hours, {noon: 62}), **keys), first=first) == []


def test_by_hours_an_incident_is_one_finding_for_a_day():
    hours = [20 + hour % 3 for hour in range(34 * 24)]
    at = len(hours) - 30
    burst = with_days(hours, {at: 5_000, at + 1: 5_000, at + 10: 6_000})
    key = a_watched(burst, rhythm=HOURLY, first=date(2026, 9, 3))
    assert spikes(key, first=at - 24) == [("key_1", at, at + 1)]


def test_by_hours_a_weekend_is_held_against_weekends():
    days = [[2] * 8 + [60 if day % 7 not in (2, 3) else 2] * 10 + [2] * 6 for day in range(34)]
    hours = [count for day in days for count in day]
    saturday = 30 * 24 + 12  # 2026-10-03, noon
    key = a_watched(with_days(hours, {saturday: 60}), rhythm=HOURLY, first=date(2026, 9, 3))
    assert spikes(key, first=saturday - 24) == [("key_1", saturday, saturday)]


def test_a_level_kept_for_two_weeks_is_what_is_expected():
    risen = [100 + day % 3 if day < 80 else 300 + day % 3 for day in range(DAYS)]
    assert 200 < tried(at_the_end(1_000, risen)).mean < 320


def test_one_burst_does_not_lift_what_is_expected():
    assert tried(at_the_end(1_000, with_days(usual(), {86: 8_000}))).mean < 180


def test_slow_growth_is_no_scatter():
    grown = [round(50 * 1.014**day) for day in range(DAYS)]
    key = a_watched(at_the_end(1_000, grown))
    assert a_search(key).detector.learnt(key, LAST).dispersion < 0.06
    assert spikes(key) == [("key_1", LAST, LAST)]


def test_an_irregular_key_has_the_chance_of_its_active_days():
    bursty = [round(40 * 2 ** (day * 7 % 5)) * (day % 3 == 0) for day in range(DAYS)]  # 40 to 640 on every third day
    assert tried(at_the_end(1_400, bursty)).gate == "rarity"
    assert tried(at_the_end(100_000, bursty)).gate == "passed"
