"""init, migrate, status and copy, as a person or a script uses them."""

import json
import signal
import subprocess
import sys
from contextlib import closing, contextmanager

import pytest
from clickhouse_builders import free_port
from faces import clean_environment, command
from store_builders import a_cell, a_key, epoch, to

from edgedns_mcp.store import accounts, cells, coverage, keys
from edgedns_mcp.store.database import Database


@pytest.fixture
def asked(front, tmp_path):
    """Run a command with a database that is filled, and ClickHouse over HTTP."""
    path = tmp_path / "usage.db"
    with closing(Database.open(path)) as base:
        base.write(lambda tx: fill(to(tx, "acme")))

    def run(*arguments, **settings):
        variables = {
            "EDGEDNS_CLICKHOUSE_URL": front.url,
            "EDGEDNS_CLICKHOUSE_DATABASE": "commands",
            "EDGEDNS_ACCOUNT": "acme",
            "EDGEDNS_DATABASE": str(path),
        }
        return command(*arguments, **variables | settings)

    return run


@contextmanager
def started(words, variables):
    """Start a command that goes on until it is stopped, and stop it whatever is found."""
    with subprocess.Popen(words, env=variables, stdout=subprocess.PIPE, encoding="utf-8") as process:
        try:
            yield process
        finally:
            process.kill()


def fill(account):
    keys.put_keys(account, [a_key()])
    cells.apply(account, [a_cell(), a_cell("2026-10-02T10:00", requests=5)])
    coverage.observe(account, "import", epoch("2026-10-01"), epoch("2026-10-03"))


def said(done, code=0):
    assert (done.returncode, "Traceback" in done.stderr, "hunter2" in done.stdout + done.stderr) == (code, False, False)
    return " ".join((done.stdout if not code else done.stderr or done.stdout).split())


def test_from_nothing_to_the_same_answers(asked, front):
    front.engine.command("DROP DATABASE IF EXISTS commands")
    where = f"The database commands in ClickHouse at 127.0.0.1:{front.server.server_port}"
    lacking = said(asked("clickhouse", "status"), 1)
    assert lacking.startswith(f"{where} is not complete: it lacks event, cell_hour, ")
    assert lacking.endswith("Run edgedns-mcp clickhouse init.")
    assert "run edgedns-mcp clickhouse init" in said(asked("copy"), 1)
    assert said(asked("clickhouse", "init")) == f"{where} has the tables of version 2, laid out single."
    assert said(asked("clickhouse", "migrate")) == f"{where} has the tables of version 2, laid out single."
    assert said(asked("copy", "--from", "local", "--to", "clickhouse")).startswith("Copied 4 new or changed pieces to")
    again = said(asked("copy"))
    assert again.startswith("Copied 0 new or changed pieces to")
    assert "it has the 15 requests that" in again
    standing = said(asked("clickhouse", "status"))
    assert "has tables of version 2, laid out single: " in standing
    assert standing.endswith("acme: 15 requests.")
    assert said(asked("clickhouse", "clean")).startswith("Deleted 0 writes that counted nowhere from the database com")
    local, there = (
        json.loads(asked("usage", "--json", "--period", "2026-10", EDGEDNS_SOURCE=source).stdout)
        for source in ("local", "clickhouse")
    )
    assert there.pop("source") == "clickhouse"
    assert there.pop("summary") == local.pop("summary")
    local.pop("source")
    for clock in ("now", "age_s"):
        local.pop(clock), there.pop(clock)
    assert there == local


def test_what_comes_in_later_is_copied_as_long_as_it_runs(front, tmp_path):
    path = tmp_path / "usage.db"
    variables = clean_environment(
        EDGEDNS_CLICKHOUSE_URL=front.url, EDGEDNS_CLICKHOUSE_DATABASE="later", EDGEDNS_DATABASE=str(path)
    )
    product = [sys.executable, "-m", "edgedns_mcp"]
    with closing(Database.open(path)) as base:
        base.write(lambda tx: fill(to(tx)))
        subprocess.run([*product, "clickhouse", "init"], env=variables, check=True, stdout=subprocess.DEVNULL)
        running = [*product, "copy", "--every", "2"]
        with started(running, variables) as process:
            assert "it has the 15 requests that" in process.stdout.readline()
            base.write(lambda tx: cells.apply(to(tx), [a_cell("2026-10-02T11:00", requests=7)]))
            assert process.stdout.readline().startswith("Copied 1 new or changed piece to ClickHouse")
            process.send_signal(signal.SIGINT)
            assert process.wait(60) in {0, 130, -signal.SIGINT}


def test_an_import_goes_on_to_clickhouse_or_says_that_it_did_not(asked, front, tmp_path):
    front.engine.command("DROP DATABASE IF EXISTS commands")
    counted = tmp_path / "counts.csv"
    counted.write_text("key_id,date,requests,errors\nkey_1,2026-10-04,30,2\n")
    variables = {"EDGEDNS_SOURCE": "clickhouse"}
    assert "run edgedns-mcp clickhouse init" in said(
        asked("import", str(counted), "--to", "clickhouse", **variables), 1
    )
    said(asked("clickhouse", "init"))
    assert "run edgedns-mcp copy." in said(asked("import", str(counted), **variables))
    there = said(asked("import", str(counted), "--to", "clickhouse", **variables))
    assert "it has the 45 requests that" in there
    assert (
        json.loads(asked("usage", "--json", "--period", "2026-10", **variables).stdout)["totals"]["request_count"] == 45
    )


def test_what_the_endpoint_takes_in_goes_on_to_clickhouse_for_every_organisation(front, tmp_path):
    path = tmp_path / "usage.db"
    variables = clean_environment(EDGEDNS_CLICKHOUSE_URL=front.url, EDGEDNS_CLICKHOUSE_DATABASE="ingest")
    product = [sys.executable, "-m", "edgedns_mcp"]
    with closing(Database.open(path)) as base:
        for name in ("acme", "globex"):
            base.write(lambda tx, name=name: fill(accounts.made(tx, "local", name)))
    subprocess.run([*product, "clickhouse", "init"], env=variables, check=True, stdout=subprocess.DEVNULL)
    serving = [*product, "endpoint", "--port", "0", "--database", str(path), "--to", "clickhouse"]
    with started(serving, variables) as process:
        assert "it has the 30 requests that" in process.stdout.readline()
        process.terminate()


@pytest.mark.parametrize("arguments", [("clickhouse", "init"), ("clickhouse", "status"), ("copy",)], ids=" ".join)
def test_one_that_is_down_is_told_in_one_sentence(asked, arguments):
    url = f"http://us:hunter2@127.0.0.1:{free_port()}"
    sentence = said(asked(*arguments, EDGEDNS_CLICKHOUSE_URL=url), 1)
    assert sentence.startswith("ClickHouse gave no answer at 127.0.0.1:")


@pytest.mark.parametrize(
    "arguments", [("clickhouse", "status"), ("endpoint", "--port", "0", "--to", "clickhouse")], ids=" ".join
)
def test_none_that_is_configured_is_told_with_the_variable(asked, arguments):
    assert said(asked(*arguments, EDGEDNS_CLICKHOUSE_URL=""), 2) == (
        "No ClickHouse is configured; set EDGEDNS_CLICKHOUSE_URL."
    )
