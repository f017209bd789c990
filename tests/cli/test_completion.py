"""A shell completes commands, options and choices."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from faces import clean_environment

BASH = """
source <(edgedns-mcp --show-completion bash)
COMP_WORDS=({words}) COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1))
_edgedns_mcp_completion edgedns-mcp
echo "${{COMPREPLY[@]}}"
"""


@pytest.mark.parametrize(
    ("words", "completed"),
    [
        ("edgedns-mcp un", "uninstall"),
        ("edgedns-mcp keys l", "list link"),
        ("edgedns-mcp usage --group-by t", "team"),
        ("edgedns-mcp install ''", "claude-desktop claude-code cursor vscode gemini codex"),
        ("edgedns-mcp audit --dor", "--dormant-days"),
    ],
)
def test_bash_completes_what_was_begun(words, completed):
    here = Path(sys.executable).parent
    done = subprocess.run(
        ["bash", "--norc", "-c", BASH.format(words=words)],
        env=clean_environment(PATH=f"{here}{os.pathsep}{os.environ['PATH']}"),
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == (completed, "")
