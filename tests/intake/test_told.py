"""What a person is told of an import."""

from io import StringIO
from pathlib import Path

import pytest
import typer
from intake_builders import clf
from typer.testing import CliRunner

from edgedns_mcp.cli.import_report import far_of, show_outcome, show_question
from edgedns_mcp.cli.importing import import_
from edgedns_mcp.cli.progress import ProgressLine, far_words
from edgedns_mcp.intake.importer import Progress
from edgedns_mcp.intake.logs import OF_COMBINED, USUAL


@pytest.fixture
def told(desk, capsys):
    def take(*lines, end="\n"):
        path = desk.log(*lines, end=end)
        done = desk.take(path)
        show_outcome(done, "access.log", Path("usage.db"), Path("access.log.rejects"))
        show_question([done], "", None)
        return capsys.readouterr()

    return take


def test_requests_and_keys_are_told_and_a_request_without_a_key_is_none(told):
    assert told(clf(), clf(user="-")).out == (
        "Imported 2 requests of 1 key from 2026-10-05T10:15:30Z to 2026-10-05T10:15:30Z into usage.db.\n"
        "1 request carries no key; "
        "where another field holds it, import into a new --database with --map key_id=field.\n"
        "Ask: edgedns-mcp usage --source local --period 2026-10\n"
    )


def test_a_known_file_has_nothing_new(told):
    told(clf())
    assert told(clf()).out == "Nothing new in access.log: 1 line was imported before.\n"


def test_rejects_of_a_known_file_are_told_though_nothing_is_new(told):
    told(clf())
    done = told(clf(), "garbage")
    assert done.out == "Nothing new in access.log: 1 line was imported before.\n"
    assert (
        done.err == "1 line could not be read and was left out:\n  line 2: not a line of the combined format\n"
        "It is kept in access.log.rejects.\n"
    )


def test_an_empty_file_is_called_empty(told):
    assert told().out == "Nothing was imported: access.log is empty.\n"


def test_a_line_that_is_still_being_written_is_told(told):
    done = told(clf()[:-3], end="")
    assert done.out == "Nothing was imported: access.log has no whole line yet.\n"
    assert done.err == "The last line has no end yet and was left for the next import.\n"


def test_help_names_every_field_and_where_it_is_found():
    app = typer.Typer(rich_markup_mode=None)
    app.command()(import_)
    shown = CliRunner().invoke(app, ["--help"], env={"COLUMNS": "200"}).output
    for places in (OF_COMBINED, *USUAL.values()):
        words = {*places, *(path for paths in places.values() for path in paths)}
        assert [word for word in words if word not in shown] == []


class Clock:
    """Stands still until it is moved."""

    now = 0.0

    def __call__(self):
        return self.now


class Terminal(StringIO):
    def isatty(self):
        return True


def told_every(seconds, to, times):
    clock = Clock()
    line = ProgressLine(clock, to)
    for turn in range(times):
        clock.now = turn * seconds
        line(far_of(Progress(1_000 * turn, 2_000_000 * turn, 20_000_000)))
    line.wipe()
    return to.getvalue()


def test_on_a_terminal_one_line_changes_at_most_twice_a_second():
    shown = told_every(0.1, Terminal(), 10).split("\r")
    assert [one.strip() for one in shown] == [
        "0 lines, 0 MB of 20 (0 %)",
        "5,000 lines, 10 MB of 20 (50 %), 20.0 MB/s, 0 s left",
        "",
        "",
    ]


def test_elsewhere_nothing_is_written():
    assert told_every(4, StringIO(), 7) == ""


def test_how_long_the_rest_takes_is_told_where_the_size_is_known():
    assert far_words(far_of(Progress(5, 1_000_000, 7_300_000_000)), 1) == (
        "5 lines, 1 MB of 7300 (0 %), 1.0 MB/s, 2 h 1 min left"
    )
    assert far_words(far_of(Progress(5, 1_000_000, 91_000_000)), 1).endswith("1 min 30 s left")
    assert far_words(far_of(Progress(5, 3_000_000, None)), 2) == "5 lines, 3 MB, 1.5 MB/s"
