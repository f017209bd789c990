"""Drive the command line of the MCP Inspector; the mode is the protocol era, legacy or modern."""

import json
import os
import subprocess
import tempfile
from itertools import chain
from pathlib import Path
from typing import Any

from loopback import Job, read_job, report

ENVS = Path(__file__).parents[2] / ".envs"
INSPECTOR = [ENVS / "node24/bin/node", ENVS / "node/node_modules/.bin/mcp-inspector", "--cli"]
DONE, TOOL_FAILED = 0, 5


def main() -> None:
    job = read_job()
    with tempfile.TemporaryDirectory() as home:
        # --strict: the Inspector's own check of schemas, another exit code when it finds an error.
        tools = inspect(job, Path(home), "tools/list", "--strict")["tools"]
        results = [
            inspect(
                job, Path(home), "tools/call", "--tool-name", call.name, "--tool-args-json", json.dumps(call.arguments)
            )
            for call in job.calls
        ]
    report({tool["name"]: tool["inputSchema"] for tool in tools}, results)


def inspect(job: Job, home: Path, method: str, *options: str) -> Any:
    chosen = [*server_of(job, home), "--protocol-era", job.mode, "--format", "json", "-q"]
    done = subprocess.run(
        [*INSPECTOR, *chosen, "--method", method, *options],
        env={**os.environ, "HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    result = json.loads(done.stdout or "{}").get("result", {})
    expected = TOOL_FAILED if result.get("isError") else DONE
    if done.returncode != expected:
        raise SystemExit(f"mcp-inspector {method} ended with {done.returncode}: {done.stderr}")
    return result


def server_of(job: Job, home: Path) -> list[Any]:
    if job.url:
        headers = [("--header", f"{name}: {value}") for name, value in job.headers.items()]
        return [job.url, *chain.from_iterable(headers)]
    config = home / "mcp.json"
    config.write_text(
        json.dumps({"mcpServers": {"edgedns": {"command": job.command, "args": job.args, "env": job.env}}})
    )
    return ["--config", config, "--server", "edgedns"]


main()
