"""TOML that people write: a table put at its end, or taken out, without touching the rest."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

HEADER = re.compile(r"\s*\[")


def with_table(text: str, path: Sequence[str], values: Mapping[str, Any]) -> str:
    """Put a table, and those of its values that are tables, at the end of a text from which it was taken out."""
    kept = without_table(text, path)
    gap = "" if not kept else "\n" if kept.endswith("\n") else "\n\n"
    return kept + gap + _table(path, values)


def without_table(text: str, path: Sequence[str]) -> str:
    """Take out a table that stands under a header of its own, with the tables within it and the empty line before."""
    names = r"\s*\.\s*".join(map(_name, path))
    header = re.compile(rf"\s*\[\s*{names}\s*[\].]")
    lines, kept, is_ours = text.splitlines(keepends=True), list[str](), False
    for line in lines:
        if HEADER.match(line):
            is_ours = bool(header.match(line))
        if not is_ours:
            kept.append(line)
    if len(kept) < len(lines) and kept and not kept[-1].strip() and lines[-1] is not kept[-1]:
        kept.pop()
    return "".join(kept)


def _name(part: str) -> str:
    return rf"[\"']?{re.escape(part)}[\"']?"


def _table(path: Sequence[str], values: Mapping[str, Any]) -> str:
    plain = {name: value for name, value in values.items() if not isinstance(value, Mapping)}
    within: dict[str, Mapping[str, Any]] = {name: value for name, value in values.items() if isinstance(value, Mapping)}
    head = f"[{'.'.join(path)}]\n" + "".join(f"{name} = {_written(value)}\n" for name, value in plain.items())
    return "\n".join([head, *(_table([*path, name], value) for name, value in within.items())])


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)  # texts and lists of texts are alike in both
