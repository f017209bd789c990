"""Backup and restore while others read and write: one consistent state, whole or not at all."""

import os
import signal
import stat
import subprocess
import sys
from contextlib import closing

import apsw
import pytest
from store_builders import a_cell, a_key, of, opened, stored, to

from edgedns_mcp.errors import ConfigurationError, DamagedError, StoreError
from edgedns_mcp.store import cells, keys
from edgedns_mcp.store.backups import backup, restore
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.schema import APPLICATION_ID, MIGRATIONS, VERSION

POSIX = pytest.mark.skipif(os.name != "posix", reason="file modes are POSIX")
MANY = 8_000  # cells enough for a copy of several steps


def quietly(_done, _of):
    pass


def add(database, *some):
    database.write(lambda tx: cells.apply(to(tx), some or [a_cell()]))


@pytest.fixture
def copy(tmp_path):
    return tmp_path / "copies" / "copy.db"


def test_a_backup_holds_what_the_database_held(database, copy):
    add(database)
    backup(database, copy, quietly)
    add(database)
    with opened(copy) as other:
        assert (stored(other), stored(database)) == (10, 20)


@POSIX
def test_a_backup_is_one_file_for_its_owner_alone(database, copy):
    add(database)
    mask = os.umask(0)
    try:
        backup(database, copy, quietly)
    finally:
        os.umask(mask)
    assert [each.name for each in copy.parent.iterdir()] == ["copy.db"]
    assert [stat.S_IMODE(each.stat().st_mode) for each in (copy, copy.parent)] == [0o600, 0o700]


def test_a_backup_replaces_nothing_unless_it_is_told_to(database, copy):
    add(database)
    backup(database, copy, quietly)
    add(database)
    with pytest.raises(ConfigurationError, match=r"exists; name another one, or replace it with --force\."):
        backup(database, copy, quietly)
    with opened(copy) as other:
        assert stored(other) == 10
    backup(database, copy, quietly, force=True)
    with opened(copy) as other:
        assert stored(other) == 20


def test_a_backup_never_replaces_a_database_in_use(database, path, copy):
    add(database)
    with opened(copy) as other:
        add(other)
        for target in (copy, path):
            with pytest.raises(ConfigurationError, match="is a database in use; name another file"):
                backup(database, target, quietly, force=True)
        assert (stored(other), stored(database)) == (10, 10)


def test_a_backup_into_a_place_that_cannot_be_leaves_nothing(database, path, tmp_path):
    add(database)
    with pytest.raises(
        StoreError,
        match=r"^The file \S+ cannot be opened for writing; check the folder's permissions, or name another file\.$",
    ):
        backup(database, path / "copy.db", quietly)
    assert {each.name.removeprefix(path.name) for each in tmp_path.iterdir()} == {"", "-wal", "-shm"}


def test_a_large_backup_tells_how_far_it_is(database, copy):
    add(database, *(a_cell(key_id=f"key_{number:0200}") for number in range(MANY)))
    told = []
    backup(database, copy, lambda done, of: told.append((done, of)))
    assert len(told) > 1
    assert told == sorted(told)
    assert told[-1][0] == told[-1][1]
    assert len({of for _, of in told}) == 1


def test_writes_during_a_backup_are_not_in_it_and_do_not_start_it_anew(database, path, copy):
    add(database, *(a_cell(key_id=f"key_{number:0200}") for number in range(MANY)))
    told = []

    def told_while_another_writes(done, of):
        told.append(done)
        add(other)

    with opened(path) as other:
        backup(database, copy, told_while_another_writes)
        assert stored(other) == 10 * (MANY + len(told))
    assert len(told) == len(set(told))
    with opened(copy) as whole:
        assert stored(whole) == 10 * MANY


@pytest.mark.parametrize("signals", [pytest.param("SIGKILL", marks=POSIX)])
def test_a_backup_that_is_killed_leaves_what_was_there(database, path, copy, signals):
    add(database, *(a_cell(key_id=f"key_{number:0200}") for number in range(MANY)))
    copy.parent.mkdir()
    copy.write_text("the older backup")
    program = (
        "import os, sys; from pathlib import Path; from edgedns_mcp.store.backups import backup; "
        "from edgedns_mcp.store.database import Database; "
        "backup(Database.open(Path(sys.argv[1])), Path(sys.argv[2]), lambda *_: os.kill(os.getpid(), 9), force=True)"
    )
    done = subprocess.run([sys.executable, "-c", program, str(path), str(copy)], check=False)
    assert done.returncode == -getattr(signal, signals)
    assert copy.read_text() == "the older backup"


def test_a_restore_brings_back_what_the_backup_holds(path, copy):
    with opened(path) as database:
        add(database)
        backup(database, copy, quietly)
        add(database, a_cell(key_id="key_2"), a_cell())
    assert restore(path, copy, quietly) is None
    with opened(path) as database:
        assert stored(database) == 10
    with opened(copy) as other:  # the backup is as it was
        assert stored(other) == 10


@POSIX
def test_a_restore_into_nothing_makes_the_database_for_its_owner_alone(database, copy, tmp_path):
    add(database)
    backup(database, copy, quietly)
    copy.chmod(0o444)
    path = tmp_path / "new" / "usage.db"
    mask = os.umask(0)
    try:
        restore(path, copy, quietly)
        with opened(path) as restored:
            assert stored(restored) == 10
            modes = {stat.S_IMODE(each.stat().st_mode) for each in path.parent.iterdir()}
    finally:
        os.umask(mask)
    assert modes == {0o600}


def test_others_that_use_the_database_see_the_restored_state_and_go_on(path, copy):
    with opened(path) as one, opened(path) as other:
        add(one)
        backup(one, copy, quietly)
        add(one, *(a_cell(key_id=f"key_{number}") for number in range(1_000)))
        before = other.glance()
        assert stored(other) == 10_010
        restore(path, copy, quietly)
        assert other.glance() != before
        assert (stored(one), stored(other)) == (10, 10)
        add(other)
        assert stored(one) == 20


def test_a_reader_keeps_its_state_during_a_restore(path, copy):
    with opened(path) as database:
        add(database)
        backup(database, copy, quietly)
        add(database)

        def during(tx):
            before = cells.stored_requests(of(tx))
            restore(path, copy, quietly)
            return before, cells.stored_requests(of(tx))

        assert database.read(during) == (20, 20)
        assert stored(database) == 10


def test_a_restore_while_another_writes_waits_and_says_so(path, copy, monkeypatch):
    monkeypatch.setattr("edgedns_mcp.store.database.BUSY_MS", 50)
    with opened(path) as database:
        add(database)
        backup(database, copy, quietly)

        def during(tx):
            cells.apply(to(tx), [a_cell()])
            with pytest.raises(StoreError, match="is locked by another process"):
                restore(path, copy, quietly)

        database.write(during)
        assert stored(database) == 20


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"hi", "is not a readable SQLite database; put a backup in its place with edgedns-mcp restore FILE"),
        (b"", "is no database of edgedns-mcp; name a file that edgedns-mcp backup wrote"),
        (None, "cannot be opened"),
    ],
    ids=["text", "empty", "missing"],
)
def test_what_is_no_backup_is_refused_and_nothing_is_changed(path, copy, content, sentence):
    copy.parent.mkdir()
    if content is not None:
        copy.write_bytes(content)
    with opened(path) as database:
        add(database)
    with pytest.raises(StoreError, match=sentence):
        restore(path, copy, quietly)
    assert [each.name for each in copy.parent.iterdir()] == ([] if content is None else ["copy.db"])
    with opened(path) as database:
        assert stored(database) == 10


def test_the_file_of_another_program_and_a_newer_backup_are_refused(path, tmp_path):
    with opened(path) as database:
        add(database)
    for name, version, sentence in (
        ("theirs", 0, "is no database of edgedns-mcp"),
        ("newer", 1, "upgrade edgedns-mcp"),
    ):
        with closing(apsw.Connection(str(tmp_path / name))) as connection:
            connection.execute("CREATE TABLE t(x)")
            connection.pragma("user_version", VERSION + version)
            connection.pragma("application_id", APPLICATION_ID * version)
        with pytest.raises(StoreError, match=sentence):
            restore(path, tmp_path / name, quietly)
    with opened(path) as database:
        assert stored(database) == 10


@pytest.mark.parametrize("part", [0.3, 0.99])
def test_a_backup_that_was_cut_off_is_refused_and_nothing_is_changed(path, copy, part):
    with opened(path) as database:
        add(database, *(a_cell(key_id=f"key_{number}") for number in range(2_000)))
        backup(database, copy, quietly)
        whole = copy.read_bytes()
        copy.write_bytes(whole[: int(len(whole) * part)])
        with pytest.raises(DamagedError):
            restore(path, copy, quietly)
        assert stored(database) == 20_000


def test_a_backup_with_a_damaged_page_is_refused(path, copy):
    with opened(path) as database:
        add(database, *(a_cell(key_id=f"key_{number}") for number in range(2_000)))
        backup(database, copy, quietly)
    whole = bytearray(copy.read_bytes())
    whole[len(whole) // 2 : len(whole) // 2 + 4096] = b"\xff" * 4096
    copy.write_bytes(whole)
    with pytest.raises(DamagedError, match=r"is damaged; name another backup|is not a readable SQLite database"):
        restore(path, copy, quietly)


def test_the_database_is_no_backup_of_itself(path):
    with opened(path) as database:
        add(database)
        with pytest.raises(ConfigurationError, match="is the database itself"):
            restore(path, path, quietly)


def test_an_older_backup_is_brought_up_to_date_and_stays_as_it_is(path, copy):
    copy.parent.mkdir()
    with closing(apsw.Connection(str(copy))) as connection:
        connection.execute(MIGRATIONS[0])
        connection.execute("INSERT INTO key VALUES(1, 'key_1', 'payments-api', 'live', '', '', NULL, NULL, 1)")
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", 1)
    before = copy.read_bytes()
    with opened(path) as database:
        add(database)
        restore(path, copy, quietly)
        assert database.read(lambda tx: keys.list_keys(of(tx))) == [a_key()]
        assert stored(database) == 0
        assert {each.name.removeprefix(path.name) for each in path.parent.iterdir()} >= {"", "-wal", "-shm", "copies"}
        assert len(list(path.parent.iterdir())) == 4
    assert copy.read_bytes() == before


@pytest.mark.parametrize("part", [0.01, 0.5, None])
def test_a_damaged_database_is_restored_and_its_files_are_set_aside(path, copy, part):
    with opened(path) as database:
        add(database, *(a_cell(key_id=f"key_{number}") for number in range(2_000)))
        backup(database, copy, quietly)
    whole = path.read_bytes()
    damaged = b"\xff" * 8192 if part is None else whole[: int(len(whole) * part)]
    for name in ("first", "second"):
        path.write_bytes(damaged)
        aside = restore(path, copy, quietly)
        with opened(path) as database:
            assert stored(database) == 20_000, name
        assert aside is None or aside.read_bytes() == damaged
    assert part is not None or len(list(path.parent.glob("*.damaged*"))) == 2


WRITER = """
import sys
from hashlib import sha256
from pathlib import Path
from edgedns_mcp.models import Cell
from edgedns_mcp.store import accounts, cells, ledger
from edgedns_mcp.store.database import Database

database = Database.open(Path(sys.argv[1]))

def one(tx, turn):
    account = accounts.made(tx, "local")
    hour = turn % 500
    start, key_id = hour * 3600, f"key_{turn % 7}"
    cells.apply(account, [Cell(start, start + 3600, key_id, "/v1/whois", "live", 1, 0, start)])
    digest = sha256(str(turn).encode()).digest()
    ledger.note(account, ledger.Imported(digest=digest, size=turn, options="", lines=1, requests=1, rejected=0,
                                         head=digest, last=0))

turn = 0
while True:
    turn += 1
    database.write(lambda tx: one(tx, turn))
    if turn == 20:
        print("alive", flush=True)
"""


def requests_of_the_ledger(database):
    """Give the sum of the cells and that of the ledger."""

    def both(tx):
        noted = tx.value("SELECT coalesce(sum(requests), 0) FROM ledger")
        return cells.stored_requests(of(tx)), noted

    return database.read(both)


def test_every_backup_beside_a_writer_is_one_state_of_it(path, tmp_path):
    """Another process commits all the time; cells and ledger change together."""
    Database.open(path).close()
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout.readline() == "alive\n"
        states = []
        with opened(path) as database:
            for turn in range(5):
                while states and requests_of_the_ledger(database) == states[-1]:
                    assert writer.poll() is None
                backup(database, tmp_path / f"copy{turn}.db", quietly)
                with opened(tmp_path / f"copy{turn}.db") as other:
                    states.append(requests_of_the_ledger(other))
            restore(path, tmp_path / "copy0.db", quietly)  # the writer goes on from there
            after = requests_of_the_ledger(database)
    finally:
        writer.kill()
        writer.communicate()
    assert all(stored == noted for stored, noted in [*states, after])
    assert states == sorted(set(states))
    assert states[0] <= after
