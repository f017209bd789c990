"""Every sentence that ends a question or a command, as it is written where it is raised; … stands for what differs."""

import ast
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from edgedns_mcp import errors
from edgedns_mcp.sources.edgedns_errors import MEANINGS, UNREACHABLE
from pages.tables import table

SOURCE = Path(errors.__file__).parent
TREE = {name for name, one in vars(errors).items() if isinstance(one, type) and issubclass(one, errors.UsageError)}
MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\<*_[`|"})
LEAST_WORDS = 4  # of ours: less is only the frame of a sentence
AREAS: Mapping[str, tuple[str, ...]] = {  # by where the sentence is written; the first that fits
    "edgedns": ("sources/edgedns", "sources/account_body", "sources/outgoing", "sources/book", "sources/past"),
    "identity": ("sources/issuer", "server/remote", "sources/tokens_file", "cli/tokens"),
    "teams": ("sources/teams_file", "sources/mapped"),
    "webhooks": ("sources/webhook", "service/notices", "cli/notices"),
    "import": ("intake", "cli/importing"),
    "clickhouse": ("clickhouse", "sources/clickhouse", "cli/clickhouse", "cli/copying"),
    "database": ("store", "sources/local", "sources/stored", "sources/demo", "cli/upkeep"),
    "endpoint": ("endpoint", "cli/endpoint", "cli/listening", "cli/workers", "cli/serv"),
    "settings": ("settings", "sources/factory"),
    "clients": ("cli/connect",),
    "commands": ("cli",),
    "questions": ("",),
}


def of(area: str) -> Callable[[], Awaitable[str]]:
    async def made() -> str:
        told = {sentence for path in _files(area) for sentence in told_in(path)}
        return "".join(f"- {sentence}\n" for sentence in sorted(told, key=str.casefold))

    return made


async def refusals() -> str:
    """Give what EdgeDNS refuses or cannot do, and what its silence means."""
    rows = [
        *((f"{status} {code}".rstrip(), meaning) for (status, code), meaning in MEANINGS.items()),
        *(("-", meaning) for _, meaning in UNREACHABLE),
    ]
    return table(
        "| HTTP | what is told | what to do |",
        [f"| {answer.replace('_', '&#95;')} | {_shown(one.fact)} | {_shown(one.step)} |" for answer, one in rows],
    )


def told_in(path: Path) -> Iterator[str]:
    """Give the sentences of errors that a file makes, where they are told from what stands there."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    makers = {
        one.name for one in tree.body if isinstance(one, ast.FunctionDef) and ast.unparse(one.returns or tree) in TREE
    }
    for call in ast.walk(tree):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Name):
            makes = TREE if call.func.id in TREE else makers
            for sentence in (text for one in call.args for text in _written(one, path) if call.func.id in makes):
                if sum(word.strip(".,;:()").isalpha() for word in sentence.split()) >= LEAST_WORDS:
                    yield _shown(sentence)


def _files(area: str) -> list[Path]:
    return [path for path in sorted(SOURCE.rglob("*.py")) if _area(path) == area]


def _area(path: Path) -> str:
    place = path.relative_to(SOURCE).as_posix()
    return next(area for area, begins in AREAS.items() if place.startswith(begins))


def _written(node: ast.expr, path: Path) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from (*_written(one, path), *_written(other, path))
        case ast.Name(id=name):
            text = _named(name, path)
            if isinstance(text, str):
                yield text
        case ast.Call(func=ast.Attribute(value=frame, attr="format")):
            yield from _written(frame, path)
        case _:
            return


def _named(name: str, path: Path) -> Any:
    place = path.relative_to(SOURCE.parent).with_suffix("")
    return getattr(import_module(".".join(place.parts).removesuffix(".__init__")), name, None)


def _shown(sentence: str) -> str:
    plain = re.sub(r"\{\w*\}", "…", sentence)
    return plain.translate(MARKS)
