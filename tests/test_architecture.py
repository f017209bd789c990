"""The house stays as it was drawn: import contracts, size budgets, one room for each foreign library."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src" / "edgedns_mcp"
FILES = sorted(SOURCE.rglob("*.py"))
FILE_LINES, BODY_LINES, POSITIONAL = 300, 40, 5  # a method's self included
FORBIDDEN_NAMES = {"utils", "helpers", "common", "core", "manager", "handler", "data"}
ONLY_IN = {
    "mcp": "server",
    "apsw": ("store/database.py", "store/engine.py"),
    "httpx": "sources/",
    "jwt": "server/remote/signatures.py",
    "typer": "cli",
    "duckdb": "intake",
    "zstandard": "intake",
    "fastapi": "endpoint",
    "starlette": ("endpoint", "server/remote"),
    "uvicorn": "cli/listening.py",
    "rich": "cli/terminal/",
    "tomllib": "settings/file.py",
    "platformdirs": "settings/",
}
OF_ONE_ANSWER = (  # our own rooms that no start waits for
    "edgedns_mcp.render.chargeback",
    "edgedns_mcp.render.charge_csv",
    "edgedns_mcp.render.focus",
    "edgedns_mcp.render.page",
    "edgedns_mcp.domain.pseudonyms",
    "edgedns_mcp.store.pseudonyms",
)
HEAVY = (
    "tomllib",
    "rich",
    "typer",
    "duckdb",
    "numpy",
    "pandas",
    "clickhouse_connect",
    "fastapi",
    "zstandard",
    "httpx",
    "stamina",
)


def functions(path: Path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    return [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]


def body_lines(function) -> int:
    body = function.body[1:] if ast.get_docstring(function) else function.body
    return body[-1].end_lineno - body[0].lineno + 1 if body else 0


def test_the_import_contracts_hold():
    done = subprocess.run(
        [Path(sys.executable).with_name("lint-imports"), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(SOURCE)))
def test_a_file_stays_within_its_budget(path):
    lines = path.read_text(encoding="utf-8").count("\n")
    long = {f.name: n for f in functions(path) if (n := body_lines(f)) > BODY_LINES}
    crowded = [f.name for f in functions(path) if len(f.args.args) > POSITIONAL and not is_a_tool(f)]
    tries = [f.name for f in functions(path) if sum(isinstance(node, ast.Try) for node in own_nodes(f)) > 1]
    assert (lines <= FILE_LINES, long, crowded, tries) == (True, {}, [], [])


def is_a_tool(function) -> bool:
    """A tool's parameters are its published arguments."""
    return function.name in {
        "usage_by_key",
        "key_details",
        "usage_history",
        "compare_usage",
        "find_anomalies",
        "chargeback_report",
        "audit_keys",
        "forecast_quota",
    }


def own_nodes(function):
    for node in ast.iter_child_nodes(function):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node
            yield from own_nodes(node)


def test_most_functions_are_short():
    lengths = sorted(body_lines(function) for path in FILES for function in functions(path))
    assert lengths[len(lengths) // 2] <= 8
    assert lengths[len(lengths) * 9 // 10] <= 30


def test_files_and_classes_are_named_after_what_they_are():
    names = {path.stem for path in FILES} | {
        node.name.lower()
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef)
    }
    assert not names & FORBIDDEN_NAMES


@pytest.mark.parametrize(("library", "room"), ONLY_IN.items())
def test_a_foreign_library_is_known_in_one_room(library, room):
    importers = {
        path.relative_to(SOURCE).as_posix()
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        for name in imported(node)
        if name.split(".")[0] == library
    }
    assert importers
    assert all(path.startswith(room) for path in importers)


def imported(node) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    return [node.module or ""] if isinstance(node, ast.ImportFrom) and not node.level else []


def test_only_the_last_word_to_a_person_catches_everything():
    broad = [
        path.relative_to(SOURCE).as_posix()
        for path in FILES
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException"))
        and not isinstance(node.body[-1], ast.Raise)
    ]
    assert broad == ["cli/main.py"]


def test_every_module_says_what_it_is_for():
    assert [path.name for path in FILES if not ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))] == []


@pytest.mark.parametrize("source", ["demo", "edgedns"])
def test_the_default_start_path_stays_light(source):
    program = (
        "import sys; from edgedns_mcp.service.desk import open_desk; from edgedns_mcp.settings import load; "
        "from edgedns_mcp.server.build import build_server; "
        f"build_server(open_desk(load(source={source!r}, api_key='edns_live_0'))); print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stdout.split())
    assert "edgedns_mcp.server.tools" in loaded
    assert loaded.isdisjoint((*HEAVY, *OF_ONE_ANSWER))


def test_a_command_does_not_wait_for_the_sdk():
    program = "import sys; import edgedns_mcp.cli.main; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert {"mcp", "httpx"}.isdisjoint(done.stdout.split())


def test_no_two_test_files_share_a_name():
    names = [path.name for path in (ROOT / "tests").rglob("*.py") if path.name != "conftest.py"]
    assert sorted(names) == sorted(set(names))


def test_every_command_for_developers_does_something():
    """`make` calls a target without a recipe done."""
    told = re.findall(r"^make ([\w-]+)", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.MULTILINE)
    done = re.findall(r"^([\w-]+):.*\n\t", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert "mutants" in told
    assert [target for target in told if target not in done] == []
