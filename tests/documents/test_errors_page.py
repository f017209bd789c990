"""Whoever looks an error up on docs/errors.md finds it there."""

import re

import pytest
from faces import a_server, command
from mcp import Client
from pages import ROOT

LINES = re.findall(r"(?m)^- (.*)$", (ROOT / "docs" / "errors.md").read_text(encoding="utf-8"))
SENTENCES = [re.escape(re.sub(r"\\([\\<*[`|])", r"\1", line)).replace("…", ".*?") for line in LINES]


def found(sentence: str) -> bool:
    return any(re.fullmatch(one, sentence.removeprefix("DEMO: ")) for one in SENTENCES)


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("usage_by_key", {"period": "soon"}),
        ("usage_by_key", {"period": "2020-01"}),
        ("usage_by_key", {"perod": "7d"}),
        ("usage_by_key", {"limit": 0}),
        ("usage_by_key", {"cursor": "abc"}),
        ("usage_by_key", {"team": "nobody"}),
        ("key_details", {"key": ""}),
        ("find_anomalies", {"start": "2010-01-01", "end": "2026-11-01"}),
        ("chargeback_report", {"amount": "1,200"}),
        ("chargeback_report", {"amount": "1", "currency": "XYZ"}),
        ("chargeback_report", {"amount": "1", "method": "fixed", "shares": "payments=60"}),
        ("chargeback_report", {"format": "focus"}),
        ("no_such_tool", {}),
    ],
)
async def test_what_a_model_is_told_is_on_the_page(tool, arguments):
    async with Client(a_server()) as client:
        result = await client.call_tool(tool, arguments)
    assert result.is_error
    assert found(result.content[0].text), result.content[0].text


@pytest.mark.parametrize(
    "words",
    [
        ("usage", "--source", "local", "--database", "/nonexistent/usage.db"),
        ("usage", "--source", "edgedns"),
        ("import", "/nonexistent.log", "--database", "{folder}/usage.db"),
        ("usage", "--watch", "5", "--json", "--source", "demo"),
        ("keys", "revoke", "nobody", "--database", "/nonexistent/usage.db"),
        ("anomalies", "--acknowledge", "24eef3a034"),
        ("install", "cursor", "--api-key-file", "/nonexistent/key"),
    ],
)
def test_what_a_person_is_told_is_on_the_page(words, tmp_path):
    done = command(*(word.format(folder=tmp_path) for word in words))
    assert done.returncode in (1, 2)
    assert found(done.stderr.strip()), done.stderr


def test_another_sentence_is_not():
    assert not found("Something went wrong.")
