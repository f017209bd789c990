"""What a chargeback says where edgedns.toml has terms for it: whose they are, what a request counts, what it costs."""

import asyncio
from dataclasses import replace
from fractions import Fraction

import pytest
from faces import a_desk, a_server, command
from mcp import Client

from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import ChargebackQuery, StandingTerms
from edgedns_mcp.render.chargeback import chargeback_words
from edgedns_mcp.server.build import build_server
from edgedns_mcp.service.chargeback import chargeback_report

TIERS = [{"up_to": 100_000, "price": 0}, {"up_to": 200_000, "price": "0.0012"}, {"price": "0.80/1000"}]


def charged(standing=None, **query):
    desk = replace(a_desk(), terms=StandingTerms.model_validate(standing or {}))
    return asyncio.run(chargeback_report(desk, ChargebackQuery(**query)))


def owed(answer) -> dict[str, str | None]:
    return {line.name: line.amount for line in answer.lines}


def refused(standing, **query) -> str:
    with pytest.raises(QuestionError) as failure:
        charged(standing, **query)
    return str(failure.value)


async def test_charge_last_month_needs_no_argument_where_terms_stand():
    standing = {"amounts": {"2026-10": "1200.00"}, "method": "hybrid", "fixed_fee": "500", "weights": {"/v1/dns": 2}}
    desk = replace(a_desk(), terms=StandingTerms.model_validate(standing))
    async with Client(build_server(desk)) as client:
        result = await client.call_tool("chargeback_report", {})
    assert not result.is_error
    found = result.structured_content
    assert found["summary"].startswith(
        "DEMO: October 2026: 1,200.00 EUR over 5 teams by a fixed fee and weighted requests: "
    )
    assert (found["total"], found["difference"]) == ("1200.00", "0.00")
    assert found["terms"] == ("from edgedns.toml: method=hybrid, amount=1200.00, fixed_fee=500, weights=/v1/dns=2")
    assert f"terms {found['terms']}; rows 5" in result.content[0].text


async def test_charge_1200_eur_for_last_month_to_teams_is_one_small_answer():
    asked = {"amount": "1200", "currency": "EUR", "period": "last_month", "teams": "core: uptime*, rollout*"}
    async with Client(a_server()) as client:
        result = await client.call_tool("chargeback_report", asked)
    assert not result.is_error
    assert result.structured_content["rows"] == 6
    assert len(result.content[0].text) <= 2_100  # 700 tokens of the three characters that figures take
    assert result.structured_content["summary"].endswith(
        "The lines sum to the invoice, difference 0.00; all 31 days were observed; the period is over."
    )


def test_terms_that_stand_answer_as_the_same_terms_asked():
    standing = {"amount": "1200", "method": "hybrid", "fixed_fee": "500", "group_by": "environment"}
    assert owed(charged(standing)) == owed(charged(**standing))
    assert charged(**standing).terms == "fixed_fee=500"
    assert charged(standing, fixed_fee="100").terms == (
        "fixed_fee=100, from edgedns.toml: method=hybrid, group_by=environment, amount=1200"
    )


def test_weights_are_told_and_decide():
    standing = {"amount": "1200", "weights": {"/v1/dns/*": 10, "/v1/nope": "2.5"}}
    answer, plain = charged(standing), charged(standing, weights="none")
    assert answer.weights == {"/v1/dns/*": "10", "/v1/nope": "2.5"}
    assert "\nWeights: a request to /v1/dns/\\* as 10, to /v1/nope as 2.5, to others as 1.\n" in chargeback_words(
        answer
    )
    assert "over 5 teams by weighted requests: platform" in answer.summary
    assert "No endpoint of this period matches /v1/nope of weights." in answer.notes
    assert owed(plain) == owed(charged(amount="1200")) != owed(answer)
    assert (plain.weights, plain.terms) == ({}, "weights=none, from edgedns.toml: amount=1200")


def test_a_request_that_weighs_ten_costs_ten_times_as_much():
    paths = {one.key_id: one.endpoint_distribution for one in all_keys()}
    ten = sum(count for found in paths.values() for path, count in found.items() if path.startswith("/v1/dns"))
    whole = charged(group_by="key").request_count
    answer = charged({"weights": {"/v1/dns*": 10}}, amount="1000000", group_by="key", limit=100)
    units = Fraction(100_000_000, whole + 9 * ten)
    for line in answer.lines:
        found = paths.get(line.key_id)
        if found and line.amount:
            weighed = sum(count * (10 if path.startswith("/v1/dns") else 1) for path, count in found.items())
            assert abs(Fraction(line.amount) * 100 - weighed * units) < 60  # as many parts as it has, at the most


def all_keys():
    from edgedns_mcp.models import UsageQuery
    from edgedns_mcp.service.usage import usage_by_key

    query = UsageQuery(period="2026-10", limit=100, top_endpoints=50)
    return asyncio.run(usage_by_key(a_desk(), query)).keys


def test_tiers_price_each_month_as_a_whole_and_are_told():
    answer = charged({"tiers": TIERS}, method="price", period="2026-09..2026-10")
    months = [charged({"tiers": TIERS}, method="price", period=month) for month in ("2026-09", "2026-10")]
    assert [tier.model_dump() for tier in answer.tiers] == [
        {"up_to": 100_000, "unit_price": "0", "request_count": 200_000},
        {"up_to": 200_000, "unit_price": "0.0012", "request_count": 200_000},
        {"up_to": None, "unit_price": "0.80/1000", "request_count": answer.request_count - 400_000},
    ]
    assert Fraction(answer.total) == sum(Fraction(one.total) for one in months)
    beyond = months[1].request_count - 200_000
    assert Fraction(months[1].total) == Fraction(round(100 * (120 + beyond * Fraction(8, 10_000))), 100)
    assert (
        "\nTiers, each month's requests priced together, EUR a request: up to 100000 at 0: requests 200000; "
        f"up to 200000 at 0.0012: requests 200000; then at 0.80/1000: requests {answer.request_count - 400_000}.\n"
    ) in chargeback_words(answer)
    assert "over 5 teams at graduated prices: " in answer.summary


def test_an_amount_that_is_not_for_this_question_is_said():
    standing = {"amounts": {"2026-10": "1200.00"}}
    said = {
        "each amount of edgedns.toml is for one billing period: ask one, such as period=previous, or pass amount": {
            "period": "2026-09..2026-10"
        },
        "edgedns.toml has no amount for this billing period: add it to [chargeback.amounts], or pass amount": {
            "period": "2026-09"
        },
        "the amounts of edgedns.toml are in another currency: pass amount": {"currency": "USD"},
    }
    for why, query in said.items():
        answer = charged(standing, **query)
        assert answer.total is None
        assert f"Shares only: {why}." in answer.notes
    assert not any("Shares only" in note for note in charged(standing, amount="none").notes)


@pytest.mark.parametrize(
    ("standing", "query", "said"),
    [
        (
            {"method": "hybrid", "fixed_fee": "5"},
            {},
            "method=hybrid, as in edgedns.toml, needs the amount that fixed_fee is a part of, for example amount=1200.",
        ),
        (
            {"method": "hybrid", "fixed_fee": "5", "amounts": {"2026-01": "9"}},
            {},
            (
                "method=hybrid, as in edgedns.toml, needs the amount that fixed_fee is a part of; edgedns.toml has no "
                "amount for this billing period: add it to [chargeback.amounts], or pass amount."
            ),
        ),
        (
            {"method": "hybrid", "fixed_fee": "5", "amount": "9"},
            {"currency": "USD", "amount": "9"},
            (
                "method=hybrid, as in edgedns.toml, needs fixed_fee, for example fixed_fee=500; "
                "money in edgedns.toml is in another currency."
            ),
        ),
        (
            {"method": "hybrid", "fixed_fee": "500"},
            {"amount": "300"},
            "fixed_fee of edgedns.toml is a part of the amount, so it lies between 0 and 300.00.",
        ),
        (
            {"method": "price", "unit_price": "1"},
            {"amount": "300"},
            (
                "With method=price the amount follows from the price; leave amount out, or share it with "
                "method=proportional."
            ),
        ),
        (
            {"method": "fixed", "shares": "payments=60,gone=40"},
            {"amount": "300"},
            (
                "There is no team 'gone' to take a share, as in edgedns.toml; there are growth, payments, platform, "
                "security, storefront."
            ),
        ),
    ],
)
def test_terms_that_do_not_fit_a_question_are_told_as_those_of_the_file(standing, query, said):
    assert refused(standing, **query) == said


def test_the_command_takes_the_terms_of_the_file(tmp_path):
    (tmp_path / "edgedns.toml").write_text('[chargeback]\nmethod = "even"\namount = 10\n')
    done = command(
        "chargeback", "--source", "demo", "--as-of", "2026-11-22T15:00Z", EDGEDNS_CONFIG=str(tmp_path / "edgedns.toml")
    )
    assert done.stdout.startswith("DEMO: October 2026: 10.00 EUR over 5 teams evenly: storefront 2.00 EUR (20.0%), ")
    assert "terms from edgedns.toml: method=even, amount=10; rows 5" in done.stdout
