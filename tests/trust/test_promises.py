"""Each promise that is written down names a test that is there."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = ("SECURITY.md", "docs/reliability.md")
LINK = re.compile(r"\[([^\]]+)\]\(([^)]*tests/[^)]+)\)")
LINKS = [(page, *link) for page in PAGES for link in LINK.findall((ROOT / page).read_text(encoding="utf-8"))]


@pytest.mark.parametrize(("page", "name", "path"), LINKS)
def test_a_promise_names_a_test_that_is_there(page, name, path):
    text = ((ROOT / page).parent / path).read_text(encoding="utf-8")
    assert (f"def {name}(" if name.startswith("test_") else f'test("{name}"') in text


@pytest.mark.parametrize("page", PAGES)
def test_each_line_of_the_tables_of_promises_names_one(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    head = next(line for line in text.splitlines() if line.startswith("|") and "the test |" in line)
    rows = text.split(head)[1].split("\n\n")[0].splitlines()[2:]
    assert len(rows) > 10
    assert [row for row in rows if not LINK.search(row)] == []
