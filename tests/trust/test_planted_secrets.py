"""A secret, wherever it enters, leaves no trace in what is told, logged or stored: one line for each place."""

import json
import sys
from collections.abc import Callable
from itertools import cycle, product
from pathlib import Path
from urllib.parse import quote

import anyio
import pytest
import stamina
from endpoint_builders import an_event
from endpoint_builders import running as endpoint
from faces import NOW, a_desk, clean_environment
from fake_edgedns import a_body, a_key, dated, failure, ok, raw, redirect
from homes import Home, upstream
from listening import serving
from mcp import Client, MCPError
from planted import SECRETS, TEXTS, traces
from remote_builders import asked, called
from remote_builders import running as remote

from edgedns_mcp.server.build import build_server
from edgedns_mcp.settings import Variables, load

KEY = SECRETS["API key"].text
WEBHOOK_PATH = "/services/T0A/B0B/Pq9Wo8Ei7Ru6Tz5Ly4"
LOCAL = {"EDGEDNS_SOURCE": "local", "EDGEDNS_AS_OF": NOW}
LATELY = "2026-11-20T10:00:00Z"
QUESTIONS = ("usage", "history", "compare", "anomalies", "audit", "forecast", "chargeback")
OPTIONS = ("--period", "--start", "--end", "--team", "--name-contains", "--endpoint", "--cursor", "--limit", "--amount")
INVENTORY = ("key_id", "name", "team", "cost_center", "environment", "created_at", "")
COMMAND_LINES = (
    ("key", "SECRET"),
    ("SECRET",),
    ("usage", "SECRET"),
    ("usage", "--SECRET"),
    ("usage", "--SECRET=1"),
    ("keys", "revoke", "SECRET"),
    ("keys", "create", "SECRET", "--environment", "live"),
    ("forget", "SECRET"),
    ("import", "LOG", "--map", "SECRET=x"),
    ("import", "LOG", "--map", "SECRET"),
    ("import", "LOG", "--fold", "SECRET"),
)
PLACES: dict[str, Callable[[Home], None]] = {}


def place(words: str):
    def noted(enter: Callable[[Home], None]):
        PLACES[words] = enter
        return enter

    return noted


@pytest.fixture
def home(tmp_path):
    with stamina.set_testing(True, attempts=2, cap=True):
        yield Home(tmp_path)


def pytest_generate_tests(metafunc):
    if "words" in metafunc.fixturenames:
        metafunc.parametrize("words", PLACES)


def test_a_secret_leaves_no_trace_behind(words, home):
    PLACES[words](home)
    assert len(list(home.path.glob("*.*"))) > 0, "nothing was told, so nothing was looked at"
    assert traces(home.path) == []


@place("the API key in the environment")
def _(home):
    with upstream(ok()) as edgedns:
        settings = {"EDGEDNS_API_KEY": KEY, "EDGEDNS_BASE_URL": edgedns.url}
        for command in ("record", "doctor"):
            home.run(command, **settings)
        assert edgedns.requests[0].headers["authorization"] == f"Bearer {KEY}"


@place("the API key in a file")
def _(home):
    with upstream(failure(403, "TIER_RESTRICTION")) as edgedns:
        file = home.given("key", f"{KEY}\n")
        for command in ("record", "usage", "status"):
            home.run(command, EDGEDNS_API_KEY_FILE=file, EDGEDNS_BASE_URL=edgedns.url)


@place("an API key that no header can carry")
def _(home):
    for text in TEXTS:
        home.run("usage", EDGEDNS_API_KEY=f"{text}\n{text}")


@place("any other variable")
def _(home):
    names = Variables.model_fields.keys() - {"config", "database", "api_key_file", "teams_file"}
    for name, text in zip([*sorted(names)] * 2, cycle(TEXTS), strict=False):
        home.run("status", **LOCAL | {f"EDGEDNS_{name.upper()}": text})


@place("the address of a proxy")
def _(home):
    for text in ("http://robot:hunter2Planted@127.0.0.1:1", "gopher://robot:hunter2Planted@proxy"):
        home.run("record", EDGEDNS_API_KEY=KEY, HTTPS_PROXY=text)


@place("keys and values of edgedns.toml")
def _(home):
    for text in TEXTS:
        name = json.dumps(text)
        for line in (f"api_key = {name}", f"{name} = 1", f"[{name}]", f"timezone = {name}", text):
            home.run("status", **LOCAL, EDGEDNS_CONFIG=home.given("edgedns.toml", line))


@place("options of commands")
def _(home):
    log_of(home, [line_of(key_id="alice")])
    places = [*zip(OPTIONS * len(QUESTIONS), QUESTIONS * len(OPTIONS), strict=True)][:: len(QUESTIONS) // 2]
    for (option, command), text in zip(places, cycle(TEXTS), strict=False):
        home.run(command, option, text, **LOCAL)


@place("arguments and names of commands")
def _(home):
    log_of(home, [line_of(key_id="alice")])
    log = home.given("other.log", "x\n")
    for words, text in zip(COMMAND_LINES * 2, cycle(TEXTS[::-1]), strict=False):
        home.run(*(word.replace("LOG", log).replace("SECRET", text) for word in words), **LOCAL)


@place("fields of a log")
def _(home):
    fields = [{"key_id": text} for text in TEXTS] + [{"endpoint": f"/v1/{text}/x?token={text}"} for text in TEXTS]
    beside = [{"headers": {"authorization": text}, "url": text, "referer": text, text: text} for text in TEXTS]
    log_of(home, [line_of(**more) for more in fields + beside])
    home.ask_all()


@place("lines of a log that nobody can read")
def _(home):
    broken = [f'{{"timestamp": "soon", "authorization": "{text}", "q": "/?api_key={text}"}}' for text in TEXTS]
    log_of(home, [line_of(key_id="alice"), *broken, *(f"GET /?token={text}" for text in TEXTS)])
    assert (home.path / "rejects.ndjson").exists()


@place("lines of the combined format")
def _(home):
    lines = [
        f'192.0.2.1 - {user} [20/Nov/2026:10:00:00 +0000] "GET /v1/{text}?key={text} HTTP/1.1" 200 5 "{text}" "{text}"'
        for text in TEXTS
        for user in ("alice", text.replace(" ", "_"))
    ]
    log_of(home, lines)
    home.ask_all()


@place("fields of an inventory")
def _(home):
    for field, text in zip(INVENTORY * 2, cycle(TEXTS), strict=False):
        rows = [{"key_id": "k", field or text: text}]
        home.run("keys", "import", home.given("keys.json", json.dumps(rows)), **LOCAL)
    home.keep()


@place("fields of a teams file")
def _(home):
    log_of(home, [line_of(key_id="alice")])
    rows = (
        "SECRET,payments,cc,live",
        "alice,SECRET,cc,live",
        "alice,p,SECRET,live",
        "alice,p,c,SECRET",
        "SECRET\na,b,c,d",
    )
    for row, text in zip(rows * 3, cycle(TEXTS), strict=False):
        cells = row.replace("SECRET", text)
        file = home.given("teams.csv", f"key,team,cost_center,allowed_environments\n{cells}\n")
        home.run("status", **LOCAL, EDGEDNS_TEAMS_FILE=file)
        home.run("usage", **LOCAL, EDGEDNS_TEAMS_FILE=file)


@place("a key that is made here")
def _(home):
    home.run("keys", "create", "alice", "--environment", "live", "--team", SECRETS["webhook"].text, **LOCAL)
    told = home.run("keys", "create", "bob", "--environment", "live", **LOCAL)
    secret = next(word for word in told.split() if word.startswith("edns_live_"))
    home.keep()
    shown = [file for file in home.path.glob("*.*") if secret[10:].encode() in file.read_bytes()]
    assert len(shown) == 1, "it is printed once, and kept nowhere"


@place("what EdgeDNS answers")
def _(home):
    rows = [a_key(f"key_{at}", name=text, endpoint_distribution={f"/{text}": 100}) for at, text in enumerate(TEXTS)] + [
        a_key(text, name="payments") for text in TEXTS
    ]
    days = [ok({"keys": [dated(f"key_{at}", name=text) for at, text in enumerate(TEXTS)]})]
    with upstream(ok(a_body(*rows)), keys=days, usage=[ok({text: text for text in TEXTS})]) as edgedns:
        settings = {"EDGEDNS_API_KEY": KEY, "EDGEDNS_BASE_URL": edgedns.url}
        home.run("record", **settings)
        for command in ("usage", "status", "audit", "anomalies"):
            home.run(command, **settings)
        home.run("usage", "--json", **settings)
        home.run("backup", "{home}/backup.db")
        home.run("export", "--source", "edgedns", "--what", "keys", "--output", "{home}/keys.csv")


@place("refusals and redirects of EdgeDNS that repeat it")
def _(home):
    for text in TEXTS:
        echo = failure(401, text, request_id=text, details={"tier": text, "header": f"Authorization: Bearer {KEY}"})
        for answer in (echo, redirect(f"https://example.com/?key={text}"), raw(text.encode()), raw(b"[]", 599, X=text)):
            with upstream(answer) as edgedns:
                home.run("record", EDGEDNS_API_KEY=KEY, EDGEDNS_BASE_URL=edgedns.url)


@place("the address of a webhook")
def _(home):
    with upstream(failure(403)) as edgedns, upstream(failure(401), redirect("https://example.com/"), raw(b"")) as hook:
        for address in (f"{hook.url}{WEBHOOK_PATH}", SECRETS["password in a URL"].text, f"ftp://x{WEBHOOK_PATH}"):
            settings = {"EDGEDNS_API_KEY": KEY, "EDGEDNS_BASE_URL": edgedns.url}
            home.run("record", "--notify", address, **settings)
            home.run("record", **settings, EDGEDNS_NOTIFY=address)


@place("arguments of tools, names of tools, resources and prompts")
def _(home):
    async def ask() -> None:
        async with Client(build_server(a_desk())) as client:
            tools = (await client.list_tools()).tools
            places = [(tool.name, name) for tool in tools for name in (*tool.input_schema["properties"], KEY)]
            for (tool, name), text in product(places, TEXTS):
                home.tell((await client.call_tool(tool, {name: text})).model_dump_json(), f"-{tool}-{name}")
            for text in TEXTS:
                home.tell((await client.call_tool(text, {})).model_dump_json())
                for read in (
                    lambda text=text: client.read_resource(f"edgedns://keys/{quote(text, safe='')}"),
                    lambda text=text: client.get_prompt("investigate_key", {"key": text}),
                    lambda text=text: client.get_prompt(text, {text: text}),
                ):
                    try:
                        home.tell((await read()).model_dump_json())
                    except (MCPError, ValueError) as exc:
                        home.tell(str(exc))

    with home.logged():
        anyio.run(ask)


@place("headers, addresses and bodies sent to serve --http")
def _(home):
    settings = load(source="demo", as_of=NOW)
    tokens = str(Path(home.given("x", "")).with_name("tokens.json"))
    home.run("tokens", "create", "claude", "--file", tokens, **LOCAL)
    audit = home.path / "audit.jsonl"
    for auth in ({"auth": "none"}, {"auth": "token", "tokens_file": tokens}):
        with home.logged(), remote(settings=settings, audit_log=audit, **auth) as server:
            send_everywhere(home, server, "/mcp")
            for text in TEXTS:
                for message in (called("key_details", key=text), called(text)):
                    home.tell(server.post(message, text if "token" in auth else "").text)
                for message in (asked(text), {text: text}, asked("resources/read", uri=f"edgedns://{text}")):
                    server.post(message)  # the protocol's own refusal names a method and an address to whom sent them
    assert audit.stat().st_size


@place("headers, addresses and events sent to the endpoint")
def _(home):
    with home.logged(), endpoint(home.database) as server:
        send_everywhere(home, server, "/v1/analytics/usage/by-key")
        secret = server.a_key("loader")
        for text in TEXTS:
            for event in ({"key_id": text}, {"endpoint": f"/a/{text}?k={text}"}, {"timestamp": text}, {text: text}):
                home.tell(server.post([an_event(**event)], secret).text)
            home.tell(server.post([an_event()], secret, **{"Idempotency-Key": text.replace(" ", "")}).text)
    home.keep()


@pytest.mark.skipif(sys.platform != "linux", reason="other systems show processes in other ways")
def test_no_process_shows_a_secret_that_came_by_the_environment(home):
    with upstream(failure(403)) as edgedns:
        settings = {"EDGEDNS_API_KEY": KEY, "EDGEDNS_NOTIFY": f"{edgedns.url}{WEBHOOK_PATH}", "EDGEDNS_SOURCE": "demo"}
        words = [sys.executable, "-m", "edgedns_mcp", "serve", "--http", "--port", "0", "--workers", "2"]
        with serving(words, env=clean_environment(**settings)) as server:
            for number in family_of(server.pid):
                home.tell(Path(f"/proc/{number}/cmdline").read_text(encoding="utf-8"))
            server.terminate()
            server.wait(20)
    assert traces(home.path) == []


def send_everywhere(home, server, path):
    """Put each secret into each part of a request that is not its body."""
    names = ("Authorization", "Cookie", "User-Agent", "X-Request-Id", "Origin", "traceparent", "Host")
    for name, text in zip(names * 2, cycle(TEXTS), strict=False):
        home.tell(answer_words(server.http.get(path, headers={name: text})))
    for text in TEXTS:
        header = text.replace(" ", "")
        for address in (f"{path}?token={header}", f"/{header}"):
            home.tell(answer_words(server.http.get(address)))
        home.tell(answer_words(server.http.post(path, content=text, headers={"Content-Type": "application/json"})))


def answer_words(answer):
    return f"{answer.headers!r}\n{answer.text}"


def line_of(**fields):
    line = {"timestamp": LATELY, "key_id": "alice", "endpoint": "/v1/dns", "status": 200} | fields
    return json.dumps(line)


def log_of(home, lines):
    home.run("import", home.given("access.log", "\n".join([*lines, ""])), "--rejects", "{home}/rejects.ndjson", **LOCAL)


def family_of(number):
    """Give the ids of a process and of those that it started."""
    below = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="utf-8").split()
    return [number, *(one for child in below for one in family_of(child))]
