"""What stands until a question names something else, and the billing period that an amount is for."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.domain.periods import resolve
from edgedns_mcp.domain.standing import Fit, billing_month, settled
from edgedns_mcp.domain.terms import idle_weights, weights_of
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import NO_TERMS, ChargebackQuery, StandingTerms
from edgedns_mcp.models.numbers import SHARE, named_numbers

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=UTC)
STANDING = StandingTerms(
    method="hybrid",
    group_by="cost_center",
    unattributed="spread",
    amount="900",
    amounts={"2026-10": "1200.00"},
    fixed_fee="500",
    unit_price="0.01",
    shares={"CC-1": "60", "CC-2": "40"},
    weights={"/v1/export": "10"},
)
OCTOBER = Fit("2026-10")


def whole(fit=OCTOBER, **query):
    return settled(ChargebackQuery(**query), STANDING, fit)


def test_what_a_question_does_not_name_is_taken_as_it_stands():
    found = whole()
    assert (found.method, found.group_by, found.unattributed) == ("hybrid", "cost_center", "spread")
    assert (found.amount, found.fixed_fee, found.weights) == ("1200.00", "500", {"/v1/export": "10"})
    assert (found.unit_price, found.shares, found.tiers) == ("", {}, ())  # of other methods
    assert found.taken == {
        "method": "hybrid",
        "group_by": "cost_center",
        "unattributed": "spread",
        "amount": "1200.00",
        "fixed_fee": "500",
        "weights": "/v1/export=10",
    }


def test_what_a_question_names_wins():
    found = whole(
        method="hybrid",
        group_by="team",
        unattributed="separate",
        amount="5",
        fixed_fee="1",
        weights="/v1/dns/* = 2.5; /v1/whois=0",
    )
    assert (found.method, found.group_by, found.unattributed) == ("hybrid", "team", "separate")
    assert (found.amount, found.fixed_fee) == ("5", "1")
    assert found.weights == {"/v1/dns/*": "2.5", "/v1/whois": "0"}
    assert found.taken == {}


def test_none_is_nothing_whatever_stands():
    found = whole(amount="none", weights="None")
    assert (found.amount, found.weights, found.withheld) == ("", {}, "")
    assert {"amount", "weights"}.isdisjoint(found.taken)


def test_without_anything_that_stands_the_defaults_hold():
    found = settled(ChargebackQuery(), StandingTerms(), OCTOBER)
    assert (found.method, found.group_by, found.unattributed) == ("proportional", "team", "separate")
    assert (found.amount, found.taken, found.withheld, found.lost) == ("", {}, "", "")


def test_the_price_of_a_question_stands_before_tiers():
    standing = StandingTerms.model_validate({"tiers": [{"up_to": 10, "price": 1}, {"price": "0.5"}]})
    tiers = settled(ChargebackQuery(method="price"), standing, OCTOBER)
    assert [(tier.up_to, tier.price) for tier in tiers.tiers] == [(10, "1"), (None, "0.5")]
    assert tiers.taken == {"tiers": "1 up to 10, 0.5"}
    assert settled(ChargebackQuery(method="price", unit_price="2"), standing, OCTOBER).tiers == ()


def test_a_standing_amount_is_for_the_months_it_names_or_for_each():
    assert whole(Fit("2026-09")).amount == "900"
    only = StandingTerms(amounts={"2026-10": "1200.00"})
    assert settled(ChargebackQuery(), only, OCTOBER).amount == "1200.00"
    other = settled(ChargebackQuery(), only, Fit("2026-09"))
    assert (other.amount, other.withheld) == ("", "month")


def test_a_standing_amount_is_for_no_other_period_and_no_other_currency():
    assert (whole(Fit("")).amount, whole(Fit("")).withheld) == ("", "period")
    foreign = whole(Fit("2026-10", is_ours=False))
    assert (foreign.amount, foreign.fixed_fee, foreign.withheld) == ("", "", "currency")
    assert foreign.weights == {"/v1/export": "10"}
    assert whole(Fit("2026-10", is_ours=False), method="price").unit_price == ""


def test_a_price_takes_no_standing_amount():
    found = whole(method="price")
    assert (found.amount, found.unit_price, found.withheld) == ("", "0.01", "")


def test_standing_shares_are_of_the_standing_groups():
    assert whole(method="fixed").shares == {"CC-1": "60", "CC-2": "40"}
    assert whole(method="fixed", group_by="team", shares="a=100").shares == {"a": "100"}
    with pytest.raises(QuestionError) as failure:
        whole(method="fixed", group_by="team")
    assert str(failure.value) == (
        "The shares of edgedns.toml are of cost centres; ask group_by=cost_center, or pass shares of teams."
    )


def test_weights_that_are_none_are_refused():
    with pytest.raises(QuestionError) as failure:
        whole(weights="/v1/export")
    assert str(failure.value) == (
        'weights gives each endpoint or pattern a number once; write weights="/v1/export=10".'
    )


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("a=60,b=40", {"a": "60", "b": "40"}),
        (" a : 60.5 % ;\n b=39.5%\n", {"a": "60.5", "b": "39.5"}),
        ("a=b=60", {"a=b": "60"}),
        ("/v1/x:y=60", {"/v1/x:y": "60"}),
        ("", {}),
        *(
            (words, None)
            for words in ("a", "=60", " = 60", "a=", "a=-1", "a=1e2", "a=٣", "a=1,a=2", "a=60%%", "a=1000")
        ),
        ("a" + " " * 200_000 + "b", None),
        (",".join(f"{number}=1" for number in range(1_001)), None),
    ],
    ids=lambda one: str(one)[:20],
)
def test_names_with_numbers_are_read_as_people_write_them(words, found):
    if found is None:
        with pytest.raises(ValueError, match="no name with a number"):
            named_numbers(words, SHARE)
    else:
        assert named_numbers(words, SHARE) == found


def test_the_path_itself_weighs_before_patterns_and_those_in_their_order():
    weights = {"/v1/*": "2", "/v1/dns": "3", "/v1/d*": "4", "*": "0"}
    found = weights_of(weights, ["/v1/dns", "/v1/dig", "/V1/dig", "/v2", ""])
    assert found == {"/v1/dns": 3, "/v1/dig": 2, "/V1/dig": 0, "/v2": 0}
    assert weights_of({"/v1/[a]": "2"}, ["/v1/[a]", "/v1/a"]) == {"/v1/[a]": 2, "/v1/a": 2}


def test_weights_that_match_no_endpoint_are_found():
    paths = {"/v1/dns", "/v1/[a]", ""}
    assert idle_weights(["/v1/dns", "/v1/[a]", "/v1/d?s", "*"], paths) == []
    assert idle_weights(["/v1/dn", "/V1/dns", "/v2/*", "/v1/[b]"], paths) == ["/v1/dn", "/V1/dns", "/v2/*", "/v1/[b]"]


@given(
    st.builds(
        StandingTerms,
        method=st.sampled_from((None, "even", "hybrid", "price")),
        group_by=st.sampled_from((None, "key", "cost_center")),
        unattributed=st.sampled_from((None, "separate", "spread")),
        amount=st.sampled_from((None, "1", "0.5")),
        amounts=st.sampled_from(({}, {"2026-10": "3"})),
        fixed_fee=st.sampled_from((None, "1")),
        weights=st.sampled_from(({}, {"/a": "2"})),
    ),
    st.sampled_from(("proportional", "even")),
    st.sampled_from(("7", "none")),
    st.sampled_from(("/b=3", "none")),
    st.sampled_from((OCTOBER, Fit(""), Fit("2026-10", is_ours=False))),
)
def test_a_question_that_names_every_term_is_the_same_whatever_stands(standing, method, amount, weights, fit):
    query = ChargebackQuery(method=method, group_by="team", unattributed="separate", amount=amount, weights=weights)
    assert settled(query, standing, fit)._replace(lost="") == settled(query, NO_TERMS, fit)


@pytest.mark.parametrize(
    ("period", "billing_day", "zone", "month"),
    [
        ("previous", 1, "UTC", "2026-10"),
        ("last_month", 1, "UTC", "2026-10"),
        ("2026-09", 1, "UTC", "2026-09"),
        ("2026-10-01..2026-10-31", 1, "UTC", "2026-10"),
        ("current", 1, "UTC", "2026-11"),
        ("mtd", 1, "UTC", "2026-11"),
        ("2026-11", 1, "UTC", "2026-11"),
        ("previous", 15, "UTC", "2026-10"),
        ("current", 15, "UTC", "2026-11"),
        ("2026-10-15..2026-11-14", 15, "UTC", "2026-10"),
        ("2026-10", 15, "UTC", ""),
        ("2026-10", 1, "Asia/Kolkata", "2026-10"),
        ("2026-10", 1, "America/New_York", "2026-10"),
        ("2026-02-28..2026-03-30", 31, "UTC", "2026-02"),
        ("2026-09..2026-10", 1, "UTC", ""),
        ("2026-11-01..2026-11-20", 1, "UTC", ""),
        ("7d", 1, "UTC", ""),
        ("today", 22, "UTC", "2026-11"),  # the billing period that began today
    ],
)
def test_an_amount_is_for_a_billing_period_named_by_the_month_it_begins_in(period, billing_day, zone, month):
    zone = ZoneInfo(zone)
    window = resolve(period, "", "", now=NOW, zone=zone, billing_day=billing_day)
    assert billing_month(window, NOW, zone, billing_day) == month


@pytest.mark.parametrize(
    ("method", "taken"),
    [
        (
            "price",
            {"group_by": "cost_center", "unattributed": "spread", "unit_price": "0.01", "weights": "/v1/export=10"},
        ),
        (
            "fixed",
            {
                "group_by": "cost_center",
                "unattributed": "spread",
                "amount": "1200.00",
                "shares": "CC-1=60,CC-2=40",
                "weights": "/v1/export=10",
            },
        ),
    ],
)
def test_what_was_taken_is_told_by_name(method, taken):
    assert whole(method=method).taken == taken


def test_an_amount_that_is_taken_is_withheld_for_no_reason():
    assert (whole().amount, whole().withheld, whole().lost) == ("1200.00", "", "")
    assert whole(Fit("2026-10", is_ours=False)).lost == "; money in edgedns.toml is in another currency"


def test_shares_that_stand_are_of_teams_where_nothing_else_stands():
    shares = {"payments": "60", "growth": "40"}
    assert settled(ChargebackQuery(method="fixed"), StandingTerms(shares=shares), OCTOBER).shares == shares
    with pytest.raises(
        QuestionError, match=r"^The shares of edgedns\.toml are of teams; ask group_by=team, or pass shares of keys\.$"
    ):
        settled(ChargebackQuery(method="fixed", group_by="key"), StandingTerms(shares=shares), OCTOBER)


def test_shares_that_are_not_understood_are_refused_with_an_example():
    with pytest.raises(QuestionError) as raised:
        whole(method="fixed", shares="payments")
    assert str(raised.value) == ('shares gives each group a percentage once; write shares="payments=60,growth=40".')
