"""What EdgeDNS may answer with, and what is refused rather than recorded."""

import gzip
import json
from datetime import UTC, datetime

import pytest
from asking import KEY, fail, read
from fake_edgedns import a_body, a_key, chunked, gzipped, head, html, ok, play, raw

from edgedns_mcp.errors import UnavailableError

IDLE = a_key("key_2", 0, 0, endpoint_distribution={}, last_activity=None)
WHOLE = json.dumps(a_body()).encode()
AT = datetime(2026, 11, 20, 8, 15, 30, tzinfo=UTC)
START, END = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 11, 22, 10, tzinfo=UTC)
ISO = {"start": "2026-11-01T00:00:00Z", "end": "2026-11-22T12:00:00.5+02:00"}
DEEP = b"[" * 100_000
TELL = "Ask again later, and tell EdgeDNS if it stays so."
ADDRESS = "Check EDGEDNS_BASE_URL."


@pytest.mark.parametrize(
    "response",
    [
        ok(),
        ok([a_key(), IDLE]),
        ok({"data": a_body()}),
        ok({"data": [a_key(), IDLE], "request_id": "req_1"}),
        ok({"data": {"keys": [a_key(), IDLE]}, "total_keys": 2}),
        ok(a_body(unknown={"deep": [1]}, total_keys=...)),
        ok(a_body(total_keys=None)),
        ok(a_body(total_keys=2.0)),
        raw(b"\xef\xbb\xbf \n" + WHOLE + b"\n"),
        raw(WHOLE, Content_Type="text/plain"),
        raw(WHOLE, Content_Type="application/json; charset=utf-8"),
        raw(WHOLE, Content_Encoding="identity"),
        gzipped(WHOLE),
        chunked(WHOLE),
        play(head(), WHOLE[:10], 0.02, WHOLE[10:]),
    ],
)
async def test_every_packing_of_the_keys_is_read_alike(response):
    reading, _ = await read(response)
    assert [(key.key.key_id, key.requests, key.errors) for key in reading.keys] == [("key_1", 100, 5), ("key_2", 0, 0)]
    assert [key.endpoints for key in reading.keys] == [{"/v1/domain/whois": 100}, {}]
    assert [key.last_activity for key in reading.keys] == [AT, None]
    assert (reading.window_start, reading.window_end) == (None, None)


async def test_an_organisation_without_keys_is_an_answer():
    reading, _ = await read(ok({"keys": [], "total_keys": 0}))
    assert reading.keys == ()


@pytest.mark.parametrize(
    ("stated", "read_as"),
    [
        ({"/v1/a": 60, "/v1/b": 40.0}, {"/v1/a": 60, "/v1/b": 40}),
        ([{"endpoint": "/v1/a", "count": 60}, {"path": "/v1/b", "requests": 40}], {"/v1/a": 60, "/v1/b": 40}),
        ([{"name": "/v1/a", "request_count": 60, "error_rate": 0.5}], {"/v1/a": 60}),
        ([{"endpoint": "/v1/a", "count": 60}, {"endpoint": "/v1/a", "count": 1}], {"/v1/a": 61}),
        ({}, {}),
        ([], {}),
        (None, {}),
        (..., {}),
    ],
)
async def test_an_endpoint_distribution_is_a_map_or_a_list(stated, read_as):
    reading, _ = await read(ok(a_body(a_key(endpoint_distribution=stated))))
    assert reading.keys[0].endpoints == read_as


@pytest.mark.parametrize(
    ("stated", "read_as"),
    [
        ("2026-11-20T08:15:30Z", AT),
        ("2026-11-20T08:15:30", AT),
        ("2026-11-20 08:15:30.999999999Z", AT),
        ("2026-11-20T08:15:30.5+00:00", AT),
        ("2026-11-20T10:15:30+02:00", AT),
        ("2026-11-20", AT.replace(hour=0, minute=0, second=0)),
        (int(AT.timestamp()), AT),
        (AT.timestamp(), AT),
        (None, None),
        (..., None),
    ],
)
async def test_a_last_activity_is_read_to_the_second_in_utc(stated, read_as):
    reading, _ = await read(ok(a_body(a_key(last_activity=stated))))
    assert reading.keys[0].last_activity == read_as


@pytest.mark.parametrize("stated", ["live", "test", "staging", None, ["live"], ...])
async def test_an_environment_is_live_or_test_or_unknown(stated):
    reading, _ = await read(ok(a_body(a_key(environment=stated))))
    assert reading.keys[0].key.environment == (stated if stated in ("live", "test") else "unknown")


@pytest.mark.parametrize("stated", [None, ..., "", "  "])
async def test_a_key_without_a_name_is_called_by_its_id(stated):
    reading, _ = await read(ok(a_body(a_key("key_7", name=stated))))
    assert reading.keys[0].key.name == "key_7"


async def test_counts_may_be_written_as_integral_floats():
    reading, _ = await read(ok(a_body(a_key(requests=12.0, errors=3.0))))
    assert (reading.keys[0].requests, reading.keys[0].errors) == (12, 3)


@pytest.mark.parametrize(
    "stated",
    [
        {"period": ISO},
        {"period_start": ISO["start"], "period_end": ISO["end"]},
        ISO,
        {"period": "current", **ISO},
        {"period": {"start": "2026-11-01", "end": "2026-11-30"}, **ISO},
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_window_that_the_body_states_is_taken(stated, wrapped):
    body = a_body(**stated)
    reading, _ = await read(ok({"data": body} if wrapped else body))
    assert (reading.window_start, reading.window_end) == (START, END)


@pytest.mark.parametrize(
    "stated",
    [
        {"period": "30d"},
        {"period": {"start": ISO["start"]}},
        {"period": {"start": ISO["end"], "end": ISO["start"]}},
        {"period": {"start": ISO["start"], "end": ISO["start"]}},
        {"start": "2026-11-01", "end": "2026-11-30"},
        {"start": 1_761_955_200, "end": 1_764_547_200},
        {"start": "2026-11-01T00:00:00Z", "end": "2026-11-31T00:00:00Z"},
        {"start": "0001-01-01T00:00:00+05:00", "end": ISO["end"]},
        {"usage": ISO},
    ],
)
async def test_a_window_that_is_not_quite_stated_is_none(stated):
    reading, _ = await read(ok(a_body(**stated)))
    assert (reading.window_start, reading.window_end) == (None, None)


@pytest.mark.parametrize(
    "goes_on", [{"next_cursor": None}, {"next": ""}, {"has_more": False}, {"meta": {"next": None}}]
)
async def test_a_last_page_is_whole(goes_on):
    reading, _ = await read(ok(a_body(**goes_on)))
    assert len(reading.keys) == 2


@pytest.mark.parametrize(
    "goes_on",
    [
        {"next_cursor": "abc"},
        {"next": "https://api.edgedns.dev/v1/x?page=2"},
        {"has_more": True},
        {"meta": {"has_more": True}},
        {"pagination": {"next_cursor": "abc"}},
        {"links": {"next": "/x"}},
    ],
)
@pytest.mark.parametrize("wrapped", [False, True])
async def test_a_part_of_the_keys_is_refused(goes_on, wrapped):
    body = {"data": a_body()} | goes_on if wrapped else a_body(**goes_on)
    failed = await fail(ok(body))
    assert str(failed).startswith("EdgeDNS answered with only a part of the keys")


async def test_a_link_to_a_next_page_is_refused():
    failed = await fail(ok(Link='</v1/x?page=2>; rel="next"'))
    assert str(failed).startswith("EdgeDNS answered with only a part of the keys")


NOT_WHOLE = (-1, 1.5, True, "12", None, float("nan"), float("inf"), 10**30, [], ...)


@pytest.mark.parametrize(
    ("body", "what"),
    [
        *[
            (a_body(a_key(request_count=count)), "a request_count that is no whole number from 0 up")
            for count in NOT_WHOLE
        ],
        *[
            (a_body(a_key(error_count=count)), "an error_count that is no whole number from 0 up")
            for count in NOT_WHOLE
        ],
        (a_body(a_key(errors=101)), "a key with more errors than requests"),
        (
            a_body(a_key(endpoint_distribution={"/a": 60, "/b": 41})),
            "a key whose endpoints sum to more than its requests",
        ),
        *[
            (a_body(a_key(endpoint_distribution=wrong)), "an endpoint_distribution that cannot be read")
            for wrong in (
                "/a",
                5,
                {"/a": -1},
                {"/a": "1"},
                {"/a": {"count": 1}},
                [{"count": 1}],
                ["/a"],
                [{"endpoint": 1}],
            )
        ],
        *[(a_body(a_key(key_id=wrong)), "a key without a usable key_id") for wrong in (..., None, "", 7)],
        (a_body(a_key(name=7)), "a key whose name is no text"),
        (a_body(a_key(), a_key()), "the same key_id more than once"),
        *[
            (a_body(a_key(last_activity=wrong)), "a last_activity that is no time")
            for wrong in (
                "yesterday",
                "",
                True,
                [],
                1e18,
                float("nan"),
                "0001-01-01T00:00:00+05:00",
                "2026-13-01T00:00:00Z",
            )
        ],
        (a_body(total_keys=3), "a total_keys that differs from the number of keys listed"),
        ({"data": a_body(total_keys=...), "total_keys": 9}, "a total_keys that differs from the number of keys listed"),
        (a_body(total_keys="2"), "a total_keys that is no whole number from 0 up"),
    ],
)
async def test_an_inconsistent_answer_is_refused_whole(body, what):
    failed = await fail(ok(body))
    assert type(failed.error) is UnavailableError
    assert str(failed) == f"EdgeDNS answered with {what}, so nothing was recorded. {TELL}"
    assert failed.calls == 1


@pytest.mark.parametrize("body", [{}, {"keys": None}, {"keys": {}}, {"keys": [1]}, [1], "x", 5, {"data": {"data": []}}])
async def test_an_answer_without_a_list_of_keys_is_refused(body):
    failed = await fail(ok(body))
    assert str(failed) == f"EdgeDNS answered with no readable list of keys, so nothing was recorded. {ADDRESS}"


@pytest.mark.parametrize(
    "around", [b"%s", b'[{"key_id": "a", "request_count": 1, "error_count": 0, "endpoint_distribution": %s}]']
)
async def test_millions_of_wrong_values_are_refused_at_the_first(around):
    failed = await fail(raw(around % (b"[" + b"1," * 4_000_000 + b"1]")))
    assert "so nothing was recorded" in str(failed)


@pytest.mark.parametrize(
    ("response", "what", "step"),
    [
        (html(), "a web page instead of JSON", ADDRESS),
        (raw(b"OK", Content_Type="text/plain"), "a body that is not JSON", ADDRESS),
        (raw(b"\x00\xff\xfe"), "a body that is not JSON", ADDRESS),
        (raw(b""), "an empty body", TELL),
        (raw(b" \n"), "an empty body", TELL),
        (raw(WHOLE[:-5]), "JSON that breaks off or is malformed", TELL),
        (raw(WHOLE.replace(b": 100", b": 1e400")), "a request_count that is no whole number from 0 up", TELL),
        (raw(WHOLE.replace(b": 100", b": " + b"1" * 5000)), "JSON that breaks off or is malformed", TELL),
        (raw(WHOLE.replace(b"live", b"\xff")), "JSON that breaks off or is malformed", TELL),
        (raw(DEEP), "JSON that breaks off or is malformed", TELL),
        (raw(b'{"keys": [], "x": ' + DEEP + b"]" * 100_000 + b"}"), "JSON that breaks off or is malformed", TELL),
        (gzipped(gzip.compress(WHOLE)), "a body that is not JSON", ADDRESS),
        (
            raw(gzip.compress(gzip.compress(WHOLE)), Content_Encoding="gzip, gzip"),
            "a packing that was not asked for",
            TELL,
        ),
        (raw(WHOLE, Content_Encoding="br"), "a packing that was not asked for", TELL),
    ],
)
async def test_what_is_no_json_is_refused_in_our_words(response, what, step):
    failed = await fail(response)
    assert str(failed) == f"EdgeDNS answered with {what}, so nothing was recorded. {step}"
    assert failed.calls == 1


async def test_a_secret_in_an_id_a_name_or_an_endpoint_is_cut_to_its_last_four():
    planted = a_key(KEY, name=f"checkout {KEY} old", endpoint_distribution={f"/v1/a?key={KEY}": 60})
    reading, _ = await read(ok(a_body(planted)))
    (row,) = reading.keys
    assert (row.key.key_id, row.key.name) == ("...Xy4z", "checkout ...Xy4z old")
    assert row.endpoints == {"/v1/a?key=...Xy4z": 60}


async def test_two_secrets_with_the_same_last_four_are_refused():
    failed = await fail(ok(a_body(a_key("edns_live_aaaaaaaa0000"), a_key("edns_test_bbbbbbbb0000"))))
    assert str(failed).startswith("EdgeDNS answered with the same key_id more than once")


@pytest.mark.parametrize(
    "body", [{KEY: KEY}, a_body(a_key(endpoint_distribution={KEY: KEY})), a_body(a_key(last_activity=KEY)), KEY]
)
async def test_a_refused_body_is_not_quoted(body):
    failed = await fail(ok(body))
    assert "edns_" not in str(failed)
