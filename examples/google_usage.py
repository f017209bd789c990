"""Ask Gemini what each of your API keys is doing; without GEMINI_API_KEY a scripted model answers."""

import asyncio
import logging
import os
import shutil
import sys
from argparse import ArgumentParser
from pathlib import Path

from scripted_model import stand_in_without

try:
    from google import genai
    from google.genai import errors, types
    from httpx2 import HTTPError
    from mcp import Client, MCPError, StdioServerParameters, stdio_client
except ImportError as missing:
    sys.exit(f"{missing}; this example needs: pip install 'google-genai~=3.4.0' 'mcp~=2.3.0'")

KEY = "GEMINI_API_KEY"
PARSER = ArgumentParser(description=__doc__)
PARSER.add_argument("question", nargs="?", default="Which of our API keys used the most this month?")
PARSER.add_argument("--model", default="gemini-3.8-flash")
logging.getLogger("google_genai").addHandler(logging.NullHandler())  # it recommends chats, which take no MCP session


async def ask(gemini: genai.Client, question: str, model: str) -> str:
    """Let the model call the tools of edgedns-mcp until it has an answer."""
    command = shutil.which("edgedns-mcp") or shutil.which("edgedns-mcp", path=Path(sys.executable).parent)
    settings = {name: value for name, value in os.environ.items() if name != KEY}  # the server needs no model's key
    server = StdioServerParameters(command=command or "edgedns-mcp", env=settings)
    async with Client(stdio_client(server)) as edgedns:
        config: types.GenerateContentConfigDict = {"tools": [edgedns.session]}  # an object could not be copied
        response = await gemini.aio.models.generate_content(model=model, contents=question, config=config)
    for turn in response.automatic_function_calling_history or []:
        for part in turn.parts or []:
            if part.function_call:
                print("called", part.function_call.name, part.function_call.args, file=sys.stderr)
    return response.text or ""


def main() -> str | None:
    """Print the answer, or give the sentence that says why there is none."""
    options, failure = PARSER.parse_args(), None
    try:
        with stand_in_without(KEY) as address:
            gemini = genai.Client(api_key=os.environ.get(KEY) or "none", http_options={"base_url": address})
            print(asyncio.run(ask(gemini, options.question, options.model)))
    except* errors.ClientError:
        failure = f"Google refused the request: check {KEY}, --model {options.model} and the account's limits."
    except* (errors.APIError, HTTPError):
        failure = "Google did not answer: check the network, or try again later."
    except* (OSError, MCPError):
        failure = "edgedns-mcp does not run: install it beside this Python or on PATH, and try `edgedns-mcp doctor`."
    return failure


if __name__ == "__main__":
    sys.exit(main())
