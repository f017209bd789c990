"""What is refused, and what an import says of a log that it could not read as a person meant it."""

import pytest
from intake_builders import Desk, clf, nd, read

from edgedns_mcp.errors import IntakeError
from edgedns_mcp.intake.logs import reader
from edgedns_mcp.intake.rejects import Reject
from edgedns_mcp.store.database import Database

LINES = tuple(clf(f"GET /{number} HTTP/1.1") for number in range(9))
BEGINS_LIKE = (
    "This file begins like one that was imported before, and differs from it or is shorter; "
    "importing it could count requests twice, so name another --database."
)


def refusal(desk: Desk, *lines: str, mapping=(), log_format="combined", end="\n") -> str:
    before = desk.everything()
    path = desk.log(*lines, name="asked.log", end=end)
    with pytest.raises(IntakeError) as caught:
        desk.take(path, *mapping, log_format=log_format)
    assert desk.everything() == before
    return str(caught.value)


@pytest.mark.parametrize(
    "lines", [LINES[:5], LINES[:1], (*LINES[:5], clf("GET /else HTTP/1.1")), ("", *LINES[:3])], ids=len
)
def test_a_file_that_begins_like_an_imported_one_is_refused_in_words(desk, lines):
    desk.take(desk.log(*(("",) if not lines[0] else ()), *LINES))
    assert refusal(desk, *lines) == BEGINS_LIKE


def test_a_shorter_copy_of_what_a_grown_file_added_is_refused_too(desk):
    desk.take(desk.log(*LINES[:4]))
    desk.take(desk.log(*LINES))
    assert refusal(desk, *LINES[:6]) == BEGINS_LIKE
    assert refusal(desk, *LINES[:5]) == BEGINS_LIKE


def test_a_copy_that_lost_its_last_newline_is_refused_too(desk):
    desk.take(desk.log(*LINES[:2]))
    path = desk.log(LINES[0], name="cut.log", end="")
    with pytest.raises(IntakeError, match="begins like one"):
        desk.take(path)


def test_a_copy_that_was_cut_behind_the_user_agent_is_refused_too(desk):
    desk.take(desk.log(f'{LINES[0]} "203.0.113.9" 0.004', LINES[1]))
    path = desk.log(LINES[0], name="cut.log", end="")
    with pytest.raises(IntakeError, match="begins like one"):
        desk.take(path)


def test_a_title_line_in_common_is_no_common_beginning(desk):
    desk.take(desk.log("# a title", *LINES[:2]))
    assert desk.take(desk.log("# a title", *LINES[4:], name="next.log")).requests == 5


def test_every_import_of_a_growing_file_keeps_its_rejects_apart(desk):
    for lines in (("a", LINES[0]), ("a", LINES[0], "b", "c"), ("a", LINES[0], "b", "c", LINES[1], "d")):
        desk.take(desk.log(*lines))
    rows = desk.database.read(lambda tx: tx.rows("SELECT lines, rejected FROM ledger ORDER BY bytes"))
    assert rows == [(2, 1), (4, 2), (6, 1)]


def test_a_mapped_field_that_no_line_has_is_named_beside_those_there_are(desk):
    line = nd(key_id=..., consumer={"name": "a", "id": 1})
    assert refusal(desk, line, line, mapping=["key_id=consumer.nme"], log_format="ndjson") == (
        "No line of the file has the field 'consumer.nme'; "
        "the first line has timestamp, endpoint, status, consumer.name, consumer.id; check --map."
    )
    assert refusal(desk, clf(more=""), mapping=["key_id=user_agent"]) == (
        "No line of the file has the field 'user_agent'; check --map."
    )


def test_a_mapped_field_that_one_line_has_is_enough(desk):
    path = desk.log(nd(key_id=...), nd(key_id=..., consumer={"name": None}), name="events.ndjson")
    done = desk.take(path, "key_id=consumer.name", log_format="ndjson")
    assert (done.requests, done.without_key) == (2, 2)


def test_a_known_file_may_go_on_without_the_mapped_field(desk):
    first, later = nd(key_id=..., consumer="a"), nd(key_id=...)
    for lines in ((first,), (first, later)):
        done = desk.take(desk.log(*lines), "key_id=consumer", log_format="ndjson")
    assert (done.requests, done.without_key) == (1, 1)


def test_json_that_cannot_be_read_is_told_with_the_fields_found_and_wanted(desk):
    line = nd(timestamp=..., when=1, **{f"x{number}": number for number in range(20)})
    told = refusal(desk, line, log_format="ndjson")
    assert told == (
        "No line of the file can be read (line 1: no readable timestamp); "
        "the first line has key_id, endpoint, status, when, x0, x1, x2, x3, x4, x5, x6, x7; "
        "wanted are timestamp (timestamp or time or ts or @timestamp), key_id (key_id or api_key_id or consumer_id), "
        "endpoint (endpoint or path or uri or url), status (status or status_code); check --format and --map."
    )


def test_what_is_no_json_at_all_has_no_fields_to_tell(desk):
    assert refusal(desk, clf(), log_format="ndjson") == (
        "No line of the file can be read (line 1: not a JSON object); check --format and --map."
    )


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"timestamp": "yesterday"}, "no readable timestamp"),
        ({"timestamp": 10**400}, "a timestamp out of range"),
        ({"timestamp": -1.5}, "a timestamp out of range"),
        ({"status": "ok"}, "no readable status"),
        ({"status": 99}, "no HTTP status"),
    ],
)
def test_a_reject_has_a_fixed_reason(desk, changes, why):
    path = desk.log(nd(), nd(**changes))
    assert desk.take(path, log_format="ndjson").first_rejects == [Reject(2, why)]


def test_options_that_mean_the_same_are_written_the_same():
    assert reader("combined", []).options == "--format combined --map key_id=remote_user"
    assert reader("combined", ["status=status", "key_id=remote_user"]).options == reader("combined", []).options
    assert reader("combined", ["key_id=remote_addr"]).options == "--format combined --map key_id=remote_addr"
    assert reader("ndjson", []).options == "--format ndjson"
    assert reader("ndjson", ["timestamp=t", "key_id=a"]).options == "--format ndjson --map key_id=a --map timestamp=t"


def test_json_without_a_newline_at_its_end_is_whole(desk):
    path = desk.log(nd(), nd(), name="events.ndjson")
    path.write_bytes(path.read_bytes()[:-1])
    done = desk.take(path, log_format="ndjson")
    assert (done.requests, done.unfinished) == (2, False)
    path.write_bytes(path.read_bytes() + b"\n" + nd(status=500)[:-4].encode())
    done = desk.take(path, log_format="ndjson")
    assert (done.known_lines, done.requests, done.rejected, done.unfinished) == (2, 0, 0, True)


def test_a_log_that_grew_on_a_quiet_day_is_observed_throughout(tmp_path):
    desk = Desk(Database.open(None), tmp_path)
    early, late = clf(time="05/Oct/2026:01:00:00 +0000"), clf(time="05/Oct/2026:20:00:00 +0000")
    for lines in ((early,), (early, "garbage"), (early, "garbage", late)):
        desk.take(desk.log(*lines))
    assert len(desk.observed()) == 1
    desk.database.close()


@pytest.mark.parametrize(
    ("word", "environment"), [("prod", "live"), (" Production ", "live"), ("staging", "test"), ("blue", "unknown")]
)
def test_the_environment_of_a_json_line_is_read(word, environment):
    assert read(nd(environment=word), log_format="ndjson").environment == environment
