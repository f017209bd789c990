"""An import that is killed at any moment and run again takes every line exactly once, and keeps every reject once."""

import subprocess
import sys

import pytest
from intake_builders import Desk, clf

from edgedns_mcp.store import ledger
from edgedns_mcp.store.database import Database

CHUNK = 1_500
LINES = [clf(f"GET /{n % 7} HTTP/1.1", user=f"key_{n % 5}", time=f"05/Oct/2026:{n // 60:02}:{n % 60:02}:00 +0000")
         for n in range(900)]  # fmt: skip
LINES[100:900:50] = ["garbage"] * 16
IMPORTER = f"""
import sys
from pathlib import Path
from edgedns_mcp.intake.importer import import_stream
from edgedns_mcp.intake.plan import Plan
from edgedns_mcp.intake.stream import opened
from edgedns_mcp.store.database import Database

database, log = Database.open(Path(sys.argv[1])), Path(sys.argv[2])
with opened(log) as stream:
    import_stream(
        database, stream, Plan(log_format="combined"), Path(sys.argv[3]), lambda _: print("chunk", flush=True),
        chunk_size={CHUNK},
    )
database.close()
"""


@pytest.fixture
def whole(tmp_path):
    folder = tmp_path / "whole"
    folder.mkdir()
    desk = Desk(Database.open(None), folder)
    desk.take_in_chunks(CHUNK, desk.log(*LINES))
    yield desk
    desk.database.close()


def killed_after(desk, path, chunks):
    """Import in a process of its own, kill it after so many chunks, and tell how it ended."""
    program = [sys.executable, "-c", IMPORTER, desk.folder / "usage.db", path, desk.rejects_of(path)]
    with subprocess.Popen(program, stdout=subprocess.PIPE) as importer:
        for _ in range(chunks):
            importer.stdout.readline()
        importer.kill()
    return importer.returncode


def test_killed_eight_times_and_run_again_every_line_counts_once(desk, whole):
    path = desk.log(*LINES)
    ends = [killed_after(desk, path, chunks) for chunks in (1, 2, 3, 5, 8, 13, 21, 34)]
    assert ends == [-9] * 8
    assert 0 < desk.requests() < 884
    done = desk.take_in_chunks(CHUNK, path)
    assert 0 < done.known_lines < 900
    assert desk.totals() == whole.totals()
    assert desk.observed() == whole.observed()
    assert (desk.requests(), desk.rejected()) == (884, 16)
    assert desk.requests() == desk.database.read(lambda tx: ledger.requests(desk.own(tx)))
    assert desk.rejects_of(path).read_text() == whole.rejects_of(path).read_text()
