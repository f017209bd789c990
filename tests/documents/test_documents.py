"""Every document: what is made of the product is as that is, links lead somewhere, blocks hold what they show."""

from pathlib import Path

import pytest
from documents.blocks import INLINE, LANGUAGES, ROOT, Block, Turn, blocks, commands, turns, unknown, unlike, wrong_data
from documents.links import broken
from faces import environment_with_command
from pages import BLOCK, filled
from pages import ROOT as HERE
from pages import documents as every_document

DOCUMENTS = {str(path.relative_to(HERE)): path.read_text(encoding="utf-8") for path in every_document()}
PROSE = {name: text for name, text in DOCUMENTS.items() if name != "CHANGELOG.md"}
BLOCKS = [
    pytest.param(block, id=f"{name}-{number}")
    for name, text in PROSE.items()
    for number, block in enumerate(blocks(text))
]
SESSIONS = {  # those of the examples need their libraries, and are compared where those are
    name: [turn for block in blocks(text) if block.language == "console" for turn in turns(block)]
    for name, text in PROSE.items()
    if not name.startswith("examples/")
}


@pytest.fixture
def environment(tmp_path: Path):
    """Give what somebody has in the environment who has just installed it."""
    return environment_with_command(HOME=str(tmp_path), XDG_DATA_HOME=str(tmp_path))


@pytest.mark.parametrize("name", [name for name, text in PROSE.items() if BLOCK.search(text)])
async def test_what_is_made_of_the_product_is_as_the_product_is(name):
    assert await filled(PROSE[name]) == PROSE[name], "run python scripts/snapshots.py, and look at what it changed"


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_leads_somewhere(name):
    assert broken(DOCUMENTS[name], HERE / name) == []


@pytest.mark.parametrize("block", BLOCKS)
def test_a_block_says_what_it_is_and_is_that(block):
    assert block.language in LANGUAGES
    assert wrong_data(block) == ""


@pytest.mark.parametrize("block", [one for one in BLOCKS if one.values[0].language in {"sh", "console"}])
def test_our_commands_are_written_as_they_are_taken(block):
    assert [wrong for words in commands(block) if (wrong := unknown(words))] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_command_that_is_named_exists(name):
    assert {*INLINE.findall(PROSE.get(name, ""))} <= {*ROOT.commands}


@pytest.mark.parametrize("name", [name for name, session in SESSIONS.items() if session])
def test_a_session_goes_as_it_is_shown(name, tmp_path, environment):
    assert "\n".join(filter(None, (unlike(turn, tmp_path, environment) for turn in SESSIONS[name]))) == ""


def test_what_is_wrong_is_found(tmp_path, environment):
    here = HERE / "README.md"
    assert broken("[a](docs/none.md) [b](#nothing) [c](docs/start.md#2-look) [d](docs/start.md#3-look)", here) == [
        "docs/none.md",
        "#nothing",
        "docs/start.md#3-look",
    ]
    assert all(wrong_data(Block(*one)) for one in (("json", "{"), ("toml", "a ="), ("python", "def")))
    shell = Block(
        "sh",
        "0 * * * * edgedns-mcp usage --perod 7d | cat && EDGEDNS_SOURCE=demo edgedns-mcp nothing\ncp edgedns-mcp x",
    )
    assert [bool(unknown(words)) for words in commands(shell)] == [True, True]
    assert unlike(Turn("edgedns-mcp --version", "edgedns-mcp 99"), tmp_path, environment)
    assert not unlike(Turn("edgedns-mcp --version", "edgedns-mcp …"), tmp_path, environment)


async def test_a_block_that_differs_from_the_product_is_made_anew():
    stale = "<!-- resources -->\nnothing\n<!-- /resources -->"
    assert "edgedns://usage/by-key/{period}" in await filled(stale)
