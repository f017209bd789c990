"""What compare_usage says: of the demo, of rotations, of windows half observed or not at all, of counts between."""

import asyncio
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from faces import a_desk

from edgedns_mcp.errors import NoDataError, QuestionError
from edgedns_mcp.models import Cell, CompareQuery, Key, UsageQuery
from edgedns_mcp.render.compare import compare_words
from edgedns_mcp.service.compare import compare_usage
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.usage import usage_by_key
from edgedns_mcp.sources.local import LocalSource
from edgedns_mcp.store import accounts, cells, coverage
from edgedns_mcp.store.database import Database
from edgedns_mcp.store.keys import put_keys

NOW = datetime(2026, 11, 22, 12, 30, tzinfo=UTC)
TWO_DAYS = {"period": "2026-11-11", "baseline": "2026-11-10"}


def of_demo(**query):
    return asyncio.run(compare_usage(a_desk(), CompareQuery(**query)))


def at(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp())


def cell(start: str, requests: int, key="alpha", hours=1, path="/v1/whois", bound="exact") -> Cell:
    return Cell(at(start), at(start) + hours * 3600, f"id_{key}", path, "unknown", requests, 0, at(start), bound)


def a_key(name: str, **changes) -> Key:
    return Key(**{"key_id": f"id_{name}", "name": name, "environment": "live", "team": "core", **changes})


TWO_KEYS = (a_key("alpha"), a_key("beta"))


@pytest.fixture
def asked(tmp_path):
    """Ask about an organisation with these cells, observed in these stretches."""

    def ask(some, *observed, keys=TWO_KEYS, **query):
        path = tmp_path / "usage.db"
        database = Database.open(path)

        def fill(tx):
            account = accounts.made(tx, "local")
            put_keys(account, list(keys))
            cells.apply(account, some)
            for first, last in observed or (("2026-10-01", "2026-11-22T12:00"),):
                coverage.observe(account, "test", at(first), at(last))

        database.write(fill)
        database.close()
        source = LocalSource(path, now=lambda: NOW, because="a test")
        answer = asyncio.run(compare_usage(Desk(source, lambda: NOW, ZoneInfo("UTC"), 1, 60), CompareQuery(**query)))
        asyncio.run(source.aclose())
        return answer

    return ask


def changes(answer) -> dict[str, tuple[str, int]]:
    return {row.name: (row.status, row.change) for row in answer.rows}


def test_the_month_to_date_of_the_demo_is_compared_with_the_same_days():
    answer = of_demo()
    assert answer.summary == (
        "DEMO: 285,311 requests from 2026-11-01 to 2026-11-22 15:00 UTC, 24,036 more (+9.2%) than the 261,275 in the "
        "same part of the period before, from 2026-10-01 to 2026-10-22 15:00 UTC. The most was added by "
        "newsletter-signup (live), +25,479, and lost by brand-monitor (live), -9,558; new: vendor-risk (live); woken: "
        "legacy-migrator (live). The error rate went from 1.4% to 1.5%; the share of /v1/domain/whois went from 4.9% "
        "to 13.4%."
    )
    assert answer.baseline.same_part
    assert answer.per_day is None


def test_a_week_of_the_demo_tells_who_went():
    answer = of_demo(period="7d")
    assert answer.gone == ("brand-monitor (live, revoked)",)
    assert answer.rows[0].contribution_percent == 151.1
    assert answer.endpoint_shifts[0].model_dump() == {
        "endpoint": "/v1/domain/whois",
        "baseline_share_percent": 5.6,
        "share_percent": 27.0,
        "points": 21.4,
    }


def test_months_of_different_length_are_compared_per_day_too():
    answer = of_demo(period="2026-10", limit=1)
    assert answer.per_day is not None
    assert (answer.per_day.request_count, answer.per_day.baseline_request_count) == (12_226.8, 12_168.9)
    assert "; per day 12,226.8 against 12,168.9 (+0.5%)." in answer.summary


@pytest.mark.parametrize("group_by", ["key", "team", "environment", "endpoint"])
@pytest.mark.parametrize("query", [{}, {"environment": "test"}, {"team": "growth"}, {"endpoint": "ip"}])
def test_rows_and_rest_sum_to_the_change_and_the_change_is_what_usage_by_key_says(group_by, query):
    answer = of_demo(period="2026-10", group_by=group_by, limit=2, **query)
    assert sum(row.change for row in answer.rows) + answer.rest.change == answer.total.change
    assert answer.total.change == answer.total.request_count - answer.total.baseline_request_count
    for period, told in (("2026-10", answer.total.request_count), ("2026-09", answer.total.baseline_request_count)):
        usage = asyncio.run(usage_by_key(a_desk(), UsageQuery(period=period, **query)))
        revoked = usage.unattributed.revoked if usage.unattributed else 0
        assert told == usage.totals.request_count + revoked


def test_new_gone_and_woken_keys_are_told(asked):
    keys = [
        a_key("alpha"),
        a_key("old", revoked_at=datetime(2026, 11, 11, tzinfo=UTC)),
        a_key("young"),
        a_key("asleep"),
    ]
    some = [
        cell("2026-11-10T10:00", 5),
        cell("2026-11-11T10:00", 6),
        cell("2026-11-10T10:00", 9, "old"),
        cell("2026-11-11T10:00", 3, "young"),
        cell("2026-10-05T10:00", 2, "asleep"),
        cell("2026-11-11T10:00", 1, "asleep"),
    ]
    answer = asked(some, keys=keys, **TWO_DAYS)
    assert changes(answer) == {"old": ("gone", -9), "young": ("new", 3), "alpha": ("grown", 1), "asleep": ("woken", 1)}
    assert "new: young (live); woken: asleep (live); gone: old (live, revoked)." in answer.summary
    assert answer.statuses == {"gone": 1, "grown": 1, "new": 1, "woken": 1}


def test_a_rotation_is_neither_new_nor_gone(asked):
    keys = [a_key("first", replaced_by="id_second"), a_key("second"), a_key("alpha")]
    some = [cell("2026-11-10T10:00", 9, "first"), cell("2026-11-11T10:00", 10, "second")]
    answer = asked(some, keys=keys, **TWO_DAYS)
    assert changes(answer) == {"second": ("grown", 1), "alpha": ("idle", 0)}
    assert answer.rows[0].rotated_from == ("id_first",)
    assert (answer.new, answer.gone, answer.rotated) == ((), (), ("second (live)",))
    assert "rotated: second (live)" in answer.summary


def test_use_by_nobody_known_stands_beside_and_in_no_row(asked):
    some = [cell("2026-11-10T10:00", 5), cell("2026-11-11T10:00", 6), cell("2026-11-11T10:00", 3, "stranger")]
    answer = asked(some, **TWO_DAYS)
    assert answer.total.change == 1
    assert answer.unattributed is not None
    assert answer.unattributed.change == 3
    assert asked([], name_contains="alpha", **TWO_DAYS).unattributed is None


def test_a_baseline_that_nobody_observed_is_refused_and_not_taken_as_0(asked):
    with pytest.raises(NoDataError) as failure:
        asked([cell("2026-11-11T10:00", 6)], ("2026-11-11", "2026-11-22T12:00"), period="2026-11-11")
    assert str(failure.value) == (
        "Nothing was observed of the baseline, 2026-11-10T00:00Z to 2026-11-11T00:00Z, and that is not taken as 0; "
        "figures reach from 2026-11-11T00:00Z to 2026-11-22T12:00Z; ask period=2026-11-17..2026-11-21."
    )


def test_what_is_proposed_instead_can_be_asked(asked):
    observed = ("2026-11-11", "2026-11-22T12:00")
    assert asked([], observed, period="2026-11-17..2026-11-21").baseline.complete


@pytest.mark.parametrize(
    ("observed", "advice"),
    [
        (("2026-11-22T02:00", "2026-11-22T12:20"), "ask period=4h."),
        (("2026-11-20T00:00", "2026-11-22T12:00"), "ask period=2026-11-21."),
        (("2026-11-22T11:00", "2026-11-22T12:20"), "ask again when two whole days were observed."),
    ],
)
def test_what_is_proposed_suits_what_was_observed(asked, observed, advice):
    with pytest.raises(NoDataError, match=advice):
        asked([], observed, period="2026-11")


def test_a_window_that_nobody_observed_is_named_as_such(asked):
    with pytest.raises(NoDataError, match="Nothing was observed of the window, 2026-09-01T00:00Z"):
        asked([], period="2026-09", baseline="2026-10")


def test_half_a_baseline_is_no_measure_of_a_change(asked):
    some = [cell("2026-11-10T20:00", 5), cell("2026-11-11T10:00", 60)]
    answer = asked(some, ("2026-11-10T12:00", "2026-11-22T12:00"), **TWO_DAYS)
    assert answer.summary == (
        "60 requests on 2026-11-11, 5 on 2026-11-10; too little was observed to say how much use changed. "
        "Only 50.0% of the baseline was observed."
    )
    assert any("a key may look new" in note for note in answer.notes)


def test_a_running_period_ends_with_the_data_on_both_sides(asked):
    some = [cell("2026-11-10T10:00", 50), cell("2026-10-10T10:00", 40), cell("2026-10-21T10:00", 900)]
    answer = asked(some, ("2026-10-01", "2026-11-20T06:00"), period="mtd")
    assert (answer.window_end, answer.baseline.window_end) == (
        datetime(2026, 11, 20, 6, tzinfo=UTC),
        datetime(2026, 10, 20, 6, tzinfo=UTC),
    )
    assert (answer.total.change, answer.observed_percent) == (10, 100.0)


def test_a_rolling_window_ends_with_the_data_too_and_stays_as_long_as_its_baseline(asked):
    answer = asked([], ("2026-10-01", "2026-11-20T06:00"), period="7d")
    ends = (answer.window_start, answer.window_end, answer.baseline.window_start, answer.baseline.window_end)
    assert [f"{end:%m-%d %H}" for end in ends if end] == ["11-15 12", "11-20 06", "11-10 18", "11-15 12"]
    assert any("where the data ends" in note for note in answer.notes)


def test_what_lies_between_is_told_as_between(asked):
    some = [cell("2026-11-10", 240, hours=24), cell("2026-11-11T13:00", 30)]
    answer = asked(some, start="2026-11-11T12:00Z", end="2026-11-12T00:00Z", baseline="2026-11-10")
    assert answer.change_bounds is None
    window = {"start": "2026-11-10T12:00Z", "end": "2026-11-11T14:00Z"}
    answer = asked([], **window, baseline="2026-11-09")
    assert answer.change_bounds is not None
    assert (answer.change_bounds.least, answer.change_bounds.most) == (30, 270)
    assert "Between 30 and 270 requests" in answer.summary
    assert "the change lies between +30 and +270" in answer.summary
    assert "Change: between 30 and 270." in compare_words(answer)
    lower = asked([cell("2026-11-08T10:00", 5, bound="lower")], period="2026-11-09", baseline="2026-11-08")
    assert "the change is at most -5" in lower.summary


def test_equal_sums_and_none_before_have_words(asked):
    assert asked([], **TWO_DAYS).summary == "0 requests on 2026-11-11, as many as on 2026-11-10."
    some = [cell("2026-11-11T10:00", 1)]
    assert asked(some, **TWO_DAYS).summary.startswith("1 request on 2026-11-11, and none on 2026-11-10.")


def test_a_baseline_that_does_not_lie_before_makes_nobody_new(asked):
    answer = asked([cell("2026-11-10T10:00", 5)], period="2026-11-10", baseline="2026-11-11")
    assert changes(answer)["alpha"] == ("grown", 5)
    assert any("no key is told as new" in note for note in answer.notes)


def test_the_second_page_goes_on_and_says_when_the_figures_moved(asked):
    keys = [a_key(f"k{number}") for number in range(5)]
    some = [cell("2026-11-11T10:00", 10 + number, f"k{number}") for number in range(5)]
    first = asked(some, keys=keys, limit=2, **TWO_DAYS)
    second = asked([], keys=keys, limit=2, cursor=first.next_cursor)
    assert [row.name for row in (*first.rows, *second.rows)] == ["k4", "k3", "k2", "k1"]
    assert (second.baseline.window_start, second.filters) == (first.baseline.window_start, "first_rank=3")
    moved = asked([cell("2026-11-11T11:00", 99, "k0")], keys=keys, limit=2, cursor=first.next_cursor)
    assert any("moved since the first page" in note for note in moved.notes)
    with pytest.raises(QuestionError, match="baseline=2026-11-10"):
        asked([], keys=keys, baseline="2026-11-09", cursor=first.next_cursor)


def test_many_long_rows_are_shortened_to_fit(asked):
    keys = [a_key("ß" * 50 + str(number), team="t" * 60, key_id=f"id_{'x' * 50}{number}") for number in range(100)]
    answer = asked([], keys=keys, limit=100, **TWO_DAYS)
    assert max(len(compare_words(answer)), len(answer.model_dump_json())) <= 40_000
    assert answer.rest.rows == 100 - len(answer.rows)
    assert answer.next_cursor


def test_a_team_that_does_not_exist_is_refused():
    with pytest.raises(QuestionError, match="the teams are growth, payments, platform, security, storefront"):
        of_demo(team="nobody")


def test_a_baseline_that_is_no_period_is_refused_with_the_word_for_the_one_before():
    with pytest.raises(
        QuestionError, match="The baseline is preceding, or a period: The period 'soon' is not understood"
    ):
        of_demo(baseline="soon")
