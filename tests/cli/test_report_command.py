"""The command `report`: the dashboard in a file, with the figures that the tools answer, and nothing written over."""

import asyncio
import json
import re
from pathlib import Path

import pytest
from faces import NOW, a_desk, command

from edgedns_mcp.models import AnomalyQuery, CompareQuery, HistoryQuery, KeyQuery, UsageQuery
from edgedns_mcp.service.anomalies import find_anomalies
from edgedns_mcp.service.compare import compare_usage
from edgedns_mcp.service.history import usage_history
from edgedns_mcp.service.key import every_key, key_details
from edgedns_mcp.service.usage import usage_by_key

OF_DAYS = ("errors", "usual")
DEMO = ("report", "--source", "demo", "--as-of", NOW)


def figures(path: Path):
    page = path.read_text(encoding="utf-8")
    return json.loads(re.search(r'id="figures">(.*?)</script>', page, re.DOTALL).group(1))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    done = command(*DEMO, "--output", str(path))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr.startswith(f"Wrote 26 keys to {path}. DEMO: payments-fraud (live) leads")
    return path


def test_the_file_has_the_answers_of_the_tools(written):
    told = figures(written)
    usage = asyncio.run(usage_by_key(a_desk(), UsageQuery(limit=100, top_endpoints=0)))
    changes = asyncio.run(compare_usage(a_desk(), CompareQuery(limit=100)))
    found = asyncio.run(find_anomalies(a_desk(), AnomalyQuery(period="current", limit=100)))
    assert told["usage_by_key"] == usage.model_dump(mode="json")
    assert told["compare_usage"] == changes.model_dump(mode="json")
    assert told["find_anomalies"] == found.model_dump(mode="json")
    assert sum(row["request_count"] for row in told["usage_history"]["series"]) == changes.total.request_count
    assert told["chargeback_report"]["request_count"] == changes.total.request_count


def test_every_key_with_requests_has_its_sheet(written):
    told = figures(written)
    lines = [*told["usage_by_key"]["keys"], *told["compare_usage"]["rows"]]
    assert {line["key_id"] for line in lines} == set(told["keys"])
    for key_id in ("key_72c9a5", "key_bf35d0"):  # an active key with a finding, and one that was revoked
        answer = asyncio.run(key_details(a_desk(), KeyQuery(key=key_id, top_endpoints=5)))
        whole = answer.keys[0].model_dump(mode="json") | {"summary": answer.summary, "notes": list(answer.notes)}
        sheet = {name: some for name, some in told["keys"][key_id].items() if name not in OF_DAYS}
        assert sheet == {name: whole[name] for name in sheet}


def test_every_key_has_the_errors_of_each_day_and_the_range_that_is_usual_as_its_own_history_tells_them(written):
    told = figures(written)
    totals = {one["key_id"]: one["error_count"] for one in told["usage_history"]["series"]}
    assert {key_id: sum(told["keys"][key_id]["errors"]) for key_id in totals} == totals
    assert sum(totals.values()) == told["usage_history"]["error_count"] > 0
    for key_id in ("key_72c9a5", "key_bf35d0"):
        alone = asyncio.run(usage_history(a_desk(), HistoryQuery(key=key_id, period="current", usual=True)))
        assert told["keys"][key_id]["errors"] == [one.error_count for one in alone.buckets]
        assert told["keys"][key_id]["usual"] == alone.usual.model_dump(mode="json")


def test_all_keys_read_at_once_are_told_as_each_by_itself():
    every = {one.keys[0].key_id: one for one in asyncio.run(every_key(a_desk(), KeyQuery(key="", period="7d")))}
    assert len(every) == 25
    for key_id in list(every)[::6]:
        assert every[key_id] == asyncio.run(key_details(a_desk(), KeyQuery(key=key_id, period="7d")))


def test_a_file_is_not_written_over(tmp_path):
    path = tmp_path / "report.html"
    path.write_text("mine", encoding="utf-8")
    done = command(*DEMO, "--output", str(path))
    assert (done.returncode, path.read_text(encoding="utf-8")) == (2, "mine")
    assert done.stderr == f"The file {path} exists; name another one, or replace it with --force.\n"
    assert command(*DEMO, "--output", str(path), "--force").returncode == 0
    assert path.read_text(encoding="utf-8").startswith("<!doctype html>")
    assert [one.name for one in tmp_path.iterdir()] == ["report.html"]


def test_a_wrong_period_leaves_no_file(tmp_path):
    done = command(*DEMO, "--period", "nonsense", "--output", str(tmp_path / "report.html"))
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])


def test_a_question_without_an_answer_says_why_and_the_others_are_answered(tmp_path):
    path = tmp_path / "report.html"
    assert command(*DEMO, "--period", "2026-07-25..2026-07-26", "--output", str(path)).returncode == 0
    told = figures(path)
    assert told["usage_by_key"]["keys"]
    assert set(told["compare_usage"]) == {"wrong"}
    assert "2026-07-25" in told["compare_usage"]["wrong"]
