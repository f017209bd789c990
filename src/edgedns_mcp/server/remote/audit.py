"""Who asked what: a line of JSON for each question, with names and windows and never a secret."""

import json
import logging
import os
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from edgedns_mcp.domain.naming import visible
from edgedns_mcp.errors import ConfigurationError
from edgedns_mcp.models.secrets import LAST_FOUR, LONG_TOKEN
from edgedns_mcp.server.remote.callers import Exchange

LOG = logging.getLogger("edgedns_mcp.audit")
LONGEST = 120  # characters of an argument
MOST_ARGUMENTS = 24
OWNER_ALONE = 0o600
Write = Callable[[Mapping[str, Any]], None]


class Question:
    """What an MCP message asks."""

    def __init__(self, method: str, params: Mapping[str, Any]) -> None:
        self.method = method
        self._params = params
        self.subject = str(params.get("name") or params.get("uri") or "")

    def is_about(self, word: str) -> bool:
        """Tell whether its subject has this word, in whatever spelling of an address."""
        return word in unquote(self.subject).casefold()

    def arguments(self) -> dict[str, str | int | bool]:
        """Give its arguments as they may be written down."""
        given = self._params.get("arguments")
        if not isinstance(given, Mapping):
            return {}
        named = list(cast("Mapping[Any, Any]", given).items())[:MOST_ARGUMENTS]
        return {_plain(name): value if isinstance(value, bool | int) else _plain(value) for name, value in named}


class Audit:
    """Notes questions by `write`."""

    def __init__(self, write: Write, now: Callable[[], datetime]) -> None:
        self._write = write
        self._now = now

    def note(self, exchange: Exchange, question: Question, outcome: str, took_s: float) -> None:
        """Write down one question and what became of it: answered, failed or refused."""
        caller = exchange.caller
        assert caller  # noqa: S101 - nobody else gets as far as a question
        self._write(
            {
                "time": self._now().isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                "request_id": exchange.request_id,
                "caller": caller.name,
                "tenant": caller.tenant,
                "method": question.method,
                "subject": _plain(question.subject),
                "arguments": question.arguments(),
                "outcome": outcome,
                "took_ms": round(took_s * 1000),
            }
        )


def to_the_log(line: Mapping[str, Any]) -> None:
    """Write a line among those on standard error."""
    LOG.info("asked", extra={"fields": line})


def to_a_file(path: Path) -> Write:
    """Give what appends lines to a file that its owner alone can read; several processes may.

    Raises:
        ConfigurationError: the file cannot be written.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, OWNER_ALONE)
    except OSError as exc:
        raise ConfigurationError(
            f"The audit log {path} cannot be written; check EDGEDNS_HTTP_AUDIT_LOG and its permissions."
        ) from exc

    def write(line: Mapping[str, Any]) -> None:
        os.write(descriptor, json.dumps(line).encode() + b"\n")  # one write, which the system appends whole

    return write


def _plain(value: object) -> str:
    return LONG_TOKEN.sub(lambda found: f"...{found[0][-LAST_FOUR:]}", visible(str(value), LONGEST))
