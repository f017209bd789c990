"""Ways to the product: a server of the demo in this process, and the command in another."""

import os
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

from edgedns_mcp.server.build import build_server
from edgedns_mcp.service.desk import open_desk
from edgedns_mcp.settings import load

NOW = "2026-11-22T15:00:00Z"
ERAS = ("auto", "legacy")  # 2026-07-28 by discovery, and the handshake of 2025-11-25


@cache
def a_desk(**settings: Any):
    """Give one desk per settings, so that the demo is built once."""
    desk = open_desk(load(**{"source": "demo", "as_of": NOW, **settings}))
    return replace(desk, deadline_s=60)  # a busy machine must not fail a test that is not about time


def a_server(**settings: Any):
    return build_server(a_desk(**settings))


def clean_environment(**settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EDGEDNS_")}
    return kept | {"HOME": str(Path("/nonexistent")), **settings}


def environment_with_command(**settings: str) -> dict[str, str]:
    """Give what somebody has who can call edgedns-mcp by its name."""
    return clean_environment(PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **settings)


def command(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "edgedns_mcp", *arguments],
        env=clean_environment(**settings),
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
