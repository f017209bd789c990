"""A disk that is full at any moment: one sentence, a whole state, and with room again the same as if there had been.

SOAK_SWEEPS=1 tries every amount of room.
"""

import os
import re
from contextlib import contextmanager

import pytest
from operations import WORK, ground
from small_disks import mounted, no_file_larger, read_only, room

from edgedns_mcp.cli.upkeep import ERASED_NOW

ALL = bool(os.environ.get("SOAK_SWEEPS"))
FEW = 3  # amounts of room, where not all are tried
MOST = 400  # blocks, more than any of these needs
FAILED = 1
FULL = r"The disk of \S+ is full, nothing was changed; free some space and try again\."
FAILING = r"The file system failed the database \S+ \(SQLITE_IOERR\w*\), nothing was changed; check its disk\."
READ_ONLY = (
    r"The database \S+ (may only be read here, nothing was changed; check who may write to it"
    r"|lies where nothing may be written, and can be read there only while a process that may write has it open; read "
    r"a copy that edgedns-mcp backup made)\.|The (file|database) \S+ cannot be opened for writing; check the folder's "
    r"permissions, or name another file( in EDGEDNS_DATABASE)?\."
)
NO_REJECTS = r"The file \S+ for lines that cannot be read cannot be written; check the folder's permissions and space\."
NOT_ERASED = r"No answer holds it any more, but old bytes in \S+ could not be erased; free as much disk .*"
SAID = re.compile(f"({FULL}|{FAILING}|{READ_ONLY}|{NO_REJECTS}|{NOT_ERASED})\n")


@pytest.fixture
def disk(tmp_path):
    with mounted(tmp_path / "disk") as disk:
        yield disk


def swept(first, work, folder, too_small):
    """Try a piece of work with less and less room than it needs; give how often it was refused."""
    whole = first.copied(folder / "whole")
    words = whole.words(work)
    before = first.state()
    assert whole.run(*words)[0] == 0
    after, rejected = whole.state(), whole.rejected()
    assert before != after
    needed = smallest(first, work, folder, too_small)
    tried = range(needed) if ALL else sorted({(needed - 1) * turn // (FEW - 1) for turn in range(FEW)})
    refused = 0
    for blocks in tried:
        ours = first.copied(folder / "ours")
        with too_small(folder, blocks):
            code, _, told = ours.run(*ours.words(work))
        assert code == 0 or (code == FAILED and SAID.fullmatch(told)), (blocks, code, told)
        now = ours.state()
        assert now == after if code == 0 else now in (before, after), (blocks, told)
        assert left_behind(ours) <= left_behind(whole), blocks
        refused += code == FAILED
        again, _, told = ours.run(*ours.words(work))
        assert again == 0 or (work == "forget" and now == after and told.startswith(ERASED_NOW)), (blocks, told)
        assert (ours.state(), ours.rejected()) == (after, rejected), blocks
    print(f"{work}: {len(tried)} amounts of room, {refused} refused")
    return refused


def smallest(first, work, folder, too_small):
    """Find by halves an amount of room that is enough."""
    low, high = 0, MOST
    while high - low > 1:
        ours, middle = first.copied(folder / "ours"), (low + high) // 2
        with too_small(folder, middle):
            is_enough = ours.run(*ours.words(work))[0] == 0
        low, high = (low, middle) if is_enough else (middle, high)
    return high


def left_behind(home):
    return {path.name.removesuffix(".new") for path in home.folder.iterdir()}


@pytest.mark.parametrize("work", WORK)
def test_a_disk_that_is_full_at_any_moment_leaves_the_state_before_or_the_one_after(disk, work):
    assert swept(ground(disk / "ground", work, days=2), work, disk, room) > 0


@contextmanager
def limited(_folder, blocks):
    with no_file_larger(blocks):
        yield


@pytest.mark.parametrize("work", [work for work in WORK if work != "export"])  # which lets no database grow
def test_files_that_fail_to_grow_at_any_moment_leave_the_state_before_or_the_one_after(tmp_path, work):
    assert swept(ground(tmp_path / "ground", work, days=2), work, tmp_path, limited) > 0


@pytest.mark.parametrize("work", WORK)
def test_a_disk_that_may_only_be_read_refuses_in_one_sentence_and_loses_nothing(disk, work):
    home = ground(disk / "home", work, days=2)
    before = home.state()
    with read_only(disk):
        code, _, told = home.run(*home.words(work))
    assert (code, bool(SAID.fullmatch(told))) == (FAILED, True), told
    assert home.state() == before
    assert home.run(*home.words(work))[0] == 0
