"""Drive anthropic's tool runner with its MCP tool helper."""

import asyncio
from typing import Any

from anthropic import AsyncAnthropic
from anthropic.lib.tools.mcp import async_mcp_tool
from loopback import MODEL, QUESTION, Call, model_that_makes, read_job, report
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
    with model_that_makes(call) as endpoint:
        client = AsyncAnthropic(base_url=endpoint.url, api_key="unused")
        await client.beta.messages.tool_runner(
            model=MODEL, max_tokens=1024, tools=tools, messages=[{"role": "user", "content": QUESTION}]
        ).until_done()
    return endpoint.received


asyncio.run(main())
