"""`--watch`: the picture drawn again, on a screen of its own, until Ctrl-C."""

import os
import signal
import struct
import subprocess
import sys
from contextlib import contextmanager
from io import StringIO

import pytest
from faces import NOW, clean_environment, command
from rich.console import Console
from rich.text import Text

from edgedns_mcp.cli.terminal.status import STATUS
from edgedns_mcp.cli.terminal.watching import Fitting, _drawn
from edgedns_mcp.errors import UnavailableError

PATIENCE_S = 60
POSIX = "a pseudo terminal is a thing of POSIX"
fcntl, pty, termios = (pytest.importorskip(name, reason=POSIX) for name in ("fcntl", "pty", "termios"))


@contextmanager
def watching(*words, lines=24):
    """Watch in a terminal of so many lines, which Ctrl-C ends as in any shell; give the process and its terminal."""
    environment = clean_environment(EDGEDNS_SOURCE="demo", EDGEDNS_AS_OF=NOW, TERM="xterm")
    for fixed in {"LINES", "COLUMNS"} & {*environment}:  # they would be believed rather than the terminal
        del environment[fixed]
    terminal, theirs = pty.openpty()
    resize(terminal, lines)
    given = {"env": environment, "start_new_session": True, "preexec_fn": as_shells_do}
    program = [sys.executable, "-m", "edgedns_mcp", *words]
    with subprocess.Popen(program, stdin=theirs, stdout=theirs, stderr=theirs, **given) as process:
        os.close(theirs)
        try:
            yield process, terminal
        finally:
            process.kill()
            os.close(terminal)


def as_shells_do():
    """Let the terminal control what is started, and Ctrl-C end it, even if whoever started the tests ignores that."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


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
    with watching(*words, "--watch", "2") as (process, terminal):
        seen = read_until(terminal, b"DEMO: ", times=2)  # the last of what a picture is looked at for
        os.write(terminal, b"\x03")
        seen += read_on(terminal)
        assert process.wait(PATIENCE_S) == 0
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
    with watching("usage", "--watch", "3600", lines=12) as (process, terminal):
        assert b"DEMO: " in read_until(terminal, b" more lines below; this screen has 12.")
        resize(terminal, 14)
        assert b"DEMO: " in read_until(terminal, b" more lines below; this screen has 14.")
        resize(terminal, 100)
        whole = read_until(terminal, b"Unattributed: ")
        os.write(terminal, b"\x03")
        whole += read_on(terminal)
        assert process.wait(PATIENCE_S) == 0
    assert b"more lines" not in whole
