"""The official conformance suite against our server over HTTP: what any server can pass, ours does, in both eras."""

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from interop_clients import ENVS, HERE, node

pytestmark = pytest.mark.interop

SUITE = ENVS / "node/node_modules/@modelcontextprotocol/conformance/dist/index.js"
HANDSHAKE, STATELESS = "2025-11-25", "2026-07-28"
# The scenarios that apply to any server, and how many of their checks pass: one that is passed over is not passed.
APPLIES = {
    HANDSHAKE: {
        "server-initialize": 2,
        "ping": 2,
        "completion-complete": 2,
        "tools-list": 3,
        "resources-list": 2,
        "prompts-list": 2,
        "dns-rebinding-protection": 2,
    },
    STATELESS: {
        "server-stateless": 23,  # the two others want a tool of the suite's own
        "completion-complete": 2,
        "tools-list": 4,
        "resources-list": 2,
        "prompts-list": 2,
        "sep-2164-resource-not-found": 4,
        "caching": 8,
        "server-sse-multiple-streams": 1,
        "dns-rebinding-protection": 2,
        "http-header-validation": 14,
        "input-required-result-unsupported-methods": 2,
    },
}
Judge = Callable[[str, Path], subprocess.CompletedProcess[str]]


@pytest.fixture(scope="session")
def judge(url: str, tmp_path_factory: pytest.TempPathFactory) -> Judge:
    """Give what asks our server all that a revision requires, but for what a baseline names."""
    runs = node()

    def judged(revision: str, baseline: Path) -> subprocess.CompletedProcess[str]:
        asked = ["--url", url, "--requirements", revision, "--expected-failures", baseline]
        folder = tmp_path_factory.mktemp("results")
        command = [runs, SUITE, "server", *asked, "--output-dir", folder]
        return subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)

    return judged


def known(revision: str) -> Path:
    return HERE / f"conformance-{revision}.yml"


@pytest.mark.parametrize("revision", APPLIES)
def test_all_that_applies_passes_and_what_else_fails_is_known(judge: Judge, revision: str):
    done = judge(revision, known(revision))
    assert done.returncode == 0, done.stdout[-4000:]
    passed = dict(re.findall(r"^\S ([\w-]+): (\d+) passed", done.stdout, re.MULTILINE))
    assert {name: int(passed[name]) for name in APPLIES[revision]} == APPLIES[revision]


def test_a_failure_that_is_not_known_fails_the_run(judge: Judge, tmp_path: Path):
    fewer = tmp_path / "fewer.yml"
    fewer.write_text(known(HANDSHAKE).read_text().replace("  - logging-set-level:logging-set-level\n", ""))
    assert judge(HANDSHAKE, fewer).returncode == 1


def test_an_entry_that_no_longer_fails_fails_the_run(judge: Judge, tmp_path: Path):
    stale = tmp_path / "stale.yml"
    stale.write_text(known(HANDSHAKE).read_text() + "  - tools-list:tools-list\n")
    done = judge(HANDSHAKE, stale)
    assert done.returncode == 1
    assert "tools-list" in done.stdout[done.stdout.index("Stale") :]
