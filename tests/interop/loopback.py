"""What the Python drivers share: the job they are given, and a model endpoint on loopback with scripted answers."""

import json
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

MODEL = "scripted"
QUESTION = "Which of our API keys is used most?"
FINAL_WORDS = "That is all."


@dataclass(frozen=True)
class Call:
    """One tool call that the model asks for."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True)
class Job:
    """How to reach the server under test, by a command or by an address, and what to call there."""

    mode: str
    calls: list[Call]
    command: str = ""
    args: list[str] = field(default_factory=list)
    env: dict[str, str] = field(default_factory=dict)
    url: str = ""
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Endpoint:
    """A running model endpoint and the bodies that were posted to it."""

    url: str
    received: list[dict[str, Any]]


def read_job() -> Job:
    given = json.loads(sys.argv[1])
    return Job(**{**given, "calls": [Call(**call) for call in given["calls"]]})


def report(schemas: dict[str, Any], sent_to_model: list[Any]) -> None:
    """Print the one line that the test reads: the schemas offered to the model, and each result as sent to it."""
    print(json.dumps({"tools": list(schemas), "schemas": schemas, "sent_to_model": sent_to_model}))


@contextmanager
def scripted_model(answers: Sequence[dict[str, Any]]) -> Iterator[Endpoint]:
    """Serve `answers` in turn, whatever the path."""
    received: list[dict[str, Any]] = []

    class Scripted(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            body = json.dumps(answers[len(received) - 1]).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Scripted)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Endpoint(f"http://127.0.0.1:{server.server_port}", received)
    finally:
        server.shutdown()
        server.server_close()
