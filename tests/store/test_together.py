"""Several processes use one database at once: no error, no torn answer, none that goes backward."""

import json
import os
import subprocess
import sys
from pathlib import Path

from drive_together import BATCH
from store_builders import of, opened, stored

from edgedns_mcp.store import ledger
from edgedns_mcp.store.database import Database

# `make soak` sets both to larger figures.
SECONDS = float(os.environ.get("TOGETHER_SECONDS", "4"))
READERS = int(os.environ.get("TOGETHER_READERS", "8"))
DRIVER = Path(__file__).with_name("drive_together.py")


def start(role, path, seed):
    program = [sys.executable, str(DRIVER), role, str(path), str(SECONDS), str(seed)]
    found = {"PYTHONPATH": os.pathsep.join(map(str, (DRIVER.parent, DRIVER.parents[1])))}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    return subprocess.Popen(program, env=os.environ | found, text=True, **pipes)


def results(processes):
    """Let all begin at one moment, and give what each tells at the end."""
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    told = [process.communicate(timeout=SECONDS * 5 + 60) for process in processes]
    assert [(process.returncode, err) for process, (_, err) in zip(processes, told, strict=True)] == [(0, "")] * len(
        told
    )
    return [json.loads(out) for out, _ in told]


def test_readers_beside_a_writer_see_whole_and_ever_newer_states(path):
    Database.open(path).close()
    processes = [start("writer", path, 0), *(start("reader", path, seed) for seed in range(READERS))]
    writer, *readers = results(processes)
    assert min(writer["commits"], writer["resent"], writer["folded"]) > 0
    assert [(reader["torn"], reader["backward"]) for reader in readers] == [(0, 0)] * READERS
    assert all(reader["reads"] > 0 for reader in readers)
    assert sum(reader["moves"] for reader in readers) > READERS  # the writer went on while they read
    with opened(path) as database:
        assert stored(database) == writer["commits"] * BATCH  # what was sent again changed nothing
        assert database.read(lambda tx: ledger.requests(of(tx))) == writer["commits"] * BATCH
