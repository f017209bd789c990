"""The commands as a person or a script uses them."""

import json
from collections import Counter
from datetime import UTC, datetime

import pytest
from faces import NOW, a_desk, command

from edgedns_mcp.models import UsageQuery
from edgedns_mcp.service.usage import usage_by_key

CONTRACT = (
    "key_id",
    "name",
    "environment",
    "request_count",
    "endpoint_distribution",
    "error_count",
    "last_activity",
)
DEMO = ("--source", "demo", "--as-of", NOW)
LOG = """\
10.0.0.1 - alice [20/Nov/2026:10:00:00 +0000] "GET /v1/dns?name=a HTTP/1.1" 200 5 "-" "agent"
10.0.0.1 - alice [20/Nov/2026:10:30:00 +0000] "GET /v1/dns HTTP/1.1" 404 5 "-" "agent"
10.0.0.2 - bob [20/Nov/2026:12:15:00 +0000] "POST /v1/keys HTTP/1.1" 503 5 "-" "an \\"agent\\""
this is no line of the format
"""


def answer(*arguments: str, **settings: str):
    done = command(*arguments, "--json", **settings)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_usage_prints_the_contract():
    report = answer("usage", *DEMO)
    assert report["total_keys"] == 25
    assert len(report["keys"]) == 10
    assert all(set(CONTRACT) <= set(row) for row in report["keys"])
    assert [row["request_count"] for row in report["keys"]] == sorted(
        (row["request_count"] for row in report["keys"]), reverse=True
    )


def test_usage_speaks_plainly_where_nobody_looks():
    done = command("usage", *DEMO, "--limit", "2")
    assert done.returncode == 0
    assert done.stdout.startswith("DEMO: payments-fraud (live) leads with ")
    assert "\x1b" not in done.stdout


def test_settings_come_from_the_environment_too():
    by_option = answer("usage", *DEMO)
    by_environment = answer("usage", EDGEDNS_SOURCE="demo", EDGEDNS_AS_OF=NOW)
    assert by_option == by_environment


def test_a_key_is_shown_in_full():
    report = answer("key", "newsletter-signup", "--period", "7d", *DEMO)
    (key,) = report["keys"]
    assert key["rank"] == 1
    assert key["endpoint_distribution"]["/v1/domain/whois"] > 20_000


def test_a_history_is_printed_for_people_and_for_programs():
    asked = ("history", "--key", "newsletter-signup", "--period", "2026-11-18..2026-11-20", "--bucket", "day", *DEMO)
    report = answer(*asked)
    assert [one["request_count"] for one in report["buckets"]] == [101, 11_362, 14_261]
    done = command(*asked)
    assert done.stdout.startswith(report["summary"])
    assert "2026-11-19|2026-11-19T00:00:00Z|11362|176|yes" in done.stdout


def test_a_comparison_is_printed_for_people_and_for_programs():
    report = answer("compare", "--period", "7d", *DEMO)
    assert report["rows"][0]["name"] == "newsletter-signup"
    assert sum(row["change"] for row in report["rows"]) + report["rest"]["change"] == report["total"]["change"]
    assert command("compare", "--period", "7d", *DEMO).stdout.startswith(report["summary"])


def test_the_demo_says_how_to_connect():
    done = command("demo", "--as-of", NOW)
    assert done.returncode == 0
    block = json.loads(done.stdout[done.stdout.index("{") : done.stdout.rindex("}") + 1])
    assert block["mcpServers"]["edgedns"]["command"].endswith("edgedns-mcp")


def test_an_imported_log_is_counted_exactly_and_once(tmp_path):
    log, base = tmp_path / "access.log", ("--database", str(tmp_path / "usage.db"))
    log.write_text(LOG)
    first = command("import", str(log), *base)
    second = command("import", str(log), *base)
    report = answer("usage", *base, "--period", "2026-11-20", "--as-of", NOW)
    assert (first.returncode, second.returncode) == (0, 0)
    assert "Imported 3 requests of 2 keys" in first.stdout
    assert "line 4: not a line of the combined format" in first.stderr
    assert "Nothing new" in second.stdout
    assert [(row["key_id"], row["request_count"], row["error_count"]) for row in report["keys"]] == [
        ("alice", 2, 1),
        ("bob", 1, 1),
    ]
    assert report["keys"][0]["endpoint_distribution"] == {"/v1/dns": 2}
    assert report["keys"][0]["last_activity"] == "2026-11-20T10:30:00Z"
    assert report["keys"][0]["environment"] == "unknown"
    status = answer("status", *base)
    assert (status["source"], status["rejected_lines"], status["request_count"]) == ("local", 1, 3)


async def test_the_real_log_is_counted_as_another_program_counts_it(tmp_path, real_log):
    base = ("--database", str(tmp_path / "usage.db"))
    assert (
        command("import", str(real_log), "--format", "combined", "--map", "key_id=remote_addr", *base).returncode == 0
    )
    requests, errors, last = Counter(), Counter(), {}
    for line in real_log.read_text(encoding="utf-8", errors="replace").splitlines():
        address, when = line.split(" ", 1)[0], line.split("[", 1)[1].split(" ", 1)[0]
        after_request = line.split('"', 1)[1].split('" ', 1)[1]
        requests[address] += 1
        errors[address] += int(after_request.split(" ", 1)[0]) >= 400
        moment = datetime.strptime(when, "%d/%b/%Y:%H:%M:%S").replace(tzinfo=UTC)
        last[address] = max(last.get(address, moment), moment)
    first = answer(
        "usage", "--source", "local", *base, "--start", "2015-05-01", "--end", "2015-06-01", "--limit", "100"
    )
    seen, query = {}, UsageQuery(start="2015-05-01", end="2015-06-01", limit=100)
    while True:
        page = await usage_by_key(a_desk(source="local", database=tmp_path / "usage.db", as_of=None), query)
        seen |= {row["key_id"]: row for row in page.model_dump(mode="json")["keys"]}
        if not page.next_cursor:
            break
        query = UsageQuery(limit=100, cursor=page.next_cursor)
    assert [row["key_id"] for row in first["keys"]] == list(seen)[:100]
    assert {key: row["request_count"] for key, row in seen.items()} == requests
    assert {key: row["error_count"] for key, row in seen.items()} == {key: errors[key] for key in requests}
    assert {key: row["last_activity"] for key, row in seen.items()} == {
        key: f"{moment:%Y-%m-%dT%H:%M:%SZ}" for key, moment in last.items()
    }
    assert first["total_keys"] == len(requests)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("usage", "--period", "soon", "--source", "demo"), 2, "The period 'soon' is not understood"),
        (("usage", "--limit", "1000"), 2, "--limit"),
        (("usage", "--source", "edgedns"), 2, "EDGEDNS_API_KEY"),
        (("usage", "--source", "local", "--database", "/nonexistent/usage.db"), 2, "edgedns-mcp import"),
        (("usage", "--source", "demo", "--period", "2019-01"), 1, "There is no data for 2019-01"),
        (("usage", "--as-of", "soon"), 2, "EDGEDNS_AS_OF is not valid"),
        (("key", "zzz-nobody", *DEMO), 2, "usage_by_key lists all names"),
        (("key", "chekout-api", *DEMO), 2, "the nearest names are checkout-api."),
        (("import", "/nonexistent/access.log"), 1, "cannot be read"),
        (("import", __file__, "--map", "who"), 2, "--map 'who' is not understood"),
        (("import", __file__, "--fold", "id"), 2, "--fold 'id' is not understood"),
        (("frobnicate",), 2, "No such command"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_an_exit_code(arguments, code, words, tmp_path):
    done = command(*arguments, EDGEDNS_DATABASE=str(tmp_path / "usage.db"))
    assert done.returncode == code
    assert words in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_the_version_is_printed():
    assert command("--version").stdout.startswith("edgedns-mcp 0.")


@pytest.mark.parametrize("name", ["usage", "key", "compare", "history", "status", "demo", "import", "serve"])
def test_every_command_has_help_with_an_example(name):
    done = command(name, "--help")
    assert done.returncode == 0
    assert "Example: edgedns-mcp" in done.stdout
