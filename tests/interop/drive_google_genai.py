"""Drive google-genai, which takes the MCP session itself for a tool."""

import asyncio
from typing import Any

from google import genai
from loopback import FINAL_WORDS, MODEL, QUESTION, Call, read_job, report, scripted_model
from mcp import ClientSession
from sessions import session_of


async def main() -> None:
    job = read_job()
    async with session_of(job) as session:
        requests = [await ask(session, call) for call in job.calls]
    (tools,) = requests[0][0]["tools"]
    schemas = {tool["name"]: tool["parameters"] for tool in tools["functionDeclarations"]}
    report(schemas, [request["contents"][-1]["parts"] for _, request in requests])


async def ask(session: ClientSession, call: Call) -> list[dict[str, Any]]:
    with scripted_model(answers(call)) as endpoint:
        client = genai.Client(api_key="unused", http_options={"base_url": endpoint.url})
        await client.aio.models.generate_content(model=MODEL, contents=QUESTION, config={"tools": [session]})
    return endpoint.received


def answers(call: Call) -> list[dict[str, Any]]:
    return [
        candidate({"functionCall": {"name": call.name, "args": call.arguments}}),
        candidate({"text": FINAL_WORDS}),
    ]


def candidate(part: dict[str, Any]) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": [part]}, "finishReason": "STOP"}]}


asyncio.run(main())
