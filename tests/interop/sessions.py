"""A session of the MCP SDK with the server under test, for the libraries that take one."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

import httpx2
from loopback import Job
from mcp import ClientSession, StdioServerParameters
from mcp.client.stdio import stdio_client
from mcp.client.streamable_http import streamable_http_client


@asynccontextmanager
async def session_of(job: Job) -> AsyncGenerator[ClientSession]:
    """Shake hands over HTTP where the job has an address, else over stdio."""
    parameters = StdioServerParameters(command=job.command, args=job.args, env=job.env)
    async with httpx2.AsyncClient(headers=job.headers) as http:
        transport = streamable_http_client(job.url, http_client=http) if job.url else stdio_client(parameters)
        async with transport as streams, ClientSession(*streams) as session:
            await session.initialize()
            yield session
