"""Two organisations with the same key ids, asked at once, at random: each gets its own figures, names and answers."""

import os
import random
from dataclasses import dataclass

import anyio
import httpx
import pytest
from faces import NOW, command
from mcp import Client
from mcp.types import ResourceTemplateReference
from remote_builders import ACCEPT, PATIENCE_S, bearer

from edgedns_mcp.server.build import build_server
from edgedns_mcp.service.desk import open_desk
from edgedns_mcp.settings.remote import load_organisations

REQUESTS = int(os.environ.get("TENANTS_REQUESTS", "1000"))  # make soak asks 10,000
AT_ONCE = 32
NAMES = ("acme", "globex")
KEYS, DAYS = 12, 20
WHAT = ("payments", "search", "export", "login")


@dataclass
class Tenant:
    """An organisation: who asks for it, and what it must be answered."""

    name: str
    token: str
    expected: dict[str, object]


def counts_of(name: str, lot: random.Random) -> str:
    rows = [
        f"key_{key},2026-11-{day:02},{lot.randint(100, 9999)},{lot.randint(0, 9)},/v1/{name}/{key % 3}"
        for key in range(KEYS)
        for day in range(1, DAYS + 1)
    ]
    return "\n".join(["key_id,date,requests,errors,endpoint", *rows, ""])


def keys_of(name: str) -> str:
    rows = [f"key_{key},{name}-{WHAT[key % 4]}-{key},live,{name}-{WHAT[key % 4]}" for key in range(KEYS)]
    return "\n".join(["key_id,name,environment,team", *rows, ""])


def questions_of(lot: random.Random) -> list[dict[str, object]]:
    """Give questions that both organisations are asked, each of which has an answer of its own there."""
    keys = [lot.choice([f"key_{at}", f"{lot.choice(NAMES)}-{WHAT[at % 4]}-{at}"]) for at in range(KEYS)]
    calls = [
        *({"name": "usage_by_key", "arguments": {"period": f"{days}d", "limit": 5}} for days in (3, 7, 12)),
        *({"name": "usage_by_key", "arguments": {"group_by": by}} for by in ("team", "endpoint")),
        *({"name": "key_details", "arguments": {"key": key}} for key in keys),
        {"name": "compare_usage", "arguments": {"period": "7d"}},
        {"name": "usage_history", "arguments": {"period": "14d", "group_by": "key"}},
        {"name": "find_anomalies", "arguments": {}},
        {"name": "chargeback_report", "arguments": {"period": "current", "amount": "1200"}},
        {"name": "forecast_quota", "arguments": {"monthly_quota": 1_000_000}},
        {"name": "server_status", "arguments": {}},
    ]
    asked = [{"method": "tools/call", "params": call} for call in calls]
    read = [{"method": "resources/read", "params": {"uri": f"edgedns://keys/key_{at}"}} for at in range(KEYS)]
    ref = {"type": "ref/resource", "uri": "edgedns://keys/{key_id}"}
    completed = {"method": "completion/complete", "params": {"ref": ref, "argument": {"name": "key_id", "value": ""}}}
    return [*asked, *read, completed]


@pytest.fixture
def organisations(tmp_path, monkeypatch):
    """Import an organisation into a database each, and name both in the file of one server."""
    tables = '[http]\nauth = "token"\ntokens_file = "tokens.toml"\nrate_limit = 0\n'
    for name in NAMES:
        (tmp_path / f"{name}.csv").write_text(counts_of(name, random.Random(name)), encoding="utf-8")
        (tmp_path / f"{name}-keys.csv").write_text(keys_of(name), encoding="utf-8")
        (tmp_path / f"{name}.toml").write_text(f'source = "local"\ndatabase = "{name}.db"\nas_of = "{NOW}"\n')
        database = {"EDGEDNS_DATABASE": str(tmp_path / f"{name}.db")}
        assert command("import", str(tmp_path / f"{name}.csv"), **database).returncode == 0
        assert command("keys", "import", str(tmp_path / f"{name}-keys.csv"), **database).returncode == 0
        tables += f'[[tenant]]\nname = "{name}"\nconfig = "{name}.toml"\nwho = ["{name}"]\n'
    (tmp_path / "edgedns.toml").write_text(tables, encoding="utf-8")
    monkeypatch.setenv("EDGEDNS_CONFIG", str(tmp_path / "edgedns.toml"))
    return load_organisations()


@pytest.fixture
def tokens(organisations, tmp_path):
    config = {"EDGEDNS_CONFIG": str(tmp_path / "edgedns.toml")}
    made = {}
    for name in NAMES:
        scopes = ["--scope", "usage:read", "--scope", "chargeback:read"]
        done = command("tokens", "create", f"{name}-bot", "--tenant", name, *scopes, **config)
        assert done.returncode == 0, done.stderr
        made[name] = done.stdout.strip()
    return made


async def expected_of(organisation, questions) -> dict[str, object]:
    """Ask an organisation's own server, in memory, with nobody beside it."""
    async with Client(build_server(open_desk(organisation.settings)), mode="legacy") as client:
        return {repr(question): await answer_in_memory(client, question) for question in questions}


async def answer_in_memory(client: Client, question) -> object:
    params = question["params"]
    match question["method"]:
        case "tools/call":
            result = await client.call_tool(params["name"], params["arguments"])
            return [block.text for block in result.content], result.structured_content
        case "resources/read":
            return (await client.read_resource(params["uri"])).contents[0].text
        case _:
            ref = ResourceTemplateReference(type="ref/resource", uri=params["ref"]["uri"])
            return (await client.complete(ref, params["argument"])).completion.values


def answer_in(result) -> object:
    if "content" in result:
        return [block["text"] for block in result["content"]], result.get("structuredContent")
    if "contents" in result:
        return result["contents"][0]["text"]
    return result["completion"]["values"]


async def test_nothing_of_one_organisation_reaches_another(organisations, tokens, running):
    lot = random.Random(20261122)
    questions = questions_of(lot)
    tenants = [Tenant(one.name, tokens[one.name], await expected_of(one, questions)) for one in organisations]
    assert tenants[0].expected != tenants[1].expected
    limit, wrong = anyio.CapacityLimiter(AT_ONCE), []

    async def ask(http: httpx.AsyncClient, tenant: Tenant, question) -> None:
        async with limit:
            message = {"jsonrpc": "2.0", "id": 1, **question}
            answer = await http.post("/mcp", json=message, headers=ACCEPT | bearer(tenant.token))
        other = next(name for name in NAMES if name != tenant.name)
        asked = repr(question)
        if answer_in(answer.json()["result"]) != tenant.expected[asked] or (
            other not in asked and other in answer.text
        ):
            wrong.append((tenant.name, question, answer.text[:300]))

    tokens_file = organisations[0].settings.database.with_name("tokens.toml")
    with running(
        organisations, auth="token", tokens_file=tokens_file, rate_limit=0, most_at_once=2 * AT_ONCE
    ) as server:
        async with (
            httpx.AsyncClient(base_url=server.url, timeout=PATIENCE_S, trust_env=False) as http,
            anyio.create_task_group() as tasks,
        ):
            for _ in range(REQUESTS):
                tasks.start_soon(ask, http, lot.choice(tenants), lot.choice(questions))
    assert wrong == []
