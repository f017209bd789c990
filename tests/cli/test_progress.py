"""Long work tells how far it is, on a terminal alone."""

from io import StringIO
from threading import Event

import pytest

from edgedns_mcp.cli.progress import Far, ProgressLine, far_words, waiting


class Terminal(StringIO):
    """Notes what is written, and lets a test wait for the first line."""

    def __init__(self):
        super().__init__()
        self.has_line = Event()

    def isatty(self):
        return True

    def flush(self):
        self.has_line.set()


def test_pages_are_told_with_rate_and_time_left():
    assert far_words(Far("Copied", 1_024, 4_096, "pages"), 2) == (
        "Copied, 1024 pages of 4096 (25 %), 512.0 pages/s, 6 s left"
    )


def test_a_question_that_takes_long_is_told_and_wiped_out():
    terminal = Terminal()
    with waiting("Building the demo", 60, ProgressLine(to=terminal)):
        assert terminal.has_line.wait(30)
    told = [line.strip() for line in terminal.getvalue().split("\r")]
    assert told[0].startswith("Building the demo: ")
    assert told[0].endswith(" s left")
    assert told[-2:] == ["", ""]


def test_a_failure_while_waiting_is_the_callers_and_the_line_is_gone():
    terminal = Terminal()
    with pytest.raises(ValueError, match="no"), waiting("Reading", 60, ProgressLine(to=terminal)):
        raise ValueError("no")
    assert terminal.getvalue().strip() == ""


def test_nothing_is_written_where_nobody_looks():
    silent = StringIO()
    line = ProgressLine(to=silent)
    line(Far("Copied", 1, 2, "pages"))
    line.show("The next reading is due at 15:00.")
    with waiting("Reading", 60, line):
        pass
    line.wipe()
    assert silent.getvalue() == ""


def test_a_line_is_cut_to_the_terminal(monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    terminal = Terminal()
    ProgressLine(to=terminal).show("x" * 50)
    assert terminal.getvalue() == f"{'x' * 19}\r"
