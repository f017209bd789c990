"""A name from outside is a name in every face: nothing obeys it, runs it, draws with it or hides behind it."""

import csv
import io
import json
import logging
import re

import anyio
import pytest
from faces import NOW, a_desk
from homes import FACES, Home
from hostile import FORMULA, NAMES, NUMBER, acted_on, fill, unseen
from mcp import Client

from edgedns_mcp.cli.logs import Plain, Structured
from edgedns_mcp.models import AnomalyQuery
from edgedns_mcp.render.charge_csv import unrun
from edgedns_mcp.render.notices import notice_of
from edgedns_mcp.render.phrases import inert, plain
from edgedns_mcp.server.build import build_server
from edgedns_mcp.service.anomalies import find_anomalies

LOCAL = {"EDGEDNS_SOURCE": "local", "EDGEDNS_AS_OF": NOW}
SEEN = {"EDGEDNS_SOURCE": "local", "EDGEDNS_AS_OF": NOW, "FORCE_COLOR": "1", "COLUMNS": "100", "TERM": "xterm"}
COLOURS = re.compile(r"\x1b\[[0-9;]*m")
MONTH = ("--period", "2026-11", "--amount", "100")
QUESTIONS = {
    "usage_by_key": {"limit": 100, "top_endpoints": 3},
    "key_details": {"key": "key_2"},
    "usage_history": {"period": "7d", "group_by": "key", "limit": 100},
    "compare_usage": {"period": "7d", "limit": 100},
    "find_anomalies": {"period": "7d", "limit": 100},
    "chargeback_report": {"period": "2026-11", "amount": "100", "group_by": "team"},
    "audit_keys": {"limit": 100},
    "forecast_quota": {"monthly_quota": 100_000},
    "server_status": {},
}
RESOURCES = ("edgedns://usage/by-key/7d", "edgedns://keys/key_9", "edgedns://status")
DRAWN = [face for face in FACES if face[0] not in ("export", "report", "backup")]
TABLES = {
    "chargeback": ("chargeback", *MONTH, "--group-by", "key", "--format", "csv"),
    "chargeback by team": ("chargeback", *MONTH, "--format", "csv"),
    "FOCUS": ("chargeback", *MONTH, "--format", "focus"),
    "usage": ("export", "--output", "{home}/table.csv", "--force"),
    "keys": ("export", "--what", "keys", "--output", "{home}/table.csv", "--force"),
}


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    home = Home(tmp_path_factory.mktemp("hostile"))
    fill(home.database)
    return home


@pytest.fixture(scope="module")
def told(home):
    """Ask every tool and some resources; give the words, and each text of the structure."""

    async def ask() -> dict[str, str]:
        async with Client(build_server(a_desk(source="local", database=home.database))) as client:
            assert {tool.name for tool in (await client.list_tools()).tools} == set(QUESTIONS)
            found = {}
            for tool, asked in QUESTIONS.items():
                answer = await client.call_tool(tool, asked)
                assert not answer.is_error, answer.content[0].text
                found[tool] = answer.content[0].text
                found[f"structure of {tool}"] = json.dumps(answer.structured_content, ensure_ascii=False)
            for uri in RESOURCES[:2]:
                found[uri] = (await client.read_resource(uri)).contents[0].text
            return found

    return anyio.run(ask)


@pytest.mark.parametrize("face", [*QUESTIONS, *RESOURCES[:2]])
def test_words_hide_nothing_and_give_markdown_nothing_to_act_on(told, face):
    assert unseen(told[face]) == set()
    assert acted_on(told[face]) == set()
    assert "long-" * 30 not in told[face]


@pytest.mark.parametrize("tool", QUESTIONS)
def test_a_structure_hides_nothing_and_cuts_what_is_long(told, tool):
    assert unseen(told[f"structure of {tool}"]) == set()
    assert "long-" * 30 not in told[f"structure of {tool}"]


@pytest.mark.parametrize(
    "command", [face for face in FACES if face[0] not in ("export", "report", "backup")], ids=" ".join
)
def test_a_terminal_draws_only_what_we_draw(home, command):
    drawn = home.run(*command, *(("--limit", "50") if command[0] in ("usage", "audit") else ()), **SEEN)
    assert "key_1" in drawn or "harmless" in drawn or "Source" in drawn or command[0] in ("status", "forecast")
    assert unseen(COLOURS.sub("", drawn)) == set()
    assert not any(code in drawn for code in ("\x1b[2J", "\x1b]", "\x1b[31mred"))


def test_the_page_holds_names_as_data(home):
    home.run("report", "--output", "{home}/hostile.html", **LOCAL)
    page = (home.path / "hostile.html").read_text(encoding="utf-8")
    figures = re.search(r'id="figures">(.*?)</script>', page, re.DOTALL)[1]
    assert "<" not in figures
    assert unseen(figures) == set()
    assert len(json.loads(figures)["keys"]) >= len(NAMES)


@pytest.mark.parametrize("table", TABLES)
def test_a_spreadsheet_runs_nothing(home, table):
    told = home.run(*TABLES[table], **LOCAL)
    if "--output" in TABLES[table]:
        told = (home.path / "table.csv").read_bytes().decode()
    rows = list(csv.reader(io.StringIO(told, newline="")))
    assert len(rows) > len(NAMES) // 2
    assert {len(row) for row in rows} == {len(rows[0])}
    run = [cell for row in rows for cell in row if cell.startswith(FORMULA) and not NUMBER.fullmatch(cell)]
    assert run == []


def test_what_was_kept_from_running_is_the_same_name_when_it_is_imported_again(tmp_path):
    (tmp_path / "first").mkdir()
    (tmp_path / "again").mkdir()
    first, again = Home(tmp_path / "first"), Home(tmp_path / "again")
    fill(first.database, ("formula", "plus", "minus", "at"))
    for what, way in (("usage", ("import", "--format", "counts")), ("keys", ("keys", "import"))):
        for home in (first, again):
            if home is again:
                home.run(*way, str(first.path / f"{what}.csv"), **LOCAL)
            home.run("export", "--what", what, "--output", f"{{home}}/{what}.csv", **LOCAL)
        assert (first.path / f"{what}.csv").read_bytes() == (again.path / f"{what}.csv").read_bytes()
    assert b"'=HYPERLINK" in (first.path / "keys.csv").read_bytes()


@pytest.mark.parametrize("formatter", [Plain("%(message)s"), Structured()], ids=["plain", "JSON"])
@pytest.mark.parametrize("name", NAMES)
def test_a_name_in_a_log_is_a_part_of_one_line(name, formatter):
    record = logging.LogRecord("edgedns_mcp", logging.INFO, "x.py", 1, "key %s", (NAMES[name],), None)
    record.fields = {"key": NAMES[name]}
    line = formatter.format(record)
    assert "\n" not in line
    assert unseen(line) == set()


def test_a_webhook_is_told_of_names_that_mention_nobody_and_lead_nowhere(home):
    desk = a_desk(source="local", database=home.database)
    found = anyio.run(find_anomalies, desk, AnomalyQuery(period="7d", limit=100)).findings
    told = [notice_of(one).text for one in found]
    assert len(told) > len(NAMES) // 2
    assert [text for text in told if unseen(text) or re.search(r"<|(?<!\\):(?=//)", text)] == []


@pytest.mark.parametrize("name", NAMES)
def test_what_is_made_inert_can_be_read_again(name):
    assert plain(inert(NAMES[name])) == NAMES[name]
    assert NUMBER.fullmatch(unrun(NAMES[name])) or not unrun(NAMES[name]).startswith(FORMULA)
