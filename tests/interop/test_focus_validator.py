"""What the FinOps Foundation's own validator says of our FOCUS files, in an environment of its own."""

import csv
import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from interop_clients import AS_OF, ENVS, ROOT, run, run_away, server_command

pytestmark = pytest.mark.interop

# Both rules of this pair are checked of every row: that it is null, and that it is not.
CONTRADICT = {"InvoiceId-C-004-C", "InvoiceId-C-005-C"}
# What is true of API keys, so that rules which are otherwise passed over are checked, too.
TRUE_OF_US = ",".join(
    f"{name}_SUPPORTED"
    for name in (
        "USAGE_MEASUREMENT", "SUB_ACCOUNT", "BILLING_BASED_ON_PROVISIONED_RESOURCES", "RESOURCE_TYPE_ASSIGNMENT",
        "TAGGING", "MULTIPLE_SUB_ACCOUNT_TYPES", "MULTIPLE_PRICING_CATEGORIES", "ACCOUNT_NAMING",
    )
)  # fmt: skip
MOST_CHECKED = 190  # rules that are neither passed over nor failed, of a file without mistakes
NO_PYTHON = "focus-validator asks for Python 3.12, and there is none here; our own check (domain/focus_rules.py) stands"


@pytest.fixture(scope="session")
def verdicts() -> Callable[[Path], dict[str, str]]:
    """Give what the validator says of each rule it checks in a file."""
    python = run(["sh", ROOT / "scripts/newer_python.sh", "12"], cwd=ROOT).stdout.strip()
    if not python:
        pytest.skip(NO_PYTHON)
    run(["sh", ROOT / "scripts/interop_envs.sh", python, "focus-validator"], timeout=600)
    (beside,) = (ENVS / "focus-validator/lib").glob("python3*/site-packages")  # where it reads its list of currencies

    def validate(file: Path) -> dict[str, str]:
        asked = ["--block-download", "--focus-dataset", "CostAndUsage", "--validate-version", "1.2.0.1"]
        about = ["--data-file", file, "--applicability-criteria", TRUE_OF_US]
        done = run([ENVS / "focus-validator/bin/focus-validator", *about, *asked], cwd=beside, timeout=120)
        return dict(re.findall(r"^\S+ ([\w-]+): (PASS|FAIL)", done.stdout, re.MULTILINE))

    return validate


def written(path: Path, *question: str) -> Path:
    asked = ["chargeback", "--source", "demo", "--as-of", AS_OF, "--format", "focus"]
    path.write_text(run_away([*server_command(), *asked, *question]).stdout, encoding="utf-8")
    return path


def failed(verdicts: dict[str, str]) -> set[str]:
    return {rule for rule, verdict in verdicts.items() if verdict == "FAIL"}


@pytest.mark.parametrize(
    "question",
    [
        ("--amount", "1200"),
        ("--amount", "1200", "--currency", "JPY", "--period", "2026-09..2026-10", "--method", "even"),
        ("--amount=-35.10", "--group-by", "key"),
        ("--method", "price", "--unit-price", "0.01"),
        ("--method", "price", "--unit-price", "1.20/7000"),
    ],
    ids=["an invoice", "months in yen", "a credit note", "a price", "a price without decimals"],
)
def test_the_validator_finds_nothing_but_its_own_contradiction(verdicts, tmp_path, question):
    found = verdicts(written(tmp_path / "focus.csv", *question))
    assert failed(found) <= CONTRADICT
    assert list(found.values()).count("PASS") >= MOST_CHECKED


def test_corrections_of_a_closed_month_pass_too(verdicts, tmp_path):
    database, log = tmp_path / "usage.db", tmp_path / "log.ndjson"
    ours = ["--source", "local", "--database", database]

    def imported(*moments: str) -> None:
        lines = (
            {"time": at, "key_id": key, "path": "/v1/dns", "status": 200} for at in moments for key in ("k1", "k2")
        )
        log.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
        run_away([*server_command(), "import", log, "--database", database])

    imported("2025-10-01T00:10:00Z", "2025-10-31T23:50:00Z", "2025-11-01T00:10:00Z", "2025-11-30T23:50:00Z")
    run_away([*server_command(), "chargeback", *ours, "--period", "2025-10", "--amount", "9.99", "--close"])
    log.write_text('{"time": "2025-10-05T10:00:00Z", "key_id": "k3", "path": "/v1/dns", "status": 200}\n')
    run_away([*server_command(), "import", log, "--database", database])
    path = tmp_path / "focus.csv"
    asked = ["--period", "2025-11", "--amount", "5", "--format", "focus", "--output", path]
    run_away([*server_command(), "chargeback", *ours, *asked])
    assert path.read_text(encoding="utf-8").count(",Correction,") == 3
    found = verdicts(path)
    assert failed(found) <= CONTRADICT
    assert list(found.values()).count("PASS") >= MOST_CHECKED


def test_the_validator_does_find_mistakes(verdicts, tmp_path):
    path = written(tmp_path / "focus.csv", "--amount", "1200")
    rows = list(csv.DictReader(path.read_text(encoding="utf-8").splitlines()))
    rows[0] |= {"ChargeCategory": "Credit", "ResourceType": ""}
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    found = failed(verdicts(path))
    assert {"ConsumedQuantity-C-004-C", "ResourceType-C-005-C"} <= found
