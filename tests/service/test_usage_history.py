"""What usage_history says: of the demo, of keys by name, of gaps, of counts that lie in no bucket, of EdgeDNS."""

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from faces import a_desk

from edgedns_mcp.errors import NoDataError, QuestionError
from edgedns_mcp.models import Cell, HistoryQuery, Key, UsageQuery
from edgedns_mcp.render.history import history_words
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.history import usage_history
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.keys import put_keys

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)


def of_demo(**query):
    return asyncio.run(usage_history(a_desk(), HistoryQuery(**query)))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def cell(start: str, requests: int, key="id_alpha", hours=1, bound="exact", path="/v1/whois") -> Cell:
    return Cell(at(start), at(start) + hours * 3600, key, path, "unknown", requests, 1, at(start), bound)


@pytest.fixture
def asked(tmp_path):
    """Ask about an organisation with these cells, observed in these stretches."""

    def ask(some, *observed, zone="UTC", keys=("alpha", "beta"), **query):
        path = tmp_path / "usage.db"
        database = Database.open(path)

        def fill(tx):
            account = accounts.made(tx, "local")
            put_keys(account, [Key(key_id=f"id_{name}", name=f"{name}-api", environment="live") for name in keys])
            cells.apply(account, some)
            for first, last in observed or (("2026-11-01", "2026-11-22T12:00"),):
                coverage.observe(account, "test", at(first), at(last))

        database.write(fill)
        database.close()
        source = LocalSource(path, now=lambda: NOW, because="a test")
        answer = asyncio.run(usage_history(Desk(source, lambda: NOW, ZoneInfo(zone), 1, 60), HistoryQuery(**query)))
        asyncio.run(source.aclose())
        return answer

    return ask


def counts(answer) -> dict[str, int | None]:
    return {one.label: one.request_count for one in answer.buckets}


def test_the_history_of_the_demo_reads_like_this():
    assert of_demo(period="7d").summary == (
        "DEMO: 25 keys (4 of them idle) made 104,677 requests from 2026-11-15 15:00 to 2026-11-22 15:00 UTC, a mean "
        "of 15,657.8 per full day. The highest full day was 2026-11-20 with 25,849, the lowest 2026-11-18 with 10,904; "
        "the last full day, 2026-11-21, had 11,459, 30.5% below the mean of the others (16,497.6)."
    )


def test_the_leak_of_the_demo_is_seen_day_by_day():
    answer = of_demo(key="newsletter-signup", period="2026-11-17..2026-11-21", bucket="day")
    assert counts(answer) == {
        "2026-11-17": 82,
        "2026-11-18": 101,
        "2026-11-19": 11_362,
        "2026-11-20": 14_261,
        "2026-11-21": 103,
    }
    assert (answer.matched_by, answer.series[0].key_id, answer.full_buckets) == ("name", "key_72c9a5", 5)


@pytest.mark.parametrize("group_by", ["key", "team", "environment", "endpoint"])
@pytest.mark.parametrize("endpoint", ["", "/V1/ip"])
def test_series_and_rest_sum_to_the_total_and_each_series_to_its_row(group_by, endpoint):
    answer = of_demo(period="2026-10", group_by=group_by, endpoint=endpoint, limit=4)
    assert answer.rest is not None
    assert sum(row.request_count for row in answer.series) + answer.rest.request_count == answer.request_count
    assert sum(one.request_count or 0 for one in answer.buckets) == answer.request_count
    for row in answer.series:
        assert sum(row.counts) == row.request_count
        assert len(row.counts) == len(answer.buckets) == 31


def test_a_history_counts_what_usage_by_key_counts_revoked_keys_included():
    answer = of_demo(period="2026-11")
    usage = asyncio.run(usage_by_key(a_desk(), UsageQuery(period="mtd")))
    assert usage.unattributed is not None
    assert answer.request_count == usage.totals.request_count + usage.unattributed.revoked
    assert any("revoked since" in note for note in answer.notes)


def test_twins_come_together_and_apart_and_filters_choose_between_them():
    both = of_demo(key="payments-fraud", period="7d")
    assert [row.environment for row in both.series] == ["live", "test"]
    assert "2 keys named payments-fraud made 14,500 requests" in both.summary
    assert "the live one made the most, 13,913 (96.0%)" in both.summary
    one = of_demo(key="payments-fraud", period="7d", environment="test")
    assert [row.environment for row in one.series] == ["test"]


def test_candidates_are_named_and_nobody_is_guessed():
    answer = of_demo(key="check", period="7d")
    assert answer.matched_by == "several"
    assert "3 keys match: rollout-check (test, key_95f1d8)" in answer.summary
    assert "ask again with a key_id" in answer.summary
    with pytest.raises(QuestionError, match="the nearest names are checkout-api"):
        of_demo(key="chekout-api")


def test_a_whole_secret_is_never_repeated():
    secret = "edns_live_" + "Zx9" * 10
    found = of_demo(key=f"{secret}4fWq", period="7d")
    assert found.summary.startswith("A whole API key was pasted into this chat: rotate it now")
    assert found.filters == "key=4fWq"
    assert secret[:20] not in history_words(found) + found.model_dump_json()
    with pytest.raises(QuestionError, match="rotate it now"):
        of_demo(key=f"{secret}QQQQ")


def test_a_day_that_nobody_observed_is_a_gap_and_not_0(asked):
    answer = asked(
        [cell("2026-11-10T10:00", 4), cell("2026-11-13T10:00", 6)],
        ("2026-11-10", "2026-11-12"),
        ("2026-11-13", "2026-11-14"),
        period="2026-11-10..2026-11-13",
        group_by="key",
        bucket="day",
    )
    assert counts(answer) == {"2026-11-10": 4, "2026-11-11": 0, "2026-11-12": None, "2026-11-13": 6}
    assert [one.observed for one in answer.buckets] == ["yes", "yes", "no", "yes"]
    assert answer.series[0].counts == (4, 0, None, 6)
    assert answer.lowest is not None
    assert answer.lowest.label == "2026-11-11"
    assert "1 of 4 days was not observed and has no figures." in answer.summary
    assert "2026-11-12|2026-11-12T00:00:00Z|-|-|no" in history_words(answer)


def test_a_count_of_a_day_lies_in_no_hour(asked):
    answer = asked([cell("2026-11-10", 240, hours=24), cell("2026-11-10T05:00", 7)], period="2026-11-10")
    assert (answer.bucket, answer.request_count, answer.unplaced_request_count) == ("hour", 247, 240)
    assert answer.bounds is not None
    assert answer.bounds.request_count_max == 247
    assert answer.bounds.rows["2026-11-10T05:00:00Z"] == 247
    assert "made 247 requests on 2026-11-10" in answer.summary
    assert "240 of them are counted over more than one hour, so they are in the total and in no hour." in answer.summary
    assert asked([], period="2026-11-10", bucket="day").bounds is None


def test_a_count_over_the_end_of_the_window_is_told_as_between(asked):
    answer = asked([cell("2026-11-10", 240, hours=24)], start="2026-11-10T00:00Z", end="2026-11-10T12:00Z")
    assert "made between 0 and 240 requests" in answer.summary
    assert "cannot be split" in answer.summary


def test_the_running_day_is_a_part(asked):
    answer = asked([], period="2026-11", bucket="day")
    assert answer.window_end == NOW.replace(minute=0)
    assert [one.observed for one in answer.buckets[-2:]] == ["yes", "part"]


def test_days_are_those_of_the_zone(asked):
    some = [cell("2026-11-09T23:00", 1), cell("2026-11-10T22:00", 2), cell("2026-11-10T23:00", 4)]
    answer = asked(some, zone="Europe/Berlin", period="2026-11-09..2026-11-11", bucket="day")
    assert counts(answer) == {"2026-11-09": 0, "2026-11-10": 3, "2026-11-11": 4}


def test_use_by_nobody_known_stands_beside(asked):
    answer = asked([cell("2026-11-10T10:00", 5), cell("2026-11-10T10:00", 3, key="stranger")], period="2026-11-10")
    assert (answer.request_count, answer.unattributed_request_count) == (5, 3)
    assert "3 more came from unknown keys or from none" in answer.summary


def test_no_request_and_no_key_are_told(asked):
    assert asked([], period="2026-11-10").summary == "2 keys made no request on 2026-11-10."
    assert asked([], period="2026-11-10", name_contains="zzz").summary.endswith(
        "no key that lived on 2026-11-10 matches."
    )
    assert asked([], period="2026-11-10", key="beta").summary == "beta-api made no request on 2026-11-10."


def test_equal_days_are_not_ranked(asked):
    some = [cell(f"2026-11-{day}T10:00", 5) for day in (10, 11, 12)]
    said = asked(some, period="2026-11-10..2026-11-12", bucket="day").summary
    assert "Each of the 3 full days had 5 requests." in said


def test_a_window_outside_the_data_names_the_period_to_ask(asked):
    with pytest.raises(NoDataError, match=r"There is no data for the history of 2025-01 .* ask period=2026-11"):
        asked([], period="2025-01")


def test_many_long_series_are_shortened_to_fit(asked):
    keys = [f"{'n' * 40}{number}" for number in range(100)]
    some = [
        cell(f"2026-11-{day:02}T10:00", 1_000_000_000 + day, key=f"id_{name}") for name in keys for day in range(10, 20)
    ]
    answer = asked(some, keys=keys, period="2026-11-10..2026-11-17", bucket="hour", group_by="key", limit=100)
    assert max(len(history_words(answer)), len(answer.model_dump_json())) <= 40_000
    assert answer.rest is not None
    assert answer.rest.rows == 100 - len(answer.series)
    assert answer.rest.request_count + sum(row.request_count for row in answer.series) == answer.request_count
    assert any("shortened" in note for note in answer.notes)


def test_what_would_take_too_long_is_refused_with_what_would_do(asked):
    keys = [f"k{number}" for number in range(1300)]
    with pytest.raises(QuestionError, match="ask group_by=endpoint"):
        asked([], keys=keys, period="2026-11-10..2026-11-19", endpoint="/v1")
