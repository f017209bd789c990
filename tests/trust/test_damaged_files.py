"""Damage at every place of a database: either no answer differs, or it is refused with the way to put a backup back.

SOAK_SWEEPS=1 damages every page and every place to cut at.
"""

import os
import re
import shutil
from collections import Counter
from contextlib import closing
from random import Random

import pytest
from charged_usage import a_use, add, an_owner
from operations import OBSERVED, Home

from edgedns_mcp.store.backups import backup, restore
from edgedns_mcp.store.database import Database

ALL = bool(os.environ.get("SOAK_SWEEPS"))
PAGE = 4_096
SUM = 8  # bytes at the end of a page, which is the sum itself
EVERY = 1 if ALL else 16  # page that is damaged
AS_OF = {"EDGEDNS_AS_OF": "2026-11-01T12:00:00Z", "EDGEDNS_SOURCE": "local"}
ASK = ("usage", "--json", "--limit", "100", "--top-endpoints", "50")
QUESTIONS = (
    (*ASK, "--period", "2026-10"),
    ("history", "--json", "--start", "2026-10-02T05:00:00Z", "--end", "2026-10-03T17:00:00Z", "--group-by", "key"),
    ("chargeback", "--json", "--period", "2026-10", "--amount", "100"),
    ("keys", "list", "--json"),
    ("export",),
)
BACK = r"put a backup (back|in its place) with edgedns-mcp restore FILE(, or name another file)?\."
REFUSED = re.compile(
    r"(The file \S+ is not a readable SQLite database|The database \S+ is damaged, nothing was changed"
    rf"|The database holds figures that are not as they were written); {BACK}\n"
)


def zeroed(content, at, _chance):
    content[at : at + PAGE] = bytes(PAGE)


def drawn_by_lot(content, at, chance):
    content[at : at + PAGE] = chance.randbytes(PAGE)


def one_byte(content, at, chance):
    place = at + chance.randrange(PAGE - SUM)
    content[place] ^= chance.randrange(1, 256)


def half_zeroed(content, at, _chance):
    content[at + PAGE // 2 : at + PAGE] = bytes(PAGE // 2)


def an_older_end(content, at, chance):
    """Put half of another page behind half of this one, as a write that was torn does."""
    other = chance.randrange(len(content) // PAGE) * PAGE
    content[at + PAGE // 2 : at + PAGE] = content[other + PAGE // 2 : other + PAGE]


def cut_before(content, at, _chance):
    del content[at or 1 :]  # the engine takes a file of no byte, and one of one, for a new database


def cut_within(content, at, chance):
    del content[at + chance.randrange(2, PAGE) :]


def swapped(content, at, chance):
    other = chance.randrange(len(content) // PAGE) * PAGE
    one, two = content[at : at + PAGE], content[other : other + PAGE]
    content[at : at + PAGE], content[other : other + PAGE] = two, one


DAMAGES = (zeroed, drawn_by_lot, one_byte, half_zeroed, an_older_end, cut_within)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Make a database with pages of every kind, and learn what it answers."""
    home = Home(tmp_path_factory.mktemp("whole"))
    chance = Random(1)
    uses = [
        a_use(f"2026-10-{day + 1:02}T{chance.randrange(24):02}", chance.randrange(1, 2_000), f"k{key}", f"/v1/{path}")
        for day in range(3)
        for key in range(12)
        for path in chance.sample(range(400), 12)
    ]
    uses += [a_use("2026-10-04T03", chance.randrange(1, 2_000), "large", f"/v1/{path}") for path in range(400)]
    add(home.database, uses, [an_owner(f"k{key}") for key in range(12)], OBSERVED)
    with closing(Database.open(home.database)) as database:
        backup(database, home.folder / "kept.db", lambda *_: None)
    return home


@pytest.fixture(scope="module")
def truth(whole):
    told = answers(whole)
    assert {code for code, _, _ in told} == {0}
    return told


def answers(home):
    """Give exit code, answer and, where there is none, what is told instead."""
    told = (home.run(*question, **AS_OF) for question in QUESTIONS)
    return [(code, answer, said.replace(str(home.folder), "") if code else "") for code, answer, said in told]


def judged(found, truth):
    """Say what became of each question: it is answered alike, refused, or something else."""
    for (code, answer, told), expected in zip(found, truth, strict=True):
        if (code, answer, told) == expected:
            yield "harmless"
        elif code == 1 and REFUSED.fullmatch(told):  # whatever of an export was written before
            yield "refused"
        else:
            yield "wrong" if code == 0 else told


def places(content):
    return range(0, len(content), PAGE * EVERY)


@pytest.fixture
def ours(tmp_path):
    return Home(tmp_path)


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_page_is_refused_or_no_answer_differs(whole, truth, ours, damage):
    content, seen = whole.database.read_bytes(), Counter()
    for at in places(content):
        damaged = bytearray(content)
        damage(damaged, at, Random(at))
        write(ours.database, bytes(damaged))
        found = set(judged(answers(ours), truth))
        assert found <= {"harmless", "refused"}, (damage.__name__, at // PAGE, found)
        seen["harmless" if found == {"harmless"} else "refused"] += damaged != content
    print(f"{damage.__name__}: {dict(seen)}")
    assert seen["refused"] > 0
    restore(ours.database, whole.folder / "kept.db", lambda *_: None)
    assert answers(ours) == truth


def test_pages_that_changed_places_are_found_when_a_database_is_looked_through(whole, truth, ours):
    content, seen = whole.database.read_bytes(), Counter()
    for at in places(content):
        damaged = bytearray(content)
        swapped(damaged, at, Random(at))
        write(ours.database, bytes(damaged))
        found = set(judged(answers(ours), truth))
        what = "wrong" if found - {"harmless", "refused"} else "refused" if "refused" in found else "harmless"
        seen[what] += 1
        assert what != "wrong" or is_refused_as_a_backup(ours), (at // PAGE, found)
        assert not any("did not foresee" in one for one in found), (at // PAGE, found)
    print(f"swapped: {dict(seen)}")
    assert seen["refused"] > 0


def is_refused_as_a_backup(home):
    (home.folder / "copy.db").unlink(missing_ok=True)
    return home.run("backup", str(home.folder / "copy.db"))[0] != 0


def write(path, content):
    for beside in ("", "-wal", "-shm"):
        path.with_name(path.name + beside).unlink(missing_ok=True)
    path.write_bytes(content)


@pytest.fixture(scope="module")
def interrupted(tmp_path_factory):
    """Give the files of a database whose writer was killed, and what it answered after each commit."""
    home, kept = Home(tmp_path_factory.mktemp("written")), Home(tmp_path_factory.mktemp("kept"))
    with closing(Database.open(home.database)):  # keeps what follows in the log
        states = [answers(home)]
        for turn in range(3):
            add(home.database, [a_use(f"2026-10-{turn + 1:02}", 10 + turn)], [an_owner("alpha")], OBSERVED)
            states.append(answers(home))
        for file in home.folder.iterdir():
            shutil.copy(file, kept.folder)
    assert states[0][0][0] != 0  # there is no data yet
    return kept, states


@pytest.mark.parametrize("damage", [zeroed, drawn_by_lot, one_byte, cut_before, cut_within])
def test_behind_damage_in_the_log_of_a_killed_writer_nothing_counts_and_before_it_everything(interrupted, ours, damage):
    kept, states = interrupted
    log = (kept.folder / "usage.db-wal").read_bytes()
    seen = Counter()
    for at in range(0, len(log) - PAGE, PAGE * (1 if ALL else 12)):
        damaged = bytearray(log)
        damage(damaged, at, Random(at))
        write(ours.database, kept.database.read_bytes())
        (ours.folder / "usage.db-wal").write_bytes(damaged)
        found = answers(ours)
        assert found in states, (damage.__name__, at)
        seen[states.index(found)] += 1
    print(f"{damage.__name__}: commits that count, and how often {dict(seen)}")
    assert len(seen) > 1


@pytest.mark.parametrize("content", [b"", b"x", bytes(32_768), Random(1).randbytes(32_768), None])
def test_the_shared_memory_that_a_killed_process_left_is_made_anew(interrupted, ours, content):
    kept, states = interrupted
    for file in kept.folder.iterdir():
        shutil.copy(file, ours.folder)
    memory = ours.folder / "usage.db-shm"
    memory.unlink() if content is None else memory.write_bytes(content)
    assert answers(ours) == states[-1]
