"""What we depend on is pinned, with the digests of what was looked at."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = ("import", "endpoint", "clickhouse", "telemetry")
WANTED = [*PROJECT["dependencies"], *(one for extra in EXTRAS for one in PROJECT["optional-dependencies"][extra])]
PINNED = re.compile(
    r"^([a-z0-9.-]+)(?:\[[a-z0-9,]+\])?==(\S+)(?: ; .+?)?(?: \\)?\n((?: +--hash=sha256:[0-9a-f]{64}(?: \\)?\n)*)",
    re.MULTILINE,
)
PINS = {name: (version, hashes.count("--hash=")) for name, version, hashes in PINNED.findall(LOCK)}


@pytest.mark.parametrize("wanted", [Requirement(one) for one in WANTED], ids=str)
def test_every_dependency_is_pinned_within_its_range(wanted):
    version, hashes = PINS[wanted.name]
    assert wanted.specifier.contains(version)
    assert hashes


def test_every_pin_has_digests_and_none_says_where_it_came_from():
    lines = [line for line in LOCK.splitlines() if line and not line.lstrip().startswith("#")]
    assert len(PINS) == sum("==" in line for line in lines) > len(WANTED)
    assert all(hashes for _, hashes in PINS.values())
    assert "://" not in LOCK
