"""An answer may be remembered, but never be an old one."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from mcp import Client

from edgedns_mcp.domain.cells import cells_of
from edgedns_mcp.models import Event, Key, UsageQuery
from edgedns_mcp.render.words import usage_words
from edgedns_mcp.server.build import build_server
from edgedns_mcp.server.tools.made import MOST_WRITTEN, Written
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.memory import MOST_ANSWERS
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.keys import put_keys

NOON = datetime(2026, 11, 22, 12, 0, 5, tzinfo=UTC)
DAY = UsageQuery(period="today")


class Clock:
    def __init__(self):
        self.moment = NOON

    def __call__(self):
        return self.moment


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def other_process(tmp_path):
    database = Database.open(tmp_path / "usage.db")
    yield database
    database.close()


@pytest.fixture
def desk(tmp_path, clock, other_process):
    request(other_process, NOON - timedelta(hours=3))
    return Desk(LocalSource(tmp_path / "usage.db", now=clock, because="a test"), clock, ZoneInfo("UTC"), 1, 60)


def request(database, moment):
    at = int(moment.timestamp())

    def change(tx):
        cells.apply(accounts.made(tx, "local"), cells_of([Event(at, "key_1", "/v1/whois", 200)]))
        coverage.observe(accounts.made(tx, "local"), "test", at, at)

    database.write(change)


async def test_the_same_question_gets_the_same_answer_a_little_later(desk, clock):
    first = await usage_by_key(desk, DAY)
    clock.moment += timedelta(seconds=40)
    second = await usage_by_key(desk, DAY)
    assert second.keys is first.keys
    assert (second.now - first.now, second.age_s - first.age_s) == (timedelta(seconds=40), 40)


async def test_words_and_structure_of_a_remembered_answer_grow_old_alike(desk, clock):
    async with Client(build_server(desk)) as client:
        for _ in range(2):
            for _ in range(2):
                told = await client.call_tool("usage_by_key", {"period": "today"})
                report = await usage_by_key(desk, DAY)
                assert told.structured_content == report.model_dump(mode="json")
                assert told.content[0].text == usage_words(report)
            clock.moment += timedelta(seconds=40)


async def test_a_report_is_written_once_and_few_are_kept(desk):
    written, asked = Written(), []
    reports = [(await usage_by_key(desk, DAY)).model_copy() for _ in range(MOST_WRITTEN + 9)]
    results = [written.result_of(one, lambda one: asked.append(id(one)) or "") for one in reports for _ in range(2)]
    assert asked == [id(one) for one in reports]
    assert results[0] is results[1]
    assert len(written._latest) == MOST_WRITTEN


async def test_what_another_process_commits_is_seen_at_once(desk, other_process):
    assert (await usage_by_key(desk, DAY)).totals.request_count == 1
    request(other_process, NOON - timedelta(hours=2))
    assert (await usage_by_key(desk, DAY)).totals.request_count == 2


async def test_a_revocation_that_comes_due_is_seen_at_once(desk, other_process, clock):
    due = NOON + timedelta(minutes=1)
    other_process.write(
        lambda tx: put_keys(accounts.made(tx, "local"), [Key(key_id="key_1", name="one", revoked_at=due)])
    )
    before = await usage_by_key(desk, DAY)
    clock.moment = due
    after = await usage_by_key(desk, DAY)
    assert (before.total_keys, before.unattributed.revoked) == (1, 0)
    assert (after.total_keys, after.unattributed.revoked) == (0, 1)


async def test_other_questions_get_other_answers(desk):
    whole = await usage_by_key(desk, DAY)
    part = await usage_by_key(desk, UsageQuery(period="today", name_contains="nobody"))
    grouped = await usage_by_key(desk, UsageQuery(period="today", group_by="endpoint"))
    assert [one.totals.keys for one in (whole, part, grouped)] == [1, 0, 1]
    assert (len(grouped.groups), len(whole.groups)) == (1, 0)


async def test_a_window_that_runs_on_is_worked_out_anew(desk, clock):
    running = UsageQuery(start="2026-11-22", end="2026-11-23")
    before = await usage_by_key(desk, running)
    clock.moment += timedelta(days=2)
    after = await usage_by_key(desk, running)
    assert "until now" in before.summary
    assert "on 2026-11-22. " in after.summary
    assert after.summary.endswith("Figures reach from 2026-11-22 09:00 UTC to 2026-11-22 09:00 UTC only.")


async def test_memory_stays_small(desk):
    for number in range(MOST_ANSWERS + 9):
        await usage_by_key(desk, UsageQuery(period="today", name_contains=str(number)))
    assert len(desk.memory._answers) == MOST_ANSWERS
