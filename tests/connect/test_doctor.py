"""What `doctor` finds: nothing where all is well, and each trouble with its cure."""

import json
import sys
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import anyio.to_thread
import pytest
from faces import command
from fake_edgedns import failure, fake_edgedns, ok

from edgedns_mcp.cli.connect.commands import install
from edgedns_mcp.cli.doctor.machine import served
from edgedns_mcp.store.database import Database

KEY = "edns_live_" + "Zq7Xw2Vb" * 4
SERVED = ("ok", "warn")  # a busy machine may start a server too late for some clients
CHATTY = "print('hello'); import edgedns_mcp.__main__ as m; m.main()"


@pytest.fixture
def home(tmp_path, monkeypatch):
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


async def examined(home, **settings: str):
    """Run the command, and give its checks by what was looked at, and its exit code."""

    def run():
        return command("doctor", "--json", HOME=str(home), **settings)

    done = await anyio.to_thread.run_sync(run)
    assert KEY not in done.stdout + done.stderr
    return {one["what"]: one for one in json.loads(done.stdout)}, done.returncode


def at(moment: datetime) -> dict[str, str]:
    return {"Date": format_datetime(moment.astimezone(UTC), usegmt=True)}


async def test_where_all_is_well_every_check_says_so(home):
    (home / ".cursor").mkdir()
    install("cursor", yes=True, source="demo")
    key, database = home / "api_key", home / "usage.db"
    key.write_text(KEY)
    key.chmod(0o600)
    Database.open(database).close()
    async with fake_edgedns(ok(**at(datetime.now(UTC)))) as upstream:
        settings = {"BASE_URL": upstream.url, "API_KEY_FILE": str(key), "DATABASE": str(database)}
        found, code = await examined(home, **{f"EDGEDNS_{name}": value for name, value in settings.items()})
    assert found.pop("Server")["state"] in SERVED
    assert {what: one["state"] for what, one in found.items()} == dict.fromkeys(
        ["Python", "edgedns-mcp", "SQLite", "Settings", "Database", "API key", "Clock", "Cursor"], "ok"
    )
    assert found["API key"]["found"] == "EdgeDNS answers it, with 2 active keys"
    assert (code, len(upstream.requests)) == (0, 1)


@pytest.mark.parametrize(("away_s", "state"), [(29, "ok"), (120, "warn"), (-3600, "fail")])
async def test_a_clock_that_is_wrong_is_told(home, away_s, state):
    async with fake_edgedns(ok(**at(datetime.now(UTC) + timedelta(seconds=away_s)))) as upstream:
        found, code = await examined(home, EDGEDNS_BASE_URL=upstream.url, EDGEDNS_API_KEY=KEY)
    assert (found["Clock"]["state"], code) == (state, int(state == "fail"))


async def test_a_key_that_is_refused_is_told_and_the_rest_is_looked_at(home):
    async with fake_edgedns(failure(401, "INVALID_API_KEY")) as upstream:
        found, code = await examined(home, EDGEDNS_BASE_URL=upstream.url, EDGEDNS_API_KEY=KEY)
    assert found["API key"]["state"] == "fail"
    assert found["API key"]["found"].startswith("EdgeDNS does not know this API key")
    assert (found["Server"]["state"] in SERVED, code) == (True, 1)


async def test_a_wrong_setting_a_damaged_database_and_a_client_that_starts_nothing_are_told(home):
    (home / ".claude.json").write_text('{"mcpServers": {"edgedns": {"command": "/gone/edgedns-mcp"}}}')
    (home / ".gemini").mkdir()
    (home / ".gemini" / "settings.json").write_text("{")
    found, code = await examined(home, EDGEDNS_TIMEZONE="Mars/Olympus")
    assert found["Settings"]["found"].startswith("EDGEDNS_TIMEZONE is not valid")
    assert found["Claude Code"]["fix"] == "Run: edgedns-mcp install claude-code"
    assert "line 1: this is not JSON" in found["Gemini CLI"]["found"]
    assert ({found[what]["state"] for what in ("Settings", "Claude Code", "Gemini CLI")}, code) == ({"fail"}, 1)
    broken = home / "usage.db"
    broken.write_bytes(b"SQLite format 3\0" + b"\xff" * 8192)
    found, _ = await examined(home, EDGEDNS_DATABASE=str(broken))
    assert (found["Database"]["state"], str(broken) in found["Database"]["found"]) == ("fail", True)


async def test_what_is_not_there_yet_is_no_failure(home):
    found, code = await examined(home)
    states = {what: one["state"] for what, one in found.items()}
    assert (states["Database"], states["API key"], states["Clients"], code) == ("warn", "warn", "warn", 0)
    assert not (home / ".local").exists()


def test_a_server_that_chatters_on_standard_output_or_does_not_answer_is_found_out():
    (chatty,) = served([sys.executable, "-c", CHATTY])
    assert (chatty.state, chatty.found) == ("fail", "writes something else than messages on standard output")
    (silent,) = served([sys.executable, "-c", "import sys; sys.exit('no disk left')"])
    assert (silent.state, silent.fix) == ("fail", "Run: edgedns-mcp serve; it says: no disk left")
