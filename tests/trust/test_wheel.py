"""The wheel is the same to the byte, whoever builds it, wherever and whenever."""

import os
import subprocess
import sys
import zipfile
from hashlib import sha256
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest

ROOT = Path(__file__).parents[2]
TAKEN = ("src", "pyproject.toml", "README.md", "LICENSE")
RELEASED_AT = "1764000000"  # SOURCE_DATE_EPOCH: the one time that a wheel holds


@pytest.fixture(scope="module")
def wheels(tmp_path_factory):
    return [built(tmp_path_factory.mktemp(name), zone) for name, zone in (("one", "UTC"), ("two", "Asia/Tokyo"))]


def test_two_builds_are_equal_to_the_byte(wheels):
    assert len({sha256(wheel.read_bytes()).hexdigest() for wheel in wheels}) == 1


def test_a_wheel_holds_the_package_and_no_place_of_the_machine_that_built_it(wheels):
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = wheel.namelist()
        content = b"".join(map(wheel.read, names))
    assert {name.split("/")[0].partition("-")[0] for name in names} == {"edgedns_mcp"}
    assert str(wheels[0].parents[1]).encode() not in content
    assert str(ROOT).encode() not in content


def built(place, zone):
    """Build from a copy of the sources whose files are of now."""
    sources = place / "sources"
    sources.mkdir()
    for name in TAKEN:
        if (ROOT / name).is_dir():
            copytree(ROOT / name, sources / name, ignore=ignore_patterns("__pycache__"), copy_function=written_anew)
        else:
            written_anew(ROOT / name, sources / name)
    settings = {**os.environ, "SOURCE_DATE_EPOCH": RELEASED_AT, "TZ": zone}
    words = [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(place / "dist")]
    subprocess.run(words, cwd=sources, env=settings, check=True, capture_output=True)
    (wheel,) = (place / "dist").glob("*.whl")
    return wheel


def written_anew(source, target):
    Path(target).write_bytes(Path(source).read_bytes())
