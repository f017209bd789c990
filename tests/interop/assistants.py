"""The assistants of the terminal, each started where nothing of its user reaches but the file that it is given."""

import subprocess
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from interop_clients import ENVS, ROOT, clean, run

NODE = ENVS / "node24/bin"
WAIT_S = 60  # some wait for ever


class Assistant(NamedTuple):
    """One of them: as `install` calls it, what starts it, and where its file lies."""

    name: str
    script: str
    file: str

    def __str__(self) -> str:
        return self.name

    def says(self, home: Path, *words: Any, **settings: str) -> subprocess.CompletedProcess[str]:
        """Run it in a folder of its own below this home."""
        ready()
        folder = home / "project"
        folder.mkdir(exist_ok=True)
        env = clean(home)
        env |= {"PATH": f"{NODE}:{env['PATH']}", "NO_COLOR": "1", "TERM": "dumb", **QUIET, **settings}
        command = [NODE / "node", ENVS / "assistants/node_modules" / self.script, *words]
        return subprocess.run(
            command,
            env=env,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=WAIT_S,
            check=False,
        )

    def given(self, home: Path, text: str) -> None:
        """Put this text into its file."""
        (home / self.file).parent.mkdir(exist_ok=True)
        (home / self.file).write_text(text)


QUIET = {
    "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
    "GEMINI_CLI_TRUST_WORKSPACE": "true",  # in a folder that is not trusted it starts no server
}
CLAUDE_CODE = Assistant("claude-code", "@anthropic-ai/claude-code/cli-wrapper.cjs", ".claude.json")
GEMINI = Assistant("gemini", "@google/gemini-cli/bundle/gemini.js", ".gemini/settings.json")
CODEX = Assistant("codex", "@openai/codex/bin/codex.js", ".codex/config.toml")
ASSISTANTS = (CLAUDE_CODE, GEMINI, CODEX)


@cache
def ready() -> None:
    """Install them all."""
    run(["sh", ROOT / "scripts/node.sh", "assistants"], timeout=600)
