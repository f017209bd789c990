"""`--watch`: the picture drawn again, on a screen of its own, until Ctrl-C."""

import os
import struct
import sys
from io import StringIO

import pytest
from faces import NOW, clean_environment, command
from rich.console import Console
from rich.text import Text

from edgedns_mcp.cli.terminal.status import STATUS
from edgedns_mcp.cli.terminal.watching import Fitting, _drawn
from edgedns_mcp.errors import UnavailableError

POSIX = "a pseudo terminal is a thing of POSIX"
fcntl, pty, termios = (pytest.importorskip(name, reason=POSIX) for name in ("fcntl", "pty", "termios"))


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

    drawn = await _drawn(out_of_reach, STATUS)
    assert str(drawn(80)) == "EdgeDNS does not answer."


@pytest.mark.parametrize(
    ("lines", "shown"),
    [
        (3, ["1", "2", "3"]),
        (2, ["1", "2 more lines below; this screen has 2."]),
        (1, ["3 more lines below; this screen has 1."]),
    ],
)
def test_of_a_picture_that_is_taller_than_the_screen_as_much_as_fits_is_shown(lines, shown):
    console = Console(width=60, height=lines, file=StringIO())
    console.print(Fitting(Text("1\n2\n3")))
    assert [line.strip() for line in console.file.getvalue().splitlines()] == shown


def resize(terminal, lines, columns=80):
    fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


def test_another_size_of_the_terminal_draws_the_answer_again():
    environment = clean_environment(EDGEDNS_SOURCE="demo", EDGEDNS_AS_OF=NOW, TERM="xterm")
    for fixed in {"LINES", "COLUMNS"} & {*environment}:  # they would be believed rather than the terminal
        del environment[fixed]
    child, terminal = pty.fork()
    if not child:
        resize(0, 12)
        words = ["usage", "--watch", "3600"]
        os.execve(sys.executable, [sys.executable, "-m", "edgedns_mcp", *words], environment)
    assert b"DEMO: " in read_until(terminal, b" more lines below; this screen has 12.")
    resize(terminal, 14)
    assert b"DEMO: " in read_until(terminal, b" more lines below; this screen has 14.")
    resize(terminal, 100)
    whole = read_until(terminal, b"Unattributed: ")
    os.write(terminal, b"\x03")
    whole += read_on(terminal)
    assert b"more lines" not in whole
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
