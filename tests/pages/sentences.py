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
TOLD_BY = TREE | {"Refusal", "Unreadable", "MCPError", "PassingError"}
WORDED = ("server/failures.py", "settings/sentences.py")  # whose sentences are told by others
MARKS = str.maketrans({mark: f"\\{mark}" for mark in "\\<*[`|"})
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
        [f"| {answer} | {_shown(one.fact)} | {_shown(one.step)} |" for answer, one in rows],
    )


def told_in(path: Path) -> Iterator[str]:
    """Give the sentences of errors that a file makes, and parts of such, which begin with …."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    is_worded = path.relative_to(SOURCE).as_posix() in WORDED
    told = {
        *(text for call in _makes(tree) for one in call.args for text in _written(one, tree, path)),
        *(text for node in _values(tree) if is_worded for text in _written(node, tree, path) if text.endswith(".")),
    }
    for text in told:
        if sum(word.strip(".,;:()").isalpha() for word in text.split()) >= LEAST_WORDS:
            yield _shown(text if _is_whole(text) else f"… {text}")


def _is_whole(text: str) -> bool:
    return text.endswith((".", ". …", ": …")) or text[:1].isupper()


def _values(tree: ast.Module) -> Iterator[ast.AST]:
    """Give what is neither merely stated, as documentation is, nor a part of a text."""
    stated = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    return (node for node in ast.walk(tree) if id(node) not in stated | parts)


def _makes(tree: ast.Module) -> Iterator[ast.Call]:
    """Give the calls that make an error: of one's class, or of a function of this file that gives one."""
    functions = (one for one in tree.body if isinstance(one, ast.FunctionDef))
    makers = {one.name for one in functions if one.returns and ast.unparse(one.returns) in TREE} | TOLD_BY
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in makers:
            yield node


def _files(area: str) -> list[Path]:
    return [path for path in sorted(SOURCE.rglob("*.py")) if _area(path) == area]


def _area(path: Path) -> str:
    place = path.relative_to(SOURCE).as_posix()
    return next(area for area, begins in AREAS.items() if place.startswith(begins))


def _written(node: ast.AST, tree: ast.Module, path: Path) -> Iterator[str]:
    """Give what an expression may say: a text, a name of one, a call of what gives one in this file."""
    match node:
        case ast.Constant(value=str(text)):
            yield text
        case ast.JoinedStr(values=parts):
            yield "".join(part.value if isinstance(part, ast.Constant) else "…" for part in parts)
        case ast.IfExp(body=one, orelse=other):
            yield from (*_written(one, tree, path), *_written(other, tree, path))
        case ast.Name(id=name):
            text = _named(name, path)
            given = [text] if isinstance(text, str) else []
            yield from (*given, *(text for one in _assigned(name, tree) for text in _written(one, tree, path)))
        case ast.Call(func=ast.Attribute(value=frame, attr="format")):
            yield from _written(frame, tree, path)
        case ast.Call(func=ast.Attribute(attr=name) | ast.Name(id=name)):
            yield from (text for one in _returned(name, tree) for text in _written(one, tree, path))
        case _:
            return


def _assigned(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    """Give what a local name stands for."""
    inner = (node for function in tree.body if not isinstance(function, ast.Assign) for node in ast.walk(function))
    for node in inner:
        match node:
            case ast.Assign(targets=[ast.Name(id=said)], value=ast.JoinedStr() as value) if said == name:
                yield value
            case _:
                pass


def _returned(name: str, tree: ast.Module) -> Iterator[ast.expr]:
    functions = (one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef) and one.name == name)
    for node in (node for function in functions for node in ast.walk(function)):
        if isinstance(node, ast.Return) and node.value and not isinstance(node.value, ast.Call):
            yield node.value


def _named(name: str, path: Path) -> Any:
    place = path.relative_to(SOURCE.parent).with_suffix("")
    return getattr(import_module(".".join(place.parts).removesuffix(".__init__")), name, None)


def _shown(sentence: str) -> str:
    plain = re.sub(r"\{\w*\}", "…", sentence)
    return plain.translate(MARKS)
