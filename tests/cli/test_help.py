"""The help of every command, from narrow to wide: no word, range or list of choices is torn or left out."""

import re
from functools import cache
from itertools import chain

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from edgedns_mcp.cli.main import app

WIDTHS = (60, 80, 100)
WIDEST = "400"  # columns, where each row is a line
FRAME = re.compile("[─╭╮╰╯│]+")


def _paths(command, path=()):
    yield path
    below = getattr(command, "commands", {})
    yield from chain.from_iterable(_paths(one, (*path, name)) for name, one in below.items())


PATHS = list(_paths(get_command(app)))


@cache
def _lines(path, width):
    shown = CliRunner().invoke(app, [*path, "--help"], prog_name="edgedns-mcp", env={"COLUMNS": str(width)})
    assert shown.exit_code == 0
    return shown.output.splitlines()


def _words(lines):
    return sorted(FRAME.sub(" ", "\n".join(lines)).split())


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("path", PATHS, ids=" ".join)
def test_help_has_the_same_words_at_every_width(path, width):
    lines = _lines(path, width)
    assert max(map(len, lines)) <= width
    assert _words(lines) == _words(_lines(path, WIDEST))


def test_every_command_is_looked_at():
    assert {("forecast",), ("keys", "tier"), ("tokens", "revoke")} < {*PATHS}


def test_help_tells_choices_ranges_defaults_and_what_is_required():
    words = " ".join(" ".join(_lines(path, WIDEST)) for path in [("forecast",), ("install",), ("endpoint",)])
    for told in (
        "--environment all | live | test",
        "--limit <int>",
        "Rows per page. [default: 5; 1<=x<=100]",
        "CLIENT claude-desktop | claude-code | cursor | vscode | gemini | codex",
        "Whose configuration. [required]",
        "--access-log / --no-access-log",
    ):
        assert told in words
