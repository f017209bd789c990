"""The range that is usual for each day of a key: from what it did before, and only where somebody can know."""

import asyncio

import pytest
from test_find_anomalies import LEAKING, organised, usually  # noqa: F401 - organised is a fixture

from edgedns_mcp.models import AnomalyQuery, HistoryQuery
from edgedns_mcp.service.anomalies import find_anomalies
from edgedns_mcp.service.history import usage_history

KEY = {"key": "alpha-api", "usual": True}
MONTH = "2026-10-20..2026-11-19"


def days(asking, **query):
    """Give by day what was made, and between what it should lie."""
    answer = asyncio.run(usage_history(asking.desk, HistoryQuery(**KEY | query)))
    ranges = zip(answer.usual.low, answer.usual.high, strict=True)
    return {one.label: (one.request_count, *some) for one, some in zip(answer.buckets, ranges, strict=True)}


def test_nearly_every_day_of_a_steady_key_lies_in_its_range(organised):  # noqa: F811
    told = days(organised(usually("id_alpha", 1_000), keys=("alpha",)), period=MONTH)
    known = [(low, made, high) for made, low, high in told.values() if low is not None]
    assert len(known) > 25
    assert sum(low <= made <= high for low, made, high in known) >= 0.9 * len(known)
    assert all(500 < low < 1_000 < high < 1_500 for low, _, high in known)


def test_days_on_which_months_begin_and_end_have_no_range(organised):  # noqa: F811
    told = days(organised(usually("id_alpha", 1_000), keys=("alpha",)), period=MONTH)
    assert {label for label, (_, low, _) in told.items() if low is None} == {"2026-10-30", "2026-10-31", "2026-11-01"}


def test_the_day_of_a_finding_has_the_range_that_the_finding_tells(organised):  # noqa: F811
    asking = organised(LEAKING)
    (found,) = asyncio.run(find_anomalies(asking.desk, AnomalyQuery(key="alpha-api", period="7d"))).findings
    made, low, high = days(asking, period=MONTH)[f"{found.worst_start:%Y-%m-%d}"]
    assert (made, low, high) == (found.worst_count, found.expected_low, found.expected_high)


def test_a_day_that_still_runs_or_is_cut_by_the_window_has_none(organised):  # noqa: F811
    told = [*days(organised(usually("id_alpha", 1_000), keys=("alpha",)), period="7d").values()]
    assert [low is None for _, low, _ in told] == [True, *[False] * (len(told) - 2), True]


@pytest.mark.parametrize(
    "query",
    [
        {"usual": False},
        {"bucket": "week"},
        {"bucket": "hour", "period": "7d"},
        {"key": ""},
        {"key": "api"},
    ],
    ids=str,
)
def test_nothing_is_told_unless_one_key_is_asked_for_by_days(organised, query):  # noqa: F811
    asking = organised([*usually("id_alpha"), *usually("id_beta", 300, seed=2)])
    assert asyncio.run(usage_history(asking.desk, HistoryQuery(**KEY | {"period": MONTH} | query))).usual is None


def test_a_young_key_has_none(organised):  # noqa: F811
    asking = organised(usually("id_alpha", days=20), keys=("alpha",))
    assert asyncio.run(usage_history(asking.desk, HistoryQuery(**KEY, period="14d"))).usual is None
