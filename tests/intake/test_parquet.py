"""Parquet files are read like any log, and each counts once."""

import sys

import duckdb
import pytest
from intake_builders import EDNS_SECRET, epoch

from edgedns_mcp.errors import ConfigurationError, IntakeError
from edgedns_mcp.intake.rejects import Reject
from edgedns_mcp.models import Tally

AT = epoch("2026-10-05T10:15:30")


@pytest.fixture
def parquet(tmp_path):
    def write(rows, name="log.parquet"):
        path = tmp_path / name
        duckdb.sql(f"COPY ({rows}) TO '{path}' (FORMAT parquet)")
        return path

    return write


@pytest.mark.parametrize(
    "moment",
    [
        "TIMESTAMP '2026-10-05 10:15:30'",
        "TIMESTAMPTZ '2026-10-05 12:15:30+02'",
        "TIMESTAMP_NS '2026-10-05 10:15:30.999999999'",
        "'2026-10-05T10:15:30Z'",
        "1791195330",
        "1791195330123",
    ],
)
def test_however_the_time_is_kept_it_is_read(desk, parquet, moment):
    path = parquet(
        f"SELECT {moment} AS timestamp, 'key_' || i AS key_id, '/v1/whois?q' AS path, 200 + 204 * (i % 2) AS status "
        "FROM range(3) r(i)"
    )
    assert desk.take(path, log_format="auto").requests == 3
    assert desk.totals() == {"key_0": Tally(1, 0, AT), "key_1": Tally(1, 1, AT), "key_2": Tally(1, 0, AT)}
    assert desk.endpoints("key_0") == {"/v1/whois": Tally(1, 0, AT)}


LOG = (
    "SELECT TIMESTAMP '2026-10-05 00:00:00' + to_seconds(i * 60) AS ts, 'k' || i % 7 AS key_id, '/' AS path, "
    "200 AS status FROM range(1000) r(i)"
)


def test_a_second_import_and_a_copy_change_nothing(desk, parquet):
    path = parquet(LOG)
    assert desk.take_in_chunks(9_000, path, log_format="parquet").requests == 1_000
    before = desk.everything()
    assert desk.take_in_chunks(9_000, path, log_format="auto").known_lines == 1_000
    copy = path.with_name("copy.parquet")
    copy.write_bytes(path.read_bytes())
    assert desk.take(copy, log_format="auto").requests == 0
    assert desk.everything() == before


def test_an_import_that_stopped_before_its_end_was_noted_adds_nothing_again(desk, parquet):
    path = parquet(LOG)
    desk.take_in_chunks(9_000, path, log_format="auto")
    desk.database.write(lambda tx: tx.run("DELETE FROM ledger WHERE requests = 0"))
    done = desk.take_in_chunks(9_000, path, log_format="auto")
    assert (done.known_lines, done.requests, desk.requests()) == (1_000, 0, 1_000)


def test_rows_that_cannot_be_read_are_rejects(desk, parquet):
    path = parquet(
        "SELECT * FROM (VALUES (1791195330, 'a', 200), (NULL, 'a', 200), (1791195330, 'a', 99)) t(ts, key_id, status)"
    )
    done = desk.take(path, log_format="auto")
    assert (done.requests, done.first_rejects) == (1, [Reject(2, "no readable timestamp"), Reject(3, "no HTTP status")])


def test_counts_may_come_as_parquet(desk, parquet):
    path = parquet("SELECT 'a' AS key_id, DATE '2026-10-05' AS date, 5 AS requests")
    assert desk.take(path, log_format="auto").requests == 5
    assert desk.observed() == [(epoch("2026-10-05T00:00:00"), epoch("2026-10-06T00:00:00"))]


def test_no_secret_of_a_parquet_file_gets_into_the_database(desk, parquet):
    path = parquet(f"SELECT 1791195330 AS ts, '{EDNS_SECRET}' AS key_id, '/' AS path, 200 AS status")
    assert desk.take(path, log_format="auto").requests == 1
    assert EDNS_SECRET.removeprefix("edns_live_").encode() not in desk.bytes_on_disk()


def test_a_damaged_file_is_told(desk, parquet):
    path = parquet(LOG)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(IntakeError, match="is damaged, or no Parquet that can be read"):
        desk.take(path, log_format="auto")


def test_without_the_library_a_parquet_file_says_what_to_install(desk, parquet, monkeypatch):
    path = parquet(LOG)
    monkeypatch.setitem(sys.modules, "duckdb", None)
    with pytest.raises(ConfigurationError, match=r"Install edgedns-mcp\[import\]"):
        desk.take(path, log_format="auto")
