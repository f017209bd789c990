"""The questions of evals/ are answered with their figures, and words alone lead to their tools."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest
from faces import a_server
from mcp.client import Client

sys.path.insert(0, str(Path(__file__).parents[2] / "evals"))
from bm25 import ranked
from score import questions, report, scored

EVERY = questions()
ASKED = [question for question in EVERY if question["kind"] != "negative"]
LEAST_FOUND = 0.95


async def listed():
    async with Client(a_server()) as client:
        return {tool.name: tool.description for tool in (await client.list_tools()).tools}


async def test_there_are_sixty_or_more_of_three_kinds_and_two_or_more_for_every_tool():
    asked = Counter(question["tool"] for question in ASKED)
    assert len({question["ask"] for question in EVERY}) == len(EVERY) >= 60
    assert {question["kind"] for question in EVERY} == {"direct", "indirect", "negative"}
    assert asked.keys() == set(await listed())
    assert min(asked.values()) >= 2


@pytest.mark.parametrize("question", ASKED, ids=lambda question: question["ask"])
async def test_a_scripted_client_gets_every_figure(question):
    async with Client(a_server()) as client:
        found = await client.call_tool(question["tool"], question["arguments"])
    assert not found.is_error
    text = found.content[0].text
    call = {"tool": question["tool"], "arguments": question["arguments"]}
    assert scored(question, {"calls": [call], "answer": text}).is_right, text[:500]
    assert question["figures"]


async def test_words_alone_lead_to_the_right_tool():
    descriptions = await listed()
    missed = [question["ask"] for question in ASKED if ranked(question["ask"], descriptions)[0] != question["tool"]]
    assert len(missed) <= (1 - LEAST_FOUND) * len(ASKED), missed


def test_a_transcript_is_scored_line_by_line():
    first, negative = EVERY[0], EVERY[-1]
    call = {"tool": first["tool"], "arguments": {"limit": 3}}
    right = {"ask": first["ask"], "calls": [call], "answer": " ".join(first["figures"])}
    lines = [json.dumps(one) for one in (right, {"ask": negative["ask"], "answer": "I cannot."})]
    assert report(lines).endswith(f"\n2 of {len(EVERY)} right")
    assert not scored(first, right | {"answer": "about 42 thousand"}).figures
    assert not scored(first, right | {"calls": [{"tool": "key_details"}]}).tool
    assert not scored(negative, {"calls": [call]}).is_right
