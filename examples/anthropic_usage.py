"""Ask Claude what each of your API keys is doing; without ANTHROPIC_API_KEY a scripted model answers."""

import asyncio
import os
import shutil
import sys
from argparse import ArgumentParser
from pathlib import Path

from scripted_model import stand_in_without

try:
    from anthropic import APIError, AsyncAnthropic, AuthenticationError
    from anthropic.lib.tools.mcp import async_mcp_tool
    from mcp import Client, MCPError, StdioServerParameters, stdio_client
except ImportError as missing:
    sys.exit(f"{missing}; this example needs: pip install 'anthropic[mcp]~=2.12.0'")

KEY = "ANTHROPIC_API_KEY"
PARSER = ArgumentParser(description=__doc__)
PARSER.add_argument("question", nargs="?", default="Which of our API keys used the most this month?")
PARSER.add_argument("--model", default="claude-opus-5-5")


async def ask(claude: AsyncAnthropic, question: str, model: str) -> str:
    """Let the model call the tools of edgedns-mcp until it has an answer."""
    command = shutil.which("edgedns-mcp") or shutil.which("edgedns-mcp", path=Path(sys.executable).parent)
    settings = {name: value for name, value in os.environ.items() if name != KEY}  # the server needs no model's key
    server = StdioServerParameters(command=command or "edgedns-mcp", env=settings)
    answer = ""
    async with Client(stdio_client(server)) as edgedns:
        tools = [async_mcp_tool(tool, edgedns.session) for tool in (await edgedns.list_tools()).tools]
        async for message in claude.beta.messages.tool_runner(
            model=model, max_tokens=4096, tools=tools, messages=[{"role": "user", "content": question}]
        ):
            for block in message.content:
                if block.type == "tool_use":
                    print("called", block.name, block.input, file=sys.stderr)
            answer = "".join(block.text for block in message.content if block.type == "text")
    return answer


def main() -> str | None:
    """Print the answer, or give the sentence that says why there is none."""
    options, failure = PARSER.parse_args(), None
    try:
        with stand_in_without(KEY) as address:
            claude = AsyncAnthropic(api_key=os.environ.get(KEY) or "none", base_url=address)
            print(asyncio.run(ask(claude, options.question, options.model)))
    except* AuthenticationError:
        failure = f"Anthropic refused the key in {KEY}."
    except* APIError:
        failure = f"Anthropic did not answer: check --model {options.model}, the account's limits and the network."
    except* (OSError, MCPError):
        failure = "edgedns-mcp does not run: install it beside this Python or on PATH, and try `edgedns-mcp doctor`."
    return failure


if __name__ == "__main__":
    sys.exit(main())
