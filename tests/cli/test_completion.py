"""A shell completes commands, options and choices."""

import subprocess

import pytest
from faces import environment_with_command

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
    done = subprocess.run(
        ["bash", "--norc", "-c", BASH.format(words=words)],
        env=environment_with_command(),
        capture_output=True,
        encoding="utf-8",
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )
    assert (done.stdout.strip(), done.stderr) == (completed, "")
