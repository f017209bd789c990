"""The teams file: what it may say, each sentence about what is wrong in it, and that a change is seen at once."""

import os
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from edgedns_mcp.domain.team_lines import TeamLine
from edgedns_mcp.errors import ConfigurationError, QuestionError
from edgedns_mcp.models import Cell, Key, UsageQuery
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.status import server_status
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.sources.mapped import MappedSource
from edgedns_mcp.sources.teams_file import TeamsFile, lines_of
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.keys import put_keys

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
HEAD = "begin the file with the line key,team,cost_center,allowed_environments, of which all but key may be left out."
TABLES = 'write the file as tables [[keys]], and below it key = "checkout*" and team = "payments".'
SAID = [
    TeamLine(2, "checkout*", "payments", "CC-410", ("live",)),
    TeamLine(3, "key_7f3a", "Risk, EMEA", "", ("live", "test")),
    TeamLine(4, "old-job", "", "CC-000"),
]
CSV = """key,team,cost_center,allowed_environments
checkout*,payments,CC-410,live
key_7f3a,"Risk, EMEA",,live staging
old-job,,CC-000,
"""
WRONG = {
    "": f": the file is empty; {HEAD}",
    "# nothing yet\n\n": f": the file is empty; {HEAD}",
    "key,owner\n": f", line 1: owner is no column that is known; {HEAD}",
    "\n# teams\nkey_id,team\n": f", line 3: key_id is no column that is known; {HEAD}",
    "key,edns_live_hunter2abcdefgh\n": f", line 1: this is no column that is known; {HEAD}",
    "root:x:0:0:hunter2,team\n": f", line 1: this is no column that is known; {HEAD}",
    "team,cost_center\n": f", line 1: the column key is missing; {HEAD}",
    "key,team,Team\n": f", line 1: the column team stands there twice; {HEAD}",
    "key,team\na,x\nb\n": (
        ", line 3: it has 1 cell, and line 1 has 2; separate all of them, also empty ones, "
        "and put a text that holds the separator between double quotes."
    ),
    "key,team\na,Risk, EMEA\n": (
        ", line 2: it has 3 cells, and line 1 has 2; separate all of them, also empty ones, "
        "and put a text that holds the separator between double quotes."
    ),
    'key,team\n"a\nb",x\n"c,y\n': ", line 4: it is not CSV; check its double quotes.",
    "key,team\n,x\n": ", line 2: key is empty; write a key_id, a name, or a pattern such as checkout*.",
    "key,team\na,x\nb,\n": ", line 3: it says nothing of its key; write for example checkout*,payments.",
    "key,team\na,x\n# b\nA,y\n": ", line 4: it has the key of line 2 again; keep one of the two.",
    "key,team\nedns_live_hunter2abcdefgh,x\n": (
        ", line 2: key looks like a secret; write its key_id, and rotate a secret that was shared."
    ),
    "key,team\na," + "x" * 201: ", line 2: team is not valid; write a text of at most 200 characters, in quotes.",
    "key,allowed_environments\na,prod\nb,moon\n": (
        ", line 3: allowed_environments is not valid; write live, test, or both, as in live test."
    ),
}
WRONG_TOML = {
    "[[keys]]\nkey = x\n": (
        ', line 2: this is not TOML; write key = value, each key once, a text in quotes, as in team = "payments".'
    ),
    "[[teams]]\nkey = 'a'\n": f", line 1: {TABLES}",
    "keys = 1\n": f", line 1: {TABLES}",
    "keys = [1]\n": f", line 1: {TABLES}",
    "[[keys]]\nteam = 'x'\nname = 'a'\n": (
        ", line 3: name is no key of [[keys]], which has key, team, cost_center, allowed_environments; "
        'write [[keys]], and below it key = "checkout*" and team = "payments".'
    ),
    "[[keys]]\nteam = 'x'\n": ", line 1: key is empty; write a key_id, a name, or a pattern such as checkout*.",
    "[[keys]]\nkey = ['a', 1]\nteam = 'x'\n": (
        ", line 2: key is not valid; write a text of at most 200 characters, in quotes."
    ),
    "[[keys]]\nkey = 'a'\nteam = 3\n": (
        ", line 3: team is not valid; write a text of at most 200 characters, in quotes."
    ),
    "[[keys]]\nkey = ['a', 'b']\nteam = 'x'\n\n[[keys]]\nteam = 'y'\nkey = 'B'": (
        ", line 7: it has the key of line 2 again; keep one of the two."
    ),
    "[[keys]]\nkey = 'a'\nallowed_environments = ['live', 3]\n": (
        ", line 3: allowed_environments is not valid; write live, test, or both, as in live test."
    ),
}


def written(path, text: str):
    path.write_text(text, encoding="utf-8")
    return path


def refused(path) -> str:
    with pytest.raises(ConfigurationError) as failure:
        lines_of(path)
    return str(failure.value)


@pytest.mark.parametrize(
    "text",
    [
        CSV,
        "\ufeff" + CSV.replace("\n", "\r\n"),
        CSV.replace(",", ";").replace("Risk; EMEA", "Risk, EMEA"),
        CSV.replace("key,team,cost_center", " Key ,TEAM,Cost Center"),
        CSV + "\n  \n# the end, of course\n",
    ],
)
def test_csv_of_any_editor_is_read(tmp_path, text):
    assert lines_of(written(tmp_path / "teams.csv", text)) == SAID


def test_toml_says_the_same_in_tables(tmp_path):
    text = """
[[keys]]
key = "checkout*"
team = "payments"
cost_center = "CC-410"
allowed_environments = "live"

[[keys]]
team = "Risk, EMEA"
key = ["key_7f3a", "key_91bc"]
allowed_environments = ["live", "test"]
"""
    found = lines_of(written(tmp_path / "teams.toml", text))
    assert [line._replace(number=0) for line in found] == [
        SAID[0]._replace(number=0),
        SAID[1]._replace(number=0),
        SAID[1]._replace(number=0, key="key_91bc"),
    ]
    assert [line.number for line in found] == [3, 10, 10]
    assert lines_of(written(tmp_path / "none.toml", "# nothing yet")) == []


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:30])
def test_what_is_wrong_in_a_csv_is_told_with_its_line_and_the_right_way(tmp_path, text):
    path = written(tmp_path / "teams.csv", text)
    assert refused(path) == f"{path}{WRONG[text]}"
    assert "hunter2" not in refused(path)


@pytest.mark.parametrize("text", WRONG_TOML, ids=lambda text: text[:30])
def test_what_is_wrong_in_a_toml_is_told_with_its_line_and_the_right_way(tmp_path, text):
    path = written(tmp_path / "teams.toml", text)
    assert refused(path) == f"{path}{WRONG_TOML[text]}"


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    for path in (tmp_path / "none.csv", tmp_path):
        assert refused(path) == f"The teams file {path} cannot be read; check its path and permissions."
    binary = tmp_path / "teams.csv"
    binary.write_bytes(b"\xff\xfe\x00")
    assert refused(binary) == f"{binary} is not UTF-8 text; save it as UTF-8."
    written(binary, "#" * 1_000_001)
    assert refused(binary) == f"{binary} has more than 1 MB; name keys by patterns, such as checkout*."


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


@pytest.fixture
def path(tmp_path):
    return written(tmp_path / "teams.csv", "key,team\nalpha,red\nbeta,blue\n")


@pytest.fixture
def desk(tmp_path, path):
    def fill(tx):
        account = accounts.made(tx, "local")
        put_keys(account, [Key(key_id=f"id_{name}", name=name, team="old") for name in ("alpha", "beta", "gamma")])
        start = at("2026-11-20T10:00")
        paths = (("alpha", 3), ("beta", 2), ("gamma", 1))
        cells.apply(
            account,
            [Cell(start, start + 3600, f"id_{name}", "/v1", "live", count, 0, start) for name, count in paths],
        )
        coverage.observe(account, "test", at("2026-11-01"), at("2026-11-22T12:00"))

    database = Database.open(tmp_path / "usage.db")
    database.write(fill)
    database.close()
    source = LocalSource(tmp_path / "usage.db", now=lambda: NOW, because="a test")
    return Desk(MappedSource(source, TeamsFile(path)), lambda: NOW, ZoneInfo("UTC"), 1, 60)


async def teams(desk, **query) -> dict[str, str]:
    return {row.name: row.team for row in (await usage_by_key(desk, UsageQuery(**query))).keys}


async def test_a_changed_file_is_seen_by_the_next_question_and_no_old_answer_is_given(desk, path):
    assert await teams(desk) == {"alpha": "red", "beta": "blue", "gamma": "old"}
    remembered = await usage_by_key(desk, UsageQuery())
    assert (await usage_by_key(desk, UsageQuery())).keys is remembered.keys
    written(path, "key,team\nalpha,green\n")
    assert await teams(desk) == {"alpha": "green", "beta": "old", "gamma": "old"}


async def test_a_file_of_the_same_size_is_another_one_by_its_time(desk, path):
    assert (await teams(desk))["alpha"] == "red"
    written(path, "key,team\nalpha,tan\nbeta,blue\n")
    os.utime(path, ns=(0, path.stat().st_mtime_ns + 1_000_000_000))
    assert (await teams(desk))["alpha"] == "tan"


async def test_a_broken_edit_is_told_until_it_is_mended_and_the_server_lives_on(desk, path):
    assert (await teams(desk))["alpha"] == "red"
    written(path, "key,team\nalpha,green\nbeta\n")
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="line 3: it has 1 cell, and line 1 has 2"):
            await teams(desk)
    status = await server_status(desk)
    assert status.teams.error.startswith(f"{path}, line 3: ")
    assert status.summary.endswith(f"Until the teams file is mended, no question is answered: {status.teams.error}")
    path.unlink()
    with pytest.raises(ConfigurationError, match="cannot be read"):
        await teams(desk)
    written(path, "key,team\nalpha,green\n")
    assert (await teams(desk))["alpha"] == "green"
    assert (await server_status(desk)).teams.error == ""


async def test_a_page_says_that_the_figures_moved_when_the_file_did(desk, path):
    first = await usage_by_key(desk, UsageQuery(team="old", limit=1))
    assert (first.totals.keys, first.next_cursor) == (1, "")
    written(path, "key,team\nalpha,red\n")
    first = await usage_by_key(desk, UsageQuery(team="old", limit=1))
    same = await usage_by_key(desk, UsageQuery(cursor=first.next_cursor, limit=1))
    assert ([row.name for row in same.keys], same.notes) == (
        ["gamma"],
        ("Shares and ranks are among the keys that match the filters.",),
    )
    written(path, "key,team\nbeta,blue\n")
    moved = await usage_by_key(desk, UsageQuery(cursor=first.next_cursor, limit=1))
    assert moved.notes[0].startswith("The figures moved since the first page")


async def test_filters_and_groups_go_by_the_file(desk):
    with pytest.raises(QuestionError, match="There is no team 'green'; the teams are blue, old, red"):
        await teams(desk, team="green")
    assert await teams(desk, team="RED") == {"alpha": "red"}
    groups = (await usage_by_key(desk, UsageQuery(group_by="team"))).groups
    assert [(row.name, row.request_count) for row in groups] == [("red", 3), ("blue", 2), ("old", 1)]


async def test_status_tells_which_line_matches_how_many_and_which_keys_are_on_no_record(desk, path):
    status = (await server_status(desk)).teams
    assert (status.file, status.lines, status.idle_lines) == (str(path), 2, 0)
    assert (status.keys_by_file, status.keys_by_inventory, status.keys_by_name, status.keys_unassigned) == (2, 1, 0, 0)
    written(path, "key,team,cost_center\nnobody,x,\n*a,,CC-1\nid_*,green,\nid_alpha,red,\n")
    status = (await server_status(desk)).teams
    assert [(one.line, one.key, one.team, one.cost_center, one.keys) for one in status.listed_lines] == [
        (2, "nobody", "x", "", 0),
        (4, "id_*", "green", "", 0),
        (3, "*a", "", "CC-1", 2),
        (5, "id_alpha", "red", "", 1),
    ]
    assert (status.keys_by_file, status.keys_by_inventory, status.idle_lines) == (1, 2, 2)


async def test_recording_and_acknowledging_pass_through(desk):
    assert await desk.source.record(timedelta(hours=1)) is None
    await desk.source.acknowledge("24eef3a034", NOW + timedelta(days=1))
    assert list(await desk.source.claim(["24eef3a034"], b"address")) == ["24eef3a034"]
    await desk.source.release(["24eef3a034"], b"address")
    assert list(await desk.source.claim(["24eef3a034"], b"address")) == ["24eef3a034"]
    assert "24eef3a034" in await desk.ask(lambda view: view.acknowledged())
    await desk.source.aclose()
