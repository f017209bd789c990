"""What was answered leaves nothing behind: a server that is asked the same again takes no more memory for it."""

import gc
import sys

from remote_builders import asked, called

ROUNDS = 12
MESSAGES = (
    asked("ping"),
    asked("tools/list"),
    asked("resources/list"),
    asked("resources/read", uri="edgedns://usage/by-key/7d"),
    asked("prompts/get", name="security_review", arguments={}),
    called("usage_by_key", period="7d", limit=3),
    called("usage_by_key", period="nonsense"),
    called("usage_history", period="7d", bucket="day"),
    called("compare_usage", period="7d"),
    called("find_anomalies", period="7d"),
    called("key_details", key="payments-fraud"),
    called("server_status"),
    called("no_such_tool"),
)


def test_what_was_answered_leaves_nothing_behind(running):
    with running() as server:
        blocks = [blocks_after_a_round_of(server) for _ in range(ROUNDS)]
    kept = (blocks[-1] - blocks[ROUNDS // 2]) / (len(MESSAGES) * (ROUNDS - 1 - ROUNDS // 2))
    assert kept < 1, f"{kept:.1f} objects for each answer"


def blocks_after_a_round_of(server):
    for message in MESSAGES:
        assert server.post(message).status_code == 200
    assert server.http.post("/mcp", content=b"{", headers={"Accept": "text/html"}).status_code >= 400
    gc.collect()
    return sys.getallocatedblocks()
