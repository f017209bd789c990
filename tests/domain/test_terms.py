"""From words to the terms of a chargeback: amounts, shares, teams and weights, and what is refused."""

from fractions import Fraction

import pytest
from domain_builders import a_key

from edgedns_mcp.domain.chargeback import Terms, Tier
from edgedns_mcp.domain.standing import Settled
from edgedns_mcp.domain.terms import (
    NOMINAL,
    TeamPattern,
    groups_of_percents,
    idle_weights,
    team_patterns,
    teams_of,
    terms_of,
    weights_of,
)
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import ChargebackQuery
from edgedns_mcp.models.standing import StandingTier

ASKED = ChargebackQuery(method="proportional")


def settled(method: str = "proportional", amount: str = "12.50", **changes) -> Settled:
    return Settled(method, "team", changes.pop("beside", "separate"), amount)._replace(**changes)


def refused(whole: Settled, query: ChargebackQuery = ASKED) -> str:
    with pytest.raises(QuestionError) as caught:
        terms_of(query, whole, "EUR")
    return str(caught.value)


@pytest.mark.parametrize("method", ["proportional", "even"])
def test_an_amount_is_shared_in_minor_units(method):
    assert terms_of(ASKED, settled(method), "EUR") == Terms(method, 1250)
    assert terms_of(ASKED, settled(method, "12"), "JPY") == Terms(method, 12)
    assert terms_of(ASKED, settled(method, "0"), "EUR") == Terms(method, 0)


def test_without_an_amount_percents_are_shared():
    assert terms_of(ASKED, settled(amount=""), "EUR") == Terms("proportional", NOMINAL)


def test_others_bear_the_use_of_nobody_where_that_is_asked():
    assert terms_of(ASKED, settled(beside="spread"), "EUR") == Terms("proportional", 1250, spread=True)


def test_shares_are_read_as_percents():
    whole = settled("fixed", shares={"a": "33.3", "b": "66.7"})
    expected = Terms("fixed", 1250, percents={"a": Fraction(333, 10), "b": Fraction(667, 10)})
    assert terms_of(ASKED, whole, "EUR") == expected


def test_shares_that_miss_a_hundred_are_refused_with_ones_that_do_not():
    said = refused(settled("fixed", shares={"a": "60.50", "b\u200b": "30"}))
    assert said == 'The shares sum to 90.5, not to 100; write for example shares="a=60.5,b=39.5".'
    assert refused(settled("fixed", shares={"a": "100", "b": "1"})).endswith('shares="a=100,b=0".')
    assert refused(settled("fixed", shares={"a": "101", "b": "1"})).endswith('shares="payments=60,growth=40".')


def test_a_fixed_fee_is_a_part_of_the_amount():
    asked = ChargebackQuery(method="hybrid", fixed_fee="2.50")
    assert terms_of(asked, settled("hybrid", fixed_fee="2.50"), "EUR") == Terms("hybrid", 1250, fixed_fee=250)
    assert terms_of(asked, settled("hybrid", fixed_fee="12.50"), "EUR").fixed_fee == 1250
    assert terms_of(asked, settled("hybrid", "-12.50", fixed_fee="-12.50"), "EUR").fixed_fee == -1250


@pytest.mark.parametrize(("amount", "fee"), [("12.50", "12.51"), ("12.50", "-1"), ("-12.50", "1"), ("-12.50", "-13")])
def test_a_fixed_fee_beyond_the_amount_is_refused(amount, fee):
    said = refused(settled("hybrid", amount, fixed_fee=fee), ChargebackQuery(method="hybrid", fixed_fee=fee))
    assert said == f"fixed_fee is a part of the amount, so it lies between 0 and {amount}."


def test_a_standing_fee_beyond_the_amount_is_told_as_one():
    said = refused(settled("hybrid", fixed_fee="13"), ChargebackQuery())
    assert said == "fixed_fee of edgedns.toml is a part of the amount, so it lies between 0 and 12.50."


def test_a_fixed_fee_without_an_amount_is_refused():
    said = refused(settled("hybrid", "", fixed_fee="1"), ChargebackQuery(method="hybrid", fixed_fee="1"))
    assert said == "method=hybrid needs the amount that fixed_fee is a part of, for example amount=1200."
    withheld = refused(settled("hybrid", "", fixed_fee="1", withheld="month"), ChargebackQuery(fixed_fee="1"))
    assert withheld.startswith("method=hybrid, as in edgedns.toml, needs the amount that fixed_fee is a part of; ")


def test_a_price_makes_the_amount():
    priced = ChargebackQuery(method="price", unit_price="0.0012")
    expected = Terms("price", NOMINAL, tiers=(Tier(None, Fraction(12, 100)),))
    assert terms_of(priced, settled("price", "", unit_price="0.0012"), "EUR") == expected
    assert "leave amount out" in refused(settled("price", unit_price="0.0012"), priced)


def test_graduated_prices_stand_for_the_one_price():
    tiers = (StandingTier(up_to=1000, price="0"), StandingTier(price="1.20/1000"))
    expected = (Tier(1000, Fraction(0)), Tier(None, Fraction(12, 100)))
    assert terms_of(ChargebackQuery(), settled("price", "", tiers=tiers), "EUR").tiers == expected


@pytest.mark.parametrize(
    ("argument", "words", "method"),
    [("fixed_fee", "5", "hybrid"), ("unit_price", "1", "price"), ("shares", "a=100", "fixed")],
)
def test_what_belongs_to_another_method_is_refused(argument, words, method):
    said = refused(settled(), ChargebackQuery(**{argument: words}))
    assert said == f"{argument} belongs to method={method}; write method={method}, or leave {argument} out."
    assert terms_of(ChargebackQuery(**{argument: " "}), settled(), "EUR") == Terms("proportional", 1250)


@pytest.mark.parametrize(
    ("method", "needed"),
    [
        ("hybrid", "fixed_fee, for example fixed_fee=500"),
        ("price", "unit_price, for example unit_price=0.0012"),
        ("fixed", 'shares, for example shares="payments=60,growth=40"'),
    ],
)
def test_what_a_method_needs_is_asked_for(method, needed):
    asked = refused(settled(method, "" if method == "price" else "1"), ChargebackQuery(method=method))
    assert asked == f"method={method} needs {needed}."
    standing = refused(settled(method, "1", lost="; it is lost"), ChargebackQuery())
    assert standing == f"method={method}, as in edgedns.toml, needs {needed}; it is lost."


CALLED = {"payments": "Payments", "pay": "Payments", "growth": "growth"}


def test_a_share_finds_its_group_whatever_the_case():
    percents = {"PAY": Fraction(60), "Growth": Fraction(40)}
    assert groups_of_percents(percents, CALLED, "team") == {"Payments": Fraction(60), "growth": Fraction(40)}


def test_a_share_of_an_unknown_group_is_refused_with_those_that_are_there():
    with pytest.raises(QuestionError) as caught:
        groups_of_percents({"sales\u200b": Fraction(100)}, CALLED, "team", whose=" of edgedns.toml")
    said = "There is no team 'sales' to take a share of edgedns.toml; there are Payments, growth."
    assert str(caught.value) == said
    with pytest.raises(QuestionError, match=r"to take a share; there are none in this period\."):
        groups_of_percents({"sales": Fraction(100)}, {}, "team")


def test_at_most_twenty_groups_are_named():
    called = {f"t{number:02}": f"t{number:02}" for number in range(30)}
    with pytest.raises(QuestionError, match=r"t18, t19\.$"):
        groups_of_percents({"sales": Fraction(100)}, called, "team")


def test_a_group_that_is_named_twice_is_refused():
    with pytest.raises(QuestionError, match="shares names 'Payments' twice; write each team once"):
        groups_of_percents({"pay": Fraction(60), "payments": Fraction(40)}, CALLED, "team")


def test_teams_are_lists_of_patterns():
    words = " payments : checkout*, billing* ,;growth: news:*\n ; ops: a"
    assert team_patterns(words) == [
        TeamPattern("payments", "checkout*"),
        TeamPattern("payments", "billing*"),
        TeamPattern("growth", "news:*"),
        TeamPattern("ops", "a"),
    ]
    assert team_patterns(" ") == []


def test_a_password_does_not_outlive_the_colon_that_parts_a_team_from_its_patterns():
    assert team_patterns("https://robot:hunter2@db.example.com/x") == [("https", "//...@db.example.com/x")]


@pytest.mark.parametrize("words", ["payments", "payments:", "payments: ,", ": checkout*", "a: b; c"])
def test_teams_without_patterns_are_refused(words):
    with pytest.raises(QuestionError, match="teams lists each team with patterns of its keys"):
        team_patterns(words)


def test_the_first_pattern_that_matches_a_name_or_an_id_gives_the_team():
    keys = [a_key("key_1", name="Checkout-EU"), a_key("KEY_2", name="x"), a_key("key_3", name="my-checkout")]
    patterns = [TeamPattern("first", "CHECKOUT*"), TeamPattern("second", "key_[12]")]
    assert teams_of(keys, patterns) == {"key_1": "first", "KEY_2": "second"}


def test_an_endpoint_has_the_weight_of_its_own_path_before_that_of_a_pattern():
    weights = {"/v1/*": "2", "/v1/export": "0", "/v1/e*": "3"}
    assert weights_of(weights, ["/v1/export", "/v1/else", "/v2/x", "", "/v1/dns"]) == {
        "/v1/export": Fraction(0),
        "/v1/else": Fraction(2),
        "/v1/dns": Fraction(2),
    }


def test_weights_that_weigh_nothing_are_listed():
    paths = ["/v1/export", "/v1/[x]"]
    assert idle_weights(["/v1/*", "/v2/*", "/v1/export", "/v1/exp", "/v1/[x]"], paths) == ["/v2/*", "/v1/exp"]


def test_one_share_that_is_less_than_all_is_refused_with_all():
    assert refused(settled("fixed", shares={"a": "60"})).endswith('shares="a=100".')


def test_of_three_shares_the_last_makes_up_a_hundred():
    assert refused(settled("fixed", shares={"a": "20", "b": "30", "c": "40"})).endswith('shares="a=20,b=30,c=50".')


def test_a_fixed_fee_that_is_no_number_is_called_by_its_name():
    assert refused(settled("hybrid", fixed_fee="2,50")).startswith("fixed_fee is a plain number")


def test_a_fixed_fee_may_be_nothing():
    assert terms_of(ASKED, settled("hybrid", fixed_fee="0"), "EUR").fixed_fee == 0
    assert terms_of(ASKED, settled("hybrid", "0", fixed_fee="0"), "EUR").total == 0
    assert terms_of(ASKED, settled("hybrid", "0.01", fixed_fee="0.01"), "EUR").fixed_fee == 1


def test_an_amount_beside_a_price_is_refused_in_one_sentence():
    assert refused(settled("price", unit_price="0.01")) == (
        "With method=price the amount follows from the price; leave amount out, or share it with method=proportional."
    )


def test_teams_that_are_not_understood_are_refused_with_an_example():
    with pytest.raises(QuestionError) as raised:
        team_patterns("payments")
    assert str(raised.value) == (
        'teams lists each team with patterns of its keys; write teams="payments: checkout*, billing*; growth: news*".'
    )
