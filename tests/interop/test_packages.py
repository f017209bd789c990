"""What is handed out installs into an empty place, starts there, and answers; what describes it is valid."""

import json
import os
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from assistants import CLAUDE_CODE, GEMINI
from interop_clients import AS_OF, ENVS, ROOT, clean, node, run

from edgedns_mcp import __version__

pytestmark = pytest.mark.interop

BIN = ENVS / "packages/bin"
README = (ROOT / "README.md").read_text(encoding="utf-8")
SERVER = ROOT / "server.json"
MANIFEST = ROOT / "packaging/mcpb/manifest.json"
PLUGIN = ROOT / "packaging/claude-plugin"
EXTENSION = ROOT / "packaging/gemini-extension"
INSPECTOR = [ENVS / "node24/bin/node", ENVS / "node/node_modules/.bin/mcp-inspector", "--cli"]
FIRST_ANSWER = re.search(r"used the most this month\?\*\*\n> (.*)", README)[1]


@pytest.fixture(scope="module", autouse=True)
def tools() -> None:
    node()
    run(["sh", ROOT / "scripts/interop_envs.sh", sys.executable, "packages"], timeout=600)


def empty(home: Path) -> dict[str, str]:
    """Give the environment of somebody who has nothing but a way to the registry."""
    way = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_", "SSL_", "HTTPS_"))}
    return clean(home) | way


def by_pip(package: Path, home: Path) -> list[str]:
    run([sys.executable, "-m", "venv", home / "venv"])
    run([home / "venv/bin/python", "-m", "pip", "install", "-q", "--disable-pip-version-check", package], timeout=600)
    return [str(home / "venv/bin/edgedns-mcp")]


def by_lock(package: Path, home: Path) -> list[str]:
    """Install it with the very files that are pinned, and no others."""
    run([BIN / "uv", "venv", "-q", "--python", sys.executable, home / "venv"])
    install = [BIN / "uv", "pip", "install", "-q", "--python", home / "venv"]
    run([*install, "--require-hashes", "-r", ROOT / "requirements.lock"], timeout=600)
    run([*install, "--no-deps", package], timeout=600)
    return [str(home / "venv/bin/edgedns-mcp")]


def by_uvx(package: Path, home: Path) -> list[str]:
    del home
    return [str(BIN / "uv"), "tool", "run", "--python", sys.executable, "--from", str(package), "edgedns-mcp"]


def by_pipx(package: Path, home: Path) -> list[str]:
    env = empty(home) | {"PIPX_HOME": str(home / "pipx"), "PIPX_BIN_DIR": str(home / "bin")}
    run([BIN / "pipx", "install", "--python", sys.executable, package], env=env, timeout=600)
    return [str(home / "bin/edgedns-mcp")]


def by_bundle(package: Path, home: Path) -> list[str]:
    """Unpack the bundle of a desktop client and start what its manifest says."""
    del package
    run(["sh", ROOT / "scripts/bundle.sh"], timeout=120)
    with zipfile.ZipFile(ROOT / "dist/edgedns-mcp.mcpb") as bundle:
        bundle.extractall(home / "bundle")
    config = json.loads((home / "bundle/manifest.json").read_text())["server"]["mcp_config"]
    arguments = [one.replace("${__dirname}", str(home / "bundle")) for one in config["args"]]
    return [str(BIN / config["command"]), *arguments]


@pytest.mark.parametrize(
    ("install", "kind"),
    [(by_pip, "whl"), (by_lock, "whl"), (by_uvx, "whl"), (by_pipx, "gz"), (by_bundle, "whl")],
    ids=["pip", "lock", "uvx", "pipx", "bundle"],
)
def test_installed_into_an_empty_place_it_answers_the_first_question_of_the_readme(
    install: Callable[[Path, Path], list[str]], kind: str, built: dict[str, Path], tmp_path: Path
) -> None:
    command, *arguments = install(built[kind], tmp_path)
    block = json.loads(re.search(r"```json\n(\{\"mcpServers\".*?)\n```", README)[1])
    server = block["mcpServers"]["edgedns"]
    assert server.pop("command") == "edgedns-mcp"
    block["mcpServers"]["edgedns"] = {
        **server,
        "command": command,
        "args": arguments,
        "env": {**empty(tmp_path), "EDGEDNS_SOURCE": "demo", "EDGEDNS_AS_OF": AS_OF},
    }
    config = tmp_path / "client.json"
    config.write_text(json.dumps(block))
    called = ["--method", "tools/call", "--tool-name", "usage_by_key", "--format", "json", "-q"]
    done = run([*INSPECTOR, "--config", config, "--server", "edgedns", *called], env=clean(tmp_path), timeout=300)
    assert json.loads(done.stdout)["result"]["structuredContent"]["summary"] == f"DEMO: {FIRST_ANSWER}"


def test_every_description_has_the_version_and_the_tools_of_the_package(listed: list[Any]) -> None:
    server, manifest = (json.loads(path.read_text()) for path in (SERVER, MANIFEST))
    plugin = json.loads((PLUGIN / ".claude-plugin/plugin.json").read_text())
    extension = json.loads((EXTENSION / "gemini-extension.json").read_text())
    described = (server, server["packages"][0], manifest, plugin, extension)
    assert [one["version"] for one in described] == [__version__] * 5
    assert [tool["name"] for tool in manifest["tools"]] == [tool.name for tool in listed]
    for guide in (PLUGIN / "skills/api-key-usage/SKILL.md", EXTENSION / extension["contextFileName"]):
        assert {tool.name for tool in listed} <= {*re.findall(r"`(\w+)`", guide.read_text())}
    assert f"<!-- mcp-name: {server['name']} -->" in README


def code_of(*command: Any) -> int:
    return subprocess.run(command, capture_output=True, check=False).returncode


def registry(path: Path) -> int:
    (schema,) = (ENVS / "packages/lib").glob(
        "*/site-packages/skillsaw/schemas/mcp_registry/v2025_12_11/server.schema.json"
    )
    return code_of(BIN / "check-jsonschema", "--schemafile", schema, path)


def bundled(path: Path) -> int:
    cli = ENVS / "node/node_modules/@anthropic-ai/mcpb/dist/cli/cli.js"
    return code_of(ENVS / "node24/bin/node", cli, "validate", path)


@pytest.mark.parametrize(
    ("check", "path", "needed"), [(registry, SERVER, "description"), (bundled, MANIFEST, "server")]
)
def test_a_description_is_valid_and_one_that_lacks_something_is_not(
    check: Callable[[Path], int], path: Path, needed: str, tmp_path: Path
) -> None:
    assert check(path) == 0
    lacking = json.loads(path.read_text())
    del lacking[needed]
    (tmp_path / path.name).write_text(json.dumps(lacking))
    assert check(tmp_path / path.name) != 0


def test_the_plugin_is_clean_and_one_without_a_name_is_not(tmp_path: Path) -> None:
    copytree(PLUGIN, tmp_path / "plugin")
    manifest = tmp_path / "plugin/.claude-plugin/plugin.json"
    manifest.write_text(manifest.read_text().replace('"name": "edgedns-usage",', ""))
    for folder, expected in ((PLUGIN, 0), (tmp_path / "plugin", 1)):
        assert code_of(BIN / "skillsaw", "lint", folder) == expected
        by_claude = CLAUDE_CODE.says(tmp_path, "plugin", "validate", "--profile", "directory", folder)
        assert by_claude.returncode == expected


def test_the_extension_is_valid_and_one_without_its_guide_is_not(tmp_path: Path) -> None:
    assert GEMINI.says(tmp_path, "extensions", "validate", EXTENSION).returncode == 0
    copytree(EXTENSION, tmp_path / "extension")
    (tmp_path / "extension/CONTEXT.md").unlink()
    done = GEMINI.says(tmp_path, "extensions", "validate", tmp_path / "extension")
    assert (done.returncode, "missing: CONTEXT.md" in done.stdout + done.stderr) == (1, True)
