"""Totals that come late, even into days whose hours were folded long ago, stay within what is true."""

from contextlib import closing

from store_builders import a_window, epoch, of, to, utc
from stored_cells import REQUESTS, rows_on_sheets

from edgedns_mcp.domain.counters import Snapshot
from edgedns_mcp.store import snapshots, sums
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.upkeep import keep_up

DAY = a_window("2026-10-01", "2026-10-02")
MORNING = a_window("2026-10-01", "2026-10-01T10:00")


def take(database, *totals):
    lines = [(line, "key_1", Snapshot(epoch(f"2026-10-01T{at}"), count)) for line, (at, count) in enumerate(totals, 1)]
    return database.write(lambda tx: snapshots.take(to(tx), lines))


def counted(database, window):
    return database.read(lambda tx: sums.totals(of(tx), window))["key_1"]


def test_a_late_total_moves_nothing_out_of_a_folded_day():
    with closing(Database.open(None)) as database:
        take(database, ("09:05", 100), ("09:55", 160), ("11:30", 200))
        assert keep_up(database, utc("2026-10-20"), 24) == 1
        before = counted(database, DAY).requests
        take(database, ("09:30", 130))
        assert counted(database, DAY).requests == before == 100
        morning = counted(database, MORNING)
        assert morning.requests <= 60 <= morning.requests + morning.slack
        assert [row for row in database.read(rows_on_sheets) if row[REQUESTS] < 0] == []


def test_a_late_total_that_shows_a_reset_lowers_a_folded_day():
    with closing(Database.open(None)) as database:
        take(database, ("09:05", 100), ("09:55", 160))
        keep_up(database, utc("2026-10-20"), 24)
        take(database, ("09:30", 20))
        whole = counted(database, DAY)
        assert (whole.requests, whole.slack) == (20 + 140, None)
        assert [row for row in database.read(rows_on_sheets) if row[REQUESTS] < 0] == []
