"""What an import remembers of a log's places is bounded; what it counts is not."""

from itertools import product

import pytest
from intake_builders import nd

LINES = [
    nd(timestamp=f"2026-10-05T{hour:02}:15:30Z", key_id=key, endpoint=path, status=status)
    for hour, key, path, status in product(range(10, 14), ("key_1", "key_2"), ("/v1/whois", "/v1/dns"), (200, 404))
]


@pytest.mark.parametrize("remembered", [1, 3, 200_000])
def test_a_log_of_more_places_than_are_remembered_is_counted_whole(desk, monkeypatch, remembered):
    monkeypatch.setattr("edgedns_mcp.intake.parse.WORTH_A_SHAPE", 1)
    monkeypatch.setattr("edgedns_mcp.intake.plan.REMEMBERED", remembered)
    monkeypatch.setattr("edgedns_mcp.intake.alike.REMEMBERED", remembered)
    log = desk.log(*LINES)
    desk.take_in_chunks(1_000, log, log_format="ndjson")
    assert {key_id: (tally.requests, tally.errors) for key_id, tally in desk.totals().items()} == {
        "key_1": (16, 8),
        "key_2": (16, 8),
    }
