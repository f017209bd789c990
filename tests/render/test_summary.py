"""The sentence is right for no key, one key, ties, idle keys, and says what part of all usage it is about."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from edgedns_mcp.domain.cells import cells_of
from edgedns_mcp.models import Event, Key, KeyQuery, UsageQuery
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.key import key_details
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.settings import load
from edgedns_mcp.sources.factory import open_source
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.keys import put_keys

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY = datetime(2026, 11, 21, tzinfo=UTC)


def hits(key_id: str, count: int, failed: int = 0, path: str = "/v1/whois") -> list[Event]:
    at = int(DAY.timestamp()) + 36_000
    return [Event(at, key_id, path, 500 if number < failed else 200) for number in range(count)]


@pytest.fixture
def told(tmp_path):
    """Give the summary of an organisation with these keys and requests, yesterday."""

    async def ask(keys, events, *, zone: str = "UTC", question=None, **query):
        path = tmp_path / "usage.db"
        database = Database.open(path)

        def fill(tx):
            account = accounts.made(tx, "local")
            put_keys(account, [Key(key_id="x", name="x", revoked_at=DAY), *keys])  # an inventory, even an empty one
            cells.apply(account, cells_of(events))
            coverage.observe(account, "test", int(DAY.timestamp()), int(NOON.timestamp()))

        database.write(fill)
        database.close()
        settings = load(source="local", database=path, timezone=zone)
        desk = Desk(open_source(settings, lambda: NOON), lambda: NOON, ZoneInfo(zone), 1, 60)
        if question:
            return (await key_details(desk, KeyQuery(key=question, period="yesterday"))).summary
        return (await usage_by_key(desk, UsageQuery(period="yesterday", **query))).summary

    return ask


def key(name: str, environment="live", **more) -> Key:
    return Key(key_id=f"id-{name}-{environment}", name=name, environment=environment, **more)


A, B, C = (key(name) for name in ("alpha", "beta", "gamma"))


async def test_no_key(told):
    assert await told([], []) == "There is no active key on 2026-11-21."


@pytest.mark.parametrize(
    ("events", "sentence"),
    [
        ([], "alpha made no request on 2026-11-21."),
        (hits(A.key_id, 1), "alpha made 1 request on 2026-11-21. No request failed."),
        (hits(A.key_id, 2, 1), "alpha made 2 requests on 2026-11-21. 1 request failed (50.0%)."),
    ],
)
async def test_one_key(told, events, sentence):
    assert await told([A], events) == sentence


@pytest.mark.parametrize(
    ("keys", "events", "sentence"),
    [
        ([A, B], [], "None of the 2 keys made a request on 2026-11-21."),
        (
            [A, B],
            hits(A.key_id, 5),
            "All 5 requests on 2026-11-21 came from alpha. No request failed; 1 key was idle.",
        ),
        (
            [A, B, C],
            [*hits(A.key_id, 2), *hits(B.key_id, 2)],
            (
                "alpha and beta share the lead with 2 requests each (50.0%) of 4 requests on 2026-11-21. "
                "No request failed; 1 key was idle."
            ),
        ),
        (
            [A, B],
            [*hits(A.key_id, 30), *hits(B.key_id, 70, 21)],
            (
                "beta leads with 70 of 100 requests (70.0%) on 2026-11-21. "
                "21 requests failed (21.0%), 21 of them by beta (30.0% of its requests)."
            ),
        ),
        (
            [A],
            [*hits(A.key_id, 3), *hits("stranger", 4), *hits("", 1)],
            "alpha made 3 requests on 2026-11-21. No request failed; 5 more came from unknown keys and no key.",
        ),
    ],
)
async def test_several_keys(told, keys, events, sentence):
    assert await told(keys, events) == sentence


@pytest.mark.parametrize(
    ("query", "begin"),
    [
        ({"environment": "test"}, "Among test keys: gamma made 3 requests "),
        ({"team": "alpha"}, "Among keys of team alpha: alpha made 5 requests "),
        ({"name_contains": "et"}, "Among keys with 'et' in their name: beta made 2 requests "),
        ({"endpoint": "/v1/none"}, "On paths with /v1/none: no request on 2026-11-21."),
        ({"endpoint": "/v1/ip", "environment": "live"}, "Among live keys, on paths with /v1/ip: all 2 requests "),
        ({"name_contains": "zzz"}, "Among keys with 'zzz' in their name: none of the 3 active keys matches."),
        ({"group_by": "team"}, "Team alpha leads with 5 of 10 requests (50.0%) "),
        ({"group_by": "endpoint"}, "Endpoint /v1/whois leads with 8 of 10 requests (80.0%) "),
        ({"sort_by": "errors"}, "beta fails most with 1 error in 2 requests (50.0%) "),
    ],
)
async def test_the_sentence_names_what_it_is_about(told, query, begin):
    keys = [A, B, key("gamma", "test")]
    events = [*hits(A.key_id, 5), *hits(B.key_id, 2, 1, "/v1/ip"), *hits("id-gamma-test", 3)]
    assert (await told(keys, events, **query)).startswith(begin)


async def test_a_day_elsewhere_names_its_zone(told):
    said = await told([A], hits(A.key_id, 1), zone="Europe/Berlin")
    assert said.startswith("alpha made 1 request on 2026-11-21 (Europe/Berlin).")


async def test_one_key_in_full(told):
    said = await told([A, B], [*hits(A.key_id, 3, 1), *hits(B.key_id, 1)], question="alpha")
    assert said == (
        "alpha made 3 requests on 2026-11-21 (75.0%, rank 1 of 2 keys); 1 failed (33.3%); "
        "its last request was at 2026-11-21 10:00 UTC."
    )


async def test_an_expired_key_says_since_when_and_whether_it_was_used_since(told):
    old, later = (
        Key(key_id=f"id-{name}", name=name, environment="live", expires_at=datetime(2026, 11, day, tzinfo=UTC))
        for name, day in (("old", 10), ("later", 30))
    )
    assert (await told([old, later], [], question="old")).endswith("; it expired at 2026-11-10 00:00 UTC.")
    events = [*hits(old.key_id, 2), *hits(later.key_id, 2)]
    assert (await told([old, later], events, question="old")).endswith(
        "its last request was at 2026-11-21 10:00 UTC; it expired at 2026-11-10 00:00 UTC, and was used since."
    )
    assert "expired" not in await told([old, later], [], question="later")
    twins = [old._replace(name="pay"), later._replace(name="pay")]
    said = await told(twins, [], question="pay")
    assert "2 by the live one (it expired at 2026-11-10 00:00 UTC, and was used since)" in said
    assert said.count("expired") == 1


async def test_a_revoked_key_says_since_when(told):
    gone = key("gone", revoked_at=datetime(2026, 11, 21, 18, tzinfo=UTC))
    assert (await told([A, gone], hits(gone.key_id, 2), question="gone")).endswith(
        "its last request was at 2026-11-21 10:00 UTC; it was revoked at 2026-11-21 18:00 UTC."
    )


async def test_a_key_that_did_not_exist_yet_says_so(told):
    young = key("young", created_at=datetime(2026, 11, 22, 1, tzinfo=UTC))
    said = await told([A, young], hits(A.key_id, 1), question="young")
    assert said == "young did not exist then: it was created on 2026-11-22."


async def test_twins_are_told_apart(told):
    twins = [key("pay"), key("pay", "test")]
    events = [*hits("id-pay-live", 4, 1), *hits("id-pay-test", 1)]
    assert await told(twins, events, question="pay") == (
        "2 keys are named pay and made 5 requests on 2026-11-21: "
        "4 (25.0% failed) by the live one and 1 by the test one."
    )
