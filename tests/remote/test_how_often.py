"""How often a caller may ask: a sentence and a time, and one count for all processes."""

import multiprocessing

import pytest
from mcp import Client
from mcp.shared.exceptions import MCPError
from remote_builders import sentence_of

from edgedns_mcp.server.remote.limits import counted_at, counted_for_all, limits_of

LISTED = {"jsonrpc": "2.0", "id": 1, "method": "tools/list"}


class Tick:
    now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def tick():
    return Tick()


def test_a_caller_who_asks_too_often_is_told_when_to_ask_again(tick, running):
    with running(rate_limit=2, tick=tick) as server:
        answers = [server.ask("server_status").json()["result"] for _ in range(3)]
        assert [answer.get("isError", False) for answer in answers] == [False, False, True]
        assert answers[2]["content"][0]["text"] == "You asked too many questions; ask again in 30 s."
        tick.now += 30
        assert not server.ask("server_status").json()["result"].get("isError")


async def test_a_resource_and_a_prompt_count_as_questions_and_a_list_does_not(tick, running):
    with running(rate_limit=2, tick=tick) as server:
        async with Client(f"{server.url}/mcp") as client:
            await client.read_resource("edgedns://docs/definitions")
            await client.get_prompt("security_review", {})
            with pytest.raises(MCPError, match="ask again in 30 s"):
                await client.read_resource("edgedns://usage/by-key/7d")
            assert (await client.list_tools()).tools


def test_a_flood_of_any_requests_is_refused_before_it_is_read(tick, running):
    with running(rate_limit=1, tick=tick) as server:
        answers = [server.post(LISTED) for _ in range(11)]
        assert [answer.status_code for answer in answers] == [200] * 10 + [429]
        assert (answers[-1].headers["retry-after"], sentence_of(answers[-1])) == (
            "6",
            "There were too many requests; ask again in 6 s.",
        )
        assert answers[-1].json()["error"]["data"] == {"retry_after_s": 6}


def test_without_a_limit_nobody_waits(tick, running):
    with running(rate_limit=0, tick=tick) as server:
        assert {server.post(LISTED).status_code for _ in range(20)} == {200}


def test_several_processes_count_a_caller_together(tick):
    address = counted_for_all(limits_of(3, tick))
    with multiprocessing.get_context("spawn").Pool(2, maxtasksperchild=1) as workers:
        waits = workers.map(_taken, [address] * 5, chunksize=1)
    assert sorted(waits) == [0.0, 0.0, 0.0, 20.0, 20.0]


def test_a_process_whose_parent_has_gone_counts_by_itself(tick, tmp_path):
    far = counted_at(str(tmp_path / "gone"), limits_of(1, tick))
    assert [far.questions.take("a"), far.questions.take("a")] == [0.0, 60.0]


def _taken(address: str) -> float:
    return counted_at(address, limits_of(3, Tick())).questions.take(("acme", "ann"))
