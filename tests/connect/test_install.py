"""Putting the server into a client's file and taking it out: right or refused, never damaged, undone to the byte."""

import json
import os
import pty
import stat
import subprocess
import sys
import tomllib
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
import typer
from faces import clean_environment, command
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.cli.connect.clients import CLIENTS
from edgedns_mcp.cli.connect.commands import install, uninstall
from edgedns_mcp.cli.connect.json_text import read, with_member, without_member
from edgedns_mcp.errors import ConfigurationError

SECRET = "edns_live_" + "Zq7Xw2Vb" * 4
THEIRS = "ghp_" + "s3cr3tOfAnother" * 2
JSON_SAMPLES = {
    "empty": "",
    "an empty object": "{}\n",
    "other things": '{"theme": "dark", "list": [1, 2.5, null, true, "\\u00e9"]}',
    "another server": '{\n  "TABLE": {\n    "github": {\n      "env": {"TOKEN": "THEIRS"}\n    }\n  }\n}\n',
    "tabs and comments": '{\n\t// mine\n\t"TABLE": {\n\t\t"github": {}, // keep\n\t\t/* and this */\n\t},\n}\n',
    "an empty table": '{\n    "TABLE": {\n    },\n    "a": {"b": []}\n}',
    "one line": '{"TABLE":{"github":{"command":"npx"}},"z":1}',
    "Windows' line ends": '{\r\n  "TABLE": {\r\n    "github": {}\r\n  }\r\n}\r\n',
    "a mark of the byte order": '\ufeff{\n  "TABLE": {}\n}\n',
}
TOML_SAMPLES = {
    "empty": "",
    "other things": 'model = "gpt-5"\n\n[profiles.fast]\nmodel = "mini"\n',
    "another server": '[mcp_servers.github]\ncommand = "npx"\n\n[mcp_servers.github.env]\nTOKEN = "THEIRS"\n',
    "comments": '# mine\n[mcp_servers.github] # keep\ncommand = "npx"\n# the end',
    "Windows' line ends": 'model = "gpt-5"\r\n',
}
SAMPLES = [
    pytest.param(name, text.replace("TABLE", client.table).replace("THEIRS", THEIRS), id=f"{name}-{sample}")
    for name, client in CLIENTS.items()
    for sample, text in (TOML_SAMPLES if client.is_toml else JSON_SAMPLES).items()
]
MALFORMED = ['{"mcpServers": ', "[1]", '{"mcpServers": 1}', "{'a': 1}", '{"a": 1} x', "[" * 100_000]


@pytest.fixture
def home(tmp_path, monkeypatch):
    for name in ("XDG_CONFIG_HOME", "APPDATA", "CODEX_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    return tmp_path


def place(name: str) -> Path:
    file = CLIENTS[name].file()
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


def add(name: str, **choices) -> None:
    """Install, as the command does once somebody has agreed."""
    with suppress(typer.Exit):  # where nothing is to be done
        install(name, yes=True, **choices)


def take_out(name: str) -> None:
    with suppress(typer.Exit):
        uninstall(name, yes=True)


def parsed(name: str, text: str):
    return tomllib.loads(text) if CLIENTS[name].is_toml else read(text).what


@pytest.mark.parametrize(("name", "text"), SAMPLES)
def test_the_server_is_added_beside_what_is_there_and_taken_out_to_the_byte(home, name, text):
    file, table = place(name), CLIENTS[name].table
    file.write_bytes(text.encode())
    add(name, source="demo")
    after, before = parsed(name, file.read_bytes().decode()), parsed(name, text)
    entry = after[table].pop("edgedns")
    assert Path(entry["command"]).is_absolute()
    assert entry["env"] == {"EDGEDNS_SOURCE": "demo"}
    assert {**before, table: before.get(table, {})} == after
    take_out(name)
    assert file.read_bytes() == text.encode()
    assert [found.name for found in file.parent.iterdir()] == [file.name]


@pytest.mark.parametrize("name", CLIENTS)
def test_a_file_that_was_not_there_is_gone_again(home, name):
    file = place(name)
    add(name)
    assert "edgedns" in parsed(name, file.read_text())[CLIENTS[name].table]
    take_out(name)
    assert not file.exists()


@pytest.mark.parametrize("name", CLIENTS)
def test_what_changed_since_stays_when_the_server_goes(home, name):
    file, client = place(name), CLIENTS[name]
    add(name)
    more = '\n[mcp_servers.new]\ncommand = "x"\n' if client.is_toml else ""
    text = file.read_text() + more
    file.write_text(text if client.is_toml else with_member(text, (client.table, "new"), {"command": "x"}))
    take_out(name)
    assert parsed(name, file.read_text()) == {client.table: {"new": {"command": "x"}}}


def test_installing_again_changes_nothing_and_another_choice_changes_the_entry(home, capsys):
    file = place("cursor")
    file.write_text("{}\n")
    add("cursor", source="demo")
    first = file.read_bytes()
    add("cursor", source="demo")
    assert "has this server already" in capsys.readouterr().out
    assert file.read_bytes() == first
    add("cursor", source="local")
    assert json.loads(file.read_text())["mcpServers"]["edgedns"]["env"] == {"EDGEDNS_SOURCE": "local"}
    take_out("cursor")
    assert file.read_text() == "{}\n"
    take_out("cursor")
    assert "does not have this server" in capsys.readouterr().out


def refused(change, file: Path, before: bytes) -> str:
    with pytest.raises(ConfigurationError) as caught:
        change()
    assert file.read_bytes() == before
    assert [found.name for found in file.parent.iterdir()] == [file.name]
    return str(caught.value)


@pytest.mark.parametrize("text", MALFORMED, ids=lambda text: text[:16])
def test_a_file_that_is_broken_stays_as_it_is(home, text):
    file = place("claude-desktop")
    file.write_text(text)
    for change in (add, take_out):
        sentence = refused(partial(change, "claude-desktop"), file, text.encode())
        assert "line 1: this is not JSON as the client writes it" in sentence


def test_a_toml_file_that_is_broken_or_written_another_way_stays_as_it_is(home):
    file = place("codex")
    for text, sentence in (
        ("model = \n", "line 1: this is not TOML"),
        ('mcp_servers = { edgedns = { command = "x" } }\n', "does not change safely"),
    ):
        file.write_text(text)
        assert sentence in refused(partial(add, "codex"), file, text.encode())


def test_a_read_only_file_and_one_that_is_no_text_stay_as_they_are(home):
    file = place("gemini")
    file.write_text("{}")
    file.chmod(0o444)
    assert "is read-only" in refused(partial(add, "gemini"), file, b"{}")
    file.chmod(0o644)
    file.write_bytes(b"\xff\xfe{}")
    assert "cannot be read as text" in refused(partial(add, "gemini"), file, b"\xff\xfe{}")


def test_a_client_that_is_not_there_is_told_and_nothing_is_made(home):
    with pytest.raises(ConfigurationError, match="Cursor does not seem to be installed"):
        add("cursor")
    assert list(home.iterdir()) == []


def test_where_nobody_can_be_asked_nothing_is_done_without_yes(home):
    done = command("install", "claude-code", HOME=str(home))
    assert (done.returncode, done.stderr.count("\n"), "add --yes" in done.stderr) == (2, 1, True)
    assert list(home.iterdir()) == []


def test_a_link_stays_a_link_and_the_file_keeps_its_permissions(home):
    real = home / "dotfiles.json"
    real.write_text("{}")
    real.chmod(0o640)
    place("gemini").symlink_to(real)
    add("gemini")
    assert place("gemini").is_symlink()
    assert (stat.S_IMODE(real.stat().st_mode), "edgedns" in real.read_text()) == (0o640, True)
    take_out("gemini")
    assert (stat.S_IMODE(real.stat().st_mode), real.read_text()) == (0o640, "{}")


@pytest.mark.parametrize("name", CLIENTS)
def test_print_prints_the_block_and_does_nothing(home, name, capsys):
    install(name, only_print=True, database=Path("usage.db"))
    entry = parsed(name, capsys.readouterr().out)[CLIENTS[name].table]["edgedns"]
    assert entry["env"] == {"EDGEDNS_DATABASE": str(Path.cwd() / "usage.db")}
    assert list(home.iterdir()) == []


def test_the_change_is_shown_and_nothing_else_of_the_file(home, capsys):
    file = place("cursor")
    file.write_text(json.dumps({"mcpServers": {"github": {"env": {"TOKEN": THEIRS}}}}, indent=2))
    add("cursor")
    shown = capsys.readouterr().out
    assert '+    "edgedns": {' in shown
    assert THEIRS not in shown


def answered(home, answers: dict[str, str], **settings: str) -> str:
    """Install at a terminal, as a person does who answers each question once it is asked."""
    ours, theirs = pty.openpty()
    program = [sys.executable, "-m", "edgedns_mcp", "install", "claude-code"]
    environment = clean_environment(HOME=str(home), TERM="dumb", **settings)
    said, open_questions = "", dict(answers)
    with subprocess.Popen(program, stdin=theirs, stdout=theirs, stderr=theirs, env=environment, start_new_session=True):
        os.close(theirs)
        while chunk := read_some(ours):
            said += chunk.decode()
            for question in [question for question in open_questions if question in said]:
                os.write(ours, f"{open_questions.pop(question)}\n".encode())
    os.close(ours)
    assert not open_questions
    return said


def read_some(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # how a terminal ends on Linux
        return b""


def test_a_key_that_is_typed_goes_into_a_file_of_its_own_and_is_not_shown(home):
    said = answered(home, {"EdgeDNS API key": SECRET, "claude.json?": "y"})
    kept = home / ".config" / "edgedns-mcp" / "api_key"
    assert (kept.read_text(), stat.S_IMODE(kept.stat().st_mode)) == (f"{SECRET}\n", 0o600)
    file = (home / ".claude.json").read_text()
    assert json.loads(file)["mcpServers"]["edgedns"]["env"] == {"EDGEDNS_API_KEY_FILE": str(kept)}
    assert SECRET not in file
    assert "Claude Code has edgedns now." in said


def test_a_key_of_the_environment_goes_there_too_and_a_no_changes_nothing(home):
    said = answered(home, {"claude.json?": "n"}, EDGEDNS_API_KEY=SECRET)
    assert SECRET not in said
    assert "Nothing was changed." in said
    assert not (home / ".claude.json").exists()


@pytest.mark.parametrize(
    ("system", "variables", "name", "expected"),
    [
        ("win32", {"APPDATA": "C:/Users/ann/AppData/Roaming"}, "claude-desktop", "C:/Users/ann/AppData/Roaming/Claude"),
        ("win32", {"APPDATA": "C:/Users/ann/AppData/Roaming"}, "vscode", "C:/Users/ann/AppData/Roaming/Code/User"),
        ("darwin", {}, "claude-desktop", "HOME/Library/Application Support/Claude"),
        ("linux", {}, "vscode", "HOME/.config/Code/User"),
        ("linux", {"XDG_CONFIG_HOME": "/x"}, "claude-desktop", "/x/Claude"),
        ("linux", {"CODEX_HOME": "/c"}, "codex", "/c"),
    ],
)
def test_each_system_has_its_places(home, monkeypatch, system, variables, name, expected):
    monkeypatch.setattr(sys, "platform", system)
    for variable, value in variables.items():
        monkeypatch.setenv(variable, value)
    assert CLIENTS[name].file().parent == Path(expected.replace("HOME", str(home)))


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.dictionaries(st.text(), VALUES, max_size=4), st.sampled_from([None, 1, 2, "\t"]), st.booleans())
def test_whatever_else_a_file_says_it_says_after_and_before(found, indent, has_table):
    if has_table:
        found["mcpServers"] = {"github": {"command": "npx"}}
    elif not isinstance(found.get("mcpServers", {}), dict):
        return
    text = json.dumps(found, indent=indent)
    after = with_member(text, ("mcpServers", "edgedns"), {"command": "x", "args": []})
    expected = {**found, "mcpServers": {**found.get("mcpServers", {}), "edgedns": {"command": "x", "args": []}}}
    assert json.loads(after) == expected
    assert json.loads(without_member(after, ("mcpServers", "edgedns"))) == {
        **found,
        "mcpServers": {name: one for name, one in found.get("mcpServers", {}).items() if name != "edgedns"},
    }
