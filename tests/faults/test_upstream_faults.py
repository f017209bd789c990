"""Whatever comes back from EdgeDNS: the right answer or the right sentence in time, and nothing of it stays."""

import gzip
import json
import zlib

import pytest
from fake_edgedns import (
    FOREVER_S,
    Response,
    a_key,
    bomb,
    chunked,
    failure,
    flood,
    gzipped,
    head,
    html,
    ok,
    play,
    raw,
    redirect,
)
from faulty import by_steps, cut_at, jittery, late, narrow, reset_at
from lives import AMID, lived, playing, used

from edgedns_mcp.errors import RefusedError

WHOLE = json.dumps(used(AMID)).encode()
COUNT = f'"request_count": {AMID}'.encode()
PLAIN = head(Content_Length=str(len(WHOLE)))
ADDRESS = "Check EDGEDNS_BASE_URL."
AGAIN = "Ask again in 60 seconds."
TELL = "Ask again later, and tell EdgeDNS if it stays so."
LIMIT = "RATE_LIMIT_EXCEEDED"
BROKE = f"The connection broke before EdgeDNS's answer was whole. {AGAIN}"
NO_HTTP = f"What answers at EdgeDNS's address does not speak HTTP as it should. {ADDRESS}"
PACKED_WRONG = f"EdgeDNS's answer could not be unpacked. {AGAIN}"
ELSEWHERE = "EdgeDNS's address leads elsewhere, and the API key is not sent there (HTTP {status}). " + ADDRESS
ODD = "EdgeDNS answered with a status that usage by key does not have (HTTP {status}). " + ADDRESS
LIMITED = f"EdgeDNS's rate limit for this API key is reached (HTTP 429 {LIMIT}, request req_abc123). "


def answered(what: str, step: str = TELL) -> str:
    return f"EdgeDNS answered with {what}, so nothing was recorded. {step}"


MALFORMED = answered("JSON that breaks off or is malformed")
TWICE = answered("an object that has the same field twice")
NO_COUNT = answered("a request_count that is no whole number from 0 up")
TOO_MUCH = answered("more than 10 MB")
TOO_MANY = answered("more values than usage by key has")


def instead(count: bytes) -> Response:
    """Answer with something else where a count is due."""
    return raw(WHOLE.replace(COUNT, b'"request_count": ' + count))


def beside(field: bytes) -> Response:
    """Answer with something beside what is known."""
    return raw(b"{" + field + b", " + WHOLE[1:])


def filled(value: bytes, times: int) -> Response:
    """Answer with a list of so many values."""
    return beside(b'"x": [' + value * times + b"1]")


def inflating(gigabytes: int) -> bytes:
    """Make what unpacks to so many of them, of blocks that are packed once."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    block = packer.compress(b" " * 10_000_000) + packer.flush(zlib.Z_FULL_FLUSH)
    return b"\x1f\x8b\x08" + bytes(6) + b"\x03" + block * (100 * gigabytes)


def in_pieces(*pieces: bytes) -> Response:
    return play(head(Transfer_Encoding="chunked"), *pieces)


SMUGGLED = json.dumps(used(999_999)).encode()
AS_A_SECOND = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(SMUGGLED), SMUGGLED)
UNPACKED = gzip.compress(WHOLE)
WRONG_SUM = UNPACKED[:-8] + bytes(4) + UNPACKED[-4:]

HARMLESS = {
    "latency": playing(None, late(0.3)),
    "jitter": playing(None, jittery(7, most_s=0.02)),
    "1 kB a second": playing(None, narrow(1000)),
    "a byte at a time": playing(None, by_steps(1, lambda: 0.0)),
    "chunks of 7 bytes": playing(chunked(WHOLE)),
    "gzip": playing(gzipped(WHOLE)),
    "until the connection ends": playing(play(head(), WHOLE)),
    "a wrong content type": playing(raw(WHOLE, Content_Type="text/html")),
    "no content type": playing(play(PLAIN, WHOLE)),
    "a byte order mark": playing(raw(b"\xef\xbb\xbf" + WHOLE)),
    "100 Continue, again and again": playing(play(b"HTTP/1.1 100 Continue\r\n\r\n" * 20, PLAIN, WHOLE)),
    "103 Early Hints": playing(play(b"HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=next\r\n\r\n", PLAIN, WHOLE)),
    "cookies": playing(ok(used(AMID), Set_Cookie="session=of-the-fault; Path=/")),
    "a Date of nowhere": playing(ok(used(AMID), Date="Sun, 99 Nov 99999 25:61:61 +9999")),
    "NaN where nobody looks": playing(beside(b'"x": NaN')),
    "1e400 where nobody looks": playing(beside(b'"x": [1e400, -1e400]')),
    "more bytes than announced": playing(play(PLAIN, WHOLE + AS_A_SECOND)),
}

FAULTS = {
    "closed at once": (playing(None, cut_at(0)), BROKE),
    "reset at once": (playing(None, reset_at(0)), BROKE),
    "a length too long": (playing(raw(WHOLE, Content_Length=str(len(WHOLE) + 9))), BROKE),
    "a length too short": (playing(raw(WHOLE, Content_Length=str(len(WHOLE) - 9))), MALFORMED),
    "a length of 0": (playing(raw(WHOLE, Content_Length="0")), answered("an empty body")),
    "a negative length": (playing(raw(WHOLE, Content_Length="-1")), NO_HTTP),
    "a length that is no number": (playing(raw(WHOLE, Content_Length="many")), NO_HTTP),
    "two lengths": (playing(play(head(**{"Content_Length": "5", "Content-Length": "6"}), WHOLE)), NO_HTTP),
    "a chunk that breaks off": (playing(in_pieces(b"400\r\n", WHOLE[:99])), BROKE),
    "no last chunk": (playing(in_pieces(b"%x\r\n%b\r\n" % (len(WHOLE), WHOLE))), BROKE),
    "a chunk of no size": (playing(in_pieces(b"all\r\n", WHOLE)), NO_HTTP),
    "too few chunks": (playing(in_pieces(b"5\r\n", WHOLE[:5], b"\r\n0\r\n\r\n")), MALFORMED),
    "gzip that breaks off": (playing(raw(UNPACKED[:-20], Content_Encoding="gzip")), PACKED_WRONG),
    "gzip without its sum": (playing(raw(UNPACKED[:-8], Content_Encoding="gzip")), PACKED_WRONG),
    "gzip with a wrong sum": (playing(raw(WRONG_SUM, Content_Encoding="gzip")), PACKED_WRONG),
    "gzip that is none": (playing(raw(WHOLE, Content_Encoding="gzip")), PACKED_WRONG),
    "a packing nobody asked for": (
        playing(raw(WHOLE, Content_Encoding="br")),
        answered("a packing that was not asked for"),
    ),
    "200 MB in 200 kB": (playing(bomb()), TOO_MUCH),
    "50 MB": (playing(raw(b"[" + b" " * 50_000_000)), TOO_MUCH),
    "no end": (playing(flood()), TOO_MUCH),
    "no end in a refusal": (playing(play(head(500), b" " * 5_000_000)), f"EdgeDNS failed inside (HTTP 500). {AGAIN}"),
    "a million empty lists": (playing(filled(b"[],", 1_000_000)), TOO_MANY),
    "a million objects": (playing(filled(b'{"a":1},', 1_000_000)), TOO_MANY),
    "millions of numbers": (playing(filled(b"1,", 4_000_000)), TOO_MANY),
    "deep nesting": (playing(beside(b'"x": ' + b"[" * 100_000 + b"]" * 100_000)), MALFORMED),
    "invalid UTF-8": (playing(raw(WHOLE.replace(b"live", b"\xff\xfe"))), MALFORMED),
    "half a surrogate": (playing(raw(WHOLE.replace(b"live", b"\\ud800"))), MALFORMED),
    "a count of NaN": (playing(instead(b"NaN")), NO_COUNT),
    "a count of Infinity": (playing(instead(b"Infinity")), NO_COUNT),
    "a count of 1e400": (playing(instead(b"1e400")), NO_COUNT),
    "a count of -0.5": (playing(instead(b"-0.5")), NO_COUNT),
    "a count beyond 2^53": (playing(instead(b"9007199254740993")), NO_COUNT),
    "a count of 30 digits": (playing(instead(b"1" * 30)), NO_COUNT),
    "a count of 5,000 digits": (playing(instead(b"1" * 5000)), MALFORMED),
    "a count of true": (playing(instead(b"true")), NO_COUNT),
    "a count twice": (playing(instead(b'1, "request_count": 130')), TWICE),
    "an endpoint twice": (playing(raw(WHOLE.replace(b'"/v1/ip/reputation"', b'"/v1/domain/whois"'))), TWICE),
    "the keys twice": (playing(beside(b'"keys": []')), TWICE),
    "a key twice": (playing(ok({"keys": [a_key()] * 2})), answered("the same key_id more than once")),
    "text after the end": (playing(raw(WHOLE + b"{}")), MALFORMED),
    "an empty body": (playing(raw(b"")), answered("an empty body")),
    "a web page": (playing(html()), answered("a web page instead of JSON", ADDRESS)),
    "words": (playing(raw(b"upstream connect error")), answered("a body that is not JSON", ADDRESS)),
    "another API's JSON": (playing(raw(b'{"status": "ok"}')), answered("no readable list of keys", ADDRESS)),
    "the greeting of another protocol": (playing(play(b"220 mail ESMTP\r\n\r\n")), NO_HTTP),
    "a header of 200 kB": (playing(ok(used(AMID), X="y" * 200_000)), NO_HTTP),
    "a null in a header": (playing(ok(used(AMID), X="y\0")), NO_HTTP),
    "another version of HTTP": (playing(play(b"HTTP/2 200\r\n\r\n", WHOLE)), NO_HTTP),
    "status 99": (playing(play(b"HTTP/1.1 099 Odd\r\n\r\n", WHOLE)), NO_HTTP),
    "status 1000": (playing(play(b"HTTP/1.1 1000 Odd\r\n\r\n", WHOLE)), NO_HTTP),
    "101 Switching Protocols": (playing(play(head(101, Upgrade="h2c"), WHOLE)), NO_HTTP),
    "500 with the whole answer": (playing(raw(WHOLE, 500)), f"EdgeDNS failed inside (HTTP 500). {AGAIN}"),
    "503 with another answer behind": (
        playing(play(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n" + AS_A_SECOND, FOREVER_S)),
        f"EdgeDNS is out of service (HTTP 503). {AGAIN}",
    ),
    **{f"status {status} with the whole answer": (playing(raw(WHOLE, status)), ODD.format(status=status))
       for status in (202, 206, 226, 600, 999)},
    **{f"status {status}": (playing(play(head(status))), ODD.format(status=status)) for status in (204, 205)},
    **{f"Retry-After: {wait}": (playing(failure(429, LIMIT, Retry_After=wait)), LIMITED + AGAIN)
       for wait in ("-1", "1e9", "9999999", "9" * 20, "1, 2", "Fri, 31 Dec 9999 23:59:59 GMT")},
    "Retry-After: 0": (playing(failure(429, LIMIT, Retry_After="0")), LIMITED + "Ask again in 1 second."),
    "Retry-After: a month": (
        playing(failure(429, LIMIT, Retry_After="2678400")), LIMITED + "Ask again in 2678400 seconds.",
    ),
}  # fmt: skip

REFUSALS = {
    **{f"status {status} with the whole answer": (playing(raw(WHOLE, status)), sentence)
       for status, sentence in (
           (400, "EdgeDNS did not accept the question (HTTP 400). Set EDGEDNS_SEND_PERIOD=false and ask again."),
           (401, "EdgeDNS refused this API key (HTTP 401). Check EDGEDNS_API_KEY."),
           (418, f"EdgeDNS refused the question (HTTP 418). {ADDRESS}"),
           (451, f"EdgeDNS refused the question (HTTP 451). {ADDRESS}"),
       )},
    "401 that unpacks to a gigabyte": (
        playing(raw(inflating(1), 401, Content_Encoding="gzip")),
        "EdgeDNS refused this API key (HTTP 401). Check EDGEDNS_API_KEY.",
    ),
    **{f"redirect {status}": (playing(redirect("https://elsewhere.invalid/", status)), ELSEWHERE.format(status=status))
       for status in (300, 304)},
}  # fmt: skip


@pytest.mark.parametrize("name", HARMLESS)
async def test_what_is_only_slow_or_odd_is_read_as_if_it_were_not(name, no_pauses, twin, tmp_path):
    found, same = await lived(tmp_path, HARMLESS[name], from_the_first_day=False), await twin(amid=True)
    assert (found.later, found.trouble) == (same.later, "")
    assert found.later.totals.request_count == AMID + 7
    assert found.after == same.after


@pytest.mark.parametrize("name", FAULTS)
async def test_a_fault_is_told_in_time_and_leaves_no_trace_in_the_figures(name, no_pauses, twin, tmp_path):
    enter, sentence = FAULTS[name]
    found, same = await lived(tmp_path, enter), await twin(amid=False)
    assert [*map(str, found.first), found.trouble] == [sentence] * 3
    assert found.later.totals == same.later.totals
    assert found.later.notes[0] == (
        f"These are the last good figures, taken 60 min 0 s ago, because EdgeDNS cannot be asked now: {sentence}"
    )
    assert found.after == same.after


@pytest.mark.parametrize("name", REFUSALS)
async def test_a_refusal_is_told_even_where_figures_are_recorded(name, no_pauses, twin, tmp_path):
    enter, sentence = REFUSALS[name]
    found, same = await lived(tmp_path, enter), await twin(amid=False)
    assert isinstance(found.later, RefusedError)
    assert {*map(str, (*found.first, found.later, found.trouble))} == {sentence}
    assert found.after == same.after
