"""The connection ends at every single byte of an answer: by a reset, or as if all had been said."""

import gzip
import json
import os

import pytest
import stamina
from fake_edgedns import play
from faulty import cut_at, reset_at
from lives import AFTER, BEFORE, HOUR, a_life
from test_upstream_faults import BROKE, MALFORMED, PACKED_WRONG, answered

BODY = json.dumps({"keys": [{"key_id": "key_1", "request_count": AFTER, "error_count": 0}]}).encode()
PACKED = gzip.compress(BODY, mtime=0)
PACKINGS = {
    "with its length": play(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY),
    "up to the end": play(b"HTTP/1.1 200 OK\r\n\r\n" + BODY),
    "in chunks": play(
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"%x\r\n%b\r\n0\r\n\r\n" % (len(BODY), BODY)
    ),
    "gzip": play(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(PACKED) + PACKED),
}
WAYS = [(packing, ends) for packing in PACKINGS for ends in (cut_at, reset_at)]
AT_LENGTH = bool(os.environ.get("SOAK_SWEEPS"))
SENTENCES = {BROKE, MALFORMED, PACKED_WRONG, answered("an empty body")}


@pytest.mark.parametrize(("packing", "ends"), WAYS if AT_LENGTH else WAYS[::3])
async def test_a_connection_that_ends_at_any_byte_leaves_no_figure_behind(packing, ends, tmp_path):
    response = PACKINGS[packing]
    size = len(b"".join(response.steps()))
    with stamina.set_testing(True):  # each is asked once
        told = await troubles(response, ends, size, tmp_path / "usage.db")
    assert {*told} <= SENTENCES
    assert BROKE in told


async def troubles(response, ends, size, path):
    """Let it end at every byte; give what was told of each, and check that it came to nothing."""
    async with a_life(path) as life:
        await life.good(BEFORE)
        held, told = life.held(), []
        life.clock.now += HOUR
        for place in range(size):
            life.plays(response, ends(place))
            told.append(await life.record())
            assert life.held() == held, f"at byte {place} of {size}: {told[-1]}"
        life.plays(response)
        assert await life.record() == ""
        assert (await life.ask()).totals.request_count == AFTER
        return told
