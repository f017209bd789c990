"""The content says what it is, and every layout says the same of the same requests."""

import pytest
from intake_builders import EDNS_SECRET, clf, nd

from edgedns_mcp.errors import IntakeError
from edgedns_mcp.intake.rejects import Reject
from edgedns_mcp.models import Tally

AT = 1_791_195_330  # 2026-10-05T10:15:30Z
HEADER = "timestamp,key_id,endpoint,status,environment"
ROW = "2026-10-05T10:15:30Z,key_1,/v1/whois,200,live"


@pytest.mark.parametrize(
    "lines",
    [
        [clf(user="key_1")],
        ["# a title", "", clf()],
        [nd()],
        ["garbage", nd()],
        [HEADER, ROW],
        ["\ufeff" + HEADER, ROW],
        [HEADER.replace(",", ";"), ROW.replace(",", ";")],
        [HEADER.replace(",", "\t"), ROW.replace(",", "\t")],
        ["status,url,ts,consumer_id", "200,/v1/whois?x=1,1791195330,key_1"],
        ["key_id , time,path,status", '"key_1","2026-10-05 10:15:30","/v1/whois",200'],
        ["\ufeff" + nd()],
    ],
)
def test_the_content_says_what_it_is(desk, lines):
    assert desk.take(desk.log(*lines), log_format="auto").requests == 1
    assert desk.totals() == {"key_1": Tally(1, 0, AT)}
    assert desk.endpoints() == {"/v1/whois": Tally(1, 0, AT)}


def test_a_content_of_no_known_format_says_what_to_do(desk):
    with pytest.raises(IntakeError) as caught:
        desk.take(desk.log("hello", "world"), log_format="auto")
    assert str(caught.value) == (
        "The format of this content is not recognised: its lines are neither JSON objects nor of the combined format, "
        "and its first line names no column of a log, counts or counters; say what it is with --format and --map."
    )


def test_a_csv_of_foreign_columns_is_read_where_they_are_mapped(desk):
    path = desk.log("when,who,what,code", "1791195330,key_1,/v1/whois,404")
    asked = ("key_id=who", "timestamp=when", "endpoint=what", "status=code")
    assert desk.take(path, *asked, log_format="auto").requests == 1
    assert desk.totals() == {"key_1": Tally(1, 1, AT)}


def test_a_mapped_column_that_the_header_lacks_is_named(desk):
    with pytest.raises(IntakeError) as caught:
        desk.take(desk.log(HEADER, ROW), "key_id=who", log_format="csv")
    assert str(caught.value) == (
        "No line of the file has the field 'who'; "
        "the first line has timestamp, key_id, endpoint, status, environment; check --map."
    )


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ('"2026-10-05T10:15:30Z,key_1,/,200,live', "not a line of CSV"),
        ("2026-10-05T10:15:30Z,key_1,/,200", "more or fewer fields than the header names"),
        ("2026-10-05T10:15:30Z,key_1,/,200,live,", "more or fewer fields than the header names"),
        (",key_1,/,200,live", "no readable timestamp"),
        ("2026-10-05T10:15:30Z,key_1,/,,live", "no readable status"),
    ],
)
def test_a_row_that_cannot_be_read_is_a_reject(desk, row, why):
    done = desk.take(desk.log(HEADER, ROW, row, ROW), log_format="csv")
    assert (done.requests, done.lines, done.first_rejects) == (2, 4, [Reject(3, why)])


def test_quoted_fields_may_hold_the_delimiter_and_quotes(desk):
    row = '2026-10-05T10:15:30Z,"a ""quoted"", key",/v1/whois,200,live'
    desk.take(desk.log(HEADER, row), log_format="csv")
    assert set(desk.totals()) == {'a "quoted", key'}


def test_a_csv_goes_on_over_its_chunks_and_as_it_grows(desk):
    rows = [ROW.replace("10:15:30", f"10:{n:02}:00") for n in range(60)]
    desk.take_in_chunks(400, desk.log(HEADER, *rows[:20]), log_format="csv")
    done = desk.take_in_chunks(400, desk.log(HEADER, *rows), log_format="csv")
    assert (done.known_lines, done.lines, done.requests, desk.requests()) == (21, 61, 40, 60)


def test_two_days_of_csv_that_share_a_header_are_two_logs(desk):
    desk.take(desk.log(HEADER, ROW), log_format="csv")
    assert desk.take(desk.log(HEADER, ROW.replace("05T", "06T"), name="next.csv"), log_format="csv").requests == 1


def test_a_last_row_without_a_newline_may_not_be_whole(desk):
    done = desk.take(desk.log(HEADER, ROW, end="\n"), log_format="csv")
    path = desk.log(HEADER, ROW, ROW.replace("key_1", "key_2"))
    path.write_bytes(path.read_bytes()[:-1])
    done = desk.take(path, log_format="csv")
    assert (done.requests, done.unfinished) == (0, True)


def test_no_secret_of_a_csv_gets_into_the_database(desk):
    desk.take(desk.log(HEADER, ROW.replace("key_1", EDNS_SECRET), ROW.replace("whois", EDNS_SECRET)), log_format="csv")
    assert desk.requests() == 2
    assert EDNS_SECRET.removeprefix("edns_live_").encode() not in desk.bytes_on_disk()


def identified(number, **changes):
    return nd(rid=f"r{number}", timestamp=f"2026-10-05T10:{number:02}:00Z", **changes)


def test_events_with_an_id_that_two_logs_share_count_once(desk):
    mapping = ("event_id=rid",)
    assert desk.take(desk.log(*map(identified, range(20))), *mapping, log_format="ndjson").requests == 20
    overlapping = desk.log(*map(identified, range(10, 30)), name="next.ndjson")
    done = desk.take(overlapping, *mapping, log_format="ndjson")
    assert (done.requests, desk.requests()) == (10, 30)


def test_an_id_counts_once_a_day_and_an_event_without_one_always(desk):
    lines = [nd(rid="a"), nd(rid="a"), nd(rid="a", timestamp="2026-10-06T10:15:30Z"), nd(rid=None), nd(rid="")]
    assert desk.take(desk.log(*lines), "event_id=rid", log_format="ndjson").requests == 4


def test_ids_that_nobody_mapped_are_not_read(desk):
    assert desk.take(desk.log(nd(event_id="a"), nd(event_id="a")), log_format="ndjson").requests == 2


def test_another_account_has_its_own_ledger(desk):
    path = desk.log(nd())
    assert desk.take(path, log_format="auto").requests == 1
    assert desk.take(path, log_format="auto", account="other").requests == 1
    assert desk.requests() == 1
