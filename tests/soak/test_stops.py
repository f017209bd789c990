"""SIGTERM while many ask over HTTP: whoever was let in is answered, and the others are refused at once.

A request counts as lost where its connection had been taken and did not say that it was over: over a connection that
is kept, and in the middle of an answer. Where nobody takes a new connection any more, not a byte of it was read.
"""

import asyncio
import os
import signal
import sys
from datetime import datetime
from functools import partial
from time import monotonic

import pytest
from askers import META, Heard, ask_until_gone, message
from faces import NOW, clean_environment
from listening import serving
from organisation_file import fill
from soak_builders import PRODUCT, kills_of

CLIENTS = 24
STOPS_WITHIN_S = 8.0
ASKED = {"name": "usage_by_key", "arguments": {"limit": 3}}
REQUESTS = (
    message("tools/call", **ASKED),
    message("tools/call", **ASKED, _meta=META),
    message("tools/call", {"Connection": "close"}, **ASKED),  # a new connection for each request
)

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there is no SIGTERM to wait for")


@pytest.fixture(scope="module")
def settings(tmp_path_factory):
    path = tmp_path_factory.mktemp("organisation") / "usage.db"
    fill(path, datetime.fromisoformat(NOW))
    given = {"SOURCE": "local", "DATABASE": str(path), "AS_OF": NOW, "HTTP_RATE_LIMIT": "0"}
    return clean_environment(**{f"EDGEDNS_{name}": value for name, value in given.items()})


async def stopped_amid(url, stop, wanted):
    """Let many ask, and stop the server once so many answers were heard."""
    heard = Heard(wanted)
    async with asyncio.TaskGroup() as group:
        for number in range(CLIENTS):
            group.create_task(ask_until_gone(url, REQUESTS[number % len(REQUESTS)], heard))
        await heard.enough.wait()
        stop()
    return heard


@pytest.mark.parametrize(
    ("workers", "signalled"),
    [(1, os.kill), (2, os.kill), (2, os.killpg)],
    ids=["one process", "two", "two, each of which is told"],
)
def test_a_server_that_is_told_to_stop_answers_whoever_it_let_in(tmp_path, settings, workers, signalled, chance, score):
    command = [*PRODUCT, "serve", "--http", "--port", "0", "--workers", str(workers), "--no-access-log"]
    unmet = 0
    while score.kills < kills_of("stop"):
        audit = tmp_path / f"{score.kills}.log"
        own = settings | {"EDGEDNS_HTTP_AUDIT_LOG": str(audit)}
        with serving(command, env=own, start_new_session=True) as server:
            stop = partial(signalled, server.pid, signal.SIGTERM)
            heard = asyncio.run(stopped_amid(server.url, stop, CLIENTS + chance.randrange(8 * CLIENTS)))
            began = monotonic()
            assert server.wait(STOPS_WITHIN_S) == 0, server.told
        print(f"{heard}, then {monotonic() - began:.1f} s")
        assert heard.lost == []
        assert set(heard.statuses) == {200}
        assert heard.refused + heard.unmet == CLIENTS
        assert audit.read_text(encoding="utf-8").count("\n") == heard.statuses.total()
        score.kills += 1
        score.amid += heard.unmet > 0
        unmet += heard.unmet
    print(f"{unmet} connections that nobody took any more")
