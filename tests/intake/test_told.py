"""What a person is told of an import."""

from pathlib import Path

import pytest
from intake_builders import clf
from typer.testing import CliRunner

from edgedns_mcp.cli.main import app
from edgedns_mcp.cli.report import show_import
from edgedns_mcp.intake.logs import USUAL


@pytest.fixture
def told(desk, capsys):
    def take(*lines, end="\n"):
        path = desk.log(*lines, end=end)
        show_import(desk.take(path), Path("access.log"), Path("usage.db"))
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
    assert done.err == "1 line could not be read and was left out:\n  line 2: not a line of the combined format\n"


def test_an_empty_file_is_called_empty(told):
    assert told().out == "Nothing was imported: access.log is empty.\n"


def test_a_line_that_is_still_being_written_is_told(told):
    done = told(clf()[:-3], end="")
    assert done.out == "Nothing was imported: access.log has no whole line yet.\n"
    assert done.err == "The last line has no end yet and was left for the next import.\n"


def test_help_names_every_field_and_where_it_is_found():
    shown = CliRunner().invoke(app, ["import", "--help"], env={"COLUMNS": "200"}).output
    for log_format, places in USUAL.items():
        words = {log_format, *places, *(path for paths in places.values() for path in paths)}
        assert [word for word in words if word not in shown] == []
