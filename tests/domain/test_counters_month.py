"""Weeks of use, seen through counters of many kinds: no answer claims more than its readings can tell."""

import random
from bisect import bisect_left
from datetime import UTC, datetime
from typing import NamedTuple
from zoneinfo import ZoneInfo

import pytest
from domain_builders import a_key, utc
from hypothesis import given, settings
from hypothesis import strategies as st

from edgedns_mcp.domain import cells, counters
from edgedns_mcp.domain.periods import billing_period
from edgedns_mcp.models import Cell, KeyReading, Reading, Window

HOUR_S, DAY_S = 3600, 86_400
FIRST = int(utc("2026-10-05T10:34").timestamp())
LAST = FIRST + 42 * DAY_S
BOUNDARY = int(utc("2026-11-01").timestamp())
ENDPOINTS = ("/v1/resolve", "/v1/whois", "/v1/mx")
RATES = {"key_busy": 40, "key_steady": 6, "key_small": 0.3, "key_rare": 0.03, "key_none": 0}  # requests an hour


class World(NamedTuple):
    """What truly happened: sorted moments of the requests of each key."""

    requests: dict[str, list[int]]
    parts: dict[str, dict[str, list[int]]]  # the same per endpoint, and "errors"

    def count(self, key_id: str, start: int, end: int) -> int:
        return counted(self.requests[key_id], start, end)


def counted(moments: list[int], start: int, end: int) -> int:
    return bisect_left(moments, end) - bisect_left(moments, start)


def boundaries(moment: datetime) -> tuple[datetime, datetime]:
    return billing_period(moment, ZoneInfo("UTC"), 1)


def at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def a_world(seed: int, rates: dict[str, float] = RATES, scale: float = 0.2) -> World:
    """Requests at random with bursts and a slow change of the rate, from a month before the first reading."""
    dice, requests = random.Random(seed), {}
    for key_id, rate in rates.items():
        trend, moments = dice.choice((0.4, 1, 1, 2.5)), []
        for hour in range((FIRST - 35 * DAY_S) // HOUR_S, LAST // HOUR_S + 1):
            grown = 1 + (trend - 1) * (hour * HOUR_S - FIRST) / (LAST - FIRST)
            burst = 20 if dice.random() < 0.003 else 1
            mean = max(0, scale * rate * grown * burst)
            count = int(mean) + (dice.random() < mean % 1)
            moments += [hour * HOUR_S + dice.randrange(HOUR_S) for _ in range(count)]
        requests[key_id] = sorted(moments)
    return a_world_of(requests)


def a_world_of(requests: dict[str, list[int]]) -> World:
    return World(requests, {key_id: parts_of(moments) for key_id, moments in requests.items()})


def parts_of(moments: list[int]) -> dict[str, list[int]]:
    paths = {path: [moment for moment in moments if moment % 3 == number] for number, path in enumerate(ENDPOINTS)}
    return paths | {"errors": [moment for moment in moments if moment % 7 == 0]}


def read(world: World, key_id: str, start: int, end: int, name: str = "") -> KeyReading:
    """State what a counter that holds [start, end) says."""
    moments = world.requests[key_id]
    last = bisect_left(moments, end)
    parts = {part: counted(found, start, end) for part, found in world.parts[key_id].items()}
    return KeyReading(
        key=a_key(key_id, name=name or key_id),
        requests=counted(moments, start, end),
        errors=parts.pop("errors"),
        last_activity=at(moments[last - 1]) if last > bisect_left(moments, start) else None,
        endpoints={path: count for path, count in parts.items() if count},
    )


def monthly(late_h: float = 0):
    """Begin at the billing boundary, or some hours after it (before it, if negative)."""

    def begins(now: int) -> int:
        reset = BOUNDARY + int(late_h * HOUR_S)
        return reset if now >= reset else int(utc("2026-10-01").timestamp())

    return begins


def rolling(days: int = 30):
    return lambda now: now - days * DAY_S


def lifetime(_now: int) -> int:
    return FIRST - 35 * DAY_S


def readings(
    world: World, begins, moments, change=lambda _moment, key: key, state=lambda _start: None
) -> list[Reading]:
    found = []
    for moment in moments:
        stated = [change(moment, read(world, key_id, begins(moment), moment)) for key_id in world.requests]
        kept = tuple(one for one in stated if one)
        found.append(Reading(taken_at=at(moment), keys=kept, window_start=state(begins(moment))))
    return found


def hourly(start: int = FIRST, end: int = LAST, every: int = HOUR_S) -> list[int]:
    return list(range(start, end + 1, every))


def recorded(taken: list[Reading]) -> list[Cell]:
    known, made = None, []
    for reading in taken:
        done = counters.step(known, reading, boundaries)
        if done:
            known = counters.Known.model_validate_json(done.known.model_dump_json()) if len(taken) < 60 else done.known
            made += done.cells
    return made


def some_windows(seed: int, first: int, last: int, count: int = 50) -> list[Window]:
    dice, made = random.Random(seed), []
    low, high = -(-first // HOUR_S), last // HOUR_S
    while len(made) < count:
        start = dice.choice((dice.randint(low, high), BOUNDARY // HOUR_S + dice.randint(-40, 40)))
        end = start + dice.choice((1, 1, 2, 6, 24, 24, 72, 168, 720, 960))
        if low <= start < end <= high:
            made.append(Window(start=at(start * HOUR_S), end=at(end * HOUR_S), period="test"))
    return made


def wrong(world: World, made: list[Cell], windows: list[Window]) -> list[tuple]:
    """Name the answers that the truth contradicts."""
    of_key: dict[str, list[Cell]] = {}
    for cell in made:
        of_key.setdefault(cell.key_id, []).append(cell)
    found = []
    for window in windows:
        start, end = int(window.start.timestamp()), int(window.end.timestamp())
        for key_id in world.requests:
            near = [cell for cell in of_key.get(key_id, ()) if cell.start < end and cell.end > start]
            tally = cells.totals(near, window).get(key_id, cells.NOTHING)
            truth = world.count(key_id, start, end)
            if not tally.requests <= truth or (tally.slack is not None and truth > tally.requests + tally.slack):
                found.append((key_id, window.start, window.end, tally, truth))
    return found


def judge(world: World, taken: list[Reading], seed: int = 0) -> None:
    first, last = int(taken[0].taken_at.timestamp()), int(taken[-1].taken_at.timestamp())
    assert wrong(world, recorded(taken), some_windows(seed, first, last)) == []


def without(*gaps: tuple[int, int], every: int = HOUR_S) -> list[int]:
    return [moment for moment in hourly(every=every) if not any(start <= moment < end for start, end in gaps)]


COUNTERS = {
    "monthly": monthly(),
    "monthly, 5 h late": monthly(5),
    "monthly, 30 h late": monthly(30.2),
    "monthly, 11 h early": monthly(-11),
    "rolling 30 days": rolling(),
    "rolling 7 days": rolling(7),
    "lifetime": lifetime,
}
PAUSES = {
    "every hour": hourly(),
    "every 7 hours": hourly(every=7 * HOUR_S),
    "a day without": without((FIRST + 9 * DAY_S, FIRST + 10 * DAY_S)),
    "4 days without, across the boundary": without((BOUNDARY - 2 * DAY_S, BOUNDARY + 2 * DAY_S)),
    "12 days without, across the boundary": without((BOUNDARY - 2 * DAY_S, BOUNDARY + 10 * DAY_S)),
    "12 h without, from the boundary on": without((BOUNDARY - 600, BOUNDARY + 12 * HOUR_S)),
    "once a day": hourly(every=DAY_S),
    "begun within a late reset": [moment for moment in hourly() if moment > BOUNDARY + HOUR_S],
}


@pytest.mark.parametrize("pause", PAUSES)
@pytest.mark.parametrize("counter", COUNTERS)
def test_no_answer_contradicts_the_truth(counter, pause):
    seed = len(pause) + len(counter)  # another world each time
    world = a_world(seed)
    judge(world, readings(world, COUNTERS[counter], PAUSES[pause][:: 1 + seed % 5]), seed)


@pytest.mark.parametrize("counter", COUNTERS)
def test_a_single_key_is_as_sound(counter):
    for seed, (key_id, rate) in enumerate(RATES.items()):
        world = a_world(seed, {key_id: rate})
        judge(world, readings(world, COUNTERS[counter], hourly(every=4 * HOUR_S)), seed)


@pytest.mark.parametrize("counter", COUNTERS)
def test_revoked_new_renamed_and_flapping_keys_contradict_nothing(counter):
    flaps = [(FIRST + 5 * DAY_S, 2), (BOUNDARY - DAY_S, 60), (BOUNDARY + 6 * DAY_S, 1)]

    def change(moment: int, one: KeyReading) -> KeyReading | None:
        flapping = any(start <= moment < start + hours * HOUR_S for start, hours in flaps)
        match one.key.key_id:
            case "key_steady" if moment > FIRST + 20 * DAY_S:
                return one.model_copy(update={"key": a_key("key_steady", name="renamed")})
            case "key_small" if flapping:
                return None
            case "key_revoked" if moment > FIRST + 12 * DAY_S:
                return None
            case "key_new" if moment < FIRST + 8 * DAY_S:
                return None
        return one

    for seed in range(2):
        requests = a_world(seed, RATES | {"key_revoked": 5, "key_new": 3}).requests
        requests["key_revoked"] = [at for at in requests["key_revoked"] if at < FIRST + 12 * DAY_S]
        requests["key_new"] = [at for at in requests["key_new"] if at >= FIRST + 8 * DAY_S - 600]
        world = a_world_of(requests)
        judge(world, readings(world, COUNTERS[counter], hourly(every=(2 + seed * 2) * HOUR_S), change), seed)


@pytest.mark.parametrize("percent", [10, 90])
@pytest.mark.parametrize("day", [3, 12, 25, 30])
def test_a_correction_of_one_key_contradicts_nothing(day, percent):
    since = FIRST + day * DAY_S + 600

    def change(moment: int, one: KeyReading) -> KeyReading:
        begun = monthly()(moment)
        if one.key.key_id != "key_busy" or moment < since or begun > since:
            return one
        taken_off = world.count("key_busy", begun, since) * percent // 100
        return one.model_copy(update={"requests": one.requests - taken_off})

    world = a_world(day)
    judge(world, readings(world, monthly(), hourly(), change), day)


@pytest.mark.parametrize("counter", COUNTERS)
def test_duplicates_and_disorder_add_nothing(counter):
    world = a_world(3)
    taken = readings(world, COUNTERS[counter], hourly(every=2 * HOUR_S))
    dice, mixed = random.Random(3), []
    for number, reading in enumerate(taken):
        mixed += [reading, *dice.choices(taken[max(0, number - 30) : number + 1], k=dice.choice((0, 0, 1, 2)))]
    assert recorded(mixed) == recorded(taken)


@pytest.mark.parametrize("counter", ["monthly", "monthly, 5 h late", "rolling 30 days", "rolling 7 days"])
@pytest.mark.parametrize("grain_s", [1, DAY_S])
@pytest.mark.parametrize("sometimes", [False, True])
def test_a_stated_window_contradicts_nothing(counter, grain_s, sometimes):
    def begins(now: int) -> int:
        return COUNTERS[counter](now) // grain_s * grain_s

    def state(start: int) -> datetime | None:
        return None if sometimes and dice.random() < 0.1 else at(start)

    for seed in range(2):
        dice, world = random.Random(seed), a_world(seed)
        judge(world, readings(world, begins, hourly(every=(1 + seed * 6) * HOUR_S), state=state), seed)


def test_a_stated_month_is_only_in_doubt_between_its_last_reading_and_its_end():
    world = a_world(1)
    made = recorded(readings(world, monthly(), hourly(), state=at))
    assert {cell[:2] for cell in made if cell.bound == "lower"} == {(BOUNDARY - HOUR_S, BOUNDARY)}


@pytest.mark.parametrize("minute", [0, 34])
def test_nine_of_ten_days_of_a_calm_month_are_bounded_and_the_slack_is_an_hour_at_each_end(minute):
    world, first = a_world(0), int(utc("2026-10-06").timestamp())
    made = recorded(readings(world, monthly(), hourly(start=first - HOUR_S + minute * 60)))
    answers = []
    for day in range(first, LAST - DAY_S, DAY_S):
        tallies = cells.totals(made, Window(start=at(day), end=at(day + DAY_S), period="day"))
        for key_id in world.requests:
            tally, truth = tallies.get(key_id, cells.NOTHING), world.count(key_id, day, day + DAY_S)
            answers.append(tally.slack)
            if tally.slack is not None:
                ends = world.count(key_id, day - HOUR_S, day + HOUR_S)
                ends += world.count(key_id, day + DAY_S - HOUR_S, day + DAY_S + HOUR_S)
                assert tally.slack <= ends * (minute > 0)
                assert tally.requests <= truth <= tally.requests + tally.slack
    assert sum(slack is not None for slack in answers) >= 0.9 * len(answers)


def test_the_judge_finds_an_invented_request():
    world = a_world(0)
    made = recorded(readings(world, monthly(), hourly()))
    busy = next(number for number, cell in enumerate(made) if cell.key_id == "key_busy" and cell.requests)
    made[busy] = made[busy]._replace(requests=made[busy].requests + 50)
    assert wrong(world, made, [Window(start=at(FIRST - 34 * 60), end=at(FIRST + 10 * DAY_S - 34 * 60), period="x")])


near_boundary = st.integers(-40 * 60, 40 * 60).map(lambda minute: BOUNDARY + minute * 60)


@settings(max_examples=5 * settings.default.max_examples // 2)
@given(
    st.dictionaries(st.sampled_from("abc"), st.lists(near_boundary, max_size=12).map(sorted), min_size=1),
    st.lists(near_boundary, min_size=2, max_size=12, unique=True).map(sorted),
    st.integers(-36, 35),
    st.booleans(),
)
def test_few_requests_and_readings_around_the_boundary_contradict_nothing_once_it_is_past(
    requests, moments, late_h, undated
):
    """The smallest accounts, in which a count passes its old value at once and so hides its reset."""
    world = a_world_of(requests)
    before, after = BOUNDARY - 41 * HOUR_S, BOUNDARY + 41 * HOUR_S

    def change(_moment: int, one: KeyReading) -> KeyReading:
        return one.model_copy(update={"last_activity": None}) if undated else one

    judge(world, readings(world, monthly(late_h), [before, *moments, after], change))
