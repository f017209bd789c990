"""What /openapi.json promises holds: schemathesis tries it with all its checks."""

import subprocess
import sys
from pathlib import Path

from endpoint_builders import BY_KEY, EVENTS, USAGE

CASES = 12  # per operation, beside the systematic ones


def test_schemathesis_finds_nothing(ours, tmp_path):
    tried = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            *("run", f"{ours.url}/openapi.json", "--header", f"Authorization: Bearer {ours.a_key()}"),
            *("--checks", "all", "--max-examples", str(CASES), "--generation-deterministic", "--no-color"),
            *("--continue-on-failure",),
        ],
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    assert tried.returncode == 0, tried.stdout
    assert "4 selected / 4 total" in tried.stdout
    assert "No issues found" in tried.stdout


def test_every_status_and_header_is_described(shared):
    described = shared.http.get("/openapi.json").json()
    statuses = {
        path: sorted(operation["responses"]) for path, each in described["paths"].items() for operation in each.values()
    }
    assert statuses == {
        BY_KEY: ["200", "400", "401", "403", "429", "500", "503"],
        USAGE: ["200", "400", "401", "429", "500", "503"],
        EVENTS: ["200", "400", "401", "409", "429", "500", "503"],
        "/healthz": ["200", "500", "503"],
    }
    assert described["components"]["securitySchemes"]["bearer"]["scheme"] == "bearer"
    for each in described["paths"].values():
        for operation in each.values():
            assert all("X-Request-Id" in response["headers"] for response in operation["responses"].values())
            assert operation.get("security", [{"bearer": []}]) == [{"bearer": []}]


def test_the_items_of_a_batch_are_not_typed(shared):
    body = shared.http.get("/openapi.json").json()["paths"][EVENTS]["post"]["requestBody"]["content"]
    array, batch = body["application/json"]["schema"]["anyOf"]
    assert (array["items"], batch["properties"]["events"]["items"]) == ({}, {})


def test_the_description_needs_no_key_and_loads_nothing_from_elsewhere(shared):
    answer = shared.http.get("/openapi.json")
    assert answer.status_code == 200
    assert "://" not in answer.text
