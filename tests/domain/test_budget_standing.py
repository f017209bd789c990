"""Budgets: whom one is for, how it stands, and when its thresholds were reached."""

from fractions import Fraction

import pytest
from domain_builders import a_key

from edgedns_mcp.domain.budgets import (
    budget_id,
    budget_severity,
    covered,
    limit_of,
    limit_words,
    money_of,
    reached,
    standing,
)
from edgedns_mcp.domain.usages import roster_of
from edgedns_mcp.models import Budget
from edgedns_mcp.models.choices import SEVERITY

KEYS = [
    a_key("key_1", name="payments-api", team="Payments"),
    a_key("key_2", name="payments-batch", team="Payments"),
    a_key("key_3", name="news", team="growth"),
    a_key("growth", name="named like a team", team="odd\u200b"),
]
MEMBERS = roster_of(KEYS).members
THOUSAND = Budget("", Fraction(1000), (100, 70, 70))
EUROS = Budget("payments", Fraction(4000), amount=20_000, unit_price=Fraction(1, 2), currency="EUR")


def whom(who: str):
    return covered(Budget(who, Fraction(1)), MEMBERS)


def test_a_budget_without_a_name_is_for_all_keys():
    everybody = whom("")
    assert (everybody.kind, everybody.name, everybody.key) == ("all", "", None)
    assert set(everybody.key_ids) == {"key_1", "key_2", "key_3", "growth"}


def test_a_budget_is_for_a_team_whatever_the_case():
    team = whom("pAYMENTS")
    assert (team.kind, team.name, team.key_ids, team.key) == ("team", "Payments", ["key_1", "key_2"], None)


def test_an_id_names_a_key_before_a_team():
    key = whom("growth")
    assert (key.kind, key.name, key.key_ids, key.key) == ("key", "named like a team", ["growth"], KEYS[3])


def test_a_team_is_shown_without_what_is_invisible():
    assert whom("odd\u200b").name == "odd"


def test_a_budget_for_nobody_is_for_nobody():
    assert whom("nobody") is None


@pytest.mark.parametrize(
    ("requests", "percent", "crossed"),
    [(0, 0.0, ()), (699, 69.9, ()), (700, 70.0, (70,)), (1000, 100.0, (70, 100)), (1234, 123.4, (70, 100))],
)
def test_a_threshold_is_crossed_when_it_is_reached(requests, percent, crossed):
    stands = standing(THOUSAND, requests)
    assert (stands.used_percent, stands.crossed) == (percent, crossed)


def test_each_threshold_is_reached_once_in_the_bucket_that_reached_it():
    assert list(reached(THOUSAND, [699, 1, 299, 0, 1, 500])) == [(70, 1, 700), (100, 4, 1000)]
    assert list(reached(THOUSAND, [2000, 1])) == [(70, 0, 2000), (100, 0, 2000)]
    assert list(reached(THOUSAND, [])) == []


def test_a_crossing_has_one_id_and_no_other_has_it():
    others = (
        budget_id(THOUSAND, 70, 1),
        budget_id(THOUSAND, 70, 0),
        budget_id(THOUSAND, 100, 0),
        budget_id(THOUSAND._replace(who="growth"), 70, 0),
        budget_id(THOUSAND._replace(requests=Fraction(999)), 70, 0),
        budget_id(EUROS, 70, 0),
        budget_id(EUROS._replace(currency="USD"), 70, 0),
        budget_id(EUROS._replace(amount=20_001), 70, 0),
    )
    assert len({*others}) == len(others)
    assert budget_id(EUROS._replace(requests=Fraction(1)), 70, 0) == budget_id(EUROS, 70, 0)
    assert budget_id(THOUSAND, 70, 1_790_812_800) == "12067255d8"  # told before, so it must stay


def test_a_threshold_weighs_its_percent():
    table = SEVERITY._replace(kind={"budget": 1.0}, bars=(8.0, 10.0, 11.0))
    severities = [budget_severity(percent, table) for percent in (69, 70, 89, 90, 99, 100)]
    assert severities == ["low", "medium", "medium", "high", "high", "critical"]


def test_a_budget_of_money_is_told_in_money():
    assert money_of(EUROS, 301) == "1.51"
    assert (limit_of(EUROS), limit_words(EUROS)) == ("200.00", "200.00 EUR")


def test_a_budget_of_requests_is_told_in_requests():
    assert (money_of(THOUSAND, 301), limit_of(THOUSAND)) == (None, None)
    assert limit_words(THOUSAND) == "1000 requests"
