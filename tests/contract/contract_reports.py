"""One contract: EdgeDNS's source pointed at our endpoint, and a source that holds its figures, answer alike.

What the API cannot carry is listed here, each with its reason; every other field must be equal.
"""

from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from zoneinfo import ZoneInfo

import pytest
from endpoint_builders import NOW, USAGE, Clock, running

from edgedns_mcp.domain.cells import cells_of
from edgedns_mcp.models import Cell, Event, Key, UsageQuery
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.settings import load
from edgedns_mcp.sources.factory import open_source
from edgedns_mcp.store import accounts, cells, coverage, keys

# The API states one number per key and endpoint for one window, and nothing about itself.
NOT_CARRIED = {
    "summary": "names the source, and the window that only one of them states",
    "source": "who was asked",
    "window_start": "the API states no dates",
    "window_end": "the API states no dates",
    "data_from": "the API does not say since when it observes",
    "data_to": "the API does not say until when it observed; this is the time of the reading",
    "complete": "follows from the three above",
    "age_s": "follows from data_to",
    "bounds": "the API has one figure where a count reaches over an end of the window: the lower one",
    "unattributed": "the API lists active keys only",
    "notes": "say what the source cannot know",
}
# Per endpoint the API states requests alone, so with an endpoint asked for these are unknown.
OF_KEYS_ONLY = ("error_count", "error_percent", "last_activity")

ENDPOINTS = ("/v1/dns/dnssec", "/v1/domain/whois", "/v1/ip/reputation", "/v1/DNS/propagation", "")
KEYS = (
    Key(key_id="key_a", name="payments-api", environment="live", last_four="aaaa"),
    Key(key_id="key_b", name="payments-api", environment="test"),
    Key(key_id="key_c", name="search-indexer", environment="live"),
    Key(key_id="key_d", name="search|pipe * [x](y)", environment="live"),
    Key(key_id="key_e", name="ops-idle", environment="live"),
    Key(key_id="key_f", name="billing\u202eapi\u200b", environment="unknown"),
    Key(key_id="key_g", name="old-revoked", environment="live", revoked_at=NOW - timedelta(days=3)),
    Key(key_id="key_h", name="ops-woken", environment="test", created_at=NOW - timedelta(days=20)),
    Key(key_id="key_i", name="ops-expired", environment="test", expires_at=NOW - timedelta(days=1)),
    Key(key_id="key_j", name="ops-future", environment="test", created_at=NOW + timedelta(days=1)),
    *(Key(key_id=f"key_{n:03}", name=f"worker-{n % 7}", environment="live") for n in range(120)),
)
FIRST = int((NOW - timedelta(days=40)).timestamp())
LAST = int(NOW.timestamp())
HALF_A_DAY = int((NOW - timedelta(days=7, hours=6)).timestamp()) // 3600 * 3600

PERIODS = ("current", "7d", "30d")
SORTS = ("requests", "errors", "error_percent", "last_activity", "name")
FILTERS = (
    {},
    {"environment": "test"},
    {"environment": "live", "name_contains": "API"},
    {"team": "worker"},
    {"endpoint": "dns"},
    {"endpoint": "whois", "environment": "live", "top_endpoints": 2},
)


def events():
    """Give some thousand requests of every kind, the same each time."""
    drawn = Random(7)
    used = [key.key_id for key in KEYS if key.key_id not in ("key_e", "key_j")]
    for _ in range(9_000):
        key_id = drawn.choice(("", "key_of_nobody", drawn.choice(used[:8]), drawn.choice(used)))
        status = drawn.choice((200, 200, 204, 404, 500))
        yield Event(drawn.randrange(FIRST, LAST), key_id, drawn.choice(ENDPOINTS), status, "live")


def fill(tx):
    own = accounts.made(tx, "local")
    keys.put_keys(own, KEYS)
    cells.apply(own, cells_of(events()))
    # a count of twelve hours over the start of the last seven days, and a day with nothing unusual about it
    cells.apply(own, [Cell(HALF_A_DAY, HALF_A_DAY + 43_200, "key_c", ENDPOINTS[0], "live", 500, 20, HALF_A_DAY)])
    coverage.observe(own, "import", FIRST, LAST)


@pytest.fixture(scope="module")
def endpoint(tmp_path_factory):
    with running(tmp_path_factory.mktemp("contract") / "usage.db", Clock(), rate_limit=0) as endpoint:
        endpoint.write(fill)
        yield endpoint


@asynccontextmanager
async def desk_of(**settings):
    settings = load(**settings)
    desk = Desk(open_source(settings, lambda: NOW), lambda: NOW, ZoneInfo("UTC"), 1, deadline_s=60)
    try:
        yield desk
    finally:
        await desk.source.aclose()


@asynccontextmanager
async def desks(endpoint, held, tmp_path):
    """Give a desk that asks the endpoint over HTTP, and one that asks who holds the same figures."""
    secret = endpoint.a_key("reader-key")
    over_http = {"source": "edgedns", "base_url": endpoint.url, "api_key": secret, "database": tmp_path / "readings.db"}
    async with (
        desk_of(send_period=True, **over_http) as asking,
        desk_of(**held(endpoint.path)) as opening,
    ):
        yield asking, opening


def compared(report, query):
    """Give the report without what the API cannot carry."""
    given = report.model_dump(mode="json", exclude=set(NOT_CARRIED) | {"next_cursor"})
    if query.endpoint or query.group_by == "endpoint":
        whole = [given["totals"]] if query.endpoint else []  # without a filter it sums keys
        for row in (*given["keys"], *given["groups"], given["rest"], *whole):
            for name in OF_KEYS_ONLY:
                row.pop(name, None)
    return given


async def both(asking, opening, **query):
    query = UsageQuery(**query)
    answers = await usage_by_key(asking, query), await usage_by_key(opening, query)
    assert (answers[0].source, answers[1].source != "edgedns") == ("edgedns", True)
    return [compared(answer, query) for answer in answers], answers


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("group_by", ["key", "team", "environment", "endpoint"])
async def test_both_give_the_same_report(endpoint, held, tmp_path, period, group_by):
    async with desks(endpoint, held, tmp_path) as (asking, opening):
        for sort_by, filters in product(SORTS, FILTERS):
            if sort_by not in ("requests", "name") and (filters.get("endpoint") or group_by == "endpoint"):
                continue  # an order by what the API cannot carry
            query = {"limit": 50, "period": period, "group_by": group_by, "sort_by": sort_by, **filters}
            (over_http, local), _ = await both(asking, opening, **query)
            assert over_http == local, query


async def pages(desk, **query):
    """Follow the cursor to the end."""
    answer = await usage_by_key(desk, UsageQuery(**query))
    yield answer
    while answer.next_cursor:
        answer = await usage_by_key(desk, UsageQuery(cursor=answer.next_cursor, limit=query["limit"]))
        yield answer


@pytest.mark.parametrize("period", PERIODS)
async def test_both_give_the_same_pages(endpoint, held, tmp_path, period):
    async with desks(endpoint, held, tmp_path) as (asking, opening):
        query = UsageQuery(period=period, limit=17)
        over_http, local = [[page async for page in pages(desk, period=period, limit=17)] for desk in (asking, opening)]
    assert len(local) == 8  # 128 active keys and the reader's own
    assert [compared(page, query) for page in over_http] == [compared(page, query) for page in local]
    assert [page.next_cursor for page in over_http] == [page.next_cursor for page in local]
    assert sum(len(page.keys) for page in over_http) == over_http[0].total_keys == 129


async def test_what_the_api_cannot_carry_is_what_the_local_source_adds(endpoint, held, tmp_path):
    async with desks(endpoint, held, tmp_path) as (asking, opening):
        _, (over_http, local) = await both(asking, opening, period="7d")
    assert (over_http.bounds, local.bounds.request_count_max - local.totals.request_count) == (None, 500)
    assert (over_http.window_start, local.window_start) == (None, NOW.replace(minute=0, second=0) - timedelta(days=7))
    assert (over_http.data_from, local.data_from) == (None, datetime.fromtimestamp(FIRST, UTC))
    assert (over_http.complete, local.complete) == (None, True)
    assert over_http.unattributed is None
    assert local.unattributed.no_key
    assert local.unattributed.unknown_key
    assert local.unattributed.revoked


@pytest.mark.parametrize("period", PERIODS)
async def test_the_account_total_shows_the_use_of_no_active_key(endpoint, held, period):
    secret = endpoint.a_key("reader-key")
    async with desk_of(**held(endpoint.path)) as opening:
        local = await usage_by_key(opening, UsageQuery(period=period))
    told = endpoint.get(USAGE, secret, params={"period": period}).json()
    assert told["unattributed"] == local.unattributed.model_dump()
    assert told["attributed_requests"] == local.totals.request_count
    assert told["total_requests"] == local.totals.request_count + local.unattributed.request_count
    assert told["complete"] is local.complete is True
    assert [told[end] for end in ("window_start", "window_end", "data_from", "data_to")] == [
        f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        for moment in (local.window_start, local.window_end, local.data_from, local.data_to)
    ]


async def test_a_team_on_record_is_read_from_the_name_over_http(endpoint, held, tmp_path):
    """The API has no field for a team, so a key of the inventory's team finance is one of the team billing there."""
    secret = endpoint.a_key("billing-export", account="second", team="finance")
    over_http = {"source": "edgedns", "base_url": endpoint.url, "api_key": secret, "database": tmp_path / "readings.db"}
    endpoint.write(lambda tx: coverage.observe(accounts.made(tx, "local", "second"), "import", FIRST, LAST))
    async with (
        desk_of(**over_http) as asking,
        desk_of(**held(endpoint.path, "second")) as opening,
    ):
        _, (asked, opened) = await both(asking, opening)
    assert ([row.team for row in asked.keys], [row.team for row in opened.keys]) == (["billing"], ["finance"])
