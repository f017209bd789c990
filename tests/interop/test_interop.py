"""What other vendors' client libraries make of our tools and answers, each driven as its documentation says."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from interop_clients import RAW, Finding, Library
from mcp.types import Tool

pytestmark = pytest.mark.interop

A_WHOLE_KEY = re.compile(r"edns_(live|test)_[A-Za-z0-9]{8,}")
NEWEST_PROTOCOL = "2026-07-28"


def driven(*libraries: Library) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("found", libraries, ids=str, indirect=True)


def test_every_tool_is_offered_with_all_its_described_arguments(found: Finding, listed: list[Tool]):
    assert set(found.tools) >= {"usage_by_key", "key_details", "server_status"}
    assert {name: arguments(schema) for name, schema in found.schemas.items()} == {
        tool.name: arguments(tool.input_schema) for tool in listed
    }


def test_the_summary_and_each_keys_requests_reach_the_model(found: Finding, truth: dict[str, Any]):
    lines = list(readable(found.sent["answer"]))
    assert any(truth["summary"] in line for line in lines)
    assert len(truth["keys"]) == 3
    for key in truth["keys"]:
        assert any(shows(line, key["name"]) and shows(line, key["request_count"]) for line in lines), key["name"]


def test_a_wrong_period_reaches_the_model_as_words_that_name_the_valid_ones(found: Finding):
    words = "\n".join(readable(found.sent["error"]))
    for valid in ("current", "previous", "7d", "30d"):
        assert shows(words, valid)


def test_a_whole_key_is_never_said_again(found: Finding):
    assert list(readable(found.sent["secret"]))
    assert not A_WHOLE_KEY.search(json.dumps([found.schemas, found.sent]))


@driven(Library("openai-agents", "strict"))
def test_no_tool_with_arguments_falls_back_from_strict(found: Finding):
    assert [name for name, schema in found.schemas.items() if schema["properties"] and not schema["strict"]] == []


@driven(*RAW)
def test_a_raw_client_gets_the_words_and_the_structure(found: Finding, truth: dict[str, Any]):
    (words,) = found.sent["answer"]["content"]
    assert words["text"].startswith(truth["summary"])
    assert found.sent["answer"]["structuredContent"] == truth
    assert found.sent["error"]["isError"]


@driven(Library("typescript", "v2"), Library("typescript", "v2", "http"))
def test_a_client_that_negotiates_gets_the_newest_protocol(found: Finding):
    assert found.protocol == NEWEST_PROTOCOL


def arguments(schema: dict[str, Any]) -> dict[str, Any]:
    said = ("description", "enum", "default")
    return {name: {word: of[word] for word in said if word in of} for name, of in schema["properties"].items()}


def readable(value: Any) -> Iterator[str]:
    """Give the lines a model reads: those of a text, and one of each object's own values. JSON texts count as data."""
    match value:
        case str() if value.startswith("{"):
            yield from readable(json.loads(value))
        case str():
            yield from value.splitlines()
        case list():
            for part in value:
                yield from readable(part)
        case dict():
            own = {name: part for name, part in value.items() if is_one_line(part)}
            yield " ".join(str(part) for part in own.values())
            yield from readable([part for name, part in value.items() if name not in own])
        case _:
            yield str(value)


def is_one_line(part: Any) -> bool:
    return not isinstance(part, (list, dict)) and "\n" not in str(part) and not str(part).startswith("{")


def shows(line: str, value: object) -> bool:
    return re.search(rf"(?<![\w-]){re.escape(str(value))}(?![\w-])", line) is not None
