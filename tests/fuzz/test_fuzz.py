"""Each content is taken or refused in a sentence: none crashes or hangs a reader, fills the memory or is miscounted."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from faces import clean_environment

EXPLORE = Path(__file__).with_name("explore.py")
DOORS = (
    "logs", "ndjson", "csv", "counts", "counters", "inventory", "teams", "teams in TOML", "settings", "bodies",
    "cursor", "arguments", "events",
)  # fmt: skip
SECONDS, SEED = os.environ.get("FUZZ_SECONDS", "0"), os.environ.get("SOAK_SEED", "1")
CONTENTS = "50"  # where no time is given
MOST_MB = 300
LONGEST_S = 10.0


@pytest.mark.parametrize("door", DOORS)
def test_whatever_comes_in_is_taken_or_refused(door):
    words = [sys.executable, EXPLORE, door, "--contents", CONTENTS, "--seconds", SECONDS, "--seed", SEED]
    done = subprocess.run(words, env=clean_environment(), capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    print(found)
    assert not found["wrong"], found["wrong"]
    assert found["contents"] >= int(CONTENTS)
    assert found["peak_mb"] < MOST_MB
    assert found["slowest_s"] < LONGEST_S


def test_every_door_has_a_corpus_that_was_found():
    kept = {path.name for path in EXPLORE.with_name("corpus").iterdir()}
    assert kept == {door.replace(" ", "_") for door in DOORS}
