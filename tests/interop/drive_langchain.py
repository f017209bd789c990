"""Drive a LangChain agent with the tools that langchain-mcp-adapters loads."""

import asyncio
import json
from typing import Any

from langchain.agents import create_agent
from langchain_core.tools import BaseTool
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_openai import ChatOpenAI
from loopback import FINAL_WORDS, MODEL, QUESTION, Call, read_job, report, scripted_model


async def main() -> None:
    job = read_job()
    local = {"transport": "stdio", "command": job.command, "args": job.args, "env": job.env}
    far = {"transport": "streamable_http", "url": job.url, "headers": job.headers}
    connection = far if job.url else local
    tools = await MultiServerMCPClient({"edgedns": connection}).get_tools()
    requests = [await ask(tools, call) for call in job.calls]
    schemas = {tool["function"]["name"]: tool["function"]["parameters"] for tool in requests[0][0]["tools"]}
    report(schemas, [request["messages"][-1]["content"] for _, request in requests])


async def ask(tools: list[BaseTool], call: Call) -> list[dict[str, Any]]:
    with scripted_model(answers(call)) as endpoint:
        agent = create_agent(ChatOpenAI(model=MODEL, base_url=endpoint.url, api_key="unused"), tools)
        await agent.ainvoke({"messages": [{"role": "user", "content": QUESTION}]})
    return endpoint.received


def answers(call: Call) -> list[dict[str, Any]]:
    function = {"name": call.name, "arguments": json.dumps(call.arguments)}
    tool_call = {"id": "call_1", "type": "function", "function": function}
    return [
        completion("tool_calls", {"content": None, "tool_calls": [tool_call]}),
        completion("stop", {"content": FINAL_WORDS}),
    ]


def completion(finish_reason: str, message: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 0,
        "model": MODEL,
        "choices": [{"index": 0, "finish_reason": finish_reason, "message": {"role": "assistant", **message}}],
        "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2},
    }


asyncio.run(main())
