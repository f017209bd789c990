"""A scripted model for assistants of the terminal, which want streams: it calls a tool, and quotes what that says."""

import json
import re
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from interop_clients import ROOT

sys.path.insert(0, str(ROOT / "examples"))
from scripted_model import Body, Call, Reply, anthropic, google, openai

TOOL = "usage_by_key"
SUMMARY = re.compile(r'DEMO: [^\n"\\]*')


class Model(NamedTuple):
    """Where a model is, and what it was told that the tool answered."""

    url: str
    told: list[str]


@contextmanager
def streaming_model() -> Iterator[Model]:
    """Answer in the dialect that the path names."""
    told: list[str] = []

    class Streaming(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            dialect = next(speak for part, speak in DIALECTS.items() if part in self.path)
            answer = dialect(body, told).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Streaming) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield Model(f"http://127.0.0.1:{server.server_port}", told)
        server.shutdown()


def of_anthropic(body: Body, told: list[str]) -> str:
    last = body["messages"][-1]["content"]
    said = [part["content"] for part in last if isinstance(part, dict) and part["type"] == "tool_result"]
    whole = anthropic(reply(said, [tool["name"] for tool in body.get("tools", [])], told))
    (block,) = whole["content"]
    begun, rest = {**block, "text": ""}, {"type": "text_delta", "text": block.get("text")}
    if block["type"] == "tool_use":
        begun, rest = {**block, "input": {}}, {"type": "input_json_delta", "partial_json": json.dumps(block["input"])}
    return "".join(
        event(kind, **fields)
        for kind, fields in (
            ("message_start", {"message": {**whole, "content": [], "stop_reason": None}}),
            ("content_block_start", {"index": 0, "content_block": begun}),
            ("content_block_delta", {"index": 0, "delta": rest}),
            ("content_block_stop", {"index": 0}),
            ("message_delta", {"delta": {"stop_reason": whole["stop_reason"]}, "usage": whole["usage"]}),
            ("message_stop", {}),
        )
    )


def of_openai(body: Body, told: list[str]) -> str:
    said = [part["output"] for part in body["input"][-1:] if "output" in part]
    spaces = {tool["name"]: tool["tools"] for tool in body["tools"] if tool["type"] == "namespace"}
    names = [f"{space}\n{tool['name']}" for space, tools in spaces.items() for tool in tools]
    answer = reply(said, names, told)
    where = {}
    if isinstance(answer, Call):
        space, _, name = answer.name.partition("\n")
        answer, where = Call(name, answer.arguments), {"namespace": space}
    whole = openai(answer)
    item = whole["output"][0] | where
    usage = {"input_tokens": 1, "output_tokens": 1, "total_tokens": 2}
    return "".join(
        event(kind, **fields)
        for kind, fields in (
            ("response.created", {"response": {**whole, "output": []}}),
            ("response.output_item.done", {"output_index": 0, "item": item}),
            ("response.completed", {"response": {**whole, "output": [item], "usage": usage}}),
        )
    )


def of_google(body: Body, told: list[str]) -> str:
    said = [
        part["functionResponse"]["response"] for part in body["contents"][-1]["parts"] if "functionResponse" in part
    ]
    names = [one["name"] for tool in body.get("tools", []) for one in tool.get("functionDeclarations", [])]
    return f"data: {json.dumps(google(reply(said, names, told)))}\n\n"


def reply(said: list[Any], names: list[str], told: list[str]) -> Reply:
    """Quote the summary of what a tool said, or call the tool; where neither is there, say so."""
    if said:
        told.append(said[0] if isinstance(said[0], str) else json.dumps(said[0]))
        found = SUMMARY.search(told[-1])
        return found[0] if found else told[-1]
    return next((Call(name, {}) for name in names if name.endswith(TOOL)), "There is no such tool.")


def event(kind: str, **fields: Any) -> str:
    return f"event: {kind}\ndata: {json.dumps({'type': kind, **fields})}\n\n"


DIALECTS: Mapping[str, Any] = {"/messages": of_anthropic, "/responses": of_openai, "streamGenerateContent": of_google}
