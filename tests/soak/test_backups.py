"""Backups, and at last a restore, while a writer writes at full speed: each is one whole state, newer than the last."""

import subprocess
import sys
from contextlib import closing, contextmanager
from time import monotonic

from soak_builders import PRODUCT, SECONDS, ended, started
from stored_cells import stored_rows

from edgedns_mcp.store import accounts, ledger
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.engine import is_sound

WRITER = """
import sys
from hashlib import sha256
from pathlib import Path
from edgedns_mcp.models import Cell
from edgedns_mcp.store import accounts, cells, ledger
from edgedns_mcp.store.database import Database

database, turn = Database.open(Path(sys.argv[1])), 0

def one(tx):
    account, digest = accounts.made(tx, "local"), sha256(str(turn).encode()).digest()
    some = [Cell(hour * 3600, hour * 3600 + 3600, f"key_{hour % 7}", f"/v1/{turn % 300}", "live", 1, 0, hour * 3600)
            for hour in range(turn % 500, turn % 500 + 20)]
    cells.apply(account, some)
    ledger.note(account, ledger.Imported(digest=digest, size=turn, options="", lines=1, requests=len(some), rejected=0,
                                         head=digest, last=0))

while True:
    turn += 1
    database.write(one)
    if turn == 20:
        print("alive", flush=True)
"""


@contextmanager
def writing(path):
    """Let another process commit all the time; cells and ledger change together."""
    writer = subprocess.Popen([sys.executable, "-c", WRITER, str(path)], stdout=subprocess.PIPE, text=True)
    try:
        assert writer.stdout.readline() == "alive\n"
        yield writer
        assert writer.poll() is None
    finally:
        writer.kill()
        writer.communicate()


def held(path):
    """Give the requests that the ledger notes, checked against the cells themselves."""
    with closing(Database.open_copy(path)) as copy:
        rows, noted = copy.read(lambda tx: (stored_rows(tx), ledger.requests(accounts.find(tx, "local"))))
        assert copy.read(lambda tx: is_sound(tx.connection))
    assert rows == noted
    return noted


def run(*words):
    with started(*PRODUCT, *words) as process:
        assert ended(process) == 0


def test_each_backup_beside_a_writer_at_full_speed_is_one_whole_and_newer_state(tmp_path, score):
    path, copy, kept = tmp_path / "usage.db", tmp_path / "copy.db", tmp_path / "kept.db"
    Database.open(path).close()
    with writing(path):
        run("backup", kept, "--database", path)
        states, until = [held(kept)], monotonic() + SECONDS
        while monotonic() < until or score.batches < 2:
            run("backup", copy, "--force", "--database", path)
            states.append(held(copy))
            score.batches += 1
        assert states == sorted(set(states))
        run("restore", kept, "--yes", "--database", path)
        assert held(kept) == states[0]
    run("backup", copy, "--force", "--database", path)
    assert states[0] <= held(copy)  # the writer went on from there
