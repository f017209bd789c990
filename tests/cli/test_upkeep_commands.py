"""backup, restore, forget and export, as a person or a script uses them."""

import csv
import io
import os
import stat
import subprocess
import sys

import pytest
from faces import clean_environment, command

from edgedns_mcp.cli import upkeep
from edgedns_mcp.errors import ConfigurationError, QuestionError

LOG = """\
10.0.0.1 - alice [20/Nov/2026:10:00:00 +0000] "GET /v1/dns?name=a HTTP/1.1" 200 5 "-" "agent"
10.0.0.1 - alice [20/Nov/2026:10:30:00 +0000] "GET /v1/dns HTTP/1.1" 404 5 "-" "agent"
10.0.0.2 - bob [21/Nov/2026:12:15:00 +0000] "POST /v1/zones HTTP/1.1" 503 5 "-" "agent"
"""


@pytest.fixture(autouse=True)
def no_settings(monkeypatch):
    for name in [name for name in os.environ if name.startswith("EDGEDNS_")]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def template(tmp_path_factory):
    """A backup of an imported log, so that the import runs once."""
    folder = tmp_path_factory.mktemp("template")
    (folder / "access.log").write_text(LOG)
    done = command("import", str(folder / "access.log"), EDGEDNS_DATABASE=str(folder / "usage.db"))
    assert done.returncode == 0, done.stderr
    upkeep.backup(folder / "backup.db", database=folder / "usage.db")
    return folder


@pytest.fixture
def filled(template, tmp_path):
    path = tmp_path / "data" / "usage.db"
    upkeep.restore(template / "backup.db", database=path)
    return path


def exported(path, capsys, **options):
    capsys.readouterr()
    upkeep.export(database=path, **options)
    return list(csv.DictReader(io.StringIO(capsys.readouterr().out)))


def requests_in(path, capsys):
    return sum(int(row["requests"]) for row in exported(path, capsys))


def test_a_backup_says_what_it_made(filled, tmp_path, capsys):
    capsys.readouterr()
    upkeep.backup(tmp_path / "copy.db", database=filled)
    words = capsys.readouterr().out
    assert words.startswith(f"Backed up {filled} to {tmp_path / 'copy.db'} (0.")
    assert words.endswith(" MB).\n")
    with pytest.raises(ConfigurationError, match="replace it with --force"):
        upkeep.backup(tmp_path / "copy.db", database=filled)
    upkeep.backup(tmp_path / "copy.db", database=filled, force=True)


def test_there_is_nothing_to_back_up_forget_or_export_without_a_database(tmp_path):
    missing = tmp_path / "none.db"
    for run in (
        lambda: upkeep.backup(tmp_path / "copy.db", database=missing),
        lambda: upkeep.forget("alice", yes=True, database=missing),
        lambda: upkeep.export(database=missing),
    ):
        with pytest.raises(ConfigurationError, match=r"There is no database at .*; fill it with edgedns-mcp import"):
            run()
    assert not missing.exists()


def test_a_restore_says_what_it_brought_back(template, tmp_path, capsys):
    path = tmp_path / "usage.db"
    upkeep.restore(template / "backup.db", database=path)
    assert capsys.readouterr().out == f"Restored {path} from {template / 'backup.db'}: 3 requests.\n"


def test_a_restore_over_a_database_asks_first(filled, template, capsys):
    upkeep.forget("alice", yes=True, database=filled)
    with pytest.raises(QuestionError) as caught:
        upkeep.restore(template / "backup.db", database=filled)
    assert str(caught.value) == (
        f"Replace everything in {filled} (1 request) by {template / 'backup.db'}? Nothing was changed, because nobody "
        "can be asked here; repeat with --yes."
    )
    assert requests_in(filled, capsys) == 1
    upkeep.restore(template / "backup.db", yes=True, database=filled)
    assert requests_in(filled, capsys) == 3


def test_a_restore_over_a_damaged_database_says_where_that_is_kept(filled, template, capsys):
    filled.write_bytes(b"damaged" * 100)
    capsys.readouterr()
    upkeep.restore(template / "backup.db", yes=True, database=filled)
    told = capsys.readouterr()
    assert told.out == f"Restored {filled} from {template / 'backup.db'}: 3 requests.\n"
    assert told.err == f"The damaged file is kept as {filled}.damaged.\n"
    assert filled.with_name("usage.db.damaged").read_bytes() == b"damaged" * 100


def test_a_forgotten_key_is_gone_and_importing_its_file_again_does_not_bring_it_back(filled, template, capsys):
    capsys.readouterr()
    upkeep.forget("alice", yes=True, database=filled)
    assert capsys.readouterr().out == (
        "Forgot the key alice (alice) with 2 requests, which no total holds any more. Importing the same files again "
        "does not bring it back, because they are known. Backups, exports, reject files and the logs themselves are "
        "not touched; closed chargebacks keep their amounts.\n"
    )
    assert {row["key_id"] for row in exported(filled, capsys)} == {"bob"}
    assert all(b"alice" not in each.read_bytes() for each in filled.parent.iterdir())
    again = command("import", str(template / "access.log"), EDGEDNS_DATABASE=str(filled))
    assert again.returncode == 0, again.stderr
    assert {row["key_id"] for row in exported(filled, capsys)} == {"bob"}


def test_the_past_is_forgotten_up_to_a_date(filled, capsys):
    capsys.readouterr()
    upkeep.forget(before="2026-11-21", yes=True, database=filled)
    assert capsys.readouterr().out == (
        "Forgot 2 requests before 2026-11-21T00:00:00Z; data begins there now. Backups, exports, reject files and the "
        "logs themselves are not touched; closed chargebacks keep their amounts.\n"
    )
    assert {row["start"] for row in exported(filled, capsys)} == {"2026-11-21T12:00:00Z"}


@pytest.mark.parametrize(
    ("key", "options", "sentence"),
    [
        ("", {}, "Name one thing to forget"),
        ("alice", {"before": "2026-11-21"}, "Name one thing to forget"),
        ("ali", {}, "No key has this id or name; edgedns-mcp keys list shows all"),
        ("", {"before": "yesterday"}, "--before needs a date such as 2025-01-01"),
    ],
)
def test_what_cannot_be_meant_is_refused_and_nothing_is_forgotten(filled, capsys, key, options, sentence):
    with pytest.raises(QuestionError, match=sentence):
        upkeep.forget(key, yes=True, database=filled, **options)
    assert requests_in(filled, capsys) == 3


def test_of_several_keys_of_one_name_one_has_to_be_named_by_its_id(filled, tmp_path, capsys):
    (tmp_path / "keys.csv").write_text("key_id,name\nalice,checkout\nbob,checkout\n")
    done = command("keys", "import", str(tmp_path / "keys.csv"), EDGEDNS_DATABASE=str(filled))
    assert done.returncode == 0, done.stderr
    with pytest.raises(QuestionError, match="2 keys go by this name; name one by its id, such as alice and bob"):
        upkeep.forget("checkout", yes=True, database=filled)
    upkeep.forget("bob", yes=True, database=filled)
    upkeep.forget("checkout", yes=True, database=filled)
    assert exported(filled, capsys) == []


def test_nothing_is_forgotten_without_a_yes_where_nobody_can_be_asked(filled):
    done = command("forget", "alice", EDGEDNS_DATABASE=str(filled))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (
        f"Forget the key alice (alice) and all its requests in {filled}, for good? Nothing was changed, because nobody "
        "can be asked here; repeat with --yes.\n"
    )


@pytest.mark.skipif(os.name != "posix", reason="a terminal is opened as on POSIX")
@pytest.mark.parametrize(("word", "code", "left"), [("n", 1, 3), ("y", 0, 1)])
def test_a_person_is_asked(filled, capsys, word, code, left):
    ours, theirs = os.openpty()
    os.write(ours, f"{word}\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "edgedns_mcp", "forget", "alice"],
        env=clean_environment(EDGEDNS_DATABASE=str(filled)),
        stdin=theirs,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    os.close(ours)
    os.close(theirs)
    assert done.returncode == code
    assert f"Forget the key alice (alice) and all its requests in {filled}, for good? [y/N]" in done.stderr
    assert ("Nothing was changed." in done.stderr) is (word == "n")
    assert requests_in(filled, capsys) == left


def test_usage_is_exported_with_exact_times(filled, capsys):
    assert exported(filled, capsys) == [
        {
            "key_id": "alice", "start": "2026-11-20T10:00:00Z", "end": "2026-11-20T11:00:00Z", "endpoint": "/v1/dns",
            "environment": "unknown", "requests": "2", "errors": "1", "last_activity": "2026-11-20T10:30:00Z",
            "bound": "exact",
        },
        {
            "key_id": "bob", "start": "2026-11-21T12:00:00Z", "end": "2026-11-21T13:00:00Z", "endpoint": "/v1/zones",
            "environment": "unknown", "requests": "1", "errors": "1", "last_activity": "2026-11-21T12:15:00Z",
            "bound": "exact",
        },
    ]  # fmt: skip


def test_what_was_exported_can_be_imported_again(filled, tmp_path, capsys):
    output = tmp_path / "usage.csv"
    upkeep.export(output=output, database=filled)
    assert stat.S_IMODE(output.stat().st_mode) == 0o600 or os.name != "posix"
    other = tmp_path / "other.db"
    done = command("import", str(output), "--format", "counts", EDGEDNS_DATABASE=str(other))
    assert done.returncode == 0, done.stderr
    assert exported(other, capsys) == exported(filled, capsys)


def test_an_export_to_a_place_that_cannot_be_names_the_file(filled, tmp_path):
    output = filled / "usage.csv"  # within a file
    done = command("export", "--output", str(output), "--database", str(filled))
    assert (done.returncode, done.stderr) == (
        1, f"The file {output} cannot be opened for writing; check the folder's permissions, or name another file.\n"
    )  # fmt: skip
    assert {each.name for each in tmp_path.iterdir()} == {"data"}


def test_an_export_writes_over_no_file(filled, tmp_path):
    output = tmp_path / "usage.csv"
    output.write_text("mine")
    with pytest.raises(ConfigurationError, match="exists; name another one, or replace it with --force"):
        upkeep.export(output=output, database=filled)
    assert output.read_text() == "mine"
    upkeep.export(output=output, database=filled, force=True)
    assert output.read_text().startswith("key_id,start,end,")
    assert {each.name for each in tmp_path.iterdir()} == {"data", "usage.csv"}


def test_the_inventory_is_exported_and_can_be_imported_again(filled, tmp_path, capsys):
    inventory = (
        "key_id,name,environment,created_at,revoked_at,expires_at,team,cost_center,allowed_environments\n"
        "alice,checkout,live,2026-01-02T03:04:05Z,,2027-01-01T00:00:00Z,payments,cc-1,live test\n"
        'bob,"search, fast",unknown,,2026-11-01T00:00:00Z,,,,\n'
    )
    (tmp_path / "keys.csv").write_text(inventory)
    done = command("keys", "import", str(tmp_path / "keys.csv"), EDGEDNS_DATABASE=str(filled))
    assert done.returncode == 0, done.stderr
    capsys.readouterr()
    upkeep.export(what="keys", database=filled)
    told = capsys.readouterr()
    assert told.out == inventory
    assert told.err == f"Exported 2 keys from {filled}.\n"


def test_an_account_that_was_never_recorded_exports_its_columns_alone(filled, capsys):
    assert exported(filled, capsys, source="edgedns") == []
