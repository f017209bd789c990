"""What must hold before a release: each check passes on what is right, and tells what is wrong."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from release_check import CHECKS, builds, changelog, descriptions, lock, places, tag, tree, version_of  # noqa: E402 - the path is set above

VERSION = "1.2.0"
DESCRIPTIONS = ("server.json", "packaging/one/plugin.json")
PINNED = 'httpx==0.28.1 \\\n    --hash=sha256:00\nuvicorn==0.50.0 ; python_version >= "3.11" \\\n    --hash=sha256:01\n'
FILES = {
    "src/edgedns_mcp/__init__.py": f'"""It."""\n\n__version__ = "{VERSION}"\n',
    "CHANGELOG.md": f"# Changelog\n\n## Unreleased\n\n## {VERSION} - 2026-12-01\n\n### Added\n\n- It.\n",
    "pyproject.toml": """\
[build-system]
requires = ["hatchling"]
build-backend = "hatchling.build"
[project]
name = "edgedns-mcp"
dynamic = ["version"]
requires-python = ">=3.11"
dependencies = ["httpx>=0.28,<1", "uvicorn>=0.50"]
[tool.hatch.version]
path = "src/edgedns_mcp/__init__.py"
[tool.hatch.build.targets.wheel]
packages = ["src/edgedns_mcp"]
""",
    "requirements.lock": PINNED,
    **dict.fromkeys(DESCRIPTIONS, json.dumps({"version": VERSION, "packages": [{"version": VERSION}]})),
}


@pytest.fixture
def root(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    git(tmp_path, "init", "-q")
    git(tmp_path, "add", "-A")
    git(tmp_path, "-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "It")
    return tmp_path


def git(root, *words):
    subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)


def test_what_is_right_holds(root):
    assert version_of(root) == VERSION
    assert {what: check(root, VERSION) for what, check in CHECKS.items()} == dict.fromkeys(CHECKS, "")


def test_a_change_that_is_not_committed_is_told(root):
    (root / "new.txt").write_text("")
    assert tree(root, VERSION) == "commit or undo what git status lists (1 files)"


def test_a_version_that_was_released_is_told(root):
    git(root, "tag", f"v{VERSION}")
    assert tag(root, VERSION) == "v1.2.0 is a tag already; set __version__ to the next one"


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        (" - 2026-12-01", "", "give CHANGELOG.md a section `## 1.2.0 - YYYY-MM-DD`"),
        ("Unreleased\n", "Unreleased\n\n- More.\n", "move what is under Unreleased into the section of this version"),
    ],
)
def test_a_changelog_that_does_not_tell_of_it_is_told(root, before, after, told):
    (root / "CHANGELOG.md").write_text(FILES["CHANGELOG.md"].replace(before, after))
    assert changelog(root, VERSION) == told


@pytest.mark.parametrize("name", DESCRIPTIONS)
def test_a_description_of_another_version_is_told(root, name):
    (root / name).write_text(json.dumps({"version": VERSION, "packages": [{"version": "1.1.9"}]}))
    assert descriptions(root, VERSION) == f"set the version to 1.2.0 in {name}"


def test_a_path_of_this_machine_is_told(root):
    (root / "CHANGELOG.md").write_text(f"see {root.resolve()}/notes")
    assert places(root, VERSION) == "take the path of this machine out of CHANGELOG.md"


def test_a_dependency_without_digests_is_told(root):
    (root / "requirements.lock").write_text(PINNED.replace("uvicorn==0.50.0", "uvicorn>=0.50"))
    assert lock(root, VERSION) == "run make lock: uvicorn is not pinned"


def test_a_build_of_another_version_is_told(root):
    assert "edgedns_mcp-1.2.0-py3-none-any.whl" in builds(root, "1.3.0")


def test_two_builds_that_differ_are_told(root):
    hook = '\n[tool.hatch.build.hooks.custom]\npath = "hook.py"\n'
    (root / "pyproject.toml").write_text(FILES["pyproject.toml"] + hook)
    (root / "hook.py").write_text(
        "import pathlib, time\nfrom hatchling.builders.hooks.plugin.interface import BuildHookInterface\n"
        "class Hook(BuildHookInterface):\n    def initialize(self, version, build_data):\n"
        "        pathlib.Path('src/edgedns_mcp/when.py').write_text(f'AT = {time.time_ns()}')\n"
    )
    assert builds(root, VERSION) == "two builds differ; look for what depends on the time or the place"
