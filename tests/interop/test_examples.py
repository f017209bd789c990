"""Each example, run as a stranger runs it: with a key and without, with one that is refused, without what it needs."""

import json
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from interop_clients import AS_OF, HERE, ROOT, Library, clean, interpreter

sys.path.insert(0, str(ROOT / "examples"))
from scripted_model import scripted, serving

pytestmark = pytest.mark.interop

FOLDER = ROOT / "examples"
BIN = Path(sys.executable).parent
ANSWERS = dict(re.findall(r"> \*\*(.*?)\*\*\n> (.*)", (ROOT / "README.md").read_text(encoding="utf-8")))
FIRST = "Which of our API keys used the most this month?"
DEMO = {"EDGEDNS_SOURCE": "demo", "EDGEDNS_AS_OF": AS_OF}
MOST_LINES = 60
SECRET = "sk-" + "Zq7Xw2Vb" * 4


class Example(NamedTuple):
    """One script, the library that it shows, how a vendor's key and address are set, and what it says of a refusal."""

    name: str
    library: Library
    key: str
    address: str
    refused: str

    @property
    def script(self) -> Path:
        return FOLDER / f"{self.name}_usage.py"

    @property
    def stands_in(self) -> str:
        return f"{self.key} is not set: a scripted model on this machine stands in."


ANTHROPIC = Example(
    "anthropic",
    Library("anthropic"),
    "ANTHROPIC_API_KEY",
    "ANTHROPIC_BASE_URL",
    "Anthropic refused the key in ANTHROPIC_API_KEY.",
)
OPENAI = Example(
    "openai",
    Library("openai-agents", "plain"),
    "OPENAI_API_KEY",
    "OPENAI_BASE_URL",
    "OpenAI refused the key in OPENAI_API_KEY.",
)
GOOGLE = Example(
    "google",
    Library("google-genai"),
    "GEMINI_API_KEY",
    "GOOGLE_GEMINI_BASE_URL",
    "Google refused the request: check GEMINI_API_KEY, --model chosen-model and the account's limits.",
)
EXAMPLES = (ANTHROPIC, OPENAI, GOOGLE)
NO_SERVER = "edgedns-mcp does not run: install it beside this Python or on PATH, and try `edgedns-mcp doctor`."

each = pytest.mark.parametrize("example", EXAMPLES, ids=lambda example: example.name)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / "bin").mkdir()
    return tmp_path


def asked(
    example: Example, home: Path, *arguments: str, python: list[Any] | None = None, **settings: str
) -> subprocess.CompletedProcess[str]:
    """Run an example where the developer's own settings do not reach, with edgedns-mcp on the PATH."""
    command = [*(python or [interpreter(example.library)]), example.script, *arguments]
    env = clean(home) | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"} | DEMO | settings
    return subprocess.run(command, env=env, cwd=home, capture_output=True, text=True, timeout=120, check=False)


def told(done: subprocess.CompletedProcess[str]) -> tuple[int, str, list[str]]:
    return done.returncode, done.stdout, done.stderr.splitlines()


def program(path: Path, text: str) -> None:
    path.write_text(text)
    path.chmod(0o755)


@contextmanager
def refusing() -> Iterator[tuple[str, list[str]]]:
    """Refuse every request with 401 and all that it sent; give the address, and what was sent."""
    received: list[str] = []

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            received.append(f"{self.path}\n{self.headers}\n{body}")
            error = {"type": "authentication_error", "code": 401, "message": received[-1]}
            answer = json.dumps({"type": "error", "error": error}).encode()
            self.send_response(401)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}", received
        server.shutdown()


@each
def test_without_a_key_it_prints_the_first_answer_of_the_readme_and_asks_no_proxy(example, home):
    done = asked(example, home, HTTP_PROXY="http://127.0.0.1:9", NO_PROXY="")
    assert told(done) == (0, f"DEMO: {ANSWERS[FIRST]}\n", [example.stands_in, "called usage_by_key {}"])


@each
def test_with_a_key_the_vendors_own_model_is_asked(example, home):
    with serving(scripted) as vendor:
        done = asked(example, home, **{example.key: SECRET, example.address: vendor.url})
    assert told(done) == (0, f"DEMO: {ANSWERS[FIRST]}\n", ["called usage_by_key {}"])
    assert len(vendor.received) == 2


@pytest.mark.parametrize(
    ("example", "question", "tool"),
    [
        (ANTHROPIC, "Charge 1,200 EUR for last month to our teams.", "chargeback_report"),
        (OPENAI, "Is any key behaving unlike itself?", "find_anomalies"),
        (GOOGLE, "What did newsletter-signup do in the last seven days?", "key_details"),
        (ANTHROPIC, "Will we stay within our quota of 500,000?", "forecast_quota"),
        (OPENAI, "Which of our keys should go, and what else is to be done about them?", "audit_keys"),
    ],
    ids=lambda value: getattr(value, "name", value),
)
def test_another_question_of_the_readme_calls_another_tool(example, question, tool, home):
    done = asked(example, home, question)
    assert (done.returncode, done.stdout) == (0, f"DEMO: {ANSWERS[question]}\n")
    assert done.stderr.splitlines()[1].startswith(f"called {tool} {{")


@each
def test_what_a_tool_refuses_is_told_by_the_model(example, home):
    done = asked(example, home, "What did nobody-at-all do?")
    assert done.stdout.startswith("No key has the id, name, last four or part 'nobody-at-all';")


@each
def test_a_server_beside_the_python_needs_no_path(example, home):
    python = interpreter(example.library)
    (home / "bin/python").symlink_to(python.resolve())
    (home / "bin/edgedns-mcp").symlink_to(BIN / "edgedns-mcp")
    (packages,) = python.parents[1].glob("lib/python*/site-packages")
    done = asked(example, home, python=[home / "bin/python"], PATH=str(home / "lib"), PYTHONPATH=str(packages))
    assert done.stdout == f"DEMO: {ANSWERS[FIRST]}\n"


@each
def test_a_refused_key_is_one_sentence_without_the_key(example, home):
    with refusing() as (url, received):
        done = asked(example, home, "--model", "chosen-model", **{example.key: SECRET, example.address: url})
    assert told(done) == (1, "", [example.refused])
    assert SECRET in received[0]
    assert "chosen-model" in received[0]


@each
def test_a_vendor_that_cannot_be_reached_is_one_sentence(example, home):
    done = asked(example, home, **{example.key: SECRET, example.address: "http://127.0.0.1:9"})
    assert (done.returncode, done.stdout) == (1, "")
    (sentence,) = done.stderr.splitlines()
    assert sentence.startswith(f"{example.refused.split()[0]} did not answer: check ")


@each
def test_without_the_server_one_sentence_says_so(example, home):
    assert told(asked(example, home, PATH=str(home / "bin"))) == (1, "", [example.stands_in, NO_SERVER])


@each
def test_a_server_that_ends_at_once_is_one_sentence_and_was_given_the_settings_but_not_the_key(example, home):
    program(home / "bin/edgedns-mcp", f"#!/bin/sh\nexport -p >{home}/given\nexit 3\n")
    done = asked(example, home, PATH=str(home / "bin"), **{example.key: SECRET})
    assert told(done) == (1, "", [NO_SERVER])
    given = (home / "given").read_text()
    assert AS_OF in given
    assert SECRET not in given


@each
def test_without_its_library_one_sentence_says_what_to_install(example, home):
    done = asked(example, home, python=[sys.executable, "-S"])
    assert (done.returncode, done.stdout) == (1, "")
    (sentence,) = done.stderr.splitlines()
    pins = (HERE / f"envs/{example.library.name}.txt").read_text().split()
    assert sentence.endswith("; this example needs: pip install " + " ".join(f"'{pin}'" for pin in pins))


@each
def test_it_is_short_and_its_types_are_right(example):
    assert len(example.script.read_text().splitlines()) <= MOST_LINES
    command = [BIN / "pyright", "--outputjson", "--pythonpath", interpreter(example.library), example.script]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    found = json.loads(done.stdout)
    assert found["summary"]["filesAnalyzed"] == 1
    # What a library leaves untyped is not the example's fault.
    assert [one for one in found["generalDiagnostics"] if one["rule"] != "reportUnknownMemberType"] == []


def test_their_readme_shows_what_is_printed_and_names_what_the_tests_use(home):
    readme = (FOLDER / "README.md").read_text(encoding="utf-8")
    shown = re.search(r"```console\n\$ .*\n((?:.*\n)+?)```", readme)[1]
    done = asked(ANTHROPIC, home)
    assert shown == done.stderr + done.stdout
    for example in EXAMPLES:
        pin = (HERE / f"envs/{example.library.name}.txt").read_text().split()[0]
        line = next(line for line in readme.splitlines() if f"`{example.script.name}`" in line)
        assert f"`{pin}`" in line
        assert f"`{example.key}`" in line
