"""The doors by which contents come in from outside: each takes any bytes, and says in a word what came of them."""

import re
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import datetime
from itertools import count
from json import JSONDecodeError, dumps, loads
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import anyio
from endpoint_builders import Running, running
from faces import a_server
from intake_builders import ALL_TIME, clf, nd
from mcp.client import Client
from mcp.shared.exceptions import MCPError

from edgedns_mcp.domain.paging import Cursor, decode, encode
from edgedns_mcp.errors import UsageError
from edgedns_mcp.intake.importer import import_stream
from edgedns_mcp.intake.inventory import import_inventory
from edgedns_mcp.intake.plan import Plan
from edgedns_mcp.intake.stream import opened
from edgedns_mcp.models import UsageQuery, Window
from edgedns_mcp.settings.loading import load_file
from edgedns_mcp.sources.account_body import account_total_of, key_dates_of
from edgedns_mcp.sources.edgedns_body import reading_of
from edgedns_mcp.sources.teams_file import lines_of
from edgedns_mcp.store import accounts, cells, coverage, keys, ledger, sums
from edgedns_mcp.store.database import Database

NOW = datetime.fromisoformat("2026-11-22T15:00:00+00:00")
ONE_PIECE = 1 << 20
CHECK_AT = 4  # figures stand before the check sum of a cursor
FORGOTTEN_AFTER = 300  # contents in one database
WHOLE = re.compile(r"[A-Z/][^\n]*[.?)`'\"\w]")


def json(value: object) -> bytes:
    return dumps(value).encode()


class Door(NamedTuple):
    """What it usually gets, and how to open it; what is opened takes one content after the other."""

    seeds: tuple[bytes, ...]
    opened: Callable[[Path], "contextmanager[Callable[[bytes], str]]"]


def sentence(exc: UsageError) -> str:
    """Give what a refusal says, without its figures and names; it is one sentence or a few, on one line."""
    said = str(exc)
    assert WHOLE.fullmatch(said), said
    assert "Traceback" not in said
    return told(said)


def told(said: str) -> str:
    """Leave out what differs from content to content."""
    return re.sub(r"`[^`]*`|'[^']*'|\"[^\"]*\"|/\S+|\S+(?= is no )|[\d.:-]*\d", "#", said)[:60]


@contextmanager
def importing(folder: Path) -> Generator[Callable[[bytes], str]]:
    numbers = count()
    bases: list[Database] = []

    def ask(content: bytes) -> str:
        number = next(numbers)
        if number % FORGOTTEN_AFTER == 0:
            for base in bases:
                base.close()
            bases[:] = [Database.open(folder / f"{number}.db")]
        path = folder / "log"
        path.write_bytes(content)
        longest = max(map(len, content.split(b"\n"))) + 1
        whole, pieces = (taken(bases[0], path, f"{number} {size}", size) for size in (ONE_PIECE, longest))
        if isinstance(whole[0], str):
            return whole[0]
        assert whole == pieces or isinstance(pieces[0], str), (whole, pieces)  # its first piece may tell too little
        return f"taken, {whole[0][2]} rejected"

    try:
        yield ask
    finally:
        for base in bases:
            base.close()


def taken(base: Database, path: Path, name: str, size: int) -> tuple[object, ...]:
    """Import a content twice into an account of its own, and give all that is known of it afterwards."""

    def once() -> object:
        try:
            with opened(path) as stream:
                found = import_stream(base, stream, Plan(account=name), path.with_suffix(".rejects"), chunk_size=size)
        except UsageError as exc:
            return sentence(exc)
        return found.lines, found.requests, found.rejected, found.without_key, sorted(found.keys)

    first, before = once(), held(base, name)
    again, after = once(), held(base, name)
    assert before == after, "what was imported twice counts twice"
    if isinstance(first, tuple):
        assert before[0] == first[1], "what was told is not what is stored"
        assert isinstance(again, str) or again[1] == 0
    return first, before[:4]


def held(base: Database, name: str) -> tuple[object, ...]:
    def look(tx: object) -> tuple[object, ...]:
        account = accounts.find(tx, "local", name)
        by_key = sums.totals(account, ALL_TIME)
        every = {key_id: (tally.requests, tally.errors, tally.last_activity) for key_id, tally in by_key.items()}
        stored = cells.stored_requests(account)
        assert stored == sum(used for used, _, _ in every.values()), "the sums are not those of the cells"
        return stored, every, ledger.rejected_lines(account), coverage.stretches(account)

    return base.read(look)


@contextmanager
def listing(folder: Path) -> Generator[Callable[[bytes], str]]:
    numbers, base = count(), Database.open(folder / "keys.db")

    def ask(content: bytes) -> str:
        path, name = folder / "keys.csv", f"{next(numbers)}"
        path.write_bytes(content)
        try:
            first = import_inventory(base, name, path, NOW)
        except UsageError as exc:
            return sentence(exc)
        again = import_inventory(base, name, path, NOW)
        assert (again.new, again.changed, again.keys) == (0, 0, first.keys)
        assert len(base.read(lambda tx: keys.list_keys(accounts.find(tx, "local", name)))) == first.keys
        return "taken"

    yield ask
    base.close()


def reading(read: Callable[[Path], object], name: str) -> Callable[[Path], "contextmanager[Callable[[bytes], str]]"]:
    """Open a door to what reads a file and keeps nothing."""

    @contextmanager
    def opened_file(folder: Path) -> Generator[Callable[[bytes], str]]:
        def ask(content: bytes) -> str:
            path = folder / name
            path.write_bytes(content)
            try:
                found = [read(path), read(path)]
            except UsageError as exc:
                return sentence(exc).replace(str(path), "#")
            assert found[0] == found[1]
            return found[0] if isinstance(found[0], str) else "read"

        yield ask

    return opened_file


def bodies(path: Path) -> str:
    """Read a body as each of EdgeDNS's answers, twice."""
    content = path.read_bytes()
    return "; ".join(body(read, content) for read in (reading_of, key_dates_of, account_total_of))


def body(read: Callable[[bytes, datetime], object], content: bytes) -> str:
    try:
        found = read(content, NOW)
    except UsageError as exc:
        return sentence(exc)
    assert read(content, NOW) == found
    return "read"


def cursors(path: Path) -> object:
    """Read a text as a cursor, its check sum mended, so that what it holds is looked at."""
    text = path.read_bytes().decode(errors="replace")
    if len(parts := text.split(".", 5)) > CHECK_AT:
        place, words = ".".join(parts[:CHECK_AT]), "".join(parts[CHECK_AT + 1 :])
        text = ".".join([place, str(crc32(f"{place}.{words}".encode()) % 100_000), *([words] if words else [])])
    first = decode(UsageQuery(cursor=text))
    assert decode(UsageQuery(cursor=encode(first))) == first
    return first


@contextmanager
def calling(folder: Path) -> Generator[Callable[[bytes], str]]:
    """Call tools as a client does: whatever is sent is answered, or refused in a sentence."""
    del folder
    server = a_server()

    async def call(asked: dict[str, object]) -> str:
        async with Client(server) as client:
            try:
                found = await client.call_tool(str(asked.pop("tool", "usage_by_key")), asked)
            except MCPError as exc:
                return f"protocol: {exc.error.code}"
        text = "".join(block.text for block in found.content)
        assert len(text) <= 40_000
        assert "Traceback" not in text
        if found.is_error:
            assert found.structured_content is None
            return told(text)
        assert text.startswith(found.structured_content["summary"][:20])
        return "answered"

    def ask(content: bytes) -> str:
        try:
            asked = loads(content)
        except (JSONDecodeError, UnicodeDecodeError, RecursionError):
            return "no JSON"
        return anyio.run(call, asked) if isinstance(asked, dict) else "no object"

    yield ask


@contextmanager
def posting(folder: Path) -> Generator[Callable[[bytes], str]]:
    """Post events over HTTP: what is accepted is stored, all else is refused whole."""
    with running(folder / "events.db", rate_limit=0) as endpoint:
        secret = endpoint.a_key()

        def ask(content: bytes) -> str:
            before = stored(endpoint)
            headers = {"Authorization": f"Bearer {secret}", "Content-Type": "application/json"}
            answer = endpoint.http.post("/v1/events", content=content, headers=headers)
            body, more = answer.json(), stored(endpoint) - before
            assert answer.status_code in {200, 400, 413, 422}, (answer.status_code, body)
            assert more == (body["accepted"] if answer.status_code == 200 else 0), body
            return f"{answer.status_code} {told(body.get('error', {}).get('message', ''))}"

        yield ask


def stored(endpoint: Running) -> int:
    return endpoint.read(lambda tx: cells.stored_requests(accounts.find(tx, "local")))


COUNTS = (
    b"key_id,date,requests,errors,endpoint,last_activity\nkey_1,2026-10-05,30,2,/v1/whois,2026-10-05T10:00:00Z\n"
    b"key_2,2026-10-05,7,,,\nkey_1,2026-10-06,1,1,/v1/dns,\n"
)
COUNTERS = (
    b"key_id,at,total_requests,total_errors\nkey_1,2026-10-05T10:00:00Z,100,3\nkey_1,2026-10-05T11:00:00Z,140,4\n"
    b"key_2,2026-10-05T10:30:00Z,5,0\nkey_1,2026-10-06T00:10:00Z,150,4\n"
)
LINES = "\n".join(
    [clf(), clf("POST /v1/dns/dnssec?key=1 HTTP/2", user="key_2", status=404, time="05/Oct/2026:23:59:59 +0200"), ""]
)
BY_KEY = {
    "keys": [
        {"key_id": "key_1", "name": "payments", "environment": "live", "request_count": 12, "error_count": 1,
         "endpoint_distribution": [{"endpoint": "/v1/whois", "request_count": 12}],
         "last_activity": "2026-11-22T10:00:00Z", "created_at": "2026-01-01T00:00:00Z", "expires_at": None},
        {"key_id": "key_2", "name": "", "environment": "test", "request_count": 0, "endpoint_distribution": {}},
    ],
    "total_keys": 2,
}  # fmt: skip
USAGE = {"usage": {"total_requests": 12, "quota": 10_000}, "period": {"start": "2026-11-01", "end": "2026-12-01"}}
KEYS = (
    b"key_id,name,environment,team,created_at,revoked_at,last_four,allowed_environments\n"
    b"key_1,payments,live,Payments,2026-01-01,,1a2b,live\nkey_2,search,test,,,2026-10-01T00:00:00Z,,live test\n"
)
TEAMS = b"key,team,cost_center,allowed_environments\ncheckout*,Payments,CC-1,live\nkey_2,Search,,live test\n"
TOML_TEAMS = b"""[[keys]]
key = ["checkout*", "key_1"]
team = "Payments"
cost_center = "CC-1"
allowed_environments = ["live", "test"]
[[keys]]
key = "key_2"
team = "Search"
"""
SETTINGS = b"""timezone = "Europe/Berlin"
billing_day = 5
record_every = "1h"
[chargeback]
method = "hybrid"
fixed_fee = "10.00"
[[budget]]
who = "payments"
requests = 1000
thresholds = [50, 100]
[[planned]]
what = "load test"
start = 2026-10-01
end = 2026-10-02T10:00:00Z
[severity]
live = 2.0
bars = [4.5, 6.5, 9.0]
"""
A_WINDOW = Window(start=NOW.replace(hour=0), end=NOW, period="today")
ASKED = (
    {"period": "30d", "group_by": "team", "limit": 5, "top_endpoints": 2, "environment": "live", "cursor": ""},
    {"tool": "key_details", "key": "payments-api", "period": "2026-10-01..2026-10-15"},
    {"tool": "compare_usage", "period": "2026-10", "baseline": "2026-09", "name_contains": "pay"},
    {"tool": "usage_history", "bucket": "day", "start": "2026-11-01T00:00:00+02:00", "end": "2026-11-20"},
    {"tool": "find_anomalies", "kind": "spike", "sensitivity": "high", "period": "7d"},
    {"tool": "chargeback_report", "amount": "1234.56", "currency": "EUR", "shares": "payments=60,growth=40"},
    {"tool": "audit_keys", "action": "revoke", "dormant_days": 30},
    {"tool": "forecast_quota", "monthly_quota": 100_000},
    {"tool": "server_status"},
)
EVENT = {"timestamp": "2026-11-22T14:10:00Z", "key_id": "key_payments-api", "endpoint": "/v1/dns/dnssec", "status": 200}
CSV_LOG = b"key_id,timestamp,endpoint,status\nkey_1,2026-10-05T10:15:30Z,/v1/whois,200\nkey_2,1759659330,/a,404\n"
ND_LOG = f"{nd()}\n{nd(key_id='key_2', status=500)}\n{nd(timestamp=1_759_659_330, environment='test')}\n".encode()
A_CURSOR = encode(Cursor(UsageQuery(limit=5, name_contains="pay"), A_WINDOW, 7, "123")).encode()
DOORS = {
    "logs": Door((LINES.encode(),), importing),
    "ndjson": Door((ND_LOG,), importing),
    "csv": Door((CSV_LOG,), importing),
    "counts": Door((COUNTS, COUNTS.replace(b",", b"\t")), importing),
    "counters": Door((COUNTERS,), importing),
    "inventory": Door((KEYS, json({"keys": [{"key_id": "key_1", "name": "a"}]})), listing),
    "teams": Door((TEAMS,), reading(lines_of, "teams.csv")),
    "teams in TOML": Door((TOML_TEAMS,), reading(lines_of, "teams.toml")),
    "settings": Door((SETTINGS,), reading(load_file, "edgedns.toml")),
    "bodies": Door((json(BY_KEY), json(USAGE), json({"data": BY_KEY})), reading(bodies, "body")),
    "cursor": Door((A_CURSOR,), reading(cursors, "cursor")),
    "arguments": Door(tuple(map(json, ASKED)), calling),
    "events": Door((json({"events": [EVENT, EVENT | {"event_id": "1"}]}), json([EVENT]), b"[]"), posting),
}
