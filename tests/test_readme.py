"""The README shows what the product does: its answers and its picture are compared with the real thing."""

import subprocess
import sys

from faces import a_server
from mcp import Client
from pages import ROOT

TEXT = (ROOT / "README.md").read_text(encoding="utf-8")


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


def test_the_picture_is_the_report_of_today():
    done = subprocess.run(
        [sys.executable, ROOT / "scripts" / "picture.py", "-"], capture_output=True, encoding="utf-8", check=True
    )
    assert done.stdout == (ROOT / "docs" / "report.svg").read_text(encoding="utf-8")
