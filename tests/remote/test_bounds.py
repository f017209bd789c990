"""So many requests at once and so long each: what is over is told, and what comes after is answered."""

import anyio
import httpx
import pytest

from edgedns_mcp.server.remote.frame import Bounds

SHORT_S, LONG_S = 0.05, 30.0


class Slow:
    """An application that answers when it is let."""

    def __init__(self):
        self.begun, self.let = anyio.Semaphore(0), anyio.Event()

    async def __call__(self, scope, receive, send):
        self.begun.release()
        await self.let.wait()
        await send({"type": "http.response.start", "status": 204, "headers": []})
        await send({"type": "http.response.body"})


@pytest.fixture
def slow():
    return Slow()


def client(app):
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://here")


async def test_one_request_too_many_is_told_so_at_once_and_the_next_is_answered(slow):
    statuses = []

    async def ask(http):
        statuses.append((await http.post("/mcp")).status_code)

    async with client(Bounds(slow, 2, LONG_S)) as http:
        async with anyio.create_task_group() as tasks:
            for _ in range(2):
                tasks.start_soon(ask, http)
                await slow.begun.acquire()
            refused = await http.post("/mcp")
            slow.let.set()
        after = await http.post("/mcp")
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert refused.json()["error"]["message"] == "Too many requests are being answered; ask again in 1 s."
    assert (statuses, after.status_code) == ([204, 204], 204)


async def test_what_takes_too_long_is_ended_with_a_sentence(slow):
    async with client(Bounds(slow, 2, SHORT_S)) as http:
        answer = await http.post("/mcp")
        slow.let.set()
        assert (await http.post("/mcp")).status_code == 204
    assert answer.status_code == 503
    assert answer.json()["error"]["message"] == "The request was not received and answered within 0.05 s; ask again."
