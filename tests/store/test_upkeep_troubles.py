"""Where a database cannot be written, or only just: what is said, and that nothing is lost."""

import os
import shutil
import subprocess
import sys
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path, PurePosixPath

import apsw
import pytest
from store_builders import a_cell, opened, stored, to

from edgedns_mcp.errors import StoreError
from edgedns_mcp.store import cells, mounts
from edgedns_mcp.store.backups import backup
from edgedns_mcp.store.database import Database

resource = pytest.importorskip("resource", reason="limits, owners and mounts are POSIX")
NOBODY = 65_534
MANY = 3_000  # cells, more than a small disk holds
POSIX = pytest.mark.skipif(os.name != "posix", reason="owners and modes are POSIX")
ROOT = os.name == "posix" and os.geteuid() == 0


def add(database, *some):
    database.write(lambda tx: cells.apply(to(tx), some or [a_cell()]))


def many():
    return [a_cell(key_id=f"key_{number:050}") for number in range(MANY)]


@contextmanager
def as_nobody(*paths):
    """Run as somebody whom the modes of files hold back, which root is not."""
    if not ROOT:
        yield
        return
    for path in paths:
        os.chown(path, NOBODY, NOBODY)
    os.setresuid(NOBODY, NOBODY, 0)
    try:
        yield
    finally:
        os.setresuid(0, 0, 0)


@pytest.fixture
def folder():
    """A folder that others may enter, unlike those of pytest."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o755)
    yield path
    path.chmod(0o755)
    shutil.rmtree(path)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 1 MB."""
    path = tmp_path / "disk"
    path.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(path)]
    if not ROOT or subprocess.run(mount, check=False, capture_output=True).returncode:
        pytest.skip("only root can mount a small disk")
    yield path
    subprocess.run(["umount", "-l", str(path)], check=True)


@POSIX
def test_a_file_that_may_only_be_read_answers_and_refuses_changes(folder):
    path = folder / "usage.db"
    with opened(path) as database:
        add(database)
    path.chmod(0o400)
    with as_nobody(folder, path), opened(path) as database:
        assert stored(database) == 10
        with pytest.raises(StoreError, match="may only be read here, nothing was changed; check who may write to it"):
            add(database)
        assert stored(database) == 10


@POSIX
def test_a_folder_that_may_only_be_read_answers_while_a_writer_has_the_database_open(folder):
    path = folder / "usage.db"
    with opened(path) as writer:
        add(writer)
        folder.chmod(0o555)
        with as_nobody(*folder.iterdir()), opened(path) as reader:
            assert stored(reader) == 10
            add(writer)
            assert stored(reader) == 20


@POSIX
def test_a_folder_that_may_only_be_read_names_the_way_out_where_nobody_writes(folder):
    path = folder / "usage.db"
    with opened(path) as database:
        add(database)
    folder.chmod(0o555)
    with as_nobody(path), pytest.raises(StoreError) as caught, opened(path) as database:
        stored(database)
    assert str(caught.value) == (
        f"The database {path} lies where nothing may be written, and can be read there only while a process that may "
        "write has it open; read a copy that edgedns-mcp backup made."
    )


@POSIX
def test_a_backup_answers_where_nothing_may_be_written(folder, path):
    with opened(path) as database:
        add(database)
        backup(database, folder / "copy.db", lambda *_: None)
    folder.chmod(0o555)
    with as_nobody(folder / "copy.db"), opened(folder / "copy.db") as copy:
        assert stored(copy) == 10
        with pytest.raises(StoreError, match="nothing"):
            add(copy)


def test_a_backup_that_is_opened_for_writing_lets_readers_and_a_writer_go_on(tmp_path, database):
    add(database)
    backup(database, tmp_path / "copy.db", lambda *_: None)
    with opened(tmp_path / "copy.db") as one, opened(tmp_path / "copy.db") as other:

        def during(_tx):
            add(other)
            return stored(other)

        assert one.read(during) == 20


@POSIX
def test_a_file_of_somebody_else_is_told(folder):
    path = folder / "usage.db"
    Database.open(path).close()
    path.chmod(0o000)
    with as_nobody(folder), pytest.raises(StoreError, match="cannot be opened for writing; check the folder's perm"):
        Database.open(path)


def test_a_full_database_says_so_and_keeps_what_it_has(path):
    with opened(path) as database:
        add(database)
        pages = database._connection.pragma("page_count")
        database._connection.pragma("max_page_count", pages + 5)
        with pytest.raises(StoreError, match=r"^The disk of .* is full, nothing was changed; free some space"):
            add(database, *many())
        assert stored(database) == 10
        database._connection.pragma("max_page_count", 1_000_000)
        add(database, *many())
        assert stored(database) == 10 * (MANY + 1)


def test_a_full_disk_says_so_and_keeps_what_it_has(small_disk):
    with opened(small_disk / "usage.db") as database:
        add(database)
        with pytest.raises(StoreError, match="is full, nothing was changed"):
            add(database, *many())
        assert stored(database) == 10
    with opened(small_disk / "usage.db") as database:
        assert stored(database) == 10


def test_a_disk_without_room_for_a_new_database_says_so(small_disk):
    filler = small_disk / "filler"
    with pytest.raises(OSError, match="No space left"):
        filler.write_bytes(bytes(2_000_000))
    with pytest.raises(StoreError, match="is full, nothing was changed"):
        Database.open(small_disk / "usage.db")
    filler.unlink()
    with opened(small_disk / "usage.db") as database:
        assert stored(database) == 0


def test_a_backup_onto_a_full_disk_leaves_nothing_behind(small_disk, database):
    add(database, *many())
    with pytest.raises(StoreError, match="is full"):
        backup(database, small_disk / "copy.db", lambda *_: None)
    assert list(small_disk.iterdir()) == []
    assert stored(database) == 10 * MANY


@POSIX
def test_a_file_system_that_fails_is_named_and_nothing_is_lost(path):
    with opened(path) as database:
        add(database)
        _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
        try:
            with pytest.raises(StoreError, match=r"failed the database .* \(SQLITE_IOERR\w*\), nothing was changed"):
                add(database, *many())
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        assert stored(database) == 10
        add(database)
        assert stored(database) == 20


def test_too_little_memory_is_told_and_nothing_is_lost(database):
    add(database)
    apsw.hard_heap_limit(apsw.memory_used() + 100_000)
    try:
        with pytest.raises(StoreError, match=r"^Memory is too short for the database .*, nothing was changed"):
            add(database, *many())
    finally:
        apsw.hard_heap_limit(0)
    assert stored(database) == 10


@POSIX
def test_a_folder_that_vanishes_while_in_use_takes_no_writes_that_nobody_would_find(tmp_path):
    path = tmp_path / "new" / "usage.db"
    with opened(path) as database:
        add(database)
        shutil.rmtree(path.parent)
        for use in (add, stored, lambda database: database.glance()):
            with pytest.raises(StoreError, match="was moved, deleted or replaced while in use, nothing was changed"):
                use(database)


@POSIX
def test_a_file_that_is_replaced_while_in_use_is_noticed(path, tmp_path):
    with opened(path) as database:
        add(database)
        Database.open(tmp_path / "other.db").close()
        (tmp_path / "other.db").replace(path)
        with pytest.raises(StoreError, match="edgedns-mcp restore is the safe way to replace it"):
            add(database)


@POSIX
def test_every_folder_that_is_made_is_for_its_owner_alone(tmp_path):
    mask = os.umask(0)
    try:
        Database.open(tmp_path / "a" / "b" / "usage.db").close()
    finally:
        os.umask(mask)
    assert [(tmp_path / name).stat().st_mode & 0o777 for name in ("a", "a/b")] == [0o700, 0o700]


MOUNTINFO = r"""
22 27 0:21 / / rw,relatime - ext4 /dev/vda rw
23 22 0:22 / /home rw,relatime shared:7 master:1 - nfs4 server:/home rw,vers=4.2
24 23 0:23 / /home/ann/my\040files rw - fuse.sshfs ann@host: rw
25 23 0:24 / /home/ann/local rw - xfs /dev/vdb rw
26 22 0:25 / /mnt/c rw - 9p C:\134 rw
27 22 0:26 / /mnt/twice rw - cifs //server/share rw
28 22 0:27 / /mnt/twice rw - tmpfs tmpfs rw
29 22 0:28 / /mnt/disk rw - fuseblk /dev/sdb1 rw
""".strip()


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("/usage.db", ""),
        ("/home/ann/usage.db", "nfs4"),
        ("/homes/usage.db", ""),
        ("/home/ann/my files/usage.db", "fuse.sshfs"),
        ("/home/ann/local/usage.db", ""),
        ("/mnt/c/usage.db", "9p"),
        ("/mnt/twice/usage.db", ""),
        ("/mnt/disk/usage.db", ""),
    ],
)
def test_the_mounts_tell_a_network_file_system(path, kind):
    assert mounts.network_type(MOUNTINFO, PurePosixPath(path)) == kind


@pytest.mark.skipif(not mounts.MOUNTS.exists(), reason="only Linux tells its mounts")
def test_the_mounts_of_this_system_are_read(tmp_path):
    text = mounts.MOUNTS.read_text()
    assert not mounts.network_type(text, tmp_path)
    remote = f"{text}99 1 0:99 / {tmp_path} rw - nfs4 server:/ rw\n"
    assert mounts.network_type(remote, tmp_path / "usage.db") == "nfs4"


NETWORK = """
import sys
from pathlib import Path
from edgedns_mcp.errors import StoreError
from edgedns_mcp.store import mounts
from edgedns_mcp.store.database import Database

mounts.MOUNTS = Path(sys.argv[2])
try:
    Database.open(Path(sys.argv[1]))
except StoreError as error:
    print(error)
"""


def test_a_database_on_a_network_file_system_is_refused_before_it_is_made(tmp_path):
    (tmp_path / "mountinfo").write_text(f"1 0 0:1 / {tmp_path} rw - nfs4 server:/ rw\n")
    path = tmp_path / "usage.db"
    done = subprocess.run(
        [sys.executable, "-c", NETWORK, str(path), str(tmp_path / "mountinfo")],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == (
        f"The database {path} lies on a network file system (nfs4), where it would be damaged; name a file on a local "
        "disk in EDGEDNS_DATABASE, and fill it with edgedns-mcp restore from a backup.\n"
    )
    assert not path.exists()


def test_nothing_is_kept_open_by_a_refusal(path):
    path.write_text("no database")
    with pytest.raises(StoreError):
        Database.open(path)
    path.unlink()
    with closing(Database.open(path)) as database:
        assert stored(database) == 0
