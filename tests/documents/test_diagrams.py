"""The diagrams are those of their sources, and the house is the one that the import contract describes."""

import subprocess
import sys
import tomllib

import pytest
from pages import ROOT

PICTURES = ROOT / "docs" / "pictures"


def boxes(name):
    return tomllib.loads((PICTURES / f"{name}.toml").read_text(encoding="utf-8"))["box"]


@pytest.mark.parametrize("name", ["data", "house"])
def test_a_diagram_is_the_one_of_its_source(name):
    program = [sys.executable, ROOT / "scripts" / "diagrams.py", name]
    done = subprocess.run(program, capture_output=True, encoding="utf-8", check=True)
    assert done.stdout == (PICTURES / f"{name}.svg").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["data", "house"])
def test_no_box_lies_on_another(name):
    places = [(*box["at"], box["at"][0] + box["size"][0], box["at"][1] + box["size"][1]) for box in boxes(name)]
    for number, (left, top, right, bottom) in enumerate(places):
        for other in places[number + 1 :]:
            assert right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top


def test_the_rooms_stand_as_the_import_contract_has_them():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = next(one["layers"] for one in contracts if one["type"] == "layers")
    rows = {}
    for box in boxes("house"):
        rows.setdefault(box["at"][1], []).append(box["name"])
    assert [" | ".join(rows[height]) for height in sorted(rows)] == layers
