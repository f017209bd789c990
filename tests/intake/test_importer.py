"""Each line counts once, however often and under whatever name a file is imported; and whole or not at all."""

import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_builders import EDNS_SECRET, Desk, clf, epoch, nd

from edgedns_mcp.errors import IntakeError
from edgedns_mcp.intake.rejects import Reject
from edgedns_mcp.models import Tally
from edgedns_mcp.store.database import Database

AT = epoch("2026-10-05T10:15:30")
UNREADABLE_FILE = Path("/proc/self/mem")  # opens, and fails at the first read
LINES = tuple(clf(f"GET /{number} HTTP/1.1", time=f"05/Oct/2026:1{number}:00:00 +0000") for number in range(9))


def as_json(desk, *lines, name="events.ndjson", mapping=()):
    return desk.take(desk.log(*lines, name=name), *mapping, log_format="ndjson")


def test_an_import_tells_what_it_did(desk):
    done = desk.take(desk.log(clf(), clf(user="key_2", status=500, time="05/Oct/2026:11:00:00 +0000"), clf(user="-")))
    assert (done.known_lines, done.lines, done.requests, done.rejected) == (0, 3, 3, 0)
    assert (done.keys, done.first, done.last) == ({"key_1", "key_2", ""}, AT, epoch("2026-10-05T11:00"))
    assert desk.totals() == {
        "key_1": Tally(1, 0, AT),
        "key_2": Tally(1, 1, epoch("2026-10-05T11:00")),
        "": Tally(1, 0, AT),
    }
    assert desk.observed() == [(AT, epoch("2026-10-05T11:00"))]


def test_a_second_import_changes_nothing(desk):
    path = desk.log(*LINES)
    desk.take(path)
    before = desk.everything()
    again = desk.take(path)
    assert (again.known_lines, again.lines, again.requests) == (9, 9, 0)
    assert desk.everything() == before


def test_the_same_content_under_another_name_changes_nothing(desk):
    desk.take(desk.log(*LINES))
    before = desk.everything()
    assert desk.take(desk.log(*LINES, name="access.log.1")).requests == 0
    assert desk.everything() == before


def test_of_a_file_that_has_grown_only_the_new_lines_are_imported(desk):
    desk.take(desk.log(*LINES[:4]))
    grown = desk.take(desk.log(*LINES))
    assert (grown.known_lines, grown.lines, grown.requests) == (4, 9, 5)
    assert desk.totals()["key_1"].requests == 9


def test_an_older_copy_of_a_file_that_has_grown_changes_nothing(desk):
    desk.take(desk.log(*LINES[:4]))
    desk.take(desk.log(*LINES))
    assert desk.take(desk.log(*LINES[:4], name="copy.log")).requests == 0
    assert desk.requests() == 9


def test_two_files_that_grow_from_one_beginning_share_it(desk):
    desk.take(desk.log(*LINES[:4]))
    desk.take(desk.log(*LINES[:6]))
    desk.take(desk.log(*LINES[:4], *LINES[7:], name="other.log"))
    assert desk.requests() == 8


def test_a_shorter_copy_of_an_imported_file_is_not_counted_again(desk):
    desk.take(desk.log(*LINES))
    with suppress(IntakeError):  # to refuse it in words is as good
        desk.take(desk.log(*LINES[:5], name="older.log"))
    assert desk.requests() == 9


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True, max_examples=25)
@given(sizes=st.lists(st.integers(1, len(LINES)), min_size=1, max_size=4, unique=True).map(sorted), data=st.data())
def test_however_often_the_copies_of_a_growing_file_are_imported_each_line_counts_once(tmp_path, sizes, data):
    desk = Desk(Database.open(None), tmp_path)
    for number, size in enumerate(sizes):
        desk.take(desk.log(*LINES[:size]))
        again = data.draw(st.lists(st.sampled_from(sizes[: number + 1]), max_size=3))
        for older in again:
            desk.take(desk.log(*LINES[:older], name="copy.log"))
        assert desk.requests() == size
    desk.database.close()


def test_a_file_that_grew_leaves_no_gap_that_the_whole_file_would_not_have(desk, tmp_path):
    lines = [clf(time="05/Oct/2026:01:00:00 +0000"), clf(time="05/Oct/2026:09:00:00 +0000")]
    desk.take(desk.log(lines[0]))
    desk.take(desk.log(*lines))
    whole = Desk(Database.open(None), tmp_path)
    whole.take(desk.log(*lines))
    assert desk.observed() == whole.observed()
    whole.database.close()


def test_two_different_files_add_up(desk):
    desk.take(desk.log(*LINES[:4]))
    desk.take(desk.log(*LINES[2:], name="other.log"))
    assert desk.requests() == 11


def test_a_last_line_without_a_newline_counts_if_it_can_be_read(desk):
    path = desk.log(*LINES[:2])
    path.write_text(path.read_text() + LINES[2])
    assert desk.take(path).requests == 3
    assert desk.take(desk.log(*LINES[:4])).requests == 1
    assert (desk.requests(), desk.rejected()) == (4, 0)


@pytest.mark.parametrize("cut", [5, 40, 60, -13, -3, -1])
def test_a_last_line_still_being_written_is_left_for_the_next_import(desk, cut):
    path = desk.log(LINES[0])
    path.write_text(path.read_text() + LINES[1][:cut])
    first = desk.take(path)
    assert (first.lines, first.requests, first.rejected) == (1, 1, 0)
    second = desk.take(desk.log(*LINES[:3]))
    assert (second.known_lines, second.requests, second.rejected) == (1, 2, 0)
    assert desk.requests() == 3


def test_a_last_line_that_could_be_read_before_it_was_whole_counts_once_and_is_no_reject(desk):
    path = desk.log(LINES[0])
    path.write_text(path.read_text() + LINES[1])
    assert desk.take(path).requests == 2
    longer = f'{LINES[1]} "203.0.113.9" 0.004'
    done = desk.take(desk.log(LINES[0], longer))
    assert (done.requests, done.rejected) == (0, 0)
    done = desk.take(desk.log(LINES[0], longer, "garbage", LINES[2]))
    assert done.first_rejects == [Reject(3, "not a line of the combined format")]
    assert desk.requests() == 3


def test_half_a_key_is_not_a_key(desk):
    line, path = clf(more=' "-" "checkout/2.1"'), desk.folder / "access.log"
    path.write_text(f"{line}\n{line[:-6]}")
    desk.take(path, "key_id=user_agent")
    path.write_text(f"{line}\n{line}\n")
    desk.take(path, "key_id=user_agent")
    assert {key_id: tally.requests for key_id, tally in desk.totals().items()} == {"checkout/2.1": 2}


def test_other_options_for_a_known_file_are_refused_and_nothing_changes(desk):
    path = desk.log(*LINES)
    desk.take(path, "key_id=remote_addr")
    before = desk.everything()
    with pytest.raises(IntakeError) as caught:
        desk.take(path)
    assert str(caught.value) == (
        "This file was imported before, with --format combined --map key_id=remote_addr, and its requests count once; "
        "name another --database to read it differently."
    )
    assert desk.everything() == before


def test_rejected_lines_are_counted_and_the_first_five_are_named(desk):
    bad = [f"garbage {number}" for number in range(7)]
    done = desk.take(desk.log(clf(), "", *bad, clf(status=99), clf()))
    assert (done.lines, done.requests, done.rejected) == (11, 2, 8)
    assert done.first_rejects == [Reject(line, "not a line of the combined format") for line in range(3, 8)]
    assert desk.rejected() == 8


def test_rejected_lines_of_a_file_that_grows_are_counted_once(desk):
    desk.take(desk.log(clf(), "garbage"))
    done = desk.take(desk.log(clf(), "garbage", clf(), "more garbage"))
    assert done.first_rejects == [Reject(4, "not a line of the combined format")]
    assert desk.rejected() == 2


def test_a_known_file_that_grew_by_garbage_alone_is_no_failure(desk):
    desk.take(desk.log(*LINES))
    done = desk.take(desk.log(*LINES, "garbage"))
    assert (done.requests, done.rejected) == (0, 1)
    desk.take(desk.log(*LINES, "garbage", clf()))
    assert (desk.requests(), desk.rejected()) == (10, 1)


def test_a_file_without_a_readable_line_imports_nothing_and_names_the_first(desk):
    before = desk.everything()
    with pytest.raises(IntakeError) as caught:
        desk.take(desk.log("", nd(), nd()))
    assert str(caught.value) == (
        "No line of the file can be read (line 2: not a line of the combined format); check --format and --map."
    )
    assert desk.everything() == before


@pytest.mark.parametrize("content", [b"", b"\n", b"\r\n\r\n  \n"])
def test_a_file_without_lines_imports_nothing(desk, content):
    path = desk.folder / "empty.log"
    path.write_bytes(content)
    before = desk.everything()
    assert desk.take(path).requests == 0
    assert desk.everything() == before


def test_blank_lines_are_no_rejects(desk):
    done = desk.take(desk.log("", clf(), "   ", clf(), ""))
    assert (done.lines, done.requests, done.rejected) == (5, 2, 0)


def test_windows_line_ends_are_line_ends(desk):
    done = desk.take(desk.log(*LINES, end="\r\n"))
    assert (done.requests, done.rejected) == (9, 0)
    assert as_json(desk, nd() + "\r", nd() + "\r").requests == 2


def test_bytes_that_are_no_text_do_not_stop_an_import(desk):
    path = desk.folder / "access.log"
    path.write_bytes(clf("GET /v1/caf\u00e9 HTTP/1.1").encode("latin-1") + b"\n\xff\xfe\x00\n" + clf().encode() + b"\n")
    done = desk.take(path)
    assert (done.requests, done.rejected) == (2, 1)
    assert desk.endpoints() == {"/v1/caf\ufffd": Tally(1, 0, AT), "/v1/whois": Tally(1, 0, AT)}


def test_half_a_character_in_json_does_not_stop_an_import(desk):
    done = as_json(desk, nd(), nd(key_id="\ud800", endpoint="/\udfff"), nd())
    assert done.requests + done.rejected == 3
    assert desk.totals()["key_1"].requests == 2


def test_nesting_without_end_does_not_stop_an_import(desk):
    done = as_json(desk, nd(), "[" * 100_000, '{"a":' * 100_000, nd())
    assert (done.requests, done.rejected) == (2, 2)


def test_a_missing_file_is_told(desk):
    path = desk.folder / "missing.log"
    with pytest.raises(IntakeError) as caught:
        desk.take(path)
    assert str(caught.value) == f"The file {path} cannot be read; check its name and permissions."


def test_a_folder_is_no_log(desk):
    with pytest.raises(IntakeError, match="cannot be read; check its name and permissions"):
        desk.take(desk.folder)


@pytest.mark.skipif(not UNREADABLE_FILE.exists(), reason="needs a Linux /proc")
def test_a_file_that_fails_while_it_is_read_is_the_one_to_blame(desk):
    with pytest.raises(IntakeError, match=r"/proc/self/mem cannot be read"):
        desk.take(UNREADABLE_FILE)


def lines_of(many):
    return [clf(f"GET /{number} HTTP/1.1") for number in range(many)]


def test_whoever_waits_hears_how_far_it_is(desk):
    told, path = [], desk.log(*lines_of(100))
    desk.take_in_chunks(2_000, path, told=told.append)
    assert len(told) > 3
    assert (told[-1].lines, told[-1].bytes_read) == (100, path.stat().st_size)
    assert [one.lines for one in told] == sorted({one.lines for one in told})


def test_an_import_that_is_interrupted_goes_on_where_it_was(desk):
    def interrupt(_progress):
        raise KeyboardInterrupt

    path = desk.log(*lines_of(100))
    with pytest.raises(KeyboardInterrupt):
        desk.take_in_chunks(2_000, path, told=interrupt)
    before = desk.requests()
    assert 0 < before < 100
    done = desk.take_in_chunks(2_000, path)
    assert (done.known_lines, done.requests, desk.requests()) == (before, 100 - before, 100)


IMPORTER = """
import sys
from pathlib import Path
from edgedns_mcp.intake.importer import import_stream
from edgedns_mcp.intake.plan import Plan
from edgedns_mcp.intake.stream import opened
from edgedns_mcp.store.database import Database

database = Database.open(Path(sys.argv[1]))
print("ready", flush=True)
sys.stdin.readline()
for path in sys.argv[2:]:
    with opened(Path(path)) as file:
        import_stream(database, file, Plan(log_format="combined"), Path(path + ".rejects"))
database.close()
"""


def import_at_once(desk, *shares):
    """Let one process import each share of the files, all at the same time."""
    importers = [
        subprocess.Popen(
            [sys.executable, "-c", IMPORTER, desk.folder / "usage.db", *files],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for files in shares
    ]
    for importer in importers:
        assert importer.stdout.readline() == "ready\n"
    for importer in importers:
        importer.stdin.write("go\n")
        importer.stdin.flush()
    for importer in importers:
        importer.communicate(timeout=30)
    assert [importer.returncode for importer in importers] == [0] * len(shares)


def test_two_processes_that_import_at_once_lose_nothing(desk):
    files = [desk.log(clf(f"GET /{n} HTTP/1.1"), *LINES, name=f"{n}.log") for n in range(30)]
    import_at_once(desk, files[:15], files[15:])
    assert desk.requests() == 30 * 10


def test_two_processes_that_import_the_same_files_at_once_count_them_once(desk):
    files = [desk.log(clf(f"GET /{n} HTTP/1.1"), *LINES, name=f"{n}.log") for n in range(30)]
    import_at_once(desk, files, files)
    assert desk.requests() == 30 * 10


def test_no_secret_of_a_log_gets_into_the_database(desk):
    desk.take(
        desk.log(
            clf(user=EDNS_SECRET),
            clf(f"GET /v1/whois?key={EDNS_SECRET} HTTP/1.1"),
            clf(f"GET /v1/keys/{EDNS_SECRET}/usage HTTP/1.1"),
            clf(f"GET https://u:{EDNS_SECRET}@example.org/v1 HTTP/1.1"),
            clf(f"{EDNS_SECRET}"),
            clf(more=f' "https://example.org/?k={EDNS_SECRET}" "agent {EDNS_SECRET}"'),
            f"garbage {EDNS_SECRET}",
        )
    )
    as_json(desk, nd(key_id=EDNS_SECRET, environment=EDNS_SECRET), nd(key_id=f"Bearer {EDNS_SECRET}"))
    assert desk.requests() == 8
    assert EDNS_SECRET.removeprefix("edns_live_").encode() not in desk.bytes_on_disk()


@pytest.mark.parametrize(
    "key",
    [f"key={EDNS_SECRET}", f"{EDNS_SECRET},v2", {"secret": EDNS_SECRET}, [EDNS_SECRET]],
    ids=("before", "behind", "object", "array"),
)
def test_no_secret_inside_a_key_id_gets_into_the_database(desk, key):
    as_json(desk, nd(key_id=key))
    assert EDNS_SECRET.removeprefix("edns_live_").encode() not in desk.bytes_on_disk()


@pytest.mark.parametrize("field", ["timestamp", "status"])
def test_a_reject_is_told_in_our_words_and_repeats_nothing_of_the_line(desk, field):
    done = as_json(desk, nd(), nd(**{field: EDNS_SECRET}))
    (reject,) = done.first_rejects
    assert EDNS_SECRET[10:20] not in reject.why


def test_a_file_without_a_readable_line_is_refused_without_repeating_it(desk):
    with pytest.raises(IntakeError) as caught:
        as_json(desk, nd(timestamp=EDNS_SECRET))
    assert EDNS_SECRET[10:20] not in str(caught.value)
