"""The command `chargeback`: the tool's answer, a table, CSV, and a file that is not written over."""

import asyncio
import csv
import json
from decimal import Decimal

from charged_usage import a_use, add, an_owner
from faces import NOW, a_desk, command

from edgedns_mcp.models import ChargebackQuery
from edgedns_mcp.render.chargeback import chargeback_words
from edgedns_mcp.service.chargeback import chargeback_report

DEMO = ("chargeback", "--source", "demo", "--as-of", NOW, "--amount", "1200")


def answer(**query):
    return asyncio.run(chargeback_report(a_desk(), ChargebackQuery(amount="1200", **query)))


def test_json_is_exactly_the_tools_structured_result_with_every_line():
    done = command(*DEMO, "--json", "--group-by", "key")
    assert json.loads(done.stdout) == answer(group_by="key", limit=1_000_000).model_dump(mode="json")


def test_without_a_terminal_it_prints_the_tools_words():
    assert command(*DEMO, "--limit", "2").stdout == chargeback_words(answer(limit=2)) + "\n"


def test_csv_has_every_line_and_sums_to_the_invoice():
    rows = list(
        csv.DictReader(command(*DEMO, "--format", "csv", "--group-by", "key", "--limit", "2").stdout.splitlines())
    )
    assert len(rows) == 24
    assert sum(Decimal(row["amount"]) for row in rows) == 1200
    assert sum(int(row["request_count"]) for row in rows) == answer().request_count


def test_a_file_is_written_and_not_written_over(tmp_path):
    path = tmp_path / "october.csv"
    done = command(*DEMO, "--format", "csv", "--output", str(path))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"Wrote 5 lines to {path}. DEMO: October 2026: 1,200.00 EUR")
    written = path.read_text(encoding="utf-8")
    assert written == command(*DEMO, "--format", "csv").stdout
    again = command(*DEMO, "--output", str(path))
    assert (again.returncode, path.read_text(encoding="utf-8")) == (2, written)
    assert again.stderr == f"The file {path} exists; name another one, or replace it with --force.\n"
    assert command(*DEMO, "--output", str(path), "--force").returncode == 0
    assert path.read_text(encoding="utf-8") == chargeback_words(answer()) + "\n"


def test_wrong_use_exits_with_2_and_one_sentence():
    done = command(*DEMO[:-1], "1.234,56")
    assert (done.returncode, done.stderr.endswith("write amount=1234.56.\n")) == (2, True)
    both = command(*DEMO, "--json", "--format", "csv")
    assert (both.returncode, both.stderr) == (2, "Choose one of --json and --format csv.\n")


def test_the_currency_is_a_setting_that_the_option_overrides():
    assert json.loads(command(*DEMO, "--json", EDGEDNS_CURRENCY="chf").stdout)["currency"] == "CHF"
    given = json.loads(command(*DEMO, "--json", "--currency", "jpy", EDGEDNS_CURRENCY="chf").stdout)
    assert (given["currency"], given["total"], given["difference"]) == ("JPY", "1200", "0")
    wrong = command(*DEMO, EDGEDNS_CURRENCY="Euro")
    assert (wrong.returncode, wrong.stderr) == (
        2,
        "EDGEDNS_CURRENCY is not valid; set it to a code of ISO 4217 such as EUR.\n",
    )


def test_a_month_is_closed_and_given_back(tmp_path):
    database = tmp_path / "usage.db"
    add(database, [a_use("2025-10-05", 60), a_use("2025-10-05", 40, "beta")], [an_owner("alpha"), an_owner("beta")],
        ("2025-10-01", "2025-12-22"))  # fmt: skip
    ours = ("chargeback", "--source", "local", "--database", str(database), "--period", "2025-10")
    done = command(*ours, "--amount", "1200", "--close", "--format", "csv", "--output", str(tmp_path / "closed.csv"))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(
        "Closed 2025-10. Its answer stays as it is, whatever usage arrives later.\nWrote 2 lines to "
    )
    done = command(*ours, "--amount", "1200", "--close")
    assert done.stdout.startswith("October 2025: 1,200.00 EUR over 2 teams by requests: alpha 720.00 EUR (60.0%) and ")
    assert done.stderr == (
        "Closed before, and nothing differs: 2025-10. Its answer stays as it is, whatever usage arrives later.\n"
    )
    told, file = command(*ours).stdout, command(*ours, "--format", "focus").stdout
    add(database, [a_use("2025-10-06", 100)], observed=("2025-10-01", "2025-12-22"))
    assert (command(*ours).stdout, command(*ours, "--format", "focus").stdout) == (told, file)
    assert done.stdout == told
    assert (tmp_path / "closed.csv").read_text(encoding="utf-8") == command(*ours, "--format", "csv").stdout
    again = command(*ours, "--close")
    assert (again.returncode, "usage that arrived later is charged in the next period" in again.stderr) == (2, True)
    assert command(*ours, "--close", "--as-of", "2025-12-01").stderr == (
        "A period is closed as things are now; leave --as-of and EDGEDNS_AS_OF out.\n"
    )
    assert command(*ours, "--close", "--reopen").stderr == "Choose one of --close and --reopen.\n"
    back = command(*ours, "--reopen")
    assert back.stdout.startswith("Reopened the period from 2025-10-01T00:00:00Z to 2025-11-01T00:00:00Z, which was ")
    assert "alpha 960.00 EUR (80.0%)" in command(*ours, "--amount", "1200").stdout


def test_the_demo_closes_nothing():
    done = command(*DEMO, "--close")
    assert (done.returncode, done.stderr) == (
        2,
        "The demo keeps nothing, so no period can be closed; name a database of your own with --database.\n",
    )
