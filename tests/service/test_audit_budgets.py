"""Budgets in the key audit: who used most of one that is over or close, by the same sums as forecast_quota has."""

import asyncio
from dataclasses import replace
from fractions import Fraction

import pytest
from faces import a_desk

from edgedns_mcp.models import AuditQuery, Budget, ForecastQuery
from edgedns_mcp.service.audit import audit_keys
from edgedns_mcp.service.forecast import forecast_quota


def a_budget(who: str, requests: int, *thresholds: int, **more) -> Budget:
    return Budget(who, Fraction(requests), thresholds or (80, 100), **more)


def audited(*budgets: Budget, **query):
    return asyncio.run(audit_keys(replace(a_desk(), budgets=budgets), AuditQuery(**{"limit": 100, **query})))


def over(answer):
    return [item for item in answer.items if "over_budget" in item.reasons]


def test_a_key_over_its_budget_is_to_be_limited_at_once():
    (item,) = over(audited(a_budget("key_562be1", 40_000), action="limit"))
    assert (item.key_id, item.urgency, item.action) == ("key_562be1", "high", "limit")
    assert item.evidence.startswith(
        "Its budget of 40000 requests is used to 106.0 % since 2026-11-01. Its busiest hour"
    )
    assert item.next_step == (
        "Ask team payments whether the budget or the use is to change. Limit it to 330 requests in each hour in your "
        "EdgeDNS account, and plan a budget of 74000 in 30 days."
    )


def test_a_team_close_to_its_budget_is_told_by_the_key_that_used_most_of_it():
    (item,) = over(audited(a_budget("Payments", 55_000)))
    assert (item.key_id, item.urgency) == ("key_562be1", "medium")
    assert "The budget of team payments, 55000 requests, is used to 86.1 % since 2026-11-01, 89.6 %" in item.evidence
    assert "% of that by this key." in item.evidence


@pytest.mark.parametrize("who", ["", "payments", "key_562be1"])
def test_the_percent_is_that_of_forecast_quota(who):
    budget = a_budget(who, 30_000, 1)
    desk = replace(a_desk(), budgets=(budget,))
    (row,) = asyncio.run(forecast_quota(desk, ForecastQuery())).budgets
    (item,) = over(audited(budget))
    assert f"is used to {row.used_percent} % since" in item.evidence


def test_money_is_told_as_money():
    price = Fraction(12, 100)  # minor units a request
    (item,) = over(audited(Budget("payments", 5_000 / price, (80, 100), 5_000, price, "EUR")))
    assert "The budget of team payments, 50.00 EUR, is used to " in item.evidence


def test_a_budget_below_its_thresholds_or_of_a_key_that_is_not_asked_about_is_quiet():
    assert over(audited(a_budget("payments", 10_000_000))) == []
    assert over(audited(a_budget("payments", 55_000), team="growth")) == []
    assert over(audited(a_budget("key_6b0f42", 1))) == []  # unused


def test_a_budget_for_nobody_is_named():
    answer = audited(a_budget("sales", 5))
    assert (
        "The budget of sales in edgedns.toml is of no key and no team here, so no use is held against it."
        in answer.notes
    )
