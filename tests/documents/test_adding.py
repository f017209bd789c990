"""The worked examples of docs/adding.md, put into a copy of the repository, pass their tests and keep the house."""

import os
import re
import subprocess
import sys
from pathlib import Path
from shutil import copytree, ignore_patterns

import pytest
from documents.blocks import Block, blocks
from pages import ROOT

TEXT = (ROOT / "docs" / "adding.md").read_text(encoding="utf-8")
BLOCKS = [block for block in blocks(TEXT) if block.language in ("python", "diff")]
HOUSE = "tests/test_architecture.py"
KEPT = ("import_contracts", "budget", "named_after", "one_room", "says_what_it_is_for", "default_start_path")  # of it


def test_the_worked_examples_work(tmp_path):
    for folder in ("src", "tests", "evals"):
        copytree(ROOT / folder, tmp_path / folder, ignore=ignore_patterns("__pycache__"))
    (tmp_path / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    places = [put(block, tmp_path) for block in BLOCKS]
    tests = [place for place in places if place.startswith("tests/")]
    its_own = {Path(place).stem for place in tests if not (ROOT / place).exists()}
    asked = " or ".join([*its_own, *KEPT, *named_in_tests()])
    for check in (
        ["ruff", "check", "--no-cache", *places],
        ["ruff", "format", "--no-cache", "--check", *places],
        ["pytest", "-q", "-p", "no:cacheprovider", *tests, HOUSE, "-k", asked],
    ):
        done = subprocess.run(
            [sys.executable, "-m", *check],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(tmp_path / "src")},
            capture_output=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout
    assert len(its_own) == TEXT.count("\n## ")


def test_a_change_that_no_longer_fits_is_found():
    text = "one\ntwo\nthree\nfour\n"
    assert changed(text, " two\n+2.5\n three\n-four\n+4\n") == "one\ntwo\n2.5\nthree\n4\n"
    with pytest.raises(AssertionError, match="five"):
        changed(text, " two\n+5\n five\n")


def put(block: Block, folder: Path) -> str:
    """Write a new file, or change one; give which."""
    first, _, rest = block.text.partition("\n")
    place = first.removeprefix("# ").removeprefix("--- ")
    text = rest if block.language == "python" else changed((folder / place).read_text(encoding="utf-8"), rest)
    (folder / place).write_text(text, encoding="utf-8")
    return place


def changed(text: str, diff: str) -> str:
    """Take lines out and put lines in, in their order; a line that is named and not there is an error."""
    lines, at = text.splitlines(), 0
    for mark, line in ((one[:1], one[1:]) for one in diff.splitlines()):
        if mark == "+":
            lines.insert(at, line)
        else:
            assert line in lines[at:], f"is not there, or not in this order: {line}"
            at = lines.index(line, at)
        if mark == "-":
            del lines[at]
        else:
            at += 1
    return "\n".join(lines) + "\n"


def named_in_tests() -> list[str]:
    """Give what is added to the tables of tests that are there."""
    diffs = [block.text for block in BLOCKS if block.language == "diff" and block.text.startswith("--- tests/")]
    return [name for diff in diffs for name in re.findall(r'(?m)^\+\s*\("(\w+)"', diff)]
