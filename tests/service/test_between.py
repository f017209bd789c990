"""Where a count reaches over an end of the window, the answer says between what and what, in both channels."""

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from edgedns_mcp.models import Cell, Key, KeyQuery, UsageQuery
from edgedns_mcp.render.words import key_words, usage_words
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.key import key_details
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.keys import put_keys

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
DAY_S = 86_400
KEYS = [Key(key_id=f"id_{name}", name=f"{name}-api", environment="live") for name in ("alpha", "beta", "idle")]
HALF_A_DAY = {"start": "2026-11-20T00:00Z", "end": "2026-11-21T12:00Z"}


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def day(key: str, date: str, requests: int, errors: int = 0, path: str = "/v1/whois", bound="exact") -> Cell:
    return Cell(at(date), at(date) + DAY_S, f"id_{key}", path, "unknown", requests, errors, at(date), bound)


COUNTS = [day("alpha", "2026-11-20", 1000, 10), day("alpha", "2026-11-21", 500), day("beta", "2026-11-20", 300)]


@pytest.fixture
def asked(tmp_path):
    """Ask usage_by_key, or key_details of a key, of an organisation with these cells."""

    def ask(some, key="", **query):
        path = tmp_path / "usage.db"
        database = Database.open(path)

        def fill(tx):
            account = accounts.made(tx, "local")
            put_keys(account, KEYS)
            cells.apply(account, some)
            coverage.observe(account, "test", at("2026-11-01"), at("2026-11-22"))

        database.write(fill)
        database.close()
        source = LocalSource(path, now=lambda: NOW, because="a test")
        desk = Desk(source, lambda: NOW, ZoneInfo("UTC"), 1, 60)
        wanted = key_details(desk, KeyQuery(key=key, **query)) if key else usage_by_key(desk, UsageQuery(**query))
        answer = asyncio.run(wanted)
        asyncio.run(source.aclose())
        return answer

    return ask


def test_whole_days_are_exact(asked):
    report = asked(COUNTS, period="2026-11-20..2026-11-21")
    assert report.bounds is None
    assert [row.request_count for row in report.keys] == [1500, 300, 0]
    assert "between" not in report.summary


def test_a_day_that_is_cut_lies_between_nothing_and_all_of_it(asked):
    report = asked(COUNTS, **HALF_A_DAY)
    assert report.bounds.model_dump() == {"request_count_max": 1800, "unattributed_max": 0, "rows": {"id_alpha": 1500}}
    assert report.totals.request_count == 1300
    assert report.summary.startswith(
        "3 keys made between 1,300 and 1,800 requests from 2026-11-20 to 2026-11-21 12:00 UTC; "
        "alpha-api has most of what is certain, 1,000; at least 10 requests failed."
    )
    assert "Not exact, figures are the least; the most: in all 1800, unattributed 0, id_alpha 1500." in usage_words(
        report
    ).replace("\\", "")


def test_after_a_reset_nobody_knows_how_many_more(asked):
    report = asked([*COUNTS, day("beta", "2026-11-21", 40, bound="lower")], period="2026-11-20..2026-11-21")
    assert report.bounds.model_dump() == {"request_count_max": None, "unattributed_max": 0, "rows": {"id_beta": None}}
    assert "made at least 1,840 requests" in report.summary
    assert "there may have been more requests than counted" in report.summary


@pytest.mark.parametrize(("by", "row"), [("team", "alpha"), ("endpoint", "/v1/whois"), ("environment", "live")])
def test_groups_have_bounds_too(asked, by, row):
    report = asked(COUNTS, group_by=by, **HALF_A_DAY)
    assert report.bounds.request_count_max == 1800
    assert report.bounds.rows[row] == (1500 if by == "team" else 1800)


def test_one_key_made_between_two_figures(asked):
    report = asked(COUNTS, key="alpha-api", **HALF_A_DAY)
    assert report.summary.startswith("alpha-api made between 1,000 and 1,500 requests")
    assert "id_alpha 1500" in key_words(report).replace("\\", "")


def test_a_key_of_which_nothing_is_certain_is_not_called_idle(asked):
    report = asked([day("beta", "2026-11-21", 300)], key="beta-api", **HALF_A_DAY)
    assert report.summary.startswith("beta-api made between 0 and 300 requests")
    whole = asked([], **HALF_A_DAY)
    assert "idle" not in whole.summary


def test_requests_of_no_known_endpoint_are_no_endpoint(asked):
    report = asked([day("alpha", "2026-11-20", 1000, path="")], period="2026-11-20")
    assert report.keys[0].request_count == 1000
    assert report.keys[0].endpoint_distribution == report.top_endpoints == {}
