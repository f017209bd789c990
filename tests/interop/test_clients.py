"""The assistants of the terminal read what docs/clients.md tells their users to write, start our server, and ask it."""

import json
import re
import shlex
import sys
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from assistants import ASSISTANTS, CLAUDE_CODE, CODEX, GEMINI, Assistant
from documents.clients import COMMAND, KEY_FILE, sections
from interop_clients import AS_OF, ENVS, ROOT, SECRET, Far, run, server_command
from streaming import streaming_model

pytestmark = pytest.mark.interop

README, REMOTE, DOCUMENT = (
    (ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/remote.md", "docs/clients.md")
)
FIRST, FIRST_ANSWER = re.search(r"> \*\*(.*used the most this month\?)\*\*\n> (.*)", README).groups()
README_BLOCK = json.loads(re.search(r"```json\n(\{\"mcpServers\".*?)\n```", README)[1])
ADDING = re.findall(r"`claude (mcp add .*?)`", README + DOCUMENT + REMOTE)
ADDRESS = "https://mcp.example.com/mcp"
GEMINI_FAR = re.search(r"`(\{.*?\"httpUrl\".*?)`", REMOTE)[1]

GONE = "/gone/edgedns-mcp"
SHELL = {"EDGEDNS_API_KEY": SECRET, "EDGEDNS_CURRENCY": "CHF"}  # what its user has set
LOOPBACK = 'model_providers.x={name="x",base_url="URL/v1",wire_api="responses",env_key="X_KEY"}'
ONCE = ["exec", "--skip-git-repo-check", "--ephemeral", "-m", "scripted", "-c", "model_provider=x"]
MAKERS: Mapping[str, Callable[[str], dict[str, str]]] = {
    "claude-code": lambda url: {
        "ANTHROPIC_BASE_URL": url,
        "ANTHROPIC_API_KEY": "none",
        "ENABLE_TOOL_SEARCH": "false",  # which offers tools by name alone until the model looks one up
    },
    "gemini": lambda url: {"GOOGLE_GEMINI_BASE_URL": url, "GEMINI_API_KEY": "none"},
    "codex": lambda _: {"X_KEY": "none"},
}


def block_of(assistant: Assistant, command: str = server_command()[0]) -> str:
    """Give the block of the document with this command, and the demo in the place of the API key."""
    block = sections()[assistant.name].block.replace(COMMAND, command)
    return block.replace("EDGEDNS_API_KEY_FILE", "EDGEDNS_SOURCE").replace(KEY_FILE, "demo")


def said(assistant: Assistant, home: Path, *words: str, **settings: str) -> str:
    done = assistant.says(home, *words, **settings)
    return done.stdout + done.stderr


def test_claude_code_starts_the_server_of_its_block_and_tells_entries_that_are_wrong(tmp_path):
    CLAUDE_CODE.given(tmp_path, json.dumps(right_and_wrong(CLAUDE_CODE)))
    listed = said(CLAUDE_CODE, tmp_path, "mcp", "list")
    assert f"edgedns: {server_command()[0]}  - ✔ Connected" in listed
    assert f"gone: {GONE}  - ✘ Failed to connect — ENOENT" in listed
    assert 'invalid MCP server config for "misspelt": command: expected string, received undefined' in listed


def test_gemini_starts_the_server_of_its_block_and_tells_entries_that_are_wrong(guarded, tmp_path):
    blocks = right_and_wrong(GEMINI)
    far = json.loads(GEMINI_FAR.replace(ADDRESS, guarded.url).replace("…", guarded.token))
    blocks["mcpServers"]["far"] = far["mcpServers"]["edgedns"]
    GEMINI.given(tmp_path, json.dumps(blocks))
    listed = said(GEMINI, tmp_path, "mcp", "list")
    assert f"✓ edgedns: {server_command()[0]}  (stdio) - Connected" in listed
    assert f"✓ far: {guarded.url} (http) - Connected" in listed
    assert f"✗ gone: {GONE}  (stdio) - Disconnected" in listed
    assert "Error in: mcpServers.misspelt\n    Unrecognized key(s) in object: 'comand'" in listed


def right_and_wrong(assistant: Assistant) -> dict[str, Any]:
    """Give its block with two more entries: one whose command is not there, and one that misspells a key."""
    block = json.loads(block_of(assistant))
    entry = block["mcpServers"]["edgedns"]
    block["mcpServers"] |= {
        "gone": entry | {"command": GONE},
        "misspelt": {"comand" if name == "command" else name: value for name, value in entry.items()},
    }
    return block


def test_codex_understands_its_block_and_tells_a_block_that_is_wrong(tmp_path):
    CODEX.given(tmp_path, block_of(CODEX))
    transport = json.loads(CODEX.says(tmp_path, "mcp", "get", "edgedns", "--json").stdout)["transport"]
    assert {name: transport[name] for name in ("type", "command", "args", "env")} == {
        "type": "stdio",
        **tomllib.loads(block_of(CODEX))["mcp_servers"]["edgedns"],
    }
    required = block_of(CODEX, GONE).replace("args", "required = true\nargs")
    for block, words, expected in (
        (required, [*ONCE, FIRST], "required MCP servers failed to initialize: edgedns: No such file"),
        (block_of(CODEX).replace("command", "comand"), ["mcp", "list"], "invalid transport"),
        (block_of(CODEX).replace("mcp_servers", "mcpServers"), ["mcp", "list"], "No MCP servers configured"),
    ):
        CODEX.given(tmp_path, block)
        assert expected in said(CODEX, tmp_path, *words, "-c", LOOPBACK)


def test_gemini_starts_no_server_in_a_folder_that_it_does_not_trust(tmp_path):
    GEMINI.given(tmp_path, block_of(GEMINI))
    assert "(stdio) - Disabled" in said(GEMINI, tmp_path, "mcp", "list", GEMINI_CLI_TRUST_WORKSPACE="")


@pytest.mark.parametrize("words", ADDING)
def test_a_command_that_adds_the_server_to_claude_code_is_taken_and_connects(words, url, guarded, tmp_path):
    far = guarded if "Bearer" in words else Far(url, "")
    words = words.replace("EDGEDNS_API_KEY_FILE=" + KEY_FILE, "EDGEDNS_SOURCE=demo")
    words = words.replace("EDGEDNS_API_KEY=…", "EDGEDNS_SOURCE=demo").replace(ADDRESS, far.url).replace("…", far.token)
    words = re.sub(r"-- \S*edgedns-mcp", f"-- {server_command()[0]}", words)
    assert "Added" in said(CLAUDE_CODE, tmp_path, *shlex.split(words))
    assert "✔ Connected" in said(CLAUDE_CODE, tmp_path, "mcp", "get", "edgedns")


class Asked(NamedTuple):
    """What an assistant printed, what its model was told, and which settings of the shell the server was given."""

    printed: str
    told: list[str]
    given: set[str]


@pytest.fixture(scope="session")
def installed(built: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Install the built wheel into an empty environment, and give the command."""
    folder = tmp_path_factory.mktemp("installed")
    run(["sh", ROOT / "scripts/interop_envs.sh", sys.executable, "packages"], timeout=600)
    uv = ENVS / "packages/bin/uv"
    run([uv, "venv", "-q", folder / "venv"])
    run([uv, "pip", "install", "-q", "--python", folder / "venv", built["whl"]], timeout=600)
    return folder / "venv/bin/edgedns-mcp"


@pytest.fixture(scope="module", params=ASSISTANTS, ids=str)
def asked(request, installed, tmp_path_factory) -> Asked:
    """Ask the first question of the README, by a command that notes what it is given."""
    assistant, home = request.param, tmp_path_factory.mktemp("asked")
    noting = home / "edgedns-mcp"
    noting.write_text(f'#!/bin/sh\nenv >"{home}/given"\nexec "{installed}" "$@"\n')
    noting.chmod(0o755)
    with streaming_model() as model:
        words = asking(assistant, home, str(noting), model.url)
        done = assistant.says(home, *words, **MAKERS[assistant.name](model.url), **SHELL)
    given = (home / "given").read_text()
    return Asked(done.stdout, model.told, {name for name, value in SHELL.items() if f"{name}={value}\n" in given})


def asking(assistant: Assistant, home: Path, command: str, model: str) -> list[Any]:
    """Put the block into its file, Codex's own or that of the README, and give the words that ask."""
    if assistant is CODEX:
        CODEX.given(home, f'{block_of(CODEX, command)}\nEDGEDNS_AS_OF = "{AS_OF}"\n')
        return [*ONCE, "-c", LOOPBACK.replace("URL", model), "-c", "mcp_servers.edgedns.required=true", FIRST]
    settings = {"EDGEDNS_SOURCE": "demo", "EDGEDNS_AS_OF": AS_OF}
    block = {"mcpServers": {"edgedns": README_BLOCK["mcpServers"]["edgedns"] | {"command": command, "env": settings}}}
    if assistant is CLAUDE_CODE:
        (home / "block.json").write_text(json.dumps(block))
        return ["-p", FIRST, "--mcp-config", home / "block.json", "--allowedTools", "mcp__edgedns"]
    GEMINI.given(home, json.dumps(block | {"security": {"auth": {"selectedType": "gemini-api-key"}}}))
    return ["-m", "gemini-2.5-flash", "-p", FIRST, "--allowed-tools", "mcp_edgedns_usage_by_key"]


def test_asked_the_first_question_of_the_readme_it_prints_the_first_answer(asked):
    assert asked.printed == f"DEMO: {FIRST_ANSWER}\n"


def test_its_model_sees_what_the_document_says(asked, request):
    name = request.node.callspec.params["asked"].name
    (told,) = asked.told
    assert ('"summary"' in told, "name|key_id|" in told) == ((True, False) if name != "gemini" else (False, True))


def test_as_many_settings_of_the_shell_reach_the_server_as_the_document_says(asked, request):
    name = request.node.callspec.params["asked"].name
    reach = {"claude-code": {*SHELL}, "gemini": {*SHELL} - {"EDGEDNS_API_KEY"}, "codex": set()}
    assert asked.given == reach[name]
