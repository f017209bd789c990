"""The server as clients start it: one process, JSON-RPC on standard output and nothing else."""

import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest
from faces import NOW, clean_environment, command
from mcp import Client, StdioServerParameters, stdio_client

CLIENT = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
SECRET = "edns_live_" + "Q7" * 16


def conversation(*calls: tuple[str, dict], **settings: str):
    """Talk to a fresh server by hand; give its replies, every line of its output parsed, and its log."""
    requests = [{"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": CLIENT}]
    requests += [{"jsonrpc": "2.0", "method": "notifications/initialized"}]
    requests += [
        {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        for number, (method, params) in enumerate(calls, 1)
    ]
    with subprocess.Popen(
        [sys.executable, "-m", "edgedns_mcp"],
        env=clean_environment(**settings),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as server:
        replies = {}
        for request in requests:
            server.stdin.write(json.dumps(request) + "\n")
            server.stdin.flush()
            while "id" in request and request["id"] not in replies:
                reply = json.loads(server.stdout.readline())
                assert reply["jsonrpc"] == "2.0"
                replies[reply.get("id")] = reply
        rest, log = server.communicate(timeout=30)
    assert rest == ""
    assert server.returncode == 0
    return [replies[number] for number in range(1, len(calls) + 1)], log


def call(tool: str, **arguments) -> tuple[str, dict]:
    return "tools/call", {"name": tool, "arguments": arguments}


@pytest.fixture
def locked_database(tmp_path):
    path = tmp_path / "usage.db"
    assert command("import", str(a_log(tmp_path)), "--database", str(path)).returncode == 0
    with closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        other.execute("BEGIN EXCLUSIVE")
        yield path


def a_log(folder):
    path = folder / "access.log"
    path.write_text('10.0.0.1 - alice [20/Nov/2026:10:00:00 +0000] "GET /v1/dns HTTP/1.1" 200 5 "-" "-"\n')
    return path


@pytest.mark.parametrize("era", ["auto", "legacy"])
async def test_a_real_client_gets_the_answer_of_the_command(era):
    server = StdioServerParameters(
        command=sys.executable,
        args=["-m", "edgedns_mcp"],
        env=clean_environment(EDGEDNS_SOURCE="demo", EDGEDNS_AS_OF=NOW),
    )
    async with Client(stdio_client(server), mode=era) as client:
        result = await client.call_tool("usage_by_key", {"limit": 4})
    told = command("usage", "--source", "demo", "--as-of", NOW, "--limit", "4", "--json")
    assert result.structured_content == json.loads(told.stdout)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"EDGEDNS_TIMEZONE": "Mars/Olympus"}, "EDGEDNS_TIMEZONE is not valid; set it to an IANA name"),
        (
            {"EDGEDNS_SOURCE": "cloud"},
            "EDGEDNS_SOURCE is not valid; set it to auto, edgedns, local, demo or clickhouse.",
        ),
        ({"EDGEDNS_SOURCE": "edgedns"}, "No EdgeDNS API key is configured"),
        ({"EDGEDNS_API_KEY": "two words"}, "EDGEDNS_API_KEY holds no usable API key"),
        ({"EDGEDNS_API_KEY_FILE": "/nonexistent/key"}, "The file named in EDGEDNS_API_KEY_FILE cannot be read"),
        ({"EDGEDNS_SOURCE": "local", "EDGEDNS_DATABASE": "/nonexistent/usage.db"}, "There is no database at"),
        ({"EDGEDNS_CONFIG": "/nonexistent/edgedns.toml"}, "The file named in EDGEDNS_CONFIG cannot be read"),
    ],
)
def test_a_wrong_setting_is_told_in_every_answer(settings, words):
    (listed, answer, status), log = conversation(
        ("tools/list", {}), call("usage_by_key"), call("server_status"), **settings
    )
    assert "usage_by_key" in [tool["name"] for tool in listed["result"]["tools"]]
    assert [one["result"]["isError"] for one in (answer, status)] == [True, True]
    assert answer["result"]["content"][0]["text"].startswith(words)
    assert "Traceback" not in log


def test_a_locked_database_is_told_in_a_sentence(locked_database):
    settings = {"EDGEDNS_SOURCE": "local", "EDGEDNS_DATABASE": str(locked_database)}
    (answer,), log = conversation(call("usage_by_key", period="2026-11"), **settings)
    assert answer["result"]["isError"]
    assert "is locked by another process" in answer["result"]["content"][0]["text"]
    assert "Traceback" not in log


def test_a_database_of_another_kind_is_refused(tmp_path):
    path = tmp_path / "usage.db"
    path.write_text("not a database, but long enough to be read as one " * 40)
    (answer,), _ = conversation(call("usage_by_key"), EDGEDNS_SOURCE="local", EDGEDNS_DATABASE=str(path))
    assert "is not a readable SQLite database" in answer["result"]["content"][0]["text"]


def test_garbage_on_standard_input_does_not_stop_the_server():
    with subprocess.Popen(
        [sys.executable, "-m", "edgedns_mcp"],
        env=clean_environment(EDGEDNS_SOURCE="demo"),
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    ) as server:
        server.stdin.write("this is not JSON\n{}\n[1, 2]\n")
        server.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 7, "method": "initialize", "params": CLIENT}) + "\n")
        server.stdin.flush()
        replies = []
        while not any(reply.get("id") == 7 for reply in replies):
            replies.append(json.loads(server.stdout.readline()))
        server.communicate(timeout=30)


@pytest.mark.parametrize("level", ["WARNING", "DEBUG"])
def test_a_secret_reaches_no_output(tmp_path, level):
    settings = {
        "EDGEDNS_API_KEY": SECRET,
        "EDGEDNS_BASE_URL": "http://127.0.0.1:9",
        "EDGEDNS_DATABASE": str(tmp_path / "usage.db"),
        "EDGEDNS_LOG_LEVEL": level,
    }
    replies, log = conversation(
        call("usage_by_key"), call("key_details", key=SECRET), call("server_status"), **settings
    )
    assert replies[0]["result"]["isError"]
    assert SECRET not in json.dumps(replies) + log
    assert all(SECRET.encode() not in path.read_bytes() for path in tmp_path.iterdir())


def test_the_end_of_input_ends_the_server():
    done = subprocess.run(
        [sys.executable, "-m", "edgedns_mcp"],
        env=clean_environment(EDGEDNS_SOURCE="demo"),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=30,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
