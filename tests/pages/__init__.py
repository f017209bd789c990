"""What documents show of the product, made of it: `scripts/snapshots.py` writes it, and tests compare it."""

import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from pathlib import Path

from pages import commands, faces_of_tools, questions, sentences, tables

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"(?s)<!-- ([a-z][a-z -]*) -->\n(.*?)<!-- /\1 -->")
BLOCKS: Mapping[str, Callable[[], Awaitable[str]]] = {
    "tools": tables.tools,
    "settings": tables.settings,
    "http": tables.settings_over_http,
    "tools in full": faces_of_tools.tools,
    "scope": faces_of_tools.scope,
    "shapes": faces_of_tools.shapes,
    "resources": faces_of_tools.resources,
    "prompts": faces_of_tools.prompts,
    "commands": commands.commands,
    "refusals": sentences.refusals,
    **{f"questions {chapter}": questions.of(chapter) for chapter in questions.CHAPTERS},
    **{f"sentences {area}": sentences.of(area) for area in sentences.AREAS},
}


def documents() -> Iterator[Path]:
    """Give every document of the project that is written in Markdown."""
    for folder in (
        ".",
        "docs",
        "docs/decisions",
        "examples",
        "evals",
        "packaging/claude-plugin",
        "packaging/gemini-extension",
    ):
        yield from sorted((ROOT / folder).glob("*.md"))


async def filled(text: str) -> str:
    """Give a document with its blocks as the product has them now."""
    made = {name: await BLOCKS[name]() for name, _ in BLOCK.findall(text)}
    return BLOCK.sub(lambda block: f"<!-- {block[1]} -->\n{made[block[1]]}<!-- /{block[1]} -->", text)
