"""Who asked what, as lines of JSON: names and windows, never a secret, readable by its owner alone."""

import json
import os
import stat

import pytest

from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.server.remote.audit import to_a_file

SECRET = "edns_live_" + "Zq7Xw2Vb" * 4
FOREIGN = "sk_proj_" + "a1B2c3D4" * 5


@pytest.fixture
def log(tmp_path):
    return tmp_path / "audit.jsonl"


def lines_of(log):
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def test_each_question_is_a_line_and_a_handshake_is_none(log, running):
    with running(audit_log=log) as server:
        server.post({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})
        server.ask("usage_by_key", period="7d", limit=2)
        server.ask("usage_by_key", period="nonsense")
        read = {"uri": "edgedns://usage/by-key/30d"}
        server.post({"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": read})
    asked = [(line["method"], line["subject"], line["arguments"], line["outcome"]) for line in lines_of(log)]
    assert asked == [
        ("tools/call", "usage_by_key", {"period": "7d", "limit": 2}, "answered"),
        ("tools/call", "usage_by_key", {"period": "nonsense"}, "failed"),
        ("resources/read", "edgedns://usage/by-key/30d", {}, "answered"),
    ]
    assert {(line["caller"], line["tenant"]) for line in lines_of(log)} == {("anybody", "")}


def test_a_question_that_is_refused_is_a_line_too(log, running):
    with running(audit_log=log, rate_limit=1) as server:
        for _ in range(2):
            server.ask("server_status")
    assert [line["outcome"] for line in lines_of(log)] == ["answered", "refused"]


def test_the_line_has_the_id_that_the_answer_has(log, running):
    with running(audit_log=log) as server:
        answer = server.ask("server_status")
    assert [line["request_id"] for line in lines_of(log)] == [answer.headers["x-request-id"]]


@pytest.mark.parametrize("secret", [SECRET, FOREIGN])
@pytest.mark.parametrize("place", ["argument", "name of an argument", "tool", "uri"])
def test_no_secret_is_written_wherever_it_was_put(log, capfd, secret, place, running):
    with running(audit_log=log) as server:
        match place:
            case "argument":
                server.ask("key_details", key=f"is {secret} ours?")
            case "name of an argument":
                server.ask("usage_by_key", **{secret: "7d"})
            case "tool":
                server.ask(secret)
            case _:
                params = {"uri": f"edgedns://keys/{secret}"}
                server.post({"jsonrpc": "2.0", "id": 1, "method": "resources/read", "params": params})
    assert len(lines_of(log)) == 1
    assert secret not in log.read_text(encoding="utf-8")
    assert secret not in "".join(capfd.readouterr())


def test_a_hostile_name_is_one_inert_line(log, running):
    with running(audit_log=log) as server:
        server.ask("key_details", key='\x1b[2J\n{"outcome": "answered"}\u202e')
    (line,) = lines_of(log)
    assert line["arguments"] == {"key": '[2J {"outcome": "answered"}'}
    assert log.read_bytes().count(b"\n") == 1
    assert b"\x1b" not in log.read_bytes()


@pytest.mark.skipif(os.name != "posix", reason="the file system has no such permissions")
def test_its_owner_alone_may_read_it(log):
    to_a_file(log)
    assert stat.S_IMODE(log.stat().st_mode) == 0o600


def test_a_file_that_cannot_be_written_is_told_before_anything_is_served(tmp_path):
    with pytest.raises(ConfigurationError, match="check EDGEDNS_HTTP_AUDIT_LOG and its permissions"):
        to_a_file(tmp_path)
