"""Chunks begin and end at the same places whatever was imported before, and each is taken whole or not at all."""

import io
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_builders import Desk, clf

from edgedns_mcp.errors import IntakeError
from edgedns_mcp.intake.chunks import chunks_of
from edgedns_mcp.store.database import Database

LINES = tuple(clf(f"GET /{n} HTTP/1.1", time=f"05/Oct/2026:{n // 60:02}:{n % 60:02}:00 +0000") for n in range(60))
BEGINS_LIKE = "begins like one that was imported before"


def ends(content, size):
    return [chunk.end for chunk in chunks_of(io.BytesIO(content), size)]


def test_what_a_file_grows_by_after_its_end_was_read_is_another_reading_s():
    class Growing(io.BytesIO):
        later = b"lf a line\nnext\n"

        def read(self, size=-1, /):
            found = super().read(size)
            if not found:  # the end was told once; then the writer goes on, in the middle of a line
                at = self.tell()
                self.write(self.later)
                self.seek(at)
                self.later = b""
            return found

    assert [chunk.content for chunk in chunks_of(Growing(b"first\nha"), 100)] == [b"first\nha"]


@given(st.lists(st.binary(max_size=8).map(lambda line: line.replace(b"\n", b"")), max_size=30), st.integers(10, 40))
def test_a_content_that_grows_keeps_its_chunks(lines, size):
    whole = b"".join(line + b"\n" for line in lines)
    for cut in range(0, len(whole), 7):
        shorter = ends(whole[:cut], size)
        assert shorter[:-1] == ends(whole, size)[: len(shorter[:-1])]


@given(st.binary(max_size=200), st.integers(1, 50))
def test_chunks_are_the_content_and_all_but_the_last_end_with_a_line(content, size):
    try:
        found = list(chunks_of(io.BytesIO(content), size))
    except IntakeError:
        assert max(map(len, content.split(b"\n"))) >= size
        return
    assert b"".join(chunk.content for chunk in found) == content
    assert all(chunk.content.endswith(b"\n") and len(chunk.content) <= size for chunk in found[:-1])


def test_a_pipe_that_gives_little_at_a_time_has_the_same_chunks():
    content = b"".join(b"%d\n" % n for n in range(500))

    class Pipe(io.BytesIO):
        def read(self, size=-1, /):
            return super().read(min(size, 7))

    assert [chunk.end for chunk in chunks_of(Pipe(content), 100)] == ends(content, 100)


@given(st.binary(min_size=1, max_size=60), st.lists(st.integers(1, 60), max_size=6))
def test_the_digest_of_a_beginning_is_that_of_its_bytes(content, sizes):
    chunk = next(chunks_of(io.BytesIO(b"first\n" + content), 6 + len(content) + 1))
    for size in sizes:
        if size <= chunk.end:
            assert chunk.digest_at(size) == sha256((b"first\n" + content)[:size]).digest()


def test_a_line_longer_than_a_chunk_is_no_log():
    with pytest.raises(IntakeError, match="longer than 50 bytes; check that this is a log"):
        ends(b"a\n" + b"x" * 100, 50)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True, max_examples=30)
@given(
    sizes=st.lists(st.integers(1, len(LINES)), min_size=1, max_size=4, unique=True).map(sorted),
    chunk=st.integers(150, 1_500),
    data=st.data(),
)
def test_however_a_file_grows_over_its_chunks_each_line_counts_once(tmp_path, sizes, chunk, data):
    desk = Desk(Database.open(None), tmp_path)
    for number, size in enumerate(sizes):
        desk.take_in_chunks(chunk, desk.log(*LINES[:size]))
        for older in data.draw(st.lists(st.sampled_from(sizes[: number + 1]), max_size=2)):
            desk.take_in_chunks(chunk, desk.log(*LINES[:older], name="copy.log"))
        assert desk.requests() == size
    assert len(desk.observed()) == 1
    desk.database.close()


@pytest.mark.parametrize("kept", [2, 20, 41, 59])
def test_a_shorter_copy_of_a_file_of_many_chunks_adds_nothing(desk, kept):
    desk.take_in_chunks(700, desk.log(*LINES))
    with pytest.raises(IntakeError, match=BEGINS_LIKE):
        desk.take_in_chunks(700, desk.log(*LINES[:kept], name="copy.log"))
    assert desk.requests() == 60


def test_a_file_that_differs_later_is_refused_where_it_differs(desk):
    desk.take_in_chunks(700, desk.log(*LINES))
    with pytest.raises(IntakeError, match=BEGINS_LIKE):
        desk.take_in_chunks(700, desk.log(*LINES[:30], clf("GET /else HTTP/1.1"), *LINES[31:], name="other.log"))
    assert desk.requests() == 60


def test_every_chunk_and_every_end_has_its_row(desk):
    desk.take_in_chunks(700, desk.log(*LINES[:20]))
    desk.take_in_chunks(700, desk.log(*LINES))
    rows = desk.database.read(lambda tx: tx.rows("SELECT bytes, lines, requests FROM ledger ORDER BY bytes"))
    content = "".join(line + "\n" for line in LINES).encode()
    assert {size for size, *_ in rows} == {*ends(content, 700), len("".join(line + "\n" for line in LINES[:20]))}
    assert [content[:size].count(b"\n") for size, *_ in rows] == [lines for _, lines, _ in rows]
    assert sum(requests for *_, requests in rows) == desk.requests() == 60


def test_strict_stops_at_the_first_bad_line_and_imports_nothing_of_its_chunk(desk):
    path = desk.log(*LINES[:30], "garbage", *LINES[30:])
    with pytest.raises(IntakeError) as caught:
        desk.take_in_chunks(700, path, strict=True)
    assert str(caught.value) == (
        "Line 31 cannot be read (not a line of the combined format); mend it and import again, or leave --strict out "
        "to have such lines counted and kept apart: what was imported before counts once."
    )
    imported = desk.requests()
    assert 20 <= imported < 30
    assert not desk.rejects_of(path).exists()
    mended = desk.take_in_chunks(700, desk.log(*LINES), strict=True)
    assert (mended.known_lines, desk.requests()) == (imported, 60)
