"""Cumulative totals, in any order and however late, become the cells that all of them together say."""

import json
from itertools import pairwise
from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_builders import Desk, epoch

from edgedns_mcp.domain import cells as reference
from edgedns_mcp.domain.counters import Snapshot, cells_between
from edgedns_mcp.intake.rejects import Reject
from edgedns_mcp.models import Cell, Tally, Window
from edgedns_mcp.store import ledger, sums
from edgedns_mcp.store.database import Database

START = epoch("2026-10-05T00:00:00")
H = 3600


def line(at, requests, errors=None, key_id="a"):
    return json.dumps({"key_id": key_id, "at": at, "total_requests": requests, "total_errors": errors})


def take(desk, *lines, name="totals.ndjson"):
    return desk.take(desk.log(*lines, name=name), log_format="auto")


def test_the_differences_of_totals_count(desk):
    done = take(
        desk,
        line(START, 100, 1),
        line(START + 5 * H, 130, 4),
        line(START + 9 * H, 130, 4),
        line(START + 11 * H, 150, 5),
    )
    assert (done.requests, done.keys, done.rejected) == (50, {"a"}, 0)
    assert desk.totals() == {"a": Tally(50, 4, START + 9 * H)}
    assert desk.observed() == [(START, START + 11 * H)]


def test_csv_states_totals_as_well(desk):
    rows = ("key_id,at,total_requests", "a,2026-10-05,5", "a,2026-10-06,9")
    assert desk.take(desk.log(*rows), log_format="auto").requests == 4


def test_a_total_that_contradicts_another_of_its_moment_is_a_reject(desk):
    done = take(desk, line(START, 1), line(START + H, 5), line(START + H, 5), line(START + H, 6))
    assert (done.requests, done.first_rejects) == (4, [Reject(4, "another total than stated before for that moment")])


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (line(START, -1), "a number out of range in total_requests"),
        (line(START, None), "no readable total_requests"),
        (line(START, 1, 2), "more errors than requests"),
        (line("soon", 1), "no readable timestamp"),
    ],
)
def test_a_total_that_cannot_be_right_is_a_reject(desk, row, why):
    assert take(desk, line(START, 1), row).first_rejects == [Reject(2, why)]


def test_a_late_total_shows_a_restart_that_nobody_saw(desk):
    take(desk, line(START, 100), line(START + 20 * H, 200))
    done = take(desk, line(START + 10 * H, 10), name="late.ndjson")
    assert (done.requests, desk.requests()) == (100, 200)
    done = take(desk, line(START + 5 * H, 180), name="later.ndjson")
    assert (done.requests, desk.requests()) == (80, 280)
    assert desk.database.read(lambda tx: ledger.requests(desk.own(tx))) == 280


def test_a_late_total_can_take_requests_back(desk):
    take(desk, line(START, 100), line(START + 20 * H, 49))
    assert desk.requests() == 49
    assert take(desk, line(START + 10 * H, 60), name="late.ndjson").requests == -49
    assert desk.requests() == 0


moments = st.integers(0, 6 * 4).map(lambda quarter: START + quarter * 900)
totals = st.lists(
    st.tuples(moments, st.integers(0, 60), st.none() | st.just(0)),
    min_size=1,
    max_size=12,
    unique_by=lambda one: one[0],
)


def the_cells_of(snapshots) -> list[Cell]:
    chain = sorted((Snapshot(*one) for one in snapshots), key=lambda one: one.at)
    return [cell for one, other in pairwise(chain) for cell in cells_between("a", one, other)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True, max_examples=60)
@given(snapshots=totals, seed=st.integers(0, 99), parts=st.integers(1, 4))
def test_in_whatever_order_totals_come_the_cells_are_those_of_all_of_them(tmp_path, snapshots, seed, parts):
    desk = Desk(Database.open(None), tmp_path)
    shuffled = Random(seed).sample(snapshots, len(snapshots))
    for part in range(parts):
        if share := shuffled[part::parts]:
            take(desk, *(line(*one) for one in share), name=f"{part}.ndjson")
    expected = the_cells_of(snapshots)
    for hour in range(7):
        window = window_of(START, START + hour * H)
        found = desk.database.read(lambda tx, window=window: sums.totals(desk.own(tx), window)).get(
            "a", Tally(0, 0, None)
        )
        wanted = reference.totals(expected, window).get("a", Tally(0, 0, None))
        assert (found.requests, found.errors, found.slack) == (wanted.requests, wanted.errors, wanted.slack)
    assert desk.requests() == sum(cell.requests for cell in expected)
    desk.database.close()


def window_of(start, end):
    from datetime import UTC, datetime

    return Window(start=datetime.fromtimestamp(start, UTC), end=datetime.fromtimestamp(end, UTC), period="some")
