"""What lies before a forecast and after it: days that are learnt from, days that are open, keys by their size."""

from datetime import date, timedelta

import pytest
from domain_builders import a_key

from edgedns_mcp.domain.forecast.counted import Counted
from edgedns_mcp.domain.forecast.habits import days_of, habit_of
from edgedns_mcp.domain.forecast.outlook import Open, Outlook, outlook, paths
from edgedns_mcp.domain.forecast.prospect import MOST_KEYS, Prospect
from edgedns_mcp.domain.quota import Day
from edgedns_mcp.models import Series

FIRST, HISTORY, EVERY = date(2026, 8, 3), 40, 50
DATES = [FIRST + timedelta(days=day) for day in range(EVERY)]
OPEN = [Open(30, 0.5), *(Open(at, 1.0) for at in range(HISTORY, EVERY))]
USED = {"busy": 100, "calm": 10, "heir": 0, "over": 50}


def a_prospect(parts=None, used=USED, **changes) -> Prospect:
    requests = {key_id: (count,) * HISTORY + (0,) * (EVERY - HISTORY) for key_id, count in used.items()}
    counted = Counted(range(EVERY + 1), Series(requests, {}, ()), parts or [1.0] * HISTORY + [0.0] * (EVERY - HISTORY))
    known = {"dates": DATES, "began": 29, "history": HISTORY, "still_open": OPEN, "counted": counted}
    return Prospect(**(known | {"keys": {}, "over": frozenset()} | changes))


def test_days_that_were_not_observed_for_the_greater_part_are_not_learnt_from():
    assert a_prospect().observed_days == HISTORY
    assert a_prospect([1.0, 0.5, 0.8] + [0.0] * (EVERY - 3)).observed_days == 2


def test_a_days_figures_after_the_history_are_not_learnt_from():
    assert a_prospect([1.0] * EVERY).observed_days == HISTORY


def test_a_month_end_was_seen_where_such_a_day_was_observed():
    assert a_prospect().has_seen_month_end
    but_for_its_ends = [float(at not in (27, 28, 29)) for at in range(HISTORY)] + [1.0] * (EVERY - HISTORY)
    assert DATES[28] == date(2026, 8, 31)
    assert not a_prospect(but_for_its_ends).has_seen_month_end


def test_open_days_that_lie_behind_are_gaps():
    assert a_prospect().gaps == [Open(30, 0.5)]


def test_the_busiest_keys_are_judged_one_by_one_and_whose_key_is_over_does_nothing():
    many = {f"k{number:03}": 1_000 + number for number in range(MOST_KEYS - 1)}
    view = a_prospect(used=USED | many, over=frozenset({"over"}))
    outlooks = view.outlooks(["calm", "over", "busy", "heir", *many])
    assert list(outlooks.by_key) == [*reversed(many), "busy"]
    assert outlooks.others.means[-1] == pytest.approx(10, rel=0.01)
    assert outlooks.every == [*outlooks.by_key.values(), outlooks.others]


def test_keys_of_one_size_come_by_id():
    assert list(a_prospect().outlooks(["c", "a", "b"]).by_key) == ["a", "b", "c"]


def test_a_key_is_judged_by_its_own_days():
    view = a_prospect()
    days = days_of(DATES)
    assert view.habit(["busy"]) == habit_of([100] * HISTORY, days)
    assert view.outlooks(["busy"]).by_key["busy"] == outlook(habit_of([100] * HISTORY, days), days, HISTORY, OPEN)


def test_a_key_does_what_those_did_that_it_replaced():
    keys = {"busy": a_key("busy", replaced_by="heir"), "heir": a_key("heir")}
    assert a_prospect(keys=keys).habit(["heir"]).level == pytest.approx(100, rel=0.01)
    assert a_prospect(keys=keys).habit(["heir", "busy"]).level == pytest.approx(100, rel=0.01)
    assert a_prospect().habit(["heir"]) is None


def test_a_course_tells_what_was_counted_by_the_end_of_each_day():
    course = a_prospect().course(1_500, ["busy", "calm"], [])
    assert course.used == 1_500
    assert course.counted[:3] == [Day(None, 290), Day(DATES[29], 400), Day(DATES[30], 510)]
    assert course.counted[11:13] == [Day(DATES[39], 1_500), Day(DATES[40], 1_500)]
    assert len(course.counted) == 1 + EVERY - 29


def test_what_nobody_observed_came_by_today_and_the_rest_comes_day_by_day():
    outlooks = [Outlook([3.0] * 11, [1.0] * 11, [3.0] * 11, 0.1)]
    ahead = a_prospect().ahead(outlooks)
    assert [one.on for one in ahead] == [DATES[40], *DATES[40:]]
    assert [one.more for one in ahead] == paths(outlooks, OPEN)
    assert a_prospect().course(1, [], outlooks).ahead == ahead


def test_on_the_last_day_of_a_period_today_is_that_day():
    over = a_prospect(history=EVERY, still_open=[Open(30, 0.5)])
    assert [one.on for one in over.ahead([])] == [DATES[-1]]
