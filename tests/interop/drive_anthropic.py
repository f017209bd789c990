"""Drive anthropic's tool runner with its MCP tool helper."""

import asyncio
from typing import Any

from anthropic import AsyncAnthropic
from anthropic.lib.tools.mcp import async_mcp_tool
from loopback import FINAL_WORDS, MODEL, QUESTION, Call, read_job, report, scripted_model
from mcp import ClientSession
from sessions import session_of


async def main() -> None:
    job = read_job()
    async with session_of(job) as session:
        requests = [await ask(session, call) for call in job.calls]
    schemas = {tool["name"]: tool["input_schema"] for tool in requests[0][0]["tools"]}
    report(schemas, [request["messages"][-1]["content"] for _, request in requests])


async def ask(session: ClientSession, call: Call) -> list[dict[str, Any]]:
    tools = [async_mcp_tool(tool, session) for tool in (await session.list_tools()).tools]
    with scripted_model(answers(call)) as endpoint:
        client = AsyncAnthropic(base_url=endpoint.url, api_key="unused")
        await client.beta.messages.tool_runner(
            model=MODEL, max_tokens=1024, tools=tools, messages=[{"role": "user", "content": QUESTION}]
        ).until_done()
    return endpoint.received


def answers(call: Call) -> list[dict[str, Any]]:
    tool_use = {"type": "tool_use", "id": "toolu_1", "name": call.name, "input": call.arguments}
    return [message("tool_use", tool_use), message("end_turn", {"type": "text", "text": FINAL_WORDS})]


def message(stop_reason: str, block: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": MODEL,
        "content": [block],
        "stop_reason": stop_reason,
        "stop_sequence": None,
        "usage": {"input_tokens": 1, "output_tokens": 1},
    }


asyncio.run(main())
