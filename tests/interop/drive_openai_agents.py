"""Drive the OpenAI Agents SDK; the mode is plain, strict (schemas) or structured (content)."""

import asyncio
import json
from typing import Any

from agents import Agent, OpenAIResponsesModel, Runner, set_tracing_disabled
from agents.mcp import MCPServer, MCPServerStdio, MCPServerStreamableHttp
from loopback import FINAL_WORDS, MODEL, QUESTION, Call, Job, read_job, report, scripted_model
from openai import AsyncOpenAI


async def main() -> None:
    set_tracing_disabled(disabled=True)
    job = read_job()
    async with server_of(job) as server:
        requests = [await ask(job, server, call) for call in job.calls]
    schemas = {tool["name"]: {**tool["parameters"], "strict": tool["strict"]} for tool in requests[0][0]["tools"]}
    report(schemas, [request["input"][-1]["output"] for _, request in requests])


def server_of(job: Job) -> MCPServer:
    if job.url:
        return MCPServerStreamableHttp({"url": job.url, "headers": job.headers})
    how = {"command": job.command, "args": job.args, "env": job.env}
    return MCPServerStdio(how, use_structured_content=job.mode == "structured")


async def ask(job: Job, server: MCPServer, call: Call) -> list[dict[str, Any]]:
    with scripted_model(answers(call)) as endpoint:
        agent = Agent(
            name="Analyst",
            mcp_servers=[server],
            mcp_config={"convert_schemas_to_strict": job.mode == "strict"},
            model=OpenAIResponsesModel(MODEL, AsyncOpenAI(base_url=endpoint.url, api_key="unused")),
        )
        await Runner.run(agent, QUESTION)
    return endpoint.received


def answers(call: Call) -> list[dict[str, Any]]:
    tool_call = {"type": "function_call", "id": "fc_1", "call_id": "call_1", "name": call.name, "status": "completed"}
    words = {"type": "output_text", "text": FINAL_WORDS, "annotations": []}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed", "content": [words]}
    return [response({**tool_call, "arguments": json.dumps(call.arguments)}), response(message)]


def response(item: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 0,
        "model": MODEL,
        "status": "completed",
        "output": [item],
        "parallel_tool_calls": False,
        "tool_choice": "auto",
        "tools": [],
    }


asyncio.run(main())
