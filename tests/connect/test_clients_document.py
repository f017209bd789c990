"""docs/clients.md says of each client what `install` does: the same block, to the letter, in the same file."""

import json
import sys

import pytest
from documents.clients import COMMAND, KEY_FILE, TEXT, sections
from pages import ROOT

from edgedns_mcp.cli.connect.clients import CLIENTS
from edgedns_mcp.cli.connect.commands import command, install

SECTIONS = sections()
PINS = ROOT / "tests" / "interop" / "envs"


@pytest.mark.parametrize("name", CLIENTS)
def test_the_block_is_the_one_that_install_prints(name, tmp_path, capsys):
    key = tmp_path / "api_key"
    key.touch()
    install(name, only_print=True, api_key_file=key)
    program, *more = command()
    assert more == []
    printed = capsys.readouterr().out.rstrip()
    assert printed.replace(program, COMMAND).replace(str(key), KEY_FILE) == SECTIONS[name].block


@pytest.mark.parametrize("name", CLIENTS)
@pytest.mark.parametrize("system", ["darwin", "win32", "linux"])
def test_the_file_is_the_one_that_install_changes(name, system, tmp_path, monkeypatch):
    for variable in ("XDG_CONFIG_HOME", "CODEX_HOME"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("APPDATA", "%APPDATA%")
    monkeypatch.setattr(sys, "platform", system)
    said = SECTIONS[name].places[system].replace("\\", "/").replace("~", str(tmp_path))
    assert said == CLIENTS[name].file().as_posix()


@pytest.mark.parametrize("program", ["claude-code", "gemini-cli", "codex", "inspector"])
def test_the_versions_are_those_that_are_driven(program):
    pins = [json.loads((PINS / f"{name}.json").read_text())["dependencies"] for name in ("assistants", "node")]
    (version,) = (one for pinned in pins for name, one in pinned.items() if name.endswith(f"/{program}"))
    assert f" {version}" in TEXT.partition("## What was driven")[2]
