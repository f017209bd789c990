"""Planned times and severities of edgedns.toml, as an answer of `find_anomalies` on the demo shows them."""

from dataclasses import replace

import pytest
from faces import NOW, a_desk

from edgedns_mcp.models import AnomalyQuery, KeyQuery
from edgedns_mcp.render.findings import anomaly_words
from edgedns_mcp.service.anomalies import find_anomalies
from edgedns_mcp.service.desk import open_desk
from edgedns_mcp.service.key import key_details
from edgedns_mcp.settings import load

LEAKED = "newsletter-signup"  # of the team growth: 25,623 requests on 2026-11-19 and 20, usually about 100 a day


@pytest.fixture
def desk(tmp_path):
    def described(text):
        path = tmp_path / "edgedns.toml"
        path.write_text(text)
        told = open_desk(load(source="demo", as_of=NOW, config=path))
        return replace(told, source=a_desk().source, deadline_s=60)  # the demo is built once for all tests

    return described


@pytest.fixture
def answer(desk):
    async def asked(text, **query):
        return await find_anomalies(desk(text), AnomalyQuery(**{"period": "14d", "limit": 100, **query}))

    return asked


@pytest.fixture
def detail(desk):
    async def asked(text, **query):
        return await key_details(desk(text), KeyQuery(**query))

    return asked


def a_plan(start="2026-11-19", end="2026-11-20", what="load test", who="growth"):
    return f'[[planned]]\nstart = {start}\nend = {end}\nwhat = "{what}"\n' + (f'who = "{who}"\n' if who else "")


def told(report):
    return {(one.name, one.kind): one.severity for one in report.findings}


def planned(report):
    return [note for note in report.notes if note.startswith("Planned")]


async def test_without_a_plan_the_spike_is_told(answer):
    report = await answer("")
    assert told(report)[LEAKED, "spike"] == "critical"
    assert (report.planned_keys, planned(report)) == (0, [])


@pytest.mark.parametrize(
    ("plan", "keys", "note"),
    [
        (a_plan(), 4, "Planned: load test, 2026-11-19 to 2026-11-20, team growth."),
        (a_plan(who="key_72c9a5"), 1, "Planned: load test, 2026-11-19 to 2026-11-20, key key_72c9a5."),
        (a_plan(who=""), 26, "Planned: load test, 2026-11-19 to 2026-11-20, every key."),
        (
            a_plan("2026-11-19T08:00:00", "2026-11-20T00:00:00Z"),
            4,
            "Planned: load test, 2026-11-19 08:00 to 2026-11-20 00:00 UTC, team growth.",
        ),
    ],
)
async def test_a_planned_load_test_hides_the_spike_and_says_so(answer, plan, keys, note):
    report = await answer(plan)
    assert report.planned_keys == keys
    assert planned(report) == [note]
    assert f"Note: {note}" in anomaly_words(report)
    assert f"keys with planned times {keys}." in anomaly_words(report)
    spikes = [one.start.day for one in report.findings if (one.name, one.kind) == (LEAKED, "spike")]
    assert spikes == ([20] if keys == 4 and "08:00" in note else [])


async def test_only_what_is_planned_is_left_out(answer):
    before, after = told(await answer("")), told(await answer(a_plan()))
    assert after == {name: severity for name, severity in before.items() if name != (LEAKED, "spike")}


async def test_a_wrong_environment_is_found_in_a_planned_time_too(answer):
    report = await answer(a_plan("2026-11-01", "2026-11-30", who=""))
    assert [*told(report)] == [("rollout-check", "environment")]


async def test_the_zone_of_the_settings_says_when_a_planned_day_is(answer):
    text = 'timezone = "Europe/Berlin"\n' + a_plan("2026-11-20", "2026-11-20")
    assert planned(await answer(text)) == ["Planned: load test, 2026-11-20, team growth."]


async def test_plans_that_touch_nothing_asked_are_not_told(answer):
    assert planned(await answer(a_plan(who="payments"), team="growth")) == []
    assert planned(await answer(a_plan(who="payments"), key=LEAKED)) == []
    assert planned(await answer(a_plan("2026-10-01", "2026-10-02"))) == []
    assert planned(await answer(a_plan("2026-12-24", "2026-12-26"))) == []


async def test_a_plan_for_nobody_is_told_as_such(answer):
    report = await answer(a_plan(who="groth"))
    assert planned(report) == ["Planned: load test, 2026-11-19 to 2026-11-20, groth, which is no key and no team here."]
    assert (LEAKED, "spike") in told(report)


async def test_of_many_plans_the_first_are_told_and_the_others_counted(answer):
    report = await answer("".join(a_plan(what=f"test {number:02}") for number in range(12)))
    assert planned(report)[-1] == "Planned times that are not named here: 2."
    assert planned(report)[0].startswith("Planned: test 00,")
    assert len(planned(report)) == 11


async def test_what_a_file_says_cannot_act_in_an_answer(answer):
    report = await answer(a_plan(what="a *b*\\u202e edns_live_Ab3dEf7hIj1kLm5nOp9q"))
    assert planned(report) == ["Planned: a \\*b\\* ...Op9q, 2026-11-19 to 2026-11-20, team growth."]


async def test_points_of_the_file_change_how_severe_a_finding_is(answer, detail):
    usual = told(await answer(""))
    assert usual["payments-fraud", "error_burst"] == "medium"
    changed = told(await answer("[severity]\nerror_burst = 2\n"))
    assert changed == usual | {("payments-fraud", "error_burst"): "high"}
    signs = (await detail("[severity]\nerror_burst = 2\n", key="key_562be1", period="14d")).keys[0].signs
    assert [one.severity for one in signs.findings] == ["high"]  # the same everywhere
    lowered = told(await answer("[severity]\nbars = [90, 95, 100]\n"))
    assert lowered == dict.fromkeys(usual, "low")
