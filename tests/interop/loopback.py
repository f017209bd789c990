"""What the Python drivers share: the job they are given, and a model on loopback with scripted replies."""

import json
import sys
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "examples"))
from scripted_model import DIALECTS, Call, Endpoint, Reply, serving

MODEL = "scripted"
QUESTION = "Which of our API keys is used most?"
FINAL_WORDS = "That is all."


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


def read_job() -> Job:
    given = json.loads(sys.argv[1])
    return Job(**{**given, "calls": [Call(**call) for call in given["calls"]]})


def report(schemas: dict[str, Any], sent_to_model: list[Any]) -> None:
    """Print the one line that the test reads: the schemas offered to the model, and each result as sent to it."""
    print(json.dumps({"tools": list(schemas), "schemas": schemas, "sent_to_model": sent_to_model}))


def model_that_makes(call: Call) -> AbstractContextManager[Endpoint]:
    """Serve a model that asks for this call, and has its final words then."""
    replies = iter([call, FINAL_WORDS])
    return serving(lambda _: next(replies), {**DIALECTS, "/chat/completions": completion})


def completion(reply: Reply) -> dict[str, Any]:
    """Answer as OpenAI's older POST /v1/chat/completions does."""
    reason, message = "stop", {"content": reply}
    if isinstance(reply, Call):
        function = {"name": reply.name, "arguments": json.dumps(reply.arguments)}
        reason = "tool_calls"
        message = {"content": None, "tool_calls": [{"type": "function", "id": "call_1", "function": function}]}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [{"index": 0, "finish_reason": reason, "message": {"role": "assistant", **message}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }
