"""Drive the OpenAI Agents SDK; the mode is plain, strict (schemas) or structured (content)."""

import asyncio
from typing import Any

from agents import Agent, OpenAIResponsesModel, Runner, set_tracing_disabled
from agents.mcp import MCPServer, MCPServerStdio, MCPServerStreamableHttp
from loopback import MODEL, QUESTION, Call, Job, model_that_makes, read_job, report
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
    with model_that_makes(call) as endpoint:
        agent = Agent(
            name="Analyst",
            mcp_servers=[server],
            mcp_config={"convert_schemas_to_strict": job.mode == "strict"},
            model=OpenAIResponsesModel(MODEL, AsyncOpenAI(base_url=endpoint.url, api_key="unused")),
        )
        await Runner.run(agent, QUESTION)
    return endpoint.received


asyncio.run(main())
