"""Packed or not, by name or through a pipe: the same content is the same log."""

import gzip
import io
import sys

import pytest
import zstandard
from intake_builders import clf

from edgedns_mcp.errors import ConfigurationError, IntakeError
from edgedns_mcp.intake.importer import import_stream
from edgedns_mcp.intake.plan import Plan
from edgedns_mcp.intake.stream import Stream

LINES = [clf(f"GET /{n} HTTP/1.1") for n in range(300)]
CONTENT = "".join(line + "\n" for line in LINES).encode()
PACKED = {
    "gzip": gzip.compress(CONTENT),
    "two gzip members": gzip.compress(CONTENT[:5000]) + gzip.compress(CONTENT[5000:]),
    "zstd": zstandard.compress(CONTENT),
    "two zstd frames": zstandard.compress(CONTENT[:5000]) + zstandard.compress(CONTENT[5000:]),
}
CHECKED = zstandard.ZstdCompressor(write_checksum=True).compress(CONTENT)  # as the program zstd does


@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED)
def test_a_packed_log_is_the_same_log(desk, packed):
    path = desk.folder / "access.log.1"
    path.write_bytes(packed)
    assert desk.take_in_chunks(1_000, path).requests == 300
    assert desk.take_in_chunks(1_000, desk.log(*LINES)).requests == 0
    assert desk.requests() == 300


@pytest.mark.parametrize("packed", PACKED.values(), ids=PACKED)
@pytest.mark.parametrize("cut", [0.3, 0.6, 0.99])
def test_of_a_packed_log_that_is_cut_off_nothing_counts(desk, packed, cut):
    path = desk.folder / "access.log.gz"
    path.write_bytes(packed[: int(len(packed) * cut)])
    with pytest.raises(IntakeError) as caught:
        desk.take_in_chunks(1_000, path)
    assert str(caught.value) == (
        f"The file {path} is cut off or damaged, and nothing behind what was imported of it counts; "
        "get it whole and import it again, each line counts once."
    )
    assert desk.requests() == 0


@pytest.mark.parametrize("packed", [PACKED["gzip"], CHECKED], ids=["gzip", "zstd"])
def test_of_a_packed_log_that_is_damaged_nothing_counts(desk, packed):
    damaged = bytearray(packed)
    damaged[len(damaged) // 2] ^= 0xFF
    path = desk.folder / "access.log.gz"
    path.write_bytes(damaged)
    with pytest.raises(IntakeError, match="is cut off or damaged"):
        desk.take(path)
    assert desk.requests() == 0


def piped(desk, content, chunk=1_000):
    stream = Stream(io.BytesIO(content), "Standard input")
    plan = Plan(log_format="combined")
    return import_stream(desk.database, stream, plan, desk.folder / "stdin.rejects", chunk_size=chunk)


@pytest.mark.parametrize("content", [CONTENT, *PACKED.values()], ids=["plain", *PACKED])
def test_standard_input_needs_no_name_and_no_seeking(desk, content):
    assert piped(desk, content).requests == 300
    assert piped(desk, content).requests == 0
    assert desk.take_in_chunks(1_000, desk.log(*LINES)).requests == 0


def test_a_pipe_that_breaks_keeps_whole_chunks_and_goes_on_when_it_comes_again(desk):
    with pytest.raises(IntakeError, match="Standard input is cut off or damaged"):
        piped(desk, PACKED["gzip"][:-200])
    before = desk.requests()
    assert 0 < before < 300
    done = piped(desk, PACKED["gzip"])
    assert (done.known_lines, done.requests, desk.requests()) == (before, 300 - before, 300)


def test_without_the_library_a_zstd_log_says_what_to_install(desk, monkeypatch):
    monkeypatch.setitem(sys.modules, "zstandard", None)
    path = desk.folder / "access.log.zst"
    path.write_bytes(PACKED["zstd"])
    with pytest.raises(ConfigurationError, match=r"Install edgedns-mcp\[import\]"):
        desk.take(path)


def test_how_far_a_packed_log_is_is_told_in_its_own_bytes(desk):
    path, told = desk.folder / "access.log.gz", []
    path.write_bytes(PACKED["gzip"])
    desk.take_in_chunks(1_000, path, told=told.append)
    assert told[-1].bytes_read == told[-1].size == len(PACKED["gzip"])
