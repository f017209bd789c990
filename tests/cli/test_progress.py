"""Long work tells how far it is, on a terminal alone."""

import gzip
from contextlib import closing
from dataclasses import replace
from io import StringIO
from threading import Event

import duckdb
import pytest
from faces import NOW

from edgedns_mcp.cli.asking import PATIENCE_S
from edgedns_mcp.cli.progress import ProgressLine, far_words, waiting
from edgedns_mcp.domain.cells import DAY_S
from edgedns_mcp.intake.importer import Progress, import_stream
from edgedns_mcp.intake.plan import Plan
from edgedns_mcp.intake.stream import MEGABYTE, opened
from edgedns_mcp.models import AnomalyQuery, Cell
from edgedns_mcp.models.work import Far
from edgedns_mcp.service.anomalies import find_anomalies
from edgedns_mcp.service.desk import open_desk
from edgedns_mcp.settings import load
from edgedns_mcp.store import accounts, cells
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.exporting import export_counts
from edgedns_mcp.store.forgetting import forget_key


class Terminal(StringIO):
    """Notes what is written, and lets a test wait for the first line."""

    def __init__(self):
        super().__init__()
        self.has_line = Event()

    def isatty(self):
        return True

    def flush(self):
        self.has_line.set()


def test_pages_are_told_with_rate_and_time_left():
    assert far_words(Far("Copied", 1_024, 4_096, "pages"), 2) == (
        "Copied, 1024 pages of 4096 (25 %), 512.0 pages/s, 6 s left"
    )


def test_another_piece_of_work_is_timed_anew():
    clock = iter([0, 0, 10, 20]).__next__  # made, two pieces begun, said
    line = ProgressLine(clock, Terminal())
    line.hear(Far("Exporting", 5, 9, "days"))
    line.hear(Far("Exporting", 0, 400, "longer counts"))
    line.hear(Far("Exporting", 100, 400, "longer counts"))
    assert line.words() == "Exporting, 100 longer counts of 400 (25 %), 10.0 longer counts/s, 30 s left"


def test_counted_work_is_told_while_it_lasts_and_then_the_time_again():
    terminal = Terminal()
    with waiting("Building the demo", 60, ProgressLine(to=terminal)) as tell:
        tell(Far("Building the demo", 8_000, 57_590, "cells"))
        assert terminal.has_line.wait(30)
        tell(Far("Building the demo", 57_590, 57_590, "cells"))
        terminal.has_line.clear()
        assert terminal.has_line.wait(30)
    told = [line.strip() for line in terminal.getvalue().split("\r")]
    assert told[0].startswith("Building the demo, 8000 cells of 57590 (13 %)")
    assert told[-3].startswith("Building the demo: ")


async def test_the_demo_and_a_search_tell_how_far_they_are():
    heard = []
    desk = replace(open_desk(load(source="demo", as_of=NOW), heard.append), deadline_s=PATIENCE_S)
    answer = await find_anomalies(desk, AnomalyQuery(period="90d"))
    built, searched = ([far for far in heard if far.unit == unit] for unit in ("cells", "keys"))
    assert built[0].done == 0
    assert built[-1].done == built[-1].size > 50_000
    assert [far.done for far in built] == sorted(far.done for far in built)
    assert searched[-1].done == searched[-1].size <= answer.total_keys


@pytest.fixture
def folder(tmp_path):
    """A database with a day of hours, and a folded day."""
    with closing(Database.open(tmp_path / "usage.db")) as database:
        database.write(
            lambda tx: cells.apply(
                accounts.made(tx, "local"),
                [
                    Cell(DAY_S, DAY_S + 3_600, "key_1", "/v1", "live", 5, 0, DAY_S, "exact"),
                    Cell(0, DAY_S, "key_2", "/v1", "live", 7, 0, 60, "exact"),
                ],
            )
        )
    return tmp_path


def test_exporting_tells_days_and_then_longer_counts(folder):
    heard = []
    with closing(Database.open(folder / "usage.db")) as database:
        database.read(lambda tx: export_counts(accounts.find(tx, "local", ""), StringIO(), heard.append))
    assert heard == [
        Far("Exporting", 0, 1, "days"),
        Far("Exporting", 1, 1, "days"),
        Far("Exporting", 0, 1, "longer counts"),
        Far("Exporting", 1, 1, "longer counts"),
    ]


def test_forgetting_tells_how_many_days_are_summed_again(folder):
    heard = []
    with closing(Database.open(folder / "usage.db")) as database:
        assert forget_key(database, "key_2", heard.append).requests == 7
    assert heard == [Far("Summing hours again", 0, 1, "days")]


def test_an_import_of_parquet_tells_how_far_it_is(tmp_path):
    path, heard = tmp_path / "log.parquet", []
    duckdb.sql(
        "COPY (SELECT 1791195330 AS ts, 'key_1' AS key_id, '/' AS path, 200 AS status FROM range(5)) "
        f"TO '{path}' (FORMAT parquet)"
    )
    with closing(Database.open(None)) as database, opened(path) as stream:
        import_stream(database, stream, Plan("parquet"), tmp_path / "rejects", heard.append)
    assert heard == [Progress(5, path.stat().st_size, path.stat().st_size)]


def test_a_packed_file_tells_how_far_it_is_unpacked_before_it_is_imported(tmp_path):
    path, heard = tmp_path / "access.log.gz", []
    path.write_bytes(gzip.compress(b"a line\n"))
    with opened(path, heard.append):
        size = path.stat().st_size / MEGABYTE
    assert heard == [Far("Unpacking", size, size, "MB")]


def test_a_question_that_takes_long_is_told_and_wiped_out():
    terminal = Terminal()
    with waiting("Building the demo", 60, ProgressLine(to=terminal)):
        assert terminal.has_line.wait(30)
    told = [line.strip() for line in terminal.getvalue().split("\r")]
    assert told[0].startswith("Building the demo: ")
    assert told[0].endswith(" s left")
    assert told[-2:] == ["", ""]


def test_a_failure_while_waiting_is_the_callers_and_the_line_is_gone():
    terminal = Terminal()
    with pytest.raises(ValueError, match="no"), waiting("Reading", 60, ProgressLine(to=terminal)):
        raise ValueError("no")
    assert terminal.getvalue().strip() == ""


def test_nothing_is_written_where_nobody_looks():
    silent = StringIO()
    line = ProgressLine(to=silent)
    line(Far("Copied", 1, 2, "pages"))
    line.show("The next reading is due at 15:00.")
    with waiting("Reading", 60, line):
        pass
    line.wipe()
    assert silent.getvalue() == ""


def test_a_line_is_cut_to_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal()
    ProgressLine(to=terminal).show("x" * 50)
    assert terminal.getvalue() == f"{'x' * 19}\r"
