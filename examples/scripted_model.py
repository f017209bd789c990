"""A stand-in for a model: speaks enough of three vendors' APIs on this machine to call a tool and quote its answer."""

import json
import os
import re
import sys
import threading
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple


class Call(NamedTuple):
    """One tool call that the model asks for."""

    name: str
    arguments: dict[str, Any]


class Endpoint(NamedTuple):
    """A running endpoint, and the bodies that were posted to it."""

    url: str
    received: list[dict[str, Any]]


Body = dict[str, Any]
Reply = Call | str
Dialect = Callable[[Reply], Body]

# The first pattern that a question holds names the tool; what its groups hold are arguments, too.
RULES = (
    (r"[Cc]harge (?P<amount>[\d,.]*\d) (?P<currency>[A-Z]{3})", Call("chargeback_report", {})),
    (r"unlike|unusual|anomal|odd\b", Call("find_anomalies", {})),
    (r"should go|revoke|rotate", Call("audit_keys", {})),
    (r"quota|budget", Call("forecast_quota", {})),
    (r"changed|[Cc]ompare", Call("compare_usage", {})),
    (r"did (?P<key>\S+) do in the last seven days", Call("key_details", {"period": "7d"})),
    (r"did (?P<key>\S+) do", Call("key_details", {})),
    (r"", Call("usage_by_key", {})),
)


@contextmanager
def stand_in_without(variable: str) -> Generator[str | None]:
    """Give the address of a scripted model where the environment has no key of a vendor, else none."""
    if os.environ.get(variable):
        yield None
        return
    print(f"{variable} is not set: a scripted model on this machine stands in.", file=sys.stderr)
    with serving(scripted) as endpoint:
        for name in ("no_proxy", "NO_PROXY"):
            os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1")))
        yield endpoint.url


def scripted(body: Body) -> Reply:
    """Quote the first line of what a tool said, which is its summary, or call the tool that a rule names."""
    match (body.get("messages") or body.get("input") or body["contents"])[-1]:
        case (
            {"content": [{"content": [{"text": str(said)}, *_]}, *_]}  # Anthropic
            | {"output": [{"text": str(said)}, *_]}  # OpenAI
            | {"parts": [{"functionResponse": {"response": {"result": {"content": [{"text": str(said)}, *_]}}}}, *_]}
            | {"parts": [{"functionResponse": {"response": {"error": {"content": [{"text": str(said)}, *_]}}}}, *_]}
        ):
            return said.partition("\n")[0]
        case {"content": str(question)} | {"parts": [{"text": str(question)}, *_]}:
            return tool_for(question)
        case turn:
            return f"A scripted model cannot read {json.dumps(turn)[:200]}"


def tool_for(question: str) -> Call:
    """Take the first rule that fits, as the last one always does."""
    call, found = next((call, found) for pattern, call in RULES if (found := re.search(pattern, question)))
    return Call(call.name, call.arguments | {name: word.replace(",", "") for name, word in found.groupdict().items()})


def anthropic(reply: Reply) -> Body:
    """Answer as POST /v1/messages does."""
    stop, block = "end_turn", {"type": "text", "text": reply}
    if isinstance(reply, Call):
        stop, block = "tool_use", {"type": "tool_use", "id": "toolu_1", "name": reply.name, "input": reply.arguments}
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "scripted",
        "content": [block],
        "stop_reason": stop,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


def openai(reply: Reply) -> Body:
    """Answer as POST /v1/responses does."""
    words: Body = {"type": "output_text", "text": reply, "annotations": []}
    item: Body = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [words]}
    if isinstance(reply, Call):
        item = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "status": "completed"}
        item |= {"name": reply.name, "arguments": json.dumps(reply.arguments)}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 0,
        "model": "scripted",
        "status": "completed",
        "output": [item],
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
    }


def google(reply: Reply) -> Body:
    """Answer as POST /v1beta/models/…:generateContent does."""
    part: Body = {"text": reply}
    if isinstance(reply, Call):
        part = {"functionCall": {"name": reply.name, "args": reply.arguments}}
    return {"candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}]}


DIALECTS: Mapping[str, Dialect] = {"/messages": anthropic, "/responses": openai, ":generateContent": google}


@contextmanager
def serving(reply: Callable[[Body], Reply], dialects: Mapping[str, Dialect] = DIALECTS) -> Generator[Endpoint]:
    """Answer what is posted, in the dialect that the end of the path names."""
    received: list[Body] = []

    class Model(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            (speak,) = (dialects[end] for end in dialects if self.path.partition("?")[0].endswith(end))
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            body = json.dumps(speak(reply(received[-1]))).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any, **__: Any) -> None:
            """Tell nothing of requests."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Model)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield Endpoint(f"http://127.0.0.1:{server.server_port}", received)
    finally:
        server.shutdown()
        server.server_close()
