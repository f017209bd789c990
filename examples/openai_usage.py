"""Ask GPT what each of your API keys is doing; without OPENAI_API_KEY a scripted model answers."""

import asyncio
import logging
import os
import shutil
import sys
from argparse import ArgumentParser
from pathlib import Path

from scripted_model import stand_in_without

try:
    from agents import Agent, AgentsException, OpenAIResponsesModel, RunConfig, Runner
    from agents.mcp import MCPServerStdio
    from mcp import MCPError
    from openai import AsyncOpenAI, AuthenticationError, OpenAIError
    from openai.types.responses import ResponseFunctionToolCall
except ImportError as missing:
    sys.exit(f"{missing}; this example needs: pip install 'openai-agents~=0.24.0'")

KEY = "OPENAI_API_KEY"
PARSER = ArgumentParser(description=__doc__)
PARSER.add_argument("question", nargs="?", default="Which of our API keys used the most this month?")
PARSER.add_argument("--model", default="gpt-5.6-luna")
logging.getLogger("openai.agents").addHandler(logging.NullHandler())  # what goes wrong is told by main


async def ask(openai: AsyncOpenAI, question: str, model: str) -> str:
    """Let the model call the tools of edgedns-mcp until it has an answer."""
    command = shutil.which("edgedns-mcp") or shutil.which("edgedns-mcp", path=Path(sys.executable).parent)
    settings = {name: value for name, value in os.environ.items() if name != KEY}  # the server needs no model's key
    server = MCPServerStdio({"command": command or "edgedns-mcp", "env": settings}, client_session_timeout_seconds=30)
    async with server as edgedns:
        agent = Agent(name="Analyst", mcp_servers=[edgedns], model=OpenAIResponsesModel(model, openai))
        result = await Runner.run(agent, question, run_config=RunConfig(tracing_disabled=True))
    for called in (item.raw_item for item in result.new_items):
        if isinstance(called, ResponseFunctionToolCall):
            print("called", called.name, called.arguments, file=sys.stderr)
    return result.final_output


def main() -> str | None:
    """Print the answer, or give the sentence that says why there is none."""
    options, failure = PARSER.parse_args(), None
    try:
        with stand_in_without(KEY) as address:
            openai = AsyncOpenAI(api_key=os.environ.get(KEY) or "none", base_url=address)
            print(asyncio.run(ask(openai, options.question, options.model)))
    except* AuthenticationError:
        failure = f"OpenAI refused the key in {KEY}."
    except* (OpenAIError, AgentsException):
        failure = f"OpenAI did not answer: check --model {options.model}, the account's limits and the network."
    except* (OSError, MCPError):
        failure = "edgedns-mcp does not run: install it beside this Python or on PATH, and try `edgedns-mcp doctor`."
    return failure


if __name__ == "__main__":
    sys.exit(main())
