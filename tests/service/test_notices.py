"""Findings are told once, over turns and failures, from a severity on, and never where somebody knows of them."""

import json
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
import stamina
from fake_edgedns import fake_edgedns, hang, raw
from organisation_file import fill

from edgedns_mcp.models import AnomalyQuery
from edgedns_mcp.render.notices import LONGEST, notice_of, told_words
from edgedns_mcp.service.anomalies import find_anomalies
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.notices import tell_what_is_new
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.sources.webhook import webhook
from edgedns_mcp.store.database import Database

NOW = datetime(2026, 11, 22, 15, tzinfo=UTC)
SECRET = "/services/s3cr3t"
TAKEN = raw(b"ok")
UTC_ZONE = ZoneInfo("UTC")


@pytest.fixture(autouse=True)
def _no_rests():
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


@pytest.fixture(scope="module")
def filled(tmp_path_factory):
    path = tmp_path_factory.mktemp("filled") / "usage.db"
    fill(path, NOW)
    return path


@pytest.fixture
def path(filled, tmp_path):
    copy = tmp_path / "usage.db"
    copy.write_bytes(filled.read_bytes())
    return copy


@asynccontextmanager
async def a_desk(path) -> AsyncGenerator[Desk]:
    source = LocalSource(path, now=lambda: NOW, because="a test")
    yield Desk(source, lambda: NOW, UTC_ZONE, 1, deadline_s=60)
    await source.aclose()


async def turn(path, url, bar="medium", **options):
    """Take a turn as a process of its own would."""
    address = webhook(url + SECRET, **options)
    async with a_desk(path) as desk:
        told = await tell_what_is_new(desk, address, bar)
    await address.aclose()
    assert "s3cr3t" not in str(told)
    return told


def finding_ids(upstream):
    return [json.loads(request.body)["finding"]["finding_id"] for request in upstream.requests]


async def findings(path):
    async with a_desk(path) as desk:
        return (await find_anomalies(desk, AnomalyQuery())).findings


async def test_each_finding_is_told_once_and_the_most_severe_first(path):
    async with fake_edgedns(TAKEN) as upstream:
        told = [await turn(path, upstream.url) for _ in range(3)]
    assert [one.count for one in told] == [4, 0, 0]
    assert finding_ids(upstream) == [one.finding_id for one in await findings(path)]
    notice = json.loads(upstream.requests[0].body)
    assert notice["text"].startswith("Critical: ")
    assert notice["finding"]["finding_id"] in notice["text"]
    assert set(notice) == {"text", "finding"}


async def test_another_address_is_told_as_well(path):
    async with fake_edgedns(TAKEN) as one, fake_edgedns(TAKEN) as other:
        assert [(await turn(path, each.url)).count for each in (one, other)] == [4, 4]


@pytest.mark.parametrize(("bar", "count"), [("low", 4), ("medium", 4), ("high", 3), ("critical", 2)])
async def test_what_weighs_less_is_not_told(bar, count, path):
    async with fake_edgedns(TAKEN) as upstream:
        assert (await turn(path, upstream.url, bar)).count == count == len(upstream.requests)


async def test_what_was_below_the_bar_is_told_when_the_bar_is_lowered(path):
    async with fake_edgedns(TAKEN) as upstream:
        assert [(await turn(path, upstream.url, bar)).count for bar in ("critical", "medium")] == [2, 2]


async def test_what_somebody_knows_of_is_not_told(path):
    known, *others = await findings(path)
    async with a_desk(path) as desk:
        await desk.source.acknowledge(known.finding_id, NOW + timedelta(days=9))
    async with fake_edgedns(TAKEN) as upstream:
        await turn(path, upstream.url)
    assert finding_ids(upstream) == [one.finding_id for one in others]


async def test_after_a_failure_of_the_other_side_it_is_tried_again_and_told_once(path):
    async with fake_edgedns(raw(b"", 500), TAKEN) as upstream:
        told = await turn(path, upstream.url)
    assert (told.count, told.troubles) == (4, ())
    assert finding_ids(upstream)[0] == finding_ids(upstream)[1]
    assert len(upstream.requests) == 5


async def test_after_a_refusal_it_is_told_at_the_next_turn(path):
    async with fake_edgedns(TAKEN, raw(b"", 403), TAKEN) as upstream:
        first, second = [await turn(path, upstream.url) for _ in range(2)]
        asked = len(upstream.requests)
    assert (first.count, second.count, asked) == (1, 3, 5)
    (sentence,) = first.troubles
    assert "(HTTP 403)" in sentence
    assert second.troubles == ()


async def test_who_cannot_be_reached_may_be_told_at_the_next_turn(path):
    async with fake_edgedns(TAKEN) as upstream:
        url = upstream.url
    down = await turn(path, url)
    assert (down.count, len(down.troubles)) == (0, 1)
    async with a_desk(path) as desk:
        every = [one.finding_id for one in await findings(path)]
        assert await desk.source.claim(every, webhook(url + SECRET).digest) == every


async def test_after_a_silence_the_finding_is_not_told_again(path):
    async with fake_edgedns(hang(), TAKEN) as upstream:
        first = await turn(path, upstream.url, deadline_s=0.4)
        second = await turn(path, upstream.url)
    assert (first.count, second.count, len(upstream.requests)) == (0, 3, 4)
    assert len(set(finding_ids(upstream))) == 4
    assert "it is told once" in first.troubles[0]


async def test_a_notice_that_is_not_taken_does_not_keep_the_others_back(path):
    async with fake_edgedns(raw(b"", 400), TAKEN) as upstream:
        told = await turn(path, upstream.url)
    assert (told.count, len(told.troubles)) == (3, 1)


async def test_where_nothing_is_to_search_that_is_said_and_no_trouble(tmp_path):
    Database.open(tmp_path / "empty.db").close()
    async with fake_edgedns(TAKEN) as upstream:
        told = await turn(tmp_path / "empty.db", upstream.url)
    assert (told.count, told.troubles, upstream.requests) == (0, (), [])
    assert "holds no usage yet" in told.untested


async def test_a_source_that_cannot_be_asked_is_a_trouble_and_no_crash(tmp_path):
    async with fake_edgedns(TAKEN) as upstream:
        told = await turn(tmp_path / "absent.db", upstream.url)
    assert told.troubles[0].startswith("Nobody was told of findings: There is no database")


async def test_a_line_of_a_chat_is_no_command_to_it(path):
    finding = (await findings(path))[0]
    line = notice_of(finding.model_copy(update={"what": "<!channel> a & b " + "x" * LONGEST})).text
    assert line.startswith("Critical: &lt;!channel&gt; a &amp; b xxx")
    assert line.endswith("x...")
    assert len(line) <= LONGEST + 30
    assert notice_of(finding).text == (
        f"Critical: {finding.what} Next: {finding.next_step} finding_id {finding.finding_id}"
    )


async def test_what_was_told_is_said_in_the_singular_too(path):
    async with fake_edgedns(TAKEN) as upstream:
        told = await turn(path, upstream.url, "critical")
    assert told_words(told, "host") == "host was told of 2 new findings."
    assert told_words(told.model_copy(update={"count": 1}), "host") == "host was told of 1 new finding."
