"""What key_details says beside figures: which key was meant, what is open, and why a day is no finding."""

import asyncio
from datetime import timedelta

import pytest
from test_find_anomalies import LEAKING, NOW, a_cell, organised, usually  # noqa: F401 - organised is a fixture

from edgedns_mcp.domain.anomalies.incidents import OF_KEYS
from edgedns_mcp.errors import NoDataError
from edgedns_mcp.models import HistoryQuery, KeyQuery, UsageQuery
from edgedns_mcp.service.history import usage_history
from edgedns_mcp.service.key import UNKNOWN, key_details
from edgedns_mcp.service.usage import usage_by_key


def details(asking, key: str, **query):
    return asyncio.run(key_details(asking.desk, KeyQuery(key=key, **query)))


def test_an_exact_id_in_the_data_is_meant_before_a_part_of_a_listed_name(organised):  # noqa: F811
    asking = organised([*usually("id_a"), *usually("id_alpha", 300, seed=2)], keys=("alpha",))
    answer = details(asking, "id_a", period="7d")
    (one,) = answer.keys
    assert (answer.matched_by, one.key_id, one.rank) == ("id", "id_a", None)
    assert UNKNOWN in answer.notes
    history = asyncio.run(usage_history(asking.desk, HistoryQuery(key="id_a", period="7d")))
    assert (history.matched_by, history.request_count) == ("id", one.request_count)


@pytest.mark.parametrize("zone", ["UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"])
def test_an_open_finding_is_dated_by_the_day_of_the_zone(organised, zone):  # noqa: F811
    answer = details(organised(LEAKING, zone=zone), "alpha-api", period="7d")
    assert "1 open finding: critical spike of 2026-11-18." in answer.summary


def test_a_known_finding_is_counted_and_its_day_not_explained_away(organised):  # noqa: F811
    asking = organised(LEAKING)
    (signs,) = [one.signs for one in details(asking, "alpha-api", period="7d").keys]
    asking.acknowledge(signs.findings[0].finding_id, NOW + timedelta(days=9))
    (after,) = [one.signs for one in details(asking, "alpha-api", period="7d").keys]
    assert (after.findings, after.acknowledged_count, after.unflagged) == ((), 1, signs.unflagged)


def test_the_day_that_is_explained_is_the_most_unusual_one_and_not_one_of_few_requests(organised):  # noqa: F811
    few = organised(usually("id_alpha", **{"d-1": 3, "d-3": 160}), keys=("alpha",))
    (one,) = details(few, "alpha-api", period="7d").keys
    assert (one.signs.unflagged.request_count, one.signs.unflagged.gate) == (160, "record")
    assert one.signs.unflagged.why.startswith("The 160 requests on Tue 2026-11-17 are not more than 1.5 times ")


def test_a_single_request_is_told_as_one(organised):  # noqa: F811
    quiet = {f"d-{day}": 0 for day in range(8)}
    asking = organised(usually("id_alpha", **quiet | {"d-3": 1}), keys=("alpha",))
    (one,) = details(asking, "alpha-api", period="7d").keys
    assert one.signs.unflagged.why.startswith("The 1 request on Tue 2026-11-17 is ")


def test_a_day_that_begins_where_the_data_ends_was_not_observed(organised):  # noqa: F811
    midnight = NOW.replace(hour=0)
    asking = organised(LEAKING, observed=((midnight - timedelta(days=100), midnight),))
    for asked in (
        usage_by_key(asking.desk, UsageQuery(period="today")),
        key_details(asking.desk, KeyQuery(key="alpha-api", period="today")),
    ):
        with pytest.raises(NoDataError, match="There is no data for today"):
            asyncio.run(asked)


def test_key_details_weighs_a_finding_as_find_anomalies_does(organised):  # noqa: F811
    moved = [a_cell(day, 60, endpoint="/v1/export", environment="unknown") for day in (1, 2)]
    asking = organised([*usually("id_alpha", 40, environment="unknown"), *moved], keys=("alpha",))
    (found,) = asking.ask(kind="endpoint_shift").findings
    (one,) = details(asking, "alpha-api", period="7d").keys
    assert [(sign.finding_id, sign.severity) for sign in one.signs.findings if sign.kind == "endpoint_shift"] == [
        (found.finding_id, found.severity)
    ]


def test_a_key_is_told_for_which_kinds_it_could_not_be_tested(organised):  # noqa: F811
    asking = organised([*usually("id_alpha"), *usually("id_beta", days=10)], keys=("alpha", "beta"))
    (old,), (young,) = (details(asking, name, period="7d").keys for name in ("alpha", "beta"))
    assert {*old.signs.tested, *old.signs.untested} == {*young.signs.tested, *young.signs.untested} == {*OF_KEYS}
    assert old.signs.untested == {}
    assert young.signs.untested["dormant"] == "with less than 30 days of history"
    assert young.signs.untested["spike"] == "young (7 to 21 days) against its record only"


def test_a_key_without_requests_that_day_was_not_tested_for_its_environment(organised):  # noqa: F811
    asking = organised([*usually("id_alpha"), *usually("id_beta", **{"d-1": 0})], keys=("alpha", "beta"))
    answer = asking.ask(kind="environment", period="yesterday")
    assert [one.model_dump() for one in answer.tested] == [
        {"kind": "environment", "keys": 1, "untested_keys": 1, "why": "1 without requests in the window"}
    ]
