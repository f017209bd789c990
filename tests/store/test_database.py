"""The file: what is refused in words, what is private, and what several users of one file see of each other."""

import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import apsw
import pytest
from store_builders import a_cell, a_window, another_opens, epoch, of, opened, stored, to

from edgedns_mcp.errors import NoDataError, StoreError
from edgedns_mcp.store import cells, sums
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.schema import VERSION

SHORT_MS = 50
MANY = 2000  # cells enough for a file of many pages
POSIX = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")


def add(database, *some):
    database.write(lambda tx: cells.apply(to(tx), some or [a_cell()]))


def a_foreign_file(path, *statements):
    connection = apsw.Connection(str(path))
    for statement in statements:
        connection.execute(statement)
    connection.close()


def refused(path):
    with pytest.raises(StoreError) as caught:
        Database.open(path)
    return str(caught.value)


def test_a_new_file_is_made_and_can_be_opened_again(path):
    with opened(path) as database:
        add(database)
    with opened(path) as database:
        assert stored(database) == 10


def test_a_database_in_memory_is_one_of_its_own():
    one, other = Database.open(None), Database.open(None)
    add(one)
    assert (stored(one), stored(other)) == (10, 0)
    one.close()
    other.close()


def test_an_empty_file_becomes_a_database(path):
    path.touch()
    with opened(path) as database:
        assert stored(database) == 0


def test_the_file_of_another_program_is_refused_and_left_as_it_is(path):
    a_foreign_file(path, "CREATE TABLE theirs(x)")
    before = path.read_bytes()
    assert refused(path) == f"The file {path} belongs to another program; name another file in EDGEDNS_DATABASE."
    assert path.read_bytes() == before
    assert [each.name for each in path.parent.iterdir()] == [path.name]


@pytest.mark.parametrize("text", ["hi", "Dear all,\n" * 1000], ids=["short", "long"])
def test_a_text_file_is_refused_and_left_as_it_is(path, text):
    path.write_text(text)
    assert "is not a readable SQLite database" in refused(path)
    assert path.read_text() == text


@pytest.mark.parametrize("part", [0.0002, 0.01, 0.5, 0.99])
def test_a_file_that_was_cut_off_is_refused(path, part):
    with opened(path) as database:
        add(database, *(a_cell(key_id=f"key_{number}") for number in range(MANY)))
    whole = path.read_bytes()
    path.write_bytes(whole[: int(len(whole) * part)])
    with pytest.raises(StoreError, match="is not a readable SQLite database"), opened(path) as database:
        stored(database)


def test_a_newer_schema_asks_for_an_upgrade(path):
    Database.open(path).close()
    a_foreign_file(path, f"PRAGMA user_version = {VERSION + 1}")
    assert refused(path).endswith(
        f"newer edgedns-mcp (schema {VERSION + 1}, this one knows {VERSION}); upgrade edgedns-mcp."
    )


def test_an_empty_file_with_a_foreign_version_becomes_a_whole_database(path):
    a_foreign_file(path, "PRAGMA user_version = 5")
    with opened(path) as database:
        assert stored(database) == 0


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder in which nobody may write, as Linux has")
def test_a_folder_without_permission_is_told():
    assert "check the folder's permissions" in refused(Path("/proc/usage.db"))


def test_a_path_under_a_file_is_told(path):
    path.write_text("a file")
    assert "cannot be opened for writing; check the folder's permissions" in refused(path / "usage.db")


def test_a_folder_is_no_database(tmp_path):
    assert "cannot be opened for writing" in refused(tmp_path)


def test_a_writer_that_has_to_wait_too_long_says_that_the_file_is_locked(path):
    with opened(path) as database, opened(path) as waiting:
        add(database)
        waiting._connection.set_busy_timeout(SHORT_MS)
        database._connection.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreError, match="is locked by another process; ask again in a few seconds"):
            add(waiting)
        assert stored(waiting) == 10  # reading goes on
        database._connection.execute("ROLLBACK")
        add(waiting)
        assert stored(database) == 20


def test_a_write_that_fails_is_undone_whole(database):
    add(database)

    def half(tx):
        cells.apply(to(tx), [a_cell(key_id="key_2")])
        raise NoDataError("in the middle")

    with pytest.raises(NoDataError):
        database.write(half)
    assert set(database.read(lambda tx: sums.totals(of(tx), a_window()))) == {"key_1"}
    add(database)
    assert stored(database) == 20


def test_a_write_that_the_engine_refuses_is_undone_whole_and_worded(database):
    with pytest.raises(StoreError) as caught:
        add(database, a_cell(), a_cell(key_id="key_2", end=epoch("2026-10-01T12:00"), requests=None))
    assert "SQLITE_CONSTRAINT_NOTNULL" in str(caught.value)
    assert stored(database) == 0


def test_a_closed_database_says_so_in_words(path):
    database = Database.open(path)
    database.close()
    with pytest.raises(StoreError):
        stored(database)


@POSIX
def test_nobody_else_can_read_the_files(tmp_path):
    mask = os.umask(0)
    try:
        with opened(tmp_path / "new" / "usage.db") as database:
            add(database)
            modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in (tmp_path / "new").iterdir()}
    finally:
        os.umask(mask)
    assert modes == dict.fromkeys(("usage.db", "usage.db-wal", "usage.db-shm"), 0o600)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o700


def test_two_users_of_one_file_see_what_the_other_has_written(path):
    with opened(path) as one, opened(path) as other:
        for turn in (1, 2):
            add(one)
            assert stored(other) == 20 * turn - 10
            add(other)
            assert stored(one) == 20 * turn


def test_a_reader_keeps_the_state_it_began_with(path):
    with opened(path) as one, opened(path) as other:
        add(one)

        def twice(tx):
            before = cells.stored_requests(of(tx))
            add(other)
            return before, cells.stored_requests(of(tx))

        assert one.read(twice) == (10, 10)
        assert stored(one) == 20


def test_the_state_is_the_same_until_somebody_commits(path):
    with opened(path) as one, opened(path) as other:
        states = [one.read(lambda tx: tx.state())]
        assert one.glance() == one.read(lambda tx: tx.state()) == states[0]
        for writer in (one, other, one):
            add(writer)
            states.append(one.glance())
            assert one.read(lambda tx: tx.state()) == states[-1]
    assert len(set(states)) == 4


def test_two_databases_have_no_state_in_common():
    one, other = Database.open(None), Database.open(None)
    assert one.glance() != other.glance()
    one.close()
    other.close()


def test_whoever_has_the_turn_is_not_waited_for_by_a_glance(database):
    assert database.read(lambda _tx: database.glance()) is None
    assert database.glance() is not None


def test_threads_take_turns_and_lose_nothing(database):
    threads = [threading.Thread(target=add, args=(database,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert stored(database) == 80


@pytest.mark.parametrize("turn", range(6))
def test_a_new_file_that_another_process_makes_meanwhile_is_the_same_database(path, turn):
    """Another one opens the file just before statement number `turn` of the first one."""
    with another_opens(path, turn), opened(path) as database:
        assert stored(database) == 0


def test_a_new_file_that_another_process_is_about_to_make_is_waited_for(path):
    holder = apsw.Connection(str(path))
    holder.execute("BEGIN IMMEDIATE")
    release = threading.Timer(0.2, holder.execute, ["ROLLBACK"])
    release.start()
    try:
        with opened(path) as database:
            assert stored(database) == 0
    finally:
        release.join()
        holder.close()


WRITER = """
import sys
from pathlib import Path
from edgedns_mcp.models import Cell
from edgedns_mcp.store import accounts, cells
from edgedns_mcp.store.database import Database

database, who = Database.open(Path(sys.argv[1])), sys.argv[2]
print("ready", flush=True)
sys.stdin.readline()
for turn in range(20):
    rows = [Cell(hour * 3600, hour * 3600 + 3600, key, "/v1/whois", "live", 1, 0, hour * 3600)
            for hour in range(turn, turn + 30) for key in ("shared", who)]
    database.write(lambda tx: cells.apply(accounts.made(tx, "local"), rows))
database.close()
"""


def test_two_processes_that_write_at_once_lose_nothing(path):
    Database.open(path).close()
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), who], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for who in ("one", "other")
    ]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("go\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=30)
    assert [writer.returncode for writer in writers] == [0, 0]
    with opened(path) as database:
        found = database.read(lambda tx: sums.totals(of(tx), a_window("1970-01-01", "1971-01-01")))
    assert {key_id: tally.requests for key_id, tally in found.items()} == {"shared": 1200, "one": 600, "other": 600}
