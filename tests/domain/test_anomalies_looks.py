"""The first look at the rows of all keys: who is let through to a closer one, and who is not."""

import pytest
from anomaly_builders import DAYS, a_watched, roll_of, usual, with_days

from edgedns_mcp.domain.anomalies.looks import Looks

FLAT = [100] * DAYS
BUSY = {0: 900, 28: 900, 29: 900, 30: 900, 59: 900, 60: 900, 61: 900, 90: 900, 91: 900, 92: 900}


def looks(keys, first=90, lead_in=60, end=DAYS) -> Looks:
    """Look at keys whose rows tell all, by their place."""
    roll = roll_of([a_watched(counts, f"key_{at}", errors=errors) for at, (counts, errors) in enumerate(keys)])
    assert not roll.odd
    return Looks(roll, [*roll], lead_in, range(first, end))


def let_through(found, number: int) -> list[bool]:
    return [f"key_{at}" in found for at in range(number)]


def counted(*rows):
    return [(row, [0] * len(row)) for row in rows]


@pytest.mark.parametrize(
    ("requests", "errors", "seen"),
    [(20, 8, True), (19, 8, False), (20, 7, False), (160, 8, True), (161, 8, False), (1_000, 49, False)],
)
def test_a_burst_of_errors_takes_twenty_requests_eight_errors_and_a_twentieth(requests, errors, seen):
    key = with_days([0] * DAYS, {1: 5, 95: requests}), with_days([0] * DAYS, {95: errors})
    assert let_through(looks([key]).error_bursts(), 1) == [seen]
    assert let_through(looks([key], first=96).error_bursts(), 1) == [False]


def test_a_key_may_have_a_spike_where_it_beats_the_second_highest_of_its_weekday():
    """Of the days 95, 88, 81 and so on the highest may be an old burst."""
    rows = [with_days(FLAT, {95: 151}), with_days(FLAT, {95: 150}), with_days(FLAT, {88: 900, 95: 151})]
    rows += [with_days(FLAT, {81: 900, 88: 900, 95: 1_350}), with_days(FLAT, {81: 900, 88: 900, 95: 1_351})]
    assert let_through(looks(counted(*rows)).spikes(15, 1.5), 5) == [True, False, True, False, True]
    quiet = [with_days([0] * DAYS, {1: 1, 95: count}) for count in (14, 15)]
    assert let_through(looks(counted(*quiet)).spikes(15, 1.5), 2) == [False, True]


def test_a_month_end_is_compared_with_other_month_ends_and_another_day_is_not():
    rows = [with_days(FLAT, BUSY | {92: count}) for count in (901, 1_351)]
    assert let_through(looks(counted(*rows), first=92, lead_in=92, end=93).spikes(15, 1.5), 2) == [True, True]
    other = [with_days(FLAT, dict.fromkeys((29, 36, 43, 50, 57, 64), 900) | {92: count}) for count in (1_350, 1_351)]
    assert let_through(looks(counted(*other), first=92, lead_in=92, end=93).spikes(15, 1.5), 2) == [False, True]
    ordinary = [with_days(FLAT, BUSY | {94: count}) for count in (150, 151)]
    assert let_through(looks(counted(*ordinary), first=94, lead_in=94, end=95).spikes(15, 1.5), 2) == [False, True]


def test_a_spike_that_goes_on_into_the_window_is_above_what_was_before_it():
    going_on = [
        with_days(FLAT, dict.fromkeys(range(first, 95), 1_500) | dict.fromkeys((first - 7, first - 14), 1_200))
        for first in (88, 91)
    ]
    assert let_through(looks(counted(*going_on), first=91, lead_in=70).spikes(15, 1.5), 2) == [True, True]
    over = with_days(FLAT, dict.fromkeys(range(85, 90), 1_500))
    assert let_through(looks(counted(over), first=90, lead_in=70).spikes(15, 1.5), 1) == [False]


def test_a_key_may_wake_that_rested_for_thirty_days():
    rested, short, awake, asleep, never = (
        [0 if 50 <= day < 80 else 9 for day in range(DAYS)],
        [0 if 50 <= day < 79 else 9 for day in range(DAYS)],
        [9] * DAYS,
        [9 if day < 50 else 0 for day in range(DAYS)],
        [0] * 80 + [9] * 20,
    )
    rows = counted(rested, short, awake, asleep, never)
    assert let_through(looks(rows).wakings(), 5) == [True, False, False, False, False]
    assert let_through(looks(rows, end=80).wakings(), 5) == [False] * 5


@pytest.mark.parametrize("first", range(1, 61, 7))
def test_a_key_may_wake_wherever_its_rest_lies(first):
    rested = [0 if first <= day < first + 30 else 9 for day in range(DAYS)]
    assert let_through(looks(counted(rested), first=first + 30, lead_in=first + 15).wakings(), 1) == [True]


def test_a_key_may_be_silent_that_was_used_on_each_of_28_days():
    def since(begin: int, end: int = DAYS):
        return [9 if begin <= day < end else 0 for day in range(DAYS)]

    rows = counted(since(0, 95), since(67, 95), since(68, 95), since(0), since(0, 80), with_days(since(0, 95), {90: 0}))
    assert let_through(looks(rows).silences(), 6) == [True, True, False, False, False, True]
    assert let_through(looks(rows, first=96).silences(), 6) == [True, True, False, False, False, True]


def test_days_that_nobody_observed_do_not_hide_a_silence():
    unseen = dict.fromkeys((75, 85))
    roll = roll_of(
        [
            a_watched(with_days([9] * 95 + [0] * 5, unseen)),
            a_watched(with_days([9] * 95 + [0] * 5, unseen | {80: 0}), "idle"),
        ]
    )
    assert roll.blind == [75, 85]
    assert Looks(roll, [*roll], 60, range(96, DAYS)).silences() == {"key_1"}


def test_keys_that_do_their_usual_are_let_through_by_no_look():
    rows = [(usual(seed=seed), [1] * DAYS) for seed in range(5)]
    seen = looks(rows)
    assert seen.error_bursts() | seen.wakings() | seen.silences() | seen.spikes(15, 1.5) == set()
