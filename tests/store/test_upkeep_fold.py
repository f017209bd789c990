"""Retention: old hours become days, and no sum of whole days ever changes by that."""

from collections import defaultdict
from contextlib import closing
from datetime import timedelta
from itertools import chain

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from store_builders import (
    HOUR_S,
    a_cell,
    a_window,
    cell_batches,
    epoch,
    everything,
    expected,
    of,
    opened,
    stored,
    to,
    utc,
    windows,
)

from edgedns_mcp.models import Cell, Tally
from edgedns_mcp.store import cells, events, sums
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.upkeep import fold, keep_up

DAY_S = 86_400
NOW = utc("2026-10-10T12:00")
WEEK_H = 7 * 24
days = st.integers(-1, 6)


def put(database, some, name=""):
    for batch in some:
        database.write(lambda tx, batch=batch: cells.apply(to(tx, name), batch))


def is_hour(cell):
    return cell.end - cell.start == HOUR_S and not cell.start % HOUR_S and cell.bound == "exact"


def folded(some, until):
    """Give what the plain rule makes of cells: the hours of each day before `until` are one cell."""
    hours = defaultdict(list)
    rest = []
    for cell in some:
        if is_hour(cell) and cell.start < until:
            hours[cell.start // DAY_S, cell.key_id, cell.endpoint, cell.environment].append(cell)
        else:
            rest.append(cell)
    return rest + [
        Cell(
            day * DAY_S,
            (day + 1) * DAY_S,
            key_id,
            endpoint,
            environment,
            sum(cell.requests for cell in some),
            sum(cell.errors for cell in some),
            max(cell.last_activity for cell in some),
        )
        for (day, key_id, endpoint, environment), some in hours.items()
    ]


HALF_A_DAY = a_cell("2026-10-01T02:00", end=epoch("2026-10-01T14:20"), requests=4)
TWO_HOURS = [a_cell("2026-10-01T10:00"), a_cell("2026-10-01T11:00", requests=5)]


@given(some=cell_batches, late=cell_batches, window=windows, day=days)
@example(some=[TWO_HOURS, [HALF_A_DAY]], late=[], window=a_window("2026-10-01", "2026-10-01T15:00"), day=3)
@example(some=[TWO_HOURS], late=[TWO_HOURS], window=a_window("2026-10-01T11:00", "2026-10-02"), day=3)
def test_folded_days_count_as_in_the_reference(some, late, window, day):
    until = epoch("2026-10-01") + day * DAY_S
    now = utc("2026-10-01") + timedelta(days=day, hours=30)
    made = list(chain(*some))
    with closing(Database.open(None)) as database:
        put(database, some)
        fold(database, now, 30)
        assert database.read(lambda tx: everything(tx, window)) == expected(folded(made, until), window)
        put(database, late)
        then = [*folded(made, until), *chain(*late)]
        assert database.read(lambda tx: everything(tx, window)) == expected(then, window)
        fold(database, now, 30)
        assert database.read(lambda tx: everything(tx, window)) == expected(folded(then, until), window)


@given(some=cell_batches, first=days, last=days)
def test_sums_of_whole_days_and_last_activities_stay(some, first, last):
    window = a_window(*(f"2026-10-{max(day, 0) + 1:02}" for day in sorted((first, last))))
    with closing(Database.open(None)) as database:
        put(database, some)
        before = database.read(lambda tx: everything(tx, window))
        fold(database, NOW, 0)
        assert database.read(lambda tx: everything(tx, window)) == before


def test_hours_are_kept_as_long_as_was_asked(database):
    put(database, [[a_cell("2026-10-01T10:00"), a_cell("2026-10-02T10:00")]])
    for now, days_folded in (("2026-10-08T23:59", 0), ("2026-10-09T00:00", 1), ("2026-10-09T23:59", 0)):
        assert keep_up(database, utc(now), WEEK_H) == days_folded
    morning = a_window("2026-10-01", "2026-10-01T12:00")
    kept = a_window("2026-10-02", "2026-10-02T12:00")
    assert database.read(lambda tx: sums.totals(of(tx), morning)) == {"key_1": Tally(0, 0, None, 10)}
    assert database.read(lambda tx: sums.totals(of(tx), kept))["key_1"].requests == 10


def test_every_hour_is_kept_for_ever_unless_something_else_is_asked(database):
    put(database, [[a_cell()]])
    assert keep_up(database, utc("2036-10-01"), 0) == 0
    assert database.read(lambda tx: sums.totals(of(tx), a_window("2026-10-01T10:00", "2026-10-01T11:00")))


def test_a_folded_day_is_not_folded_again(database):
    put(database, [TWO_HOURS])
    assert [keep_up(database, NOW, WEEK_H), keep_up(database, NOW, WEEK_H)] == [1, 0]
    assert stored(database) == 15


def test_organisations_are_folded_apart(database):
    put(database, [[a_cell()]], "ours")
    put(database, [[a_cell(requests=3)]], "theirs")
    fold(database, NOW, WEEK_H)
    for name, requests in (("ours", 10), ("theirs", 3)):
        found = database.read(lambda tx, name=name: sums.totals(of(tx, name), a_window()))
        assert {key_id: tally.requests for key_id, tally in found.items()} == {"key_1": requests}


def test_each_day_is_a_transaction_of_its_own_so_that_others_go_on(path):
    with opened(path) as database, opened(path) as other:
        put(database, [[a_cell(f"2026-10-0{day}T10:00") for day in range(1, 6)]])
        days_seen = []
        committed = database._connection

        def told(_connection):
            days_seen.append(stored(other))
            return False

        committed.set_commit_hook(lambda: told(committed))
        put(other, [[a_cell("2026-10-09T10:00")]])
        assert fold(database, NOW, 24) == 5
        assert days_seen == [60] * 5


@pytest.mark.parametrize(("keep_hours", "is_known"), [(0, True), (24, False), (30 * 24, True)])
def test_the_ids_of_events_go_with_the_hours_they_were_counted_in(database, keep_hours, is_known):
    at, digest = epoch("2026-10-01T10:00"), events.digest_of("one")
    database.write(lambda tx: events.is_new(to(tx), at, digest))
    keep_up(database, NOW, keep_hours)
    assert database.write(lambda tx: events.is_new(to(tx), at, digest)) is not is_known
