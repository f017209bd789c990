"""What a server tells on standard error: one line each, and no secrets."""

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, TypeAlias, cast

from edgedns_mcp.models.secrets import redacted

_Raised: TypeAlias = "tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]"


class Plain(logging.Formatter):
    """One line each, without secrets; of an exception its kind and place alone, for its words may be foreign."""

    def format(self, record: logging.LogRecord) -> str:
        return _on_one_line(redacted(super().format(record)))

    def formatException(self, ei: _Raised) -> str:  # noqa: N802 - the name that logging knows
        last = (traceback.extract_tb(ei[2]) or [traceback.FrameSummary("?", 0, "?")])[-1]
        return f"{getattr(ei[0], '__name__', '?')} in {last.name}, line {last.lineno}"


class Structured(Plain):
    """One JSON object each: when, how bad, who says it, what, and the fields that came along."""

    def format(self, record: logging.LogRecord) -> str:
        fields: Mapping[str, Any] = getattr(record, "fields", {})
        moment = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"time": moment, "level": record.levelname, "logger": record.name, "message": record.getMessage()}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(_without_secrets(line | dict(fields)))  # ASCII: names from outside stay inert


def _on_one_line(text: str) -> str:
    """Write out what is not seen or begins a new line: names from outside stay inert."""
    return text if text.isprintable() else "".join(map(_seen, text))


def _seen(char: str) -> str:
    return char if char.isprintable() else char.encode("unicode_escape").decode()


def _without_secrets(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _without_secrets(one) for name, one in cast("Mapping[str, Any]", value).items()}
    return redacted(value) if isinstance(value, str) else value


def log_on_stderr(level: str, formatter: logging.Formatter) -> None:
    """Log on standard error, and nowhere else."""
    to_stderr = logging.StreamHandler(sys.stderr)
    to_stderr.setFormatter(formatter)
    logging.basicConfig(level=level, handlers=[to_stderr], force=True)
