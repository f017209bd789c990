"""The command `forecast`: the tool's answer as JSON, words or a picture, and one sentence for wrong use."""

import asyncio
import json

from faces import NOW, a_desk, command

from edgedns_mcp.models import ForecastQuery
from edgedns_mcp.render.forecast import forecast_words
from edgedns_mcp.service.forecast import forecast_quota

DEMO = ("forecast", "--source", "demo", "--as-of", NOW)


def answer(**query):
    return asyncio.run(forecast_quota(a_desk(), ForecastQuery(**query)))


def test_json_is_exactly_the_tools_structured_result():
    done = command(*DEMO, "--json", "--monthly-quota", "400000", "--team", "growth", "--limit", "1")
    expected = answer(monthly_quota=400_000, team="growth", limit=1)
    assert json.loads(done.stdout) == expected.model_dump(mode="json")


def test_without_a_terminal_it_prints_the_tools_words():
    assert command(*DEMO).stdout == forecast_words(answer()) + "\n"


def test_the_quota_is_a_setting_or_follows_from_the_plan():
    plan = json.loads(command(*DEMO, "--json", EDGEDNS_PLAN="Enterprise").stdout)
    assert (plan["quota"], plan["quota_source"]) == (10_000_000, "plan")
    both = json.loads(command(*DEMO, "--json", EDGEDNS_PLAN="free", EDGEDNS_MONTHLY_QUOTA="300000").stdout)
    assert (both["quota"], both["quota_source"]) == (300_000, "setting")


def test_wrong_use_exits_with_2_and_one_sentence():
    plan = command(*DEMO, EDGEDNS_PLAN="gold")
    assert (plan.returncode, plan.stderr) == (
        2,
        "EDGEDNS_PLAN is not valid; set it to free, developer, pro or enterprise.\n",
    )
    quota = command(*DEMO, EDGEDNS_MONTHLY_QUOTA="many")
    assert quota.stderr == (
        "EDGEDNS_MONTHLY_QUOTA is not valid; set it to a number of requests, such as 500000; 0 is the plan's quota.\n"
    )
    assert command(*DEMO, "--monthly-quota", "-1").returncode == 2
