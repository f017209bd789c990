"""A real terminal of any width: runs the command in tmux, without sleeping, and gives the lines that it shows."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from faces import clean_environment

TALL = 400  # lines, so that no answer scrolls away
PATIENCE_S = 120
# Runs one command after the other in one process, because starting Python costs more than answering.
PROGRAM = """\
import json, os, subprocess, sys
from edgedns_mcp.cli.main import app, run
commands, tmux, width = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
for at, words in enumerate(commands):
    sys.argv[1:] = words
    try:
        run()
    except SystemExit as ended:
        pass
    sys.stdout.flush()
    subprocess.run([*tmux, "wait-for", "-S", f"shown-{width}-{at}"], check=True)
    subprocess.run([*tmux, "wait-for", f"seen-{width}-{at}"], check=True)
    sys.stdout.write("\\x1b[H\\x1b[2J\\x1b[3J")
    sys.stdout.flush()
"""


class Terminal:
    """One tmux server, with a session for each width."""

    def __init__(self, folder: Path, **variables: str) -> None:
        self._tmux = ["tmux", "-f", "/dev/null", "-S", str(folder / "tmux.socket")]
        self._folder = folder
        self._variables = variables

    def shown(self, width: int, commands: Sequence[Sequence[str]]) -> list[tuple[list[str], list[str]]]:
        """Run commands at a width; give of each the lines on the screen, and those lines with wrapped ones joined."""
        program = [sys.executable, "-c", PROGRAM, json.dumps(commands), json.dumps(self._tmux), str(width)]
        environment = self._environment()
        self._run(
            "new-session",
            "-d",
            "-s",
            f"w{width}",
            "-x",
            str(width),
            "-y",
            str(TALL),
            "-c",
            str(self._folder),
            shlex.join(program),
            env=environment,
        )
        return [self._one(width, at) for at in range(len(commands))]

    def close(self) -> None:
        """End the server that was started here."""
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)

    def _one(self, width: int, at: int) -> tuple[list[str], list[str]]:
        self._run("wait-for", f"shown-{width}-{at}")
        screen, joined = (self._run("capture-pane", "-p", *more, "-t", f"w{width}") for more in ([], ["-J"]))
        self._run("wait-for", "-S", f"seen-{width}-{at}")
        return _lines(screen), _lines(joined)

    def _environment(self) -> Mapping[str, str]:
        kept = clean_environment(**self._variables)
        for name in ("TMUX", "COLUMNS", "LINES", "NO_COLOR", "FORCE_COLOR"):
            kept.pop(name, None)
        return kept | {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "HOME": str(self._folder)}

    def _run(self, *words: str, env: Mapping[str, str] | None = None) -> str:
        done = subprocess.run(
            [*self._tmux, *words],
            env=env or os.environ,
            check=True,
            capture_output=True,
            encoding="utf-8",
            timeout=PATIENCE_S,
        )
        return done.stdout


def _lines(screen: str) -> list[str]:
    return [line.rstrip() for line in screen.rstrip("\n").split("\n")]
