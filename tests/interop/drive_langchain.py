"""Drive a LangChain agent with the tools that langchain-mcp-adapters loads."""

import asyncio
from typing import Any

from langchain.agents import create_agent
from langchain_core.tools import BaseTool
from langchain_mcp_adapters.client import MultiServerMCPClient
from langchain_openai import ChatOpenAI
from loopback import MODEL, QUESTION, Call, model_that_makes, read_job, report


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
    with model_that_makes(call) as endpoint:
        agent = create_agent(ChatOpenAI(model=MODEL, base_url=endpoint.url, api_key="unused"), tools)
        await agent.ainvoke({"messages": [{"role": "user", "content": QUESTION}]})
    return endpoint.received


asyncio.run(main())
