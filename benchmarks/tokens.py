"""What the server costs a model's context: tool definitions, instructions and a usual answer, in tokens."""

import json
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from calls import settings
from measured import Held, Line, Part, Told
from wire import Wire, server

PER_TOOL, ALL_TOOLS, INSTRUCTIONS = 600, 3_500, 250
ANSWER_TEXT, ANSWER_STRUCTURE = 1_100, 1_400
OWN_NODE = Path(__file__).parents[1] / ".envs"  # made by scripts/node.sh
COUNTER = Path(__file__).with_name("tokens.mjs")
INSTRUCTIONS_NAME = "instructions"
TOOL = "tool "
JUDGE, OTHER = "o200k_base", "cl100k_base"


def measure(folder: Path) -> Part:
    """Count what a client would hand to its model."""
    texts: dict[str, str] = {}
    for source, chosen in settings(folder).items():
        with server(("-m", "edgedns_mcp"), chosen) as wire:
            texts |= _texts(source, wire)
    return Part(
        "Tokens",
        f"Counted by gpt-tokenizer; bounds are for {JUDGE}. A definition is name, description and input schema as "
        "compact JSON, names of fields included; the answer is the default page of `usage_by_key`, 10 keys x 3 "
        "endpoints: its text, and its structure as compact JSON.",
        _lines(texts),
    )


def _texts(source: str, wire: Wire) -> dict[str, str]:
    told = wire.greet()["instructions"]
    tools = wire.result("tools/list", {})["tools"]
    answer = wire.result("tools/call", {"name": "usage_by_key", "arguments": {}})
    return {
        **{TOOL + tool["name"]: _compact({part: tool[part] for part in _DEFINITION}) for tool in tools},
        INSTRUCTIONS_NAME: told,
        f"answer, {source}: text": "\n".join(block["text"] for block in answer["content"]),
        f"answer, {source}: structure": _compact(answer["structuredContent"]),
    }


_DEFINITION = ("name", "description", "inputSchema")


def _compact(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def _lines(texts: Mapping[str, str]) -> list[Line]:
    counted = _count(texts)
    if counted is None:
        return [Told("not measured", "Node with gpt-tokenizer is missing; run sh scripts/node.sh")]
    tools = [counts for name, counts in counted.items() if name.startswith(TOOL)]
    every = {encoding: sum(counts[encoding] for counts in tools) for encoding in (JUDGE, OTHER)}
    counted = {f"all {len(tools)} tools": every, **counted}
    return [
        Held(name, f"{counts[JUDGE]}", f"{OTHER}: {counts[OTHER]}", counts[JUDGE], _bound(name), "tokens")
        for name, counts in sorted(counted.items())
    ]


def _bound(name: str) -> int:
    if name.startswith("answer"):
        return ANSWER_TEXT if name.endswith("text") else ANSWER_STRUCTURE
    if name == INSTRUCTIONS_NAME:
        return INSTRUCTIONS
    return PER_TOOL if name.startswith(TOOL) else ALL_TOOLS


def _count(texts: Mapping[str, str]) -> dict[str, dict[str, int]] | None:
    own = OWN_NODE / "node24" / "bin" / "node"
    node = str(own) if own.exists() else shutil.which("node")
    packages = OWN_NODE / "node"
    if node is None or not (packages / "node_modules" / "gpt-tokenizer").exists():
        return None
    command = [node, str(COUNTER), str(packages)]
    done = subprocess.run(command, input=json.dumps(texts), capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)
