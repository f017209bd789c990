"""Checksums of pages: new files have them, older ones get them by a restore, and nothing mixes the two."""

from contextlib import closing

import pytest
from store_builders import a_cell, another_opens, opened, stored, to

from edgedns_mcp.errors import DamagedError, StoreError
from edgedns_mcp.store import cells
from edgedns_mcp.store.backups import backup, restore
from edgedns_mcp.store.engine import SUM_BYTES, connected
from edgedns_mcp.store.schema import APPLICATION_ID, MIGRATIONS

RESERVED = 20  # where the header of a file says how many bytes of a page are not the engine's
MANY = 5_000  # cells enough for more pages than the engine keeps in memory


def quietly(_done, _of):
    pass


def add(database, count=1):
    database.write(lambda tx: cells.apply(to(tx), [a_cell(key_id=f"key_{number:0200}") for number in range(count)]))


def reserved(path):
    return path.read_bytes()[RESERVED]


@pytest.fixture
def old(path):
    """A file that a version without checksums made, with more pages than the engine keeps in memory."""
    with closing(connected(path)) as connection:
        connection.pragma("journal_mode", "wal")
        connection.execute(MIGRATIONS[0])
        connection.pragma("application_id", APPLICATION_ID)
        connection.pragma("user_version", 1)
    with opened(path) as database:
        add(database, MANY)
        assert not database.has_sums
    return path


def test_a_new_file_its_backup_and_what_is_restored_have_checksums(path, tmp_path):
    with opened(path) as database:
        add(database, MANY)
        backup(database, tmp_path / "copy.db", quietly)
    restore(tmp_path / "new.db", tmp_path / "copy.db", quietly)
    for file in (path, tmp_path / "copy.db", tmp_path / "new.db"):
        assert reserved(file) == SUM_BYTES
        with opened(file) as database:
            assert (database.has_sums, database.is_sound(), stored(database)) == (True, True, 10 * MANY)


def test_an_older_file_goes_on_without_and_gets_checksums_when_it_is_restored_into_nothing(old, tmp_path):
    with opened(old) as database:
        backup(database, tmp_path / "copy.db", quietly)
        add(database)
        assert (database.has_sums, database.is_sound(), stored(database)) == (False, True, 10 * MANY + 10)
        assert database.compact()
        assert (database.has_sums, database.is_sound(), stored(database)) == (False, True, 10 * MANY + 10)
    old.unlink()
    restore(old, tmp_path / "copy.db", quietly)
    with opened(old) as database:
        assert (database.has_sums, database.is_sound(), stored(database)) == (True, True, 10 * MANY)


def test_pages_with_checksums_are_not_put_into_a_file_without(old, tmp_path):
    with opened(tmp_path / "newer.db") as database:
        add(database)
        backup(database, tmp_path / "copy.db", quietly)
    with pytest.raises(StoreError, match="is of an older version, whose pages have no checksums, nothing was changed"):
        restore(old, tmp_path / "copy.db", quietly)
    with opened(old) as database:
        assert (database.has_sums, database.is_sound(), stored(database)) == (False, True, 10 * MANY)


@pytest.mark.parametrize("turn", range(6))
def test_a_file_that_two_make_at_once_has_a_checksum_in_each_page(path, turn):
    """Another one makes the file just before statement number `turn` of the first one, which then writes every page."""
    with another_opens(path, turn), opened(path) as database:
        add(database, 200)
    with opened(path) as database:
        assert (database.has_sums, database.is_sound(), stored(database)) == (True, True, 2_000)


def test_a_mistake_of_ours_is_not_called_damage(database):
    add(database)
    with pytest.raises(KeyError):
        database.read(lambda _tx: {}["nothing"])


def test_a_damaged_database_replaces_no_backup(path, tmp_path):
    copy = tmp_path / "copy.db"
    with opened(path) as database:
        add(database, 200)
        backup(database, copy, quietly)
    whole = bytearray(path.read_bytes())
    one, two = (slice(page * 4_096, (page + 1) * 4_096) for page in (len(whole) // 8_192, len(whole) // 8_192 + 1))
    whole[one], whole[two] = whole[two], whole[one]
    path.write_bytes(whole)
    before = copy.read_bytes()
    with opened(path) as database, pytest.raises(DamagedError, match="so no backup was made, and an older one stays"):
        backup(database, copy, quietly, force=True)
    assert copy.read_bytes() == before
