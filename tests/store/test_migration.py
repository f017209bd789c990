"""A database of version 1 becomes one of this version: whole or not at all, once, with the same figures."""

import hashlib
import signal
import subprocess
import sys
from contextlib import closing

import apsw
import pytest
from store_builders import a_cell, a_key, a_reading, a_window, another_opens, epoch, opened, utc

from edgedns_mcp.errors import StoreError
from edgedns_mcp.models import AccountTotal, Tally
from edgedns_mcp.store import accounts, cells, coverage, daily, findings, keys, ledger, readings, sums
from edgedns_mcp.store.schema import APPLICATION_ID, MIGRATIONS, VERSION

TEN, ELEVEN, NEXT_DAY = epoch("2026-10-01T10:00"), epoch("2026-10-01T11:00"), epoch("2026-10-02T10:00")
DAY = TEN // 86_400
KEYS = (
    (1, "key_1", "payments-api", "live", "payments", "ab12", TEN - 86_400, None, 1),
    (2, "key_2", "search-api", "test", "", "", None, NEXT_DAY, 1),
    (3, "", "", "unknown", "", "", None, None, 0),
)
ENDPOINTS = ((1, "/v1/whois"), (2, "/v1/dns"))
CELLS = (  # start, key, endpoint, end, environment, requests, errors, last activity
    (TEN, 1, 1, ELEVEN, "live", 10, 1, TEN + 1800),
    (TEN, 1, 2, ELEVEN, "unknown", 5, 0, TEN + 60),
    (ELEVEN, 3, 1, ELEVEN + 3600, "unknown", 7, 7, ELEVEN + 5),
    (NEXT_DAY, 1, 1, NEXT_DAY + 3600, "live", 20, 2, NEXT_DAY + 30),
    (NEXT_DAY, 2, 2, NEXT_DAY + 3600, "test", 3, 0, NEXT_DAY),
)
DAY_SUMS = (  # key, endpoint (0: all of them), day, and the sums up to its end
    (1, 0, DAY, 15, 1, TEN + 1800),
    (1, 1, DAY, 10, 1, TEN + 1800),
    (1, 2, DAY, 5, 0, TEN + 60),
    (3, 0, DAY, 7, 7, ELEVEN + 5),
    (3, 1, DAY, 7, 7, ELEVEN + 5),
    (1, 0, DAY + 1, 35, 3, NEXT_DAY + 30),
    (1, 1, DAY + 1, 30, 3, NEXT_DAY + 30),
    (2, 0, DAY + 1, 3, 0, NEXT_DAY),
    (2, 2, DAY + 1, 3, 0, NEXT_DAY),
)
COVERAGE = (("import", TEN, ELEVEN + 5), ("import", NEXT_DAY, NEXT_DAY + 30))
LEDGER = (hashlib.sha256(b"log").digest(), 3, "combined", 45, 2, hashlib.sha256(b"l").digest(), NEXT_DAY + 30)
READINGS = (("acme", a_reading(requests=100)), ("globex", a_reading("2026-10-06T10:00", requests=7)))


@pytest.fixture
def old(path):
    """A file as version 1 left it."""
    with closing(apsw.Connection(str(path))) as connection:
        connection.pragma("journal_mode", "wal")
        connection.execute(MIGRATIONS[0])
        for table, rows in (("key", KEYS), ("endpoint", ENDPOINTS), ("cell", CELLS), ("day_sum", DAY_SUMS)):
            connection.executemany(f"INSERT INTO {table} VALUES({', '.join('?' * len(rows[0]))})", rows)
        connection.executemany("INSERT INTO pair VALUES(?, ?)", {row[:2] for row in DAY_SUMS})
        connection.executemany("INSERT INTO coverage VALUES(?, ?, ?)", COVERAGE)
        connection.execute("INSERT INTO ledger VALUES(?, ?, ?, ?, ?, ?, ?)", LEDGER)
        for account, reading in READINGS:
            row = (account, f"digest of {account}", int(reading.taken_at.timestamp()), reading.model_dump_json())
            connection.execute("INSERT INTO reading(account, credential, taken_at, body) VALUES(?, ?, ?, ?)", row)
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", 1)
    return path


def rows_of(path):
    """Give the version and every row of every table."""
    with closing(apsw.Connection(str(path))) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")]
        found = {table: sorted(map(repr, connection.execute(f"SELECT * FROM {table}"))) for table in tables}
        return connection.pragma("user_version"), found


def asked(database, question, source="local", name=""):
    return database.read(lambda tx: question(accounts.find(tx, source, name)))


@pytest.mark.parametrize(
    ("window", "expected"),
    [
        (
            a_window(),
            {
                "key_1": Tally(35, 3, NEXT_DAY + 30),
                "key_2": Tally(3, 0, NEXT_DAY),
                "": Tally(7, 7, ELEVEN + 5),
            },
        ),
        (a_window("2026-10-01", "2026-10-01T11:00"), {"key_1": Tally(15, 1, TEN + 1800)}),
        (
            a_window("2026-10-01T11:00", "2026-10-02"),
            {"key_1": Tally(0, 0, TEN + 1800), "": Tally(7, 7, ELEVEN + 5)},
        ),
    ],
    ids=["all", "the first hour", "the rest of the day"],
)
def test_an_older_database_answers_as_before(old, window, expected):
    with opened(old) as database:
        assert asked(database, lambda account: sums.totals(account, window)) == expected


def test_endpoints_are_counted_as_before(old):
    with opened(old) as database:
        found = asked(database, lambda account: sums.endpoints(account, a_window(), ["key_1", "key_2"]))
    assert found == {
        "key_1": {"/v1/whois": Tally(30, 3, NEXT_DAY + 30), "/v1/dns": Tally(5, 0, TEN + 60)},
        "key_2": {"/v1/dns": Tally(3, 0, NEXT_DAY)},
    }


def test_keys_coverage_and_ledger_are_kept(old):
    first = a_key(team="payments", last_four="ab12", created_at=utc("2026-09-30T10:00"))
    second = a_key("key_2", name="search-api", environment="test", revoked_at=utc("2026-10-02T10:00"))
    with opened(old) as database:
        assert asked(database, keys.list_keys) == [first, second]
        assert asked(database, coverage.stretches) == [(TEN, ELEVEN + 5), (NEXT_DAY, NEXT_DAY + 30)]
        assert asked(database, lambda account: ledger.find(account, LEDGER[0])).lines == 45
        assert asked(database, ledger.rejected_lines) == 2


@pytest.mark.parametrize(("name", "reading"), READINGS, ids=["acme", "globex"])
def test_each_organisation_keeps_its_readings(old, name, reading):
    with opened(old) as database:
        kept = asked(database, readings.last, "edgedns", name)
        assert (kept.reading, kept.credential) == (reading, f"digest of {name}")
        assert database.read(readings.count) == len(READINGS)


def test_a_database_with_readings_alone_keeps_them(old):
    with closing(apsw.Connection(str(old))) as connection:
        for table in ("key", "endpoint", "cell", "pair", "day_sum", "coverage", "ledger"):
            connection.execute(f"DELETE FROM {table}")
    with opened(old) as database:
        assert asked(database, readings.last, "edgedns", "globex").reading == READINGS[1][1]
        assert asked(database, coverage.stretches) == []


def test_nothing_is_left_of_the_older_tables(old):
    with opened(old):
        pass
    version, tables = rows_of(old)
    assert version == VERSION
    assert not [name for name in tables if name.startswith("old_")]


def test_an_opening_that_fails_in_the_middle_leaves_the_older_database_whole(old):
    before = rows_of(old)

    def full_disk(connection):
        connection.execute(f"PRAGMA max_page_count = {connection.pragma('page_count') + 2}")

    hooks = list(apsw.connection_hooks)
    apsw.connection_hooks[:] = [full_disk]
    try:
        with pytest.raises(StoreError, match=r"is full, nothing was changed; free some space"), opened(old):
            pass
    finally:
        apsw.connection_hooks[:] = hooks
    assert rows_of(old) == before
    test_an_older_database_answers_as_before(old, a_window("2026-10-01", "2026-10-01T11:00"), {"key_1": FIRST_HOUR})


FIRST_HOUR = Tally(15, 1, TEN + 1800)
KILLED = """
import os, signal, sys
from pathlib import Path
import apsw
from edgedns_mcp.store.database import Database

left = int(sys.argv[2])

def die_at_a_statement(connection):
    def trace(_cursor, sql, _bindings):
        global left
        left -= connection.in_transaction
        if not left:
            connection.cache_flush()  # part of it is in the file already
            os.kill(os.getpid(), signal.SIGKILL)
        return True
    connection.exec_trace = trace

apsw.connection_hooks.append(die_at_a_statement)
Database.open(Path(sys.argv[1])).close()
"""


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="there is no kill -9 here")
@pytest.mark.parametrize("statement", [8, 20, 40])
def test_a_kill_in_the_middle_leaves_the_older_database_whole(old, statement):
    before = rows_of(old)
    done = subprocess.run([sys.executable, "-c", KILLED, str(old), str(statement)], check=False)
    assert done.returncode == -signal.SIGKILL
    assert rows_of(old) == before
    with opened(old) as database:
        window = a_window("2026-10-01", "2026-10-01T11:00")
        assert asked(database, lambda account: sums.totals(account, window)) == {"key_1": FIRST_HOUR}


TWO = """
import sys
from pathlib import Path
from edgedns_mcp.store.database import Database

print("ready", flush=True)
sys.stdin.readline()
Database.open(Path(sys.argv[1])).close()
"""


def test_two_processes_that_open_it_at_once_migrate_it_once(old):
    programs = [
        subprocess.Popen(
            [sys.executable, "-c", TWO, str(old)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for _ in range(2)
    ]
    assert [program.stdout.readline() for program in programs] == ["ready\n"] * 2
    for program in programs:
        program.stdin.write("go\n")
        program.stdin.flush()
    for program in programs:
        program.communicate(timeout=30)
    assert [program.returncode for program in programs] == [0, 0]
    test_keys_coverage_and_ledger_are_kept(old)


@pytest.mark.parametrize("turn", range(9))
def test_another_process_may_be_faster_at_any_statement(old, turn):
    with another_opens(old, turn):
        test_keys_coverage_and_ledger_are_kept(old)


# The tables that came after a version.
LATER = {3: ("acknowledged", "notified"), 4: ("account_total", "daily"), 6: ("closing", "correction")}
LAST_USED, ODD_SPANS = 5, 6  # the versions that know when a key was used last, and have an index of odd spans


def later_than(version):
    return {table for since, tables in LATER.items() if since >= version for table in tables}


@pytest.fixture(params=[3, 4, 5, 6], ids=lambda version: f"version {version}")
def older(path, request):
    """A file as an older version left it, without what came later."""
    with opened(path) as database:
        database.write(_filled)
    with closing(apsw.Connection(str(path))) as connection:
        for table in later_than(request.param):
            connection.execute(f"DROP TABLE {table}")
        if request.param < ODD_SPANS:
            connection.execute("DROP INDEX span_odd")
        if request.param < LAST_USED:
            connection.execute("ALTER TABLE key DROP COLUMN last_used_at")
        connection.pragma("user_version", request.param)
    return path


def _filled(tx):
    account = accounts.made(tx, "local")
    keys.put_keys(account, [a_key()])
    cells.apply(account, [a_cell(), a_cell("2026-10-02T10:00", requests=20, bound="lower")])
    coverage.observe(account, "import", TEN, NEXT_DAY + 30)


def test_a_database_of_an_older_version_keeps_every_row_and_gets_what_came_later(older):
    old_version, before = rows_of(older)
    with opened(older) as database:
        totals = asked(database, lambda account: sums.totals(account, a_window()))
        assert totals == {"key_1": Tally(30, 2, NEXT_DAY + 1800, None)}
        database.write(lambda tx: _used_later(accounts.made(tx, "local")))
        assert asked(database, lambda account: findings.acknowledged(account, TEN)) == {"7b1da5b90c": NEXT_DAY}
        assert asked(database, lambda account: daily.total(account, TEN, NEXT_DAY)).requests == 31
        assert asked(database, keys.list_keys)[0].last_used_at is None
    version, tables = rows_of(older)
    assert version == VERSION
    known = before.pop("key")
    assert tables["key"] == (known if old_version >= LAST_USED else [f"{row[:-1]}, None)" for row in known])
    unchanged = before.keys() - {"acknowledged", "notified", "account_total"}
    assert {name: tables[name] for name in unchanged} == {name: before[name] for name in unchanged}
    assert set(tables) - set(before) - {"key"} == later_than(old_version) - set(before)


def _used_later(account):
    findings.acknowledge(account, "7b1da5b90c", NEXT_DAY)
    assert findings.claim(account, ["7b1da5b90c"], b"here", TEN) == ["7b1da5b90c"]
    daily.keep_total(account, AccountTotal(taken_at=utc("2026-10-01T12:00"), requests=31, keys_requests=30))


def test_a_database_of_version_5_answers_the_same_and_gets_its_index(path):
    whole_day = a_cell("2026-10-01", end=epoch("2026-10-02"), requests=7)
    with opened(path) as database:
        database.write(lambda tx: cells.apply(accounts.made(tx, "local"), [whole_day, a_cell()]))
    with closing(apsw.Connection(str(path))) as connection:
        connection.execute("DROP INDEX span_odd")
        for table in later_than(5):
            connection.execute(f"DROP TABLE {table}")
        connection.pragma("user_version", 5)
    with opened(path) as database:
        assert asked(database, lambda account: sums.totals(account, a_window()))["key_1"].requests == 17
        assert database.read(lambda tx: tx.value("SELECT count(*) FROM sqlite_schema WHERE name = 'span_odd'")) == 1
