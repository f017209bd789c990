"""Months of the demo, forecast when a part of them was over, held against how they ended: the back-test in small.

The demo's stories (a leak, a surge, keys that wake, one that is revoked) come as unforeseen as they would in life.
"""

import asyncio
from collections import Counter
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest

from edgedns_mcp.models import ForecastQuery
from edgedns_mcp.service.desk import open_desk
from edgedns_mcp.service.forecast import forecast_quota
from edgedns_mcp.settings import load
from edgedns_mcp.sources import demo_organisation
from edgedns_mcp.store import accounts, cells, coverage, keys
from edgedns_mcp.store.database import Database

BUILT = datetime(2026, 12, 1, tzinfo=UTC)
MONTHS = [datetime(2026, month, 1, tzinfo=UTC) for month in (9, 10, 11)]
DAYS_OVER = (4, 9, 15, 24)
TEAMS = ("growth", "payments", "platform", "security", "storefront")


async def asked(path, now):
    desk = open_desk(load(source="local", database=path, as_of=now.isoformat()))
    try:
        queries = [ForecastQuery(limit=100), *(ForecastQuery(team=team) for team in TEAMS)]
        return [await forecast_quota(desk, query) for query in queries]
    finally:
        await desk.source.aclose()


def said_of(answer, truth, passed):
    """Give what was said, the plain extrapolation, and the truth."""
    return answer.projected_low, answer.projected_count, answer.projected_high, answer.request_count * passed, truth


@pytest.fixture(scope="module")
def cases(tmp_path_factory):
    path = tmp_path_factory.mktemp("demo") / "usage.db"
    stored, listed = demo_organisation.cells(BUILT), demo_organisation.keys(BUILT)
    teams = {key.key_id: key.team for key in listed}

    def fill(tx):
        account = accounts.made(tx, "local")
        keys.put_keys(account, listed)
        cells.apply(account, stored)
        coverage.observe(account, "counts", min(cell.start for cell in stored), int(BUILT.timestamp()))

    with closing(Database.open(path)) as database:
        database.write(fill)
    found = {"all keys": [], "a team": [], "a key": []}
    for first in MONTHS:
        end = (first + timedelta(days=31)).replace(day=1)
        truth, of_teams = Counter(), Counter()
        for cell in stored:
            if first.timestamp() <= cell.start < end.timestamp():
                truth[cell.key_id] += cell.requests
                of_teams[teams[cell.key_id]] += cell.requests
        for over in DAYS_OVER:
            now = first + timedelta(days=over, hours=15)
            passed = (end - first) / (now - first)
            whole, *parts = asyncio.run(asked(path, now))
            found["all keys"].append(said_of(whole, truth.total(), passed))
            found["a team"] += [said_of(one, of_teams[team], passed) for team, one in zip(TEAMS, parts, strict=True)]
            found["a key"] += [said_of(one, truth[one.key_id], passed) for one in whole.drivers]
    return found


@pytest.mark.parametrize("level", ["all keys", "a team", "a key"])
def test_nine_of_ten_months_end_within_the_range(cases, level):
    inside = sum(low <= truth <= high for low, _, high, _, truth in cases[level])
    assert inside >= 0.9 * len(cases[level])


@pytest.mark.parametrize("level", ["all keys", "a team", "a key"])
def test_the_projection_is_closer_than_plain_extrapolation_in_six_of_ten(cases, level):
    closer = sum(abs(mid - truth) < abs(plain - truth) for _, mid, _, plain, truth in cases[level])
    assert closer >= 0.6 * len(cases[level])


def test_a_range_narrows_while_the_month_goes_on(cases):
    widths = [(high - low) / truth for low, _, high, _, truth in cases["all keys"]]
    for at in range(0, len(widths), len(DAYS_OVER)):
        month = widths[at : at + len(DAYS_OVER)]
        assert month == sorted(month, reverse=True)
        assert month[0] < 0.8
