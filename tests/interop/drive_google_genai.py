"""Drive google-genai, which takes the MCP session itself for a tool."""

import asyncio
from typing import Any

from google import genai
from loopback import MODEL, QUESTION, Call, model_that_makes, read_job, report
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
    with model_that_makes(call) as endpoint:
        client = genai.Client(api_key="unused", http_options={"base_url": endpoint.url})
        await client.aio.models.generate_content(model=MODEL, contents=QUESTION, config={"tools": [session]})
    return endpoint.received


asyncio.run(main())
