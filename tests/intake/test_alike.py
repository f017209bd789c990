"""Lines read together by their shape are read as if each were read alone, nasty ones among them too."""

import json
from functools import partial
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from intake_builders import clf, nd

from edgedns_mcp.intake.chunks import Chunk
from edgedns_mcp.intake.parse import parse
from edgedns_mcp.intake.plan import Plan, reading_of

MOMENTS = (
    "2026-10-05T10:15:30Z", "2026-10-05T10:15:31Z", "2026-10-05T11:59:59Z", "2026-10-05T10:15:30+02:00",
    "2026-10-05T10:15:30+05:30", "2026-10-05 10:15:30", "2026-10-05T24:15:30Z", "2026-02-30T10:15:30Z",
    "2026-10-05T10:15:60Z", "2026-10-05T10:15:30.999999Z", "2026-10-05T10:15Z", "1969-12-31T23:59:59Z",
    "3000-01-01T00:00:00Z", "05/Oct/2026:10:15:30 +0000", "05/Oct/2026:10:15:30 -0330", "31/Feb/2026:10:15:30 +0000",
    "1791195330", "1791195330123", "1791195330.5", 1791195330, 1791195330999, 1791195330999999999, 1791195330.75,
    None, "", "soon", True, "۲026-10-05T10:15:30Z",
)  # fmt: skip
KEYS = (
    "key_1",
    "key_2",
    "",
    "-",
    " key_1 ",
    None,
    7,
    0,
    "a\\b",
    'a"b',
    "größe",
    "\u2028",
    "x" * 300,
    "\x7f",
    {"id": 1},
    1e5,
)
PATHS = ("/v1/whois", "/v1/whois?q=1", "", "/v1/größe", "https://h/v1#x", None, "/v1/zones/7", 5, "/a,b", '/a"b')
STATUSES = (200, "200", 404, "404", 500, 99, 1000, "099", "", None, True, 200.0, "2 00", "٢٠٠")
ENVIRONMENTS = ("live", "prod", "test", "", None, "weird")
EXTRA = (1, "x", None, [], [1, 2], {}, {"a": {"b": [1, {"c": "d"}]}}, "\ud800", "tab\there", [[[[[1]]]]], 1e300, -0.0)


def one(value):
    return st.just(value)


def some(values):
    """Mostly the first values: lines of a log are alike."""
    return st.integers(0, 3 * len(values)).map(lambda n: values[n % len(values) if n < len(values) else n % 2])


records = st.fixed_dictionaries(
    {"timestamp": some(MOMENTS), "key_id": some(KEYS), "endpoint": some(PATHS), "status": some(STATUSES)},
    optional={
        "environment": some(ENVIRONMENTS),
        "extra": some(EXTRA),
        "time": some(MOMENTS),
        "consumer_id": some(KEYS),
    },
)


def as_json(record, compact=False):
    return json.dumps(record, ensure_ascii=len(record) % 2 == 0, separators=(",", ":") if compact else None)


def as_combined(record):
    return clf(
        f"GET {record['endpoint']} HTTP/1.1",
        user=record["key_id"], time=record["timestamp"], status=record["status"],
        more=record.get("extra", ' "-" "curl/8"'),
    )  # fmt: skip


def as_csv(record):
    names = ("timestamp", "key_id", "endpoint", "status", "environment", "extra", "time")
    values = ["" if (value := record.get(name)) is None else str(value) for name in names]
    return ",".join('"' + value.replace('"', '""') + '"' if set(value) & set('", x') else value for value in values)


def read(plan, content, *, together):
    """Read a content; `together`: by shapes, else line by line."""
    reading = reading_of(plan, content)
    if not together:
        reading.learn = lambda line: None
    parsed = parse(reading, Chunk(0, content, False, sha256()), 0, 0)
    batch = parsed.batch
    hours = {start: {place: list(sums) for place, sums in hour.items()} for start, hour in batch.hours.items() if hour}
    return (hours, parsed.rejects, parsed.head, batch.seen, parsed.count), len(reading.alike)


def same_both_ways(plan, lines, monkeypatch):
    monkeypatch.setattr("edgedns_mcp.intake.parse.WORTH_A_SHAPE", 1)
    content = "".join(line + "\n" for line in lines).encode(errors="surrogatepass")
    together, shapes = read(plan, content, together=True)
    alone, none = read(plan, content, together=False)
    assert none == 0
    assert together == alone
    return shapes


checked = partial(
    settings, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, derandomize=True
)
odd = st.sampled_from(
    ["", "  ", "garbage", "{}", "[]", "{", '{"a": 1} x', "\r", "\x00", "\ufeff", '{"status": 200}\r', "\x85"]
)


@checked(max_examples=250)
@given(lines=st.lists(records.map(as_json) | records.map(partial(as_json, compact=True)) | odd, max_size=25))
def test_json(lines, monkeypatch):
    same_both_ways(Plan(log_format="ndjson"), lines, monkeypatch)


@checked(max_examples=150)
@given(lines=st.lists(records.map(as_csv) | odd, max_size=25))
def test_csv(lines, monkeypatch):
    header = "timestamp,key_id,endpoint,status,environment,extra,time"
    same_both_ways(Plan(log_format="csv"), [header, *lines], monkeypatch)


@checked(max_examples=150)
@given(
    lines=st.lists(records.map(as_combined) | odd, max_size=25), mapped=st.sampled_from([(), ("key_id=user_agent",)])
)
def test_combined(lines, mapped, monkeypatch):
    same_both_ways(Plan(log_format="combined", mapping=mapped), lines, monkeypatch)


@checked(max_examples=100)
@given(data=st.data(), line=st.sampled_from([nd(), nd(extra={"a": [1]}), clf(), "2026-10-05T10:15:30Z,k,/,200,,,"]))
def test_lines_with_a_character_changed(data, line, monkeypatch):
    plan = Plan(log_format="ndjson" if line.startswith("{") else "combined" if "HTTP" in line else "csv")
    head = ["timestamp,key_id,endpoint,status,environment,extra,time"] if plan.log_format == "csv" else []
    changed = []
    for _ in range(12):
        at, char = (
            data.draw(st.integers(0, len(line))),
            data.draw(st.sampled_from('\\"{}[],: 0129eE.-+\t\rux\x00é\udcff')),
        )
        changed += [line[:at] + char + line[at + data.draw(st.integers(0, 1)) :], line]
    lines = [*head, line, line, *(one.encode(errors="replace").decode() for one in changed)]
    same_both_ways(plan, lines, monkeypatch)


@pytest.mark.parametrize(
    "line",
    [
        nd(), nd(environment="live", extra=[{"a": 1}]), nd(timestamp=1791195330123), nd(timestamp=1791195330),
        nd(headers={"x": "y", "n": {"m": 1}}), nd(status="200"), clf(), clf(more=""),
        nd(timestamp="05/Oct/2026:10:15:30 +0200"),
    ],
)  # fmt: skip
def test_ordinary_lines_are_read_together(line, monkeypatch):
    plan = Plan(log_format="ndjson" if line.startswith("{") else "combined")
    assert same_both_ways(plan, [line] * 5, monkeypatch) == 1


def test_ordinary_rows_are_read_together(monkeypatch):
    lines = ["status,key_id,timestamp,path", *['200,"a b",2026-10-05T10:15:30Z,/'] * 5]
    assert same_both_ways(Plan(log_format="csv"), lines, monkeypatch) == 1


def test_a_log_of_two_shapes_is_read_together(monkeypatch):
    lines = [nd(extra=n) if n % 2 else nd(environment="live") for n in range(100)]
    assert same_both_ways(Plan(log_format="ndjson"), lines, monkeypatch) == 2
