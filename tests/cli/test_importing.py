"""The import command as a person uses it."""

import gzip
import json
import shlex

import pytest
import typer
from faces import command
from typer.testing import CliRunner

from edgedns_mcp.cli.importing import import_
from edgedns_mcp.errors import ConfigurationError, IntakeError
from edgedns_mcp.store import accounts, cells
from edgedns_mcp.store.database import Database


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.delenv("EDGEDNS_ACCOUNT", raising=False)
    app = typer.Typer()
    app.command()(import_)

    def ran(*arguments, given=None):
        full = [*map(str, arguments), "--database", str(tmp_path / "usage.db")]
        return CliRunner().invoke(app, full, input=given)

    return ran


def line(number, **more):
    record = {"key_id": "key_1", "timestamp": f"2026-10-05T10:{number:02}:00Z", "path": f"/{number}", "status": 200}
    return json.dumps(record | more)


def lines(first, end):
    return "".join(line(number) + "\n" for number in range(first, end))


def requests(tmp_path, account=""):
    database = Database.open(tmp_path / "usage.db")
    found = database.read(lambda tx: cells.stored_requests(accounts.find(tx, "local", account)))
    database.close()
    return found


def test_several_files_and_standard_input_are_imported_one_after_the_other(run, tmp_path):
    (tmp_path / "a.ndjson").write_text(lines(0, 10))
    (tmp_path / "b.ndjson.gz").write_bytes(gzip.compress(lines(10, 15).encode()))
    done = run(tmp_path / "a.ndjson", tmp_path / "b.ndjson.gz", "-", given=lines(15, 18).encode())
    assert done.exit_code == 0
    assert [words.split(" of ")[0] for words in done.stdout.splitlines()[:3]] == [
        "Imported 10 requests", "Imported 5 requests", "Imported 3 requests",
    ]  # fmt: skip
    assert requests(tmp_path) == 18


def test_the_question_that_is_proposed_asks_the_database_that_was_filled(run, tmp_path):
    (tmp_path / "a.ndjson").write_text(lines(0, 10))
    proposed = run(tmp_path / "a.ndjson", "--account", "the acme").stdout.splitlines()[-1]
    ours, *words = shlex.split(proposed.removeprefix("Ask: "))
    assert ours == "edgedns-mcp"
    assert "key_1 made 10 requests" in command(*words).stdout


def test_rejects_are_told_and_kept_beside_the_file(run, tmp_path):
    (tmp_path / "a.ndjson").write_text(lines(0, 3) + "garbage\n")
    done = run(tmp_path / "a.ndjson")
    assert done.exit_code == 0
    assert done.stderr == (
        "1 line could not be read and was left out:\n  line 4: not a JSON object\n"
        f"It is kept in {tmp_path / 'a.ndjson.rejects'}.\n"
    )
    assert json.loads((tmp_path / "a.ndjson.rejects").read_text())["text"] == "garbage"


def test_rejects_of_standard_input_are_kept_beside_the_database(run, tmp_path):
    run("-", given=(lines(0, 3) + "garbage\n").encode())
    assert json.loads((tmp_path / "stdin.rejects").read_text())["line"] == 4


def test_options_reach_the_import(run, tmp_path):
    path = tmp_path / "a.ndjson"
    path.write_text(line(1, who="a", timestamp=1_791_195_330_000, path="/v1/zones/7") + "\n")
    asked = ("--map", "key_id=who", "--fold", "ids", "--account", "other", "--format", "ndjson", "--strict")
    assert run(path, *asked).exit_code == 0
    assert (requests(tmp_path), requests(tmp_path, "other")) == (0, 1)


def test_a_folder_and_a_missing_file_are_told(run, tmp_path):
    for path in (tmp_path, tmp_path / "missing.log"):
        assert isinstance(run(path).exception, IntakeError)


@pytest.mark.parametrize(("option", "value"), [("--format", "xml"), ("--preset", "nginx")])
def test_an_unknown_format_or_preset_is_wrong_use(run, tmp_path, option, value):
    assert run(tmp_path / "a.log", option, value).exit_code == 2


def test_an_account_with_too_long_a_name_is_wrong_use(run, tmp_path):
    assert isinstance(run(tmp_path / "a.log", "--account", "x" * 65).exception, ConfigurationError)
