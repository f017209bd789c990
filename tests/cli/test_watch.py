"""`--watch`: the picture drawn again, on a screen of its own, until Ctrl-C."""

import os
import sys

import pytest
from faces import NOW, clean_environment, command

from edgedns_mcp.cli.terminal.faces import a_console
from edgedns_mcp.cli.terminal.status import STATUS
from edgedns_mcp.cli.terminal.watching import _picture
from edgedns_mcp.errors import UnavailableError

pty = pytest.importorskip("pty", reason="a pseudo terminal is a thing of POSIX")


def read_until(terminal: int, mark: bytes, times: int = 1) -> bytes:
    seen = b""
    while seen.count(mark) < times:
        seen += os.read(terminal, 65_536)
    return seen


def read_on(terminal: int) -> bytes:
    """Read what is left; Linux tells the end of a pseudo terminal as an error."""
    seen = b""
    try:
        while more := os.read(terminal, 65_536):
            seen += more
    except OSError:
        pass
    return seen


@pytest.mark.parametrize("words", [("status",), ("anomalies", "--period", "14d")], ids=" ".join)
def test_the_picture_is_drawn_again_and_ctrl_c_leaves_the_screen_as_it_was(words):
    environment = clean_environment(EDGEDNS_SOURCE="demo", EDGEDNS_AS_OF=NOW, TERM="xterm")
    child, terminal = pty.fork()
    if not child:
        os.execve(sys.executable, [sys.executable, "-m", "edgedns_mcp", *words, "--watch", "2"], environment)
    seen = read_until(terminal, b"DEMO: ", times=2)  # the last of what a picture is looked at for
    os.write(terminal, b"\x03")
    seen += read_on(terminal)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0
    assert seen.count(b"\x1b[?1049h") == seen.count(b"\x1b[?1049l") == 1
    assert seen.count(b"DEMO: ") >= 2
    assert b"Traceback" not in seen


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (
            ["usage", "--watch", "5"],
            "--watch needs a terminal to draw on; leave it out, and ask again as often as you like.\n",
        ),
        (["history", "--watch", "5", "--json"], "Choose one of --watch and --json.\n"),
        (
            ["anomalies", "--watch", "5", "--fail-on", "high"],
            "--watch only shows findings; leave out --fail-on and --notify.\n",
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_cannot_be_watched_is_refused_with_one_sentence(words, sentence):
    done = command(*words, EDGEDNS_SOURCE="demo", EDGEDNS_AS_OF=NOW)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", sentence)


def test_less_than_two_seconds_is_refused():
    done = command("status", "--watch", "1")
    assert (done.returncode, done.stdout) == (2, "")
    assert "--watch" in done.stderr


async def test_a_source_that_is_out_of_reach_for_a_while_ends_no_watch():
    async def out_of_reach():
        raise UnavailableError("EdgeDNS does not answer.")

    shown = await _picture(out_of_reach, STATUS, a_console())
    assert str(shown) == "EdgeDNS does not answer."
