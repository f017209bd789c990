"""Questions of the evaluation set that belong to a chapter, each with the call and the answer of the demo."""

import sys
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import Any

from faces import a_server
from mcp import Client

sys.path.insert(0, str(Path(__file__).parents[2] / "evals"))
from score import questions

CHAPTERS = ("use", "change", "security", "money", "keys", "plan")


def of(chapter: str) -> Callable[[], Awaitable[str]]:
    async def made() -> str:
        async with Client(a_server()) as client:
            asked = [question for question in questions() if question.get("chapter") == chapter]
            return "\n".join([await _answered(client, question) for question in asked])

    return made


async def _answered(client: Client, question: Mapping[str, Any]) -> str:
    answer = (await client.call_tool(question["tool"], question["arguments"])).structured_content
    arguments = ", ".join(f"{name}={value!r}" for name, value in question["arguments"].items()).replace("'", '"')
    summary = answer["summary"].removeprefix("DEMO: ")
    return f"**{question['ask']}**\n\n> {summary}\n\n`{question['tool']}({arguments})`\n"
