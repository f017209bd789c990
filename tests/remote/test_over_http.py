"""MCP over HTTP: the same answers as over stdio, in both eras, and a sentence for whatever else comes."""

import pytest
from faces import ERAS
from mcp import Client
from remote_builders import ACCEPT, called, sentence_of

from edgedns_mcp.server.build import build_server
from edgedns_mcp.service.desk import open_desk
from edgedns_mcp.settings import load


@pytest.fixture(scope="module")
def server(running):
    with running(allowed_origins=("https://pages.example.com",)) as started:
        yield started


@pytest.mark.parametrize("era", ERAS)
async def test_every_tool_answers_as_it_does_in_memory(server, settings, era):
    async with Client(f"{server.url}/mcp", mode=era) as far, Client(build_server(open_desk(settings))) as near:
        assert (await far.list_tools()).tools == (await near.list_tools()).tools
        told = await far.call_tool("usage_by_key", {"period": "7d", "limit": 3})
        assert told.content == (await near.call_tool("usage_by_key", {"period": "7d", "limit": 3})).content
        assert told.structured_content["total_keys"] == 25


@pytest.mark.parametrize("era", ERAS)
async def test_resources_and_prompts_come_over_http_too(server, era):
    async with Client(f"{server.url}/mcp", mode=era) as client:
        read = await client.read_resource("edgedns://usage/by-key/7d")
        assert "payments-fraud" in read.contents[0].text
        assert (await client.get_prompt("security_review", {})).messages


def test_who_lives_and_is_ready_says_so_to_any_name_it_is_called_by(server):
    for path, word in (("/healthz", "ok"), ("/readyz", "ready")):
        answer = server.http.get(path, headers={"Host": "10.0.0.7:8054"})
        assert (answer.status_code, answer.json()) == (200, {"status": word})


def test_what_is_wrong_with_the_database_makes_it_not_ready(tmp_path, running):
    with running(settings=load(source="local", database=tmp_path / "none.db")) as started:
        answer = started.http.get("/readyz")
        assert answer.status_code == 503
        assert "There is no database" in answer.json()["why"]
        assert started.http.get("/healthz").status_code == 200


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_no_stream_and_no_session_is_offered(server, method):
    answer = server.http.request(method, "/mcp", headers=ACCEPT)
    assert (answer.status_code, answer.headers["allow"]) == (405, "POST")


def test_another_address_is_told_where_the_server_is(server):
    answer = server.http.post("/sse", json=called("usage_by_key"))
    assert (answer.status_code, sentence_of(answer)) == (
        404,
        "There is nothing at this address; the MCP server is at /mcp.",
    )


def test_a_strange_name_and_a_strange_page_are_refused(server):
    strange = server.post(called("usage_by_key"), Host="attacker.example.com")
    assert (strange.status_code, "EDGEDNS_HTTP_PUBLIC_URL" in sentence_of(strange)) == (421, True)
    page = server.post(called("usage_by_key"), Origin="https://attacker.example.com")
    assert (page.status_code, "EDGEDNS_HTTP_ALLOWED_ORIGINS" in sentence_of(page)) == (403, True)
    assert "access-control-allow-origin" not in page.headers


@pytest.mark.parametrize("origin", ["https://pages.example.com", "http://localhost:6274"])
def test_a_page_that_is_allowed_may_ask_and_read_the_answer_s_headers(server, origin):
    asked = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "authorization,mcp-method"}
    before = server.http.options("/mcp", headers={"Origin": origin, **asked})
    assert (before.status_code, before.headers["access-control-allow-origin"]) == (200, origin)
    answer = server.post(called("usage_by_key", limit=1), Origin=origin)
    assert answer.status_code == 200
    shown = {name.strip() for name in answer.headers["access-control-expose-headers"].split(",")}
    assert {"WWW-Authenticate", "Retry-After", "X-Request-Id"} <= shown


def test_a_body_of_more_than_a_megabyte_is_refused(server):
    assert server.post(called("usage_by_key", name_contains="x" * (1 << 20))).status_code == 413


def test_every_answer_has_an_id_of_its_own_and_is_not_kept(server):
    answers = [server.ask("server_status") for _ in range(2)]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 2
    assert {answer.headers["cache-control"] for answer in answers} == {"no-store"}
