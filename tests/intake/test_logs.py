"""One line in, one event out: what real logs hold, flaws included."""

import time

import pytest
from intake_builders import clf, epoch, nd, read

from edgedns_mcp.errors import QuestionError
from edgedns_mcp.intake.fields import Unreadable
from edgedns_mcp.intake.logs import reader
from edgedns_mcp.models import Event

WHOLE = Event(epoch("2026-10-05T10:15:30"), "key_1", "/v1/whois", 200, "unknown")


def json_read(line, *mapping):
    return read(line, *mapping, log_format="ndjson")


def test_a_combined_line_becomes_an_event():
    assert read(clf()) == WHOLE


def test_the_common_format_has_no_referer_and_no_user_agent():
    assert read(clf(more="")) == WHOLE


def test_fields_behind_the_combined_ones_are_ignored():
    assert read(clf(more=' "-" "curl/8" "203.0.113.9" 0.004')) == WHOLE


@pytest.mark.parametrize(
    ("request_line", "endpoint"),
    [
        ("GET /v1/whois?domain=example.org#x HTTP/1.1", "/v1/whois"),
        (r"GET /say/\"hello\" HTTP/1.1", r"/say/\"hello\""),
        (r"GET /back\\ HTTP/1.1", r"/back\\"),
        ("GET /with a blank HTTP/1.1", "/with a blank"),
        ("GET https://api.example.org/v1/whois HTTP/1.1", "/v1/whois"),
        ("OPTIONS * HTTP/1.1", "*"),
        ("-", "-"),
        ("", "/"),
        (r"\x16\x03\x01\x00", r"\x16\x03\x01\x00"),
        ("t3 12.1.2", "t3 12.1.2"),
        ("GET /größe HTTP/1.1", "/größe"),
    ],
)
def test_every_request_counts_however_odd_it_is(request_line, endpoint):
    assert read(clf(request_line)) == WHOLE._replace(endpoint=endpoint)


@pytest.mark.parametrize("more", [r' "-" "a \"quoted\" browser"', ' "-" ""', ' "-"', ' "-" "cut off'])
def test_an_odd_referer_or_user_agent_does_not_matter(more):
    assert read(clf(more=more)) == WHOLE


@pytest.mark.parametrize("address", ["2001:db8::1", "::ffff:203.0.113.7", "host.example.org"])
def test_the_remote_address_can_be_the_key(address):
    assert read(clf(who=address), "key_id=remote_addr").key_id == address


@pytest.mark.parametrize("user", ["-", ""])
def test_a_request_without_a_user_has_no_key(user):
    assert read(clf(user=user)).key_id == ""


def test_a_user_name_may_hold_blanks():
    assert read(clf(user="the payments team")).key_id == "the payments team"


def test_a_user_agent_can_be_the_key():
    assert read(clf(more=' "-" "checkout/2.1"'), "key_id=user_agent").key_id == "checkout/2.1"


def test_a_field_that_the_line_does_not_have_is_no_key():
    assert read(clf(more=""), "key_id=user_agent").key_id == ""


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("05/Oct/2026:10:15:30 +0200", "2026-10-05T08:15:30"),
        ("05/Oct/2026:00:15:30 +0530", "2026-10-04T18:45:30"),
        ("05/Oct/2026:23:15:30 -0330", "2026-10-06T02:45:30"),
        ("29/Feb/2024:23:59:59 +0000", "2024-02-29T23:59:59"),
        ("31/Dec/2026:23:30:00 -0100", "2027-01-01T00:30:00"),
    ],
)
def test_the_offset_of_the_clock_is_taken_off(written, utc):
    assert read(clf(time=written)).at == epoch(utc)


@pytest.mark.parametrize(
    "line",
    [
        clf(time="05/Okt/2026:10:15:30 +0000"),
        clf(time="05/oct/2026:10:15:30 +0000"),
        clf(time="30/Feb/2026:10:15:30 +0000"),
        clf(time="05/Oct/2026:24:15:30 +0000"),
        clf(time="05/Oct/2026:10:15:30"),
        clf(time="31/Dec/1969:23:59:59 +0000"),
        clf(time="01/Jan/0001:00:00:00 +2300"),
        clf(time=""),
        clf(status=99),
        clf(status="099"),
        clf(status="-"),
        clf(status=2000),
        'GET "/unescaped" 200',
        clf('GET /an"unescaped quote HTTP/1.1'),
        clf("GET / HTTP/1.1\\"),
        "not a log line",
        "\x00\x01\x02",
        "[[[[",
    ],
)
def test_a_line_that_cannot_be_read_is_refused(line):
    with pytest.raises((ValueError, OverflowError), match=r"."):
        read(line)


def test_a_hostile_line_costs_no_more_than_a_long_one():
    line = '1.1.1.1 - - [t] "GET ' + " [" * 16_000
    began = time.process_time()
    with pytest.raises(ValueError, match="combined"):
        read(line)
    assert time.process_time() - began < 0.5


def test_a_json_line_becomes_an_event():
    assert json_read(nd()) == WHOLE
    assert json_read(nd(environment="live")) == WHOLE._replace(environment="live")


@pytest.mark.parametrize("name", ["api_key_id", "consumer_id"])
def test_usual_names_of_the_key_are_known(name):
    assert json_read(nd(key_id=..., **{name: "key_1"})) == WHOLE
    assert json_read(nd(key_id=None, **{name: "key_1"})) == WHOLE


@pytest.mark.parametrize("name", ["time", "ts", "@timestamp"])
def test_usual_names_of_the_time_are_known(name):
    assert json_read(nd(timestamp=..., **{name: "2026-10-05T10:15:30Z"})) == WHOLE


def test_usual_names_of_the_rest_are_known():
    assert json_read(nd(endpoint=..., url="/v1/whois", status=..., status_code="200", env="test")) == WHOLE._replace(
        environment="test"
    )


def test_a_path_with_dots_reaches_into_objects():
    line = nd(key_id=..., auth={"key": {"id": "deep"}})
    assert json_read(line, "key_id=auth.key.id").key_id == "deep"


def test_a_name_with_dots_is_tried_whole_first():
    line = nd(key_id=..., **{"auth.key": "whole", "auth": {"key": "inner"}})
    assert json_read(line, "key_id=auth.key").key_id == "whole"
    assert json_read(nd(key_id=..., auth={"key.id": "half"}), "key_id=auth.key.id").key_id == "half"


@pytest.mark.parametrize("auth", [None, "text", 7, ["key"], {}])
def test_a_path_that_leads_nowhere_is_no_key(auth):
    assert json_read(nd(key_id=..., auth=auth), "key_id=auth.key").key_id == ""


def test_a_mapped_field_is_looked_for_nowhere_else():
    assert json_read(nd(), "key_id=consumer").key_id == ""


@pytest.mark.parametrize(
    "moment",
    [
        1791195330,
        1791195330.9,
        "1791195330",
        "1791195330.25",
        1791195330123,
        "1791195330123",
        "2026-10-05T10:15:30",
        "2026-10-05 10:15:30",
        "2026-10-05T10:15:30.987654Z",
        "2026-10-05T12:15:30+02:00",
        " 2026-10-05T10:15:30Z ",
    ],
)
def test_every_usual_way_to_write_a_moment_is_read(moment):
    assert json_read(nd(timestamp=moment)) == WHOLE


def test_a_moment_of_another_century_is_none_and_no_other_field_stands_in_for_it():
    for first_and_last in (946_684_800, 4_102_444_799):
        assert json_read(nd(timestamp=first_and_last)).at == first_and_last
    for never in (0, 946_684_799, "1999-12-31T23:59:59Z", 4_102_444_800, "2100-01-01T00:00:00Z"):
        with pytest.raises(Unreadable, match="a timestamp out of range"):
            json_read(nd(timestamp=never, time="2026-10-05T10:15:30Z"))


@pytest.mark.parametrize(
    "line",
    [
        nd(timestamp=...),
        nd(timestamp=None),
        nd(timestamp=True),
        nd(timestamp=""),
        nd(timestamp="yesterday"),
        nd(timestamp=-1),
        nd(timestamp=1e300),
        nd(timestamp=10**400),
        nd(timestamp=float("nan")),
        nd(timestamp=float("inf")),
        nd(timestamp="0001-01-01T00:00:00+23:59"),
        nd(timestamp=["2026-10-05T10:15:30Z"]),
        nd(timestamp={"at": 1}),
        nd(status=...),
        nd(status=None),
        nd(status=True),
        nd(status=99),
        nd(status=1000),
        nd(status="ok"),
        nd(status=[200]),
        "[]",
        '["key_1", 1791195330]',
        "null",
        '"text"',
        "7",
        "NaN",
        "{",
        nd()[:-5],
        "{'key_id': 'key_1'}",
        nd() + nd(),
        clf(),
    ],
)
def test_a_json_line_that_cannot_be_read_is_refused(line):
    with pytest.raises((ValueError, OverflowError), match=r"."):
        json_read(line)


def test_nesting_without_end_is_refused():
    with pytest.raises((ValueError, RecursionError)):
        json_read('{"a":' * 100_000)
    with pytest.raises((ValueError, RecursionError)):
        json_read("[" * 100_000 + "]" * 100_000)


@pytest.mark.parametrize("pair", ["key_id", "key_id=", "=remote_addr", "key=remote_addr", ""])
def test_a_map_that_is_no_pair_of_ours_says_how_to_write_one(pair):
    with pytest.raises(QuestionError) as caught:
        reader("ndjson", [pair])
    assert str(caught.value).startswith(
        f"--map {pair!r} is not understood; write field=path with one of timestamp, key_id, "
    )


def test_a_map_to_a_field_that_the_combined_format_lacks_names_those_it_has():
    with pytest.raises(QuestionError, match=r"no field 'api_key'; map to one of remote_addr, remote_user, "):
        reader("combined", ["key_id=api_key"])


def test_the_last_map_of_a_field_wins():
    assert json_read(nd(a="one", b="two"), "key_id=a", "key_id=b").key_id == "two"
