"""The client libraries under test, and what each one's driver saw of the server."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ENVS = ROOT / ".envs"

AS_OF = "2026-11-22T15:00:00Z"
SECRET = "edns_live_" + "Zq7Xw2Vb" * 4
SERVER_ENV = {"EDGEDNS_SOURCE": "demo", "EDGEDNS_AS_OF": AS_OF, "EDGEDNS_API_KEY": SECRET}
CALLS = {
    "answer": {"name": "usage_by_key", "arguments": {"limit": 3}},
    "error": {"name": "usage_by_key", "arguments": {"period": "nonsense"}},
    "secret": {"name": "key_details", "arguments": {"key": SECRET}},
}


@dataclass(frozen=True)
class Library:
    """One client library, driven in one mode."""

    name: str
    mode: str = ""
    transport: str = ""  # http, else stdio

    def __str__(self) -> str:
        return "-".join(filter(None, (self.name, self.mode, self.transport)))


AGENTS = (
    Library("anthropic"),
    Library("openai-agents", "plain"),
    Library("openai-agents", "strict"),
    Library("openai-agents", "structured"),
    Library("google-genai"),
    Library("langchain"),
    Library("anthropic", transport="http"),
    Library("openai-agents", "plain", "http"),
    Library("google-genai", transport="http"),
    Library("langchain", transport="http"),
)
RAW = (
    Library("typescript", "v1"),
    Library("typescript", "v2"),
    Library("inspector", "legacy"),
    Library("inspector", "modern"),
    Library("typescript", "v1", "http"),
    Library("typescript", "v2", "http"),
    Library("inspector", "legacy", "http"),
    Library("inspector", "modern", "http"),
)


@dataclass(frozen=True)
class Far:
    """Where a server is reached over HTTP, and the token that opens it."""

    url: str
    token: str


@dataclass(frozen=True)
class Finding:
    """The tools and input schemas that a library offers its model, and what it makes of each of `CALLS`."""

    tools: list[str]
    schemas: dict[str, Any]
    sent: dict[str, Any]
    protocol: str | None


@cache
def drive(library: Library, far: Far | None = None) -> Finding:
    """Let a library ask a server that is far, or start one of its own over stdio."""
    command, *args = server_command()
    how: dict[str, Any] = {"command": command, "args": args, "env": SERVER_ENV}
    if far:
        how = {"url": far.url, "headers": {"Authorization": f"Bearer {far.token}"}}
    job = {**how, "mode": library.mode, "calls": list(CALLS.values())}
    done = run_away([interpreter(library), driver(library), json.dumps(job)])
    said = json.loads(done.stdout.splitlines()[-1])
    sent = dict(zip(CALLS, said["sent_to_model"], strict=True))
    return Finding(said["tools"], said["schemas"], sent, said.get("protocol"))


def driver(library: Library) -> Path:
    suffix = "mjs" if library.name == "typescript" else "py"
    return HERE / f"drive_{library.name.replace('-', '_')}.{suffix}"


def interpreter(library: Library) -> Path:
    """Make the library's environment ready and name what runs its driver."""
    if library in AGENTS:
        run(["sh", ROOT / "scripts/interop_envs.sh", sys.executable, library.name], timeout=600)
        return ENVS / library.name / "bin/python"
    return node() if library.name == "typescript" else Path(sys.executable)


def node() -> Path:
    """Make Node and what runs on it ready."""
    run(["sh", ROOT / "scripts/node.sh"], timeout=600)
    return ENVS / "node24/bin/node"


def server_command() -> list[str]:
    installed = shutil.which("edgedns-mcp", path=str(Path(sys.executable).parent))
    return [installed] if installed else [sys.executable, "-m", "edgedns_mcp"]


def run_away(command: list[Any]) -> subprocess.CompletedProcess[str]:
    """Run a command where the developer's own settings and credentials do not reach."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        return run(command, env=clean(Path(home)), cwd=home, timeout=60)


def clean(home: Path) -> dict[str, str]:
    return {"PATH": os.environ["PATH"], "HOME": str(home), "NO_PROXY": "127.0.0.1"}


def run(command: list[Any], **options: Any) -> subprocess.CompletedProcess[str]:
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    assert done.returncode == 0, f"{command[:2]} ended with {done.returncode}:\n{done.stderr[-4000:]}"
    return done
