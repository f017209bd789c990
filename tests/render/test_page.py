"""The page is one file that asks nobody for anything; tests/browser looks at it with a browser."""

import json
import re
from pathlib import Path

from edgedns_mcp.render import page
from edgedns_mcp.render.page import usage_page

MOST_BYTES = 100_000
NAMESPACE = "http://www.w3.org/2000/svg"  # a name, not a place


def test_the_page_is_small():
    assert len(usage_page().encode()) <= MOST_BYTES


def test_every_part_is_in_the_page():
    scripts = {path.name for path in Path(page.__file__).parent.glob("*.js")}
    assert set(page.PARTS) == scripts


def test_the_page_names_no_place_outside_itself():
    text = usage_page().replace(NAMESPACE, "")
    assert re.findall(r"https?://|//[a-z]+\.|\bsrc=|\bhref=\"|@import|url\(['\"]?(?!#)[^$]", text) == []


def test_what_comes_from_outside_never_becomes_markup():
    assert (
        re.findall(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\b|new Function", usage_page()) == []
    )


def test_only_a_file_forbids_itself_to_ask():
    policy = "Content-Security-Policy"
    assert policy not in usage_page()
    assert policy in usage_page("{}")


def test_figures_cannot_end_the_element_that_holds_them():
    hostile = {"name": "</script><script>alert(1)</script><!--\u2028\u2029"}
    text = usage_page(json.dumps(hostile, ensure_ascii=False))
    (inside,) = re.findall(r'<script type="application/json" id="figures">(.*?)</script>', text, re.DOTALL)
    assert json.loads(inside) == hostile
    assert not {"<", "\u2028", "\u2029"} & set(inside)
