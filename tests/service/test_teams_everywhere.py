"""A teams file counts wherever teams are shown: each answer is the one that an inventory with the same words gives."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from faces import NOW, a_desk, command
from mcp import Client

from edgedns_mcp.models import (
    AnomalyQuery,
    AuditQuery,
    ChargebackQuery,
    CompareQuery,
    ForecastQuery,
    HistoryQuery,
    KeyQuery,
    UsageQuery,
)
from edgedns_mcp.server.build import build_server
from edgedns_mcp.service.anomalies import find_anomalies
from edgedns_mcp.service.audit import audit_keys
from edgedns_mcp.service.chargeback import chargeback_report
from edgedns_mcp.service.compare import compare_usage
from edgedns_mcp.service.desk import open_desk
from edgedns_mcp.service.forecast import forecast_quota
from edgedns_mcp.service.history import usage_history
from edgedns_mcp.service.key import key_details
from edgedns_mcp.service.status import server_status
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.settings import load
from edgedns_mcp.sources import demo_organisation
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.keys import put_keys

HOUR = datetime.fromisoformat(NOW)
FILE = """key,team,cost_center,allowed_environments
checkout*,web,CC-1,live test
*check*,checks,CC-2,live test
key_562be1,risk,CC-3,
payments*,web,CC-1,
newsletter-signup,unassigned,,
"""
QUESTIONS = [
    (usage_by_key, UsageQuery(limit=100)),
    (usage_by_key, UsageQuery(period="7d", team="web")),
    (usage_by_key, UsageQuery(period="2026-10", group_by="team")),
    (key_details, KeyQuery(key="payments-fraud")),
    (key_details, KeyQuery(key="rollout-check", period="30d")),
    (compare_usage, CompareQuery(period="2026-10", group_by="team")),
    (compare_usage, CompareQuery(period="7d", team="checks")),
    (usage_history, HistoryQuery(group_by="team")),
    (usage_history, HistoryQuery(team="web")),
    (find_anomalies, AnomalyQuery(period="30d", limit=100)),
    (find_anomalies, AnomalyQuery(period="30d", team="unassigned")),
    (audit_keys, AuditQuery(limit=100)),
    (forecast_quota, ForecastQuery(team="web")),
    (chargeback_report, ChargebackQuery(amount="1200")),
    (chargeback_report, ChargebackQuery(amount="1200", group_by="cost_center")),
    (chargeback_report, ChargebackQuery(amount="1200", teams="core: *fraud*")),
]


def said(key):
    """Say of a key what the file says of it, worked out by hand."""
    if key.key_id == "key_562be1":
        return {"team": "risk", "cost_center": "CC-3"}
    if key.name == "newsletter-signup":
        return {"team": "unassigned"}
    if key.name.startswith(("checkout", "payments")):
        more = {"allowed_environments": ("live", "test")} if key.name.startswith("checkout") else {}
        return {"team": "web", "cost_center": "CC-1", **more}
    if "check" in key.name:
        return {"team": "checks", "cost_center": "CC-2", "allowed_environments": ("live", "test")}
    return {}


def filled(path, keys):
    def fill(tx):
        account = accounts.made(tx, "local")
        put_keys(account, keys)
        cells.apply(account, demo_organisation.cells(HOUR))
        begin = HOUR.replace(hour=0) - timedelta(days=demo_organisation.HISTORY_DAYS)
        coverage.observe(account, "import", int(begin.timestamp()), int(HOUR.timestamp()))

    database = Database.open(path)
    database.write(fill)
    database.close()
    return path


@pytest.fixture(scope="module")
def desks(tmp_path_factory):
    """Give a desk whose inventory says it, and one whose teams file does."""
    folder, keys = tmp_path_factory.mktemp("teams"), demo_organisation.keys(HOUR)
    (folder / "teams.csv").write_text(FILE)
    (folder / "edgedns.toml").write_text('teams_file = "teams.csv"')
    told = filled(folder / "told.db", [key._replace(**said(key)) for key in keys])
    plain = filled(folder / "plain.db", keys)
    settings = {"source": "local", "as_of": NOW}
    by_inventory = open_desk(load(database=told, **settings))
    by_file = open_desk(load(database=plain, config=folder / "edgedns.toml", **settings))
    return [replace(desk, deadline_s=60) for desk in (by_inventory, by_file)]


@pytest.mark.parametrize(("answer", "query"), QUESTIONS, ids=lambda one: getattr(one, "__name__", None))
async def test_an_answer_by_the_file_is_the_one_by_the_inventory(desks, answer, query):
    by_inventory, by_file = [await answer(desk, query) for desk in desks]
    assert by_file.model_dump() == by_inventory.model_dump()


async def test_the_file_changes_what_is_found(desks):
    """The demo has a test key used in live, which the file allows, and a team that surges."""
    found = await find_anomalies(desks[1], AnomalyQuery(period="30d", limit=100))
    plain = await find_anomalies(a_desk(), AnomalyQuery(period="30d", limit=100))
    names = [{one.name for one in report.findings if one.kind == "environment"} for report in (plain, found)]
    assert names == [{"rollout-check"}, set()]


async def test_charge_1200_eur_to_six_teams_of_the_file_is_one_small_answer(tmp_path):
    path = tmp_path / "teams.csv"
    path.write_text("key,team\nuptime*,core\nrollout*,core\n")
    desk = replace(open_desk(load(source="demo", as_of=NOW, teams_file=path)), deadline_s=60)
    async with Client(build_server(desk)) as client:
        result = await client.call_tool("chargeback_report", {"amount": "1200", "period": "last_month"})
    assert not result.is_error
    assert result.structured_content["rows"] == 6
    assert "core" in result.structured_content["summary"]
    assert len(result.content[0].text) <= 2_100  # 700 tokens of the three characters that figures take


async def test_status_fits_its_budget_however_long_file_and_names_are(tmp_path):
    path = tmp_path / "teams.csv"
    rows = "".join(f"{'<[long]>' * 20}{number}*,{'_team_' * 30}{number},{'CC' * 90},live\n" for number in range(900))
    path.write_text("key,team,cost_center,allowed_environments\n" + rows)
    desk = open_desk(load(source="demo", as_of=NOW, teams_file=path))
    async with Client(build_server(replace(desk, deadline_s=60))) as client:
        result = await client.call_tool("server_status", {})
    words, teams = result.content[0].text, result.structured_content["teams"]
    assert (teams["lines"], teams["idle_lines"], len(teams["listed_lines"])) == (900, 900, 20)
    assert len(words) <= 10_000


async def test_status_without_a_file_tells_where_teams_come_from():
    status = await server_status(a_desk())
    teams = status.teams
    assert (teams.file, teams.keys_by_file, teams.keys_by_inventory, teams.listed_lines) == ("", 0, 26, ())


def test_the_command_reads_the_file_that_the_variable_names(tmp_path):
    path = tmp_path / "teams.csv"
    path.write_text("key,team\n*,everybody\n")
    asked = ("usage", "--source", "demo", "--as-of", NOW, "--group-by", "team")
    done = command(*asked, EDGEDNS_TEAMS_FILE=str(path))
    assert "\neverybody|25|" in done.stdout
    path.write_text("key,owner\n")
    done = command(*asked, EDGEDNS_TEAMS_FILE=str(path))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(
        f"{path}, line 1: owner is no column that is known; begin the file with the line key,"
    )
