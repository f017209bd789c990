"""What a search could not test, told for each kind and key with the reason."""

import pytest
from anomaly_builders import DAYS, a_search, a_watched, usual, with_days
from domain_builders import a_key

from edgedns_mcp.domain.anomalies import tested
from edgedns_mcp.domain.anomalies.baseline import HOURLY
from edgedns_mcp.domain.anomalies.tested import Reach, why_not
from edgedns_mcp.domain.anomalies.watched import Gap

FIRST = 90
USUAL = usual()


def a_reach(*watched, environment="live", known=None, first=FIRST) -> Reach:
    keys = {one.key_id: a_key(one.key_id, environment=environment) for one in watched}
    return Reach(a_search(*watched), keys, first, known or {})


def why(kind, watched=None, **more) -> str:
    (said,) = why_not(a_reach(watched or a_watched(USUAL), **more), [kind], "key_1")
    return said


@pytest.mark.parametrize(
    ("kind", "known", "said"),
    [
        ("spike", {}, ""),
        ("dormant", {}, ""),
        ("silence", {}, ""),
        ("error_burst", {}, ""),
        ("budget", {}, "without a budget"),
        ("budget", {"budget": ["key_1"]}, ""),
        ("endpoint_shift", {}, "without known endpoints"),
        ("endpoint_shift", {"endpoint_shift": ["key_1"]}, ""),
        ("environment", {}, "without requests that name an environment"),
        ("environment", {"environment": ["key_1"]}, ""),
    ],
)
def test_a_key_in_use_is_tested_for_what_is_known_of_it(kind, known, said):
    assert why(kind, known=known) == said


@pytest.mark.parametrize(
    ("kind", "watched", "said"),
    [
        ("spike", a_watched([0] * DAYS), "never used"),
        ("spike", a_watched(with_days(USUAL, dict.fromkeys(range(FIRST, DAYS)))), "not observed in the window"),
        ("spike", a_watched([0] * 85 + USUAL[:15]), "young (7 to 21 days) against its record only"),
        ("spike", a_watched([0] * 90 + USUAL[:10]), "with less than 7 days of history"),
        ("dormant", a_watched([0] * 85 + USUAL[:15]), "with less than 30 days of history"),
        ("error_burst", a_watched([1] * DAYS), "with fewer than 14 times 20 requests"),
        ("silence", a_watched([100, 0] * (DAYS // 2)), "not used every day"),
        ("spike", a_watched(USUAL, planned=frozenset(range(FIRST, DAYS))), "planned for all of the window"),
        ("spike", a_watched(USUAL, planned=frozenset(range(FIRST + 1, DAYS))), ""),
        (
            "environment",
            a_watched(with_days(USUAL, dict.fromkeys(range(FIRST, DAYS), 0))),
            "without requests in the window",
        ),
    ],
)
def test_a_key_says_what_it_lacks(kind, watched, said):
    assert why(kind, watched) == said


def test_no_plan_makes_a_wrong_environment_right():
    planned = a_watched(USUAL, planned=frozenset(range(FIRST, DAYS)))
    assert why("environment", planned) == "without requests that name an environment"


def test_a_count_over_days_that_nobody_observed_is_use_in_the_window():
    unseen = with_days(USUAL, dict.fromkeys(range(FIRST, DAYS)))
    assert why("environment", a_watched(unseen, gaps=(Gap(FIRST, DAYS - 1, 500),))).startswith("without requests that")


def test_a_key_of_unknown_environment_cannot_be_in_a_wrong_one():
    assert why("environment", environment="unknown") == "without a declared environment"


def test_reasons_are_counted_the_most_frequent_first():
    every = [a_watched([0] * 90 + USUAL[:10], f"young_{one}") for one in range(2)]
    every += [a_watched([0] * DAYS, "never"), a_watched(USUAL, "used")]
    (spike,) = tested.tested(a_reach(*every), ["spike"], [one.key_id for one in every])
    assert (spike.kind, spike.keys, spike.untested_keys) == ("spike", 1, 3)
    assert spike.why == "2 with less than 7 days of history, 1 never used"


@pytest.mark.parametrize(
    ("kind", "born", "said"),
    [
        ("spike", 74, ""),  # three weeks by the middle of the window
        ("spike", 75, "young (7 to 21 days) against its record only"),
        ("spike", 88, "young (7 to 21 days) against its record only"),
        ("spike", 89, "with less than 7 days of history"),
        ("dormant", 65, ""),
        ("dormant", 66, "with less than 30 days of history"),
    ],
)
def test_history_is_counted_to_the_middle_of_the_window(kind, born, said):
    assert why(kind, a_watched([0] * born + USUAL[born:])) == said


def test_sleep_and_silence_are_searched_for_by_days_only():
    hours = a_watched([30] * (24 * 40), rhythm=HOURLY)
    reach = a_reach(hours, first=24 * 38)
    assert why_not(reach, ["dormant", "silence", "spike", "error_burst"], "key_1") == [
        "searched for by days only",
        "searched for by days only",
        "",
        "",
    ]


def test_reasons_of_as_many_keys_come_by_their_words():
    every = [a_watched([0] * DAYS, "never"), a_watched([0] * 75 + USUAL[75:], "young")]
    (dormant,) = tested.tested(a_reach(*every), ["dormant"], [one.key_id for one in every])
    assert (dormant.keys, dormant.why) == (0, "1 never used, 1 with less than 30 days of history")
    every = [a_watched([0] * born + USUAL[born:], f"born_{born}") for born in (75, 90)]
    (spike,) = tested.tested(a_reach(*every), ["spike"], [one.key_id for one in every])
    assert spike.why == "1 with less than 7 days of history, 1 young (7 to 21 days) against its record only"


def test_a_key_with_a_plan_was_observed_in_the_window_unless_nobody_did():
    unseen, idle = (
        a_watched(with_days(USUAL, dict.fromkeys(range(FIRST, DAYS), what)), planned=frozenset({0}))
        for what in (None, 0)
    )
    assert why("spike", unseen) == "not observed in the window"
    assert why("spike", idle) == ""


def test_a_key_whose_environment_only_its_id_tells_has_one():
    reach = a_reach(a_watched(USUAL, "edns_live_1"), environment="unknown", known={"environment": ["edns_live_1"]})
    assert why_not(reach, ["environment"], "edns_live_1") == [""]


@pytest.mark.parametrize(("days", "said"), [(14, "with fewer than 14 times 20 requests"), (15, "")])
def test_the_last_day_is_none_of_the_days_before_it(days, said):
    assert why("error_burst", a_watched([1] * (DAYS - days) + [30] * days)) == said
