"""The README shows what the product does: its tables, its answers and its picture are compared with the real thing."""

import subprocess
import sys

from faces import NOW, a_server, command
from generated import README, REMOTE, ROOT, readme_with_tables, remote_page
from mcp import Client

TEXT = README.read_text(encoding="utf-8")


async def test_the_tables_are_the_generated_ones():
    assert await readme_with_tables() == TEXT


def test_the_table_of_settings_over_http_is_the_generated_one():
    assert remote_page() == REMOTE.read_text(encoding="utf-8")


async def test_the_answers_are_real():
    questions = [
        ("usage_by_key", {}),
        ("key_details", {"key": "newsletter-signup", "period": "7d"}),
        ("chargeback_report", {"amount": "1200"}),
        ("forecast_quota", {}),
        ("find_anomalies", {}),
        ("audit_keys", {}),
    ]
    async with Client(a_server()) as client:
        for tool, arguments in questions:
            summary = (await client.call_tool(tool, arguments)).structured_content["summary"]
            assert summary.removeprefix("DEMO: ") in TEXT


def test_the_terminal_example_is_real():
    done = command("usage", "--source", "demo", "--as-of", NOW, "--group-by", "environment")
    assert done.stdout.split(". ")[0] in TEXT


def test_the_example_of_the_chargeback_is_real():
    done = command("chargeback", "--source", "demo", "--as-of", NOW, "--amount", "1200")
    assert done.stdout.split("\n", 1)[0] in (ROOT / "docs" / "chargeback.md").read_text(encoding="utf-8")


def test_the_example_of_the_key_audit_is_real():
    done = command("audit", "--source", "demo", "--as-of", NOW, "--limit", "10")
    shown = (ROOT / "docs" / "governance.md").read_text(encoding="utf-8")
    assert all(done.stdout.split("\n\n")[place] in shown for place in (0, 2))


def test_the_example_of_the_forecast_is_real():
    done = command("forecast", "--source", "demo", "--as-of", NOW)
    assert done.stdout.split("\n", 1)[0] in (ROOT / "docs" / "forecast.md").read_text(encoding="utf-8")


def test_every_linked_file_exists():
    links = [part.split(")")[0] for part in TEXT.split("](")[1:]]
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_the_picture_is_the_report_of_today():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "picture.py", "-"], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout == (ROOT / "docs" / "report.svg").read_text(encoding="utf-8")
