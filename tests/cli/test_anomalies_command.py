"""The command anomalies: its answer, its exit codes for cron, and findings that somebody knows of.

Processes are started for what only a process shows; the rest runs in this one.
"""

import asyncio
import csv
import json
from datetime import date, timedelta
from random import Random

import pytest
from faces import NOW, a_desk, command
from typer.testing import CliRunner

from edgedns_mcp.cli.main import app
from edgedns_mcp.errors import QuestionError, UsageError
from edgedns_mcp.models import AnomalyQuery
from edgedns_mcp.service.anomalies import find_anomalies

DEMO = ("anomalies", "--source", "demo", "--as-of", NOW)
FIRST, DAYS = date(2026, 8, 1), 100  # to 2026-11-08
LEAK = "2026-10-20"
WINDOW = ("--start", "2026-10-15", "--end", "2026-11-01")


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """Import a file of counts, without an inventory; a script may ask about it as it is."""
    folder, draw = tmp_path_factory.mktemp("counts"), Random(5)
    with (folder / "counts.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["key_id", "date", "requests", "errors"])
        for day in (FIRST + timedelta(days=number) for number in range(DAYS)):
            for key_id, mean in (("mailer", 100), ("crawler", 900)):
                count = 9_000 if (key_id, str(day)) == ("mailer", LEAK) else round(mean * draw.gauss(1, 0.1))
                rows.writerow([key_id, day, count, count // 100])
    path = folder / "usage.db"
    done = command("import", str(folder / "counts.csv"), "--database", str(path))
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Imported ")
    return path


@pytest.fixture
def run(monkeypatch):
    monkeypatch.delenv("EDGEDNS_ACCOUNT", raising=False)

    def ran(*arguments, **settings):
        done = CliRunner().invoke(app, [*map(str, arguments)], env=settings)
        if isinstance(done.exception, UsageError):
            raise done.exception
        return done

    return ran


@pytest.fixture
def asked(base, run):
    return lambda *more, **settings: run(
        "anomalies", "--database", base, "--as-of", "2026-11-09T00:00:00Z", *more, **settings
    )


def test_the_text_and_the_structure_are_those_of_the_tool(run):
    answer = asyncio.run(find_anomalies(a_desk(), AnomalyQuery(period="14d")))
    done, as_json = command(*DEMO, "--period", "14d"), run(*DEMO, "--period", "14d", "--json")
    assert (done.returncode, as_json.exit_code) == (0, 0)
    assert done.stdout.startswith(answer.summary)
    assert "\x1b" not in done.stdout
    assert json.loads(as_json.stdout) == json.loads(answer.model_dump_json())


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--fail-on", "low"), 3),
        (("--fail-on", "critical"), 3),
        (("--kind", "silence", "--fail-on", "low"), 0),
        ((), 0),
    ],
)
def test_cron_is_told_by_the_exit_code_and_reads_the_answer_all_the_same(more, code, asked):
    done = asked(*WINDOW, *more)
    assert done.exit_code == code, done.stderr
    assert "Findings " in done.stdout


def test_less_than_the_bar_is_no_failure(run):
    done = run(*DEMO, "--kind", "error_burst", "--fail-on", "high")
    assert (done.exit_code, "medium error_burst" in done.stdout) == (0, True)


def test_a_file_of_counts_is_enough_to_find_a_spike(asked):
    done = asked(*WINDOW, "--json")
    assert done.exit_code == 0, done.stderr
    (spike,) = json.loads(done.stdout)["findings"]
    assert (spike["key_id"], spike["kind"], spike["worst_count"]) == ("mailer", "spike", 9_000)
    assert (spike["start"], spike["end"]) == ("2026-10-20T00:00:00Z", "2026-10-21T00:00:00Z")
    assert spike["endpoint_distribution"] == spike["new_endpoints"] == {}


def test_a_known_finding_is_hidden_up_to_the_day_and_no_longer(asked):
    found = json.loads(asked(*WINDOW, "--json").stdout)["findings"][0]["finding_id"]
    done = asked("--acknowledge", found, "--until", "2026-11-10")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout == f"A finding {found} is hidden up to 2026-11-10; other findings of the same key show.\n"
    hidden = asked(*WINDOW, "--fail-on", "low", "--json")
    report = json.loads(hidden.stdout)
    assert (hidden.exit_code, report["findings"], report["acknowledged_count"]) == (0, [], 1)
    for moment, listed in (("2026-11-10T23:59:59Z", 0), ("2026-11-11T00:00:00Z", 1)):
        assert len(json.loads(asked(*WINDOW, "--json", "--as-of", moment).stdout)["findings"]) == listed
    done = asked("--acknowledge", found, "--until", "2026-01-01")
    assert f"A finding {found} is no longer hidden, because 2026-01-01 is over;" in done.stdout
    assert len(json.loads(asked(*WINDOW, "--json").stdout)["findings"]) == 1


def test_the_last_day_ends_where_it_ends_in_the_zone(asked):
    found = json.loads(asked(*WINDOW, "--json").stdout)["findings"][0]["finding_id"]
    asked("--acknowledge", found, "--until", "2026-11-10", EDGEDNS_TIMEZONE="America/New_York")
    for moment, listed in (("2026-11-11T04:59:59Z", 0), ("2026-11-11T05:00:00Z", 1)):
        assert len(json.loads(asked(*WINDOW, "--json", "--as-of", moment).stdout)["findings"]) == listed
    asked("--acknowledge", found, "--until", "2026-01-01")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        (("--acknowledge", "7b1da5b90c", "--until", "31.12.2026"), "--until is not a date; write it as 2026-12-31."),
        (("--acknowledge", "7b1da5b90c"), "Write --acknowledge ID together with --until DATE"),
        (("--until", "2026-12-31"), "Write --acknowledge ID together with --until DATE"),
        (("--acknowledge", "newsletter", "--until", "2026-12-31"), "That is no finding_id"),
        (("--start", "2024-01-01", "--end", "2026-01-01"), "longer than a year by days"),
    ],
)
def test_wrong_use_is_told(asked, more, words):
    with pytest.raises(QuestionError, match=words):
        asked(*more)


@pytest.mark.parametrize("more", [("--sensitivity", "blind"), ("--fail-on", "none"), ("--limit", "-1")])
def test_words_that_are_no_choice_are_wrong_use(asked, more):
    done = asked(*more)
    assert (done.exit_code, done.stdout) == (2, "")


def test_cron_and_wrong_use_have_codes_of_their_own():
    assert command(*DEMO, "--fail-on", "critical").returncode == 3
    assert command(*DEMO, "--acknowledge", "newsletter", "--until", "2026-12-31").returncode == 2


def test_the_demo_keeps_no_acknowledgement():
    done = command(*DEMO, "--acknowledge", "7b1da5b90c", "--until", "2026-12-31")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == (
        "The demo keeps nothing; name a database of your own with --database, or set EDGEDNS_API_KEY."
    )


def test_a_limit_lists_fewer_and_counts_all(run):
    report = json.loads(run(*DEMO, "--limit", "1", "--json").stdout)
    assert (len(report["findings"]), report["finding_count"]) == (1, 4)
