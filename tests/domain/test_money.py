"""Amounts as whole minor units: what is read, what is refused with which example, what is written back."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgedns_mcp.domain.money import (
    currency_of,
    exactly,
    minor_units,
    nearly,
    per_thousand,
    price_of,
    rounded,
    tier_price,
    written,
)
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models.currencies import DECIMALS


@pytest.mark.parametrize(
    ("words", "currency", "units"),
    [
        ("1200", "EUR", 120_000),
        ("1200.00", "EUR", 120_000),
        ("1200.5", "USD", 120_050),
        ("-35.10", "EUR", -3_510),
        ("-0", "EUR", 0),
        (" 0.07 ", "CHF", 7),
        ("1200", "JPY", 1_200),
        ("1.234", "KWD", 1_234),
        ("999999999999999.99", "EUR", 99_999_999_999_999_999),
    ],
)
def test_an_amount_is_read_as_minor_units(words, currency, units):
    assert minor_units(words, currency) == units


@pytest.mark.parametrize(
    ("words", "currency", "example"),
    [
        ("1.234,56", "EUR", "1234.56"),
        ("1,200", "EUR", "1200"),
        ("1,234.567", "KWD", "1234.567"),
        ("1.200.000", "EUR", "1200000"),
        ("12,5", "EUR", "12.5"),
        ("1 200", "EUR", "1200"),
        ("EUR 1'200.50", "EUR", "1200.50"),
        ("-1.234,56", "JPY", "-1234"),
        (".5", "EUR", "0.5"),
        ("1200.", "EUR", "1200"),
        ("1e3", "EUR", "1200.00"),
        ("1" * 16, "EUR", "1200.00"),
        ("a lot", "EUR", "1200.00"),
        ("a lot", "JPY", "1200"),
        ("١٢", "EUR", "1200.00"),
    ],
)
def test_any_other_way_of_writing_is_refused_with_the_right_one(words, currency, example):
    with pytest.raises(QuestionError) as failure:
        minor_units(words, currency)
    assert str(failure.value) == (
        "amount is a plain number with a point before the decimals and nothing between thousands; "
        f"write amount={example}."
    )
    minor_units(example, currency)


@pytest.mark.parametrize(
    ("words", "currency", "said"),
    [
        ("1.005", "EUR", "fixed_fee has more decimals than EUR, which has 2; write fixed_fee=1.00."),
        ("1200.00", "JPY", "fixed_fee has more decimals than JPY, which has none; write fixed_fee=1200."),
        ("-1.2345", "KWD", "fixed_fee has more decimals than KWD, which has 3; write fixed_fee=-1.234."),
    ],
)
def test_more_decimals_than_the_currency_has_are_refused(words, currency, said):
    with pytest.raises(QuestionError) as failure:
        minor_units(words, currency, "fixed_fee")
    assert str(failure.value) == said


@given(st.integers(-(10**15) + 1, 10**15 - 1), st.sampled_from(sorted(DECIMALS)))
def test_what_is_written_is_read_back(units, currency):
    assert minor_units(written(units, currency), currency) == units


def test_the_table_has_the_decimals_of_iso_4217():
    assert len(DECIMALS) == 164
    assert {code: DECIMALS[code] for code in ("EUR", "JPY", "KWD", "ISK", "TND", "HUF", "XCG", "CLF")} == {
        "EUR": 2, "JPY": 0, "KWD": 3, "ISK": 0, "TND": 3, "HUF": 2, "XCG": 2, "CLF": 4
    }  # fmt: skip
    assert {"DEM", "HRK", "BGN", "ANG", "XAU", "XXX"}.isdisjoint(DECIMALS)


def test_a_currency_is_known_by_its_code():
    assert currency_of(" eur ") == "EUR"
    with pytest.raises(QuestionError) as failure:
        currency_of("Euro")
    assert str(failure.value) == "ISO 4217 has no currency 'Euro'; write its code, for example currency=EUR."


@pytest.mark.parametrize(
    ("units", "requests", "currency", "cost"),
    [
        (120_000, 379_030, "EUR", "3.1660"),
        (-5, 1_000, "EUR", "-0.0500"),
        (1, 3, "JPY", "333.33"),
        (1, 0, "EUR", None),
    ],
)
def test_the_cost_of_a_thousand_requests_has_two_decimals_more(units, requests, currency, cost):
    assert per_thousand(units, requests, currency) == cost


def test_a_price_is_that_of_a_request_or_of_many():
    assert price_of("0.0012", "EUR") == price_of("1.20/1000", "EUR") == price_of(" 1.2 / 1000 ", "EUR")
    assert price_of("0.5", "JPY") == Fraction(1, 2)
    for wrong in ("", "0", "-1", "1,2", "1.20/", "1.20/0", "1.20/x", "1/1000/2"):
        with pytest.raises(QuestionError, match=r"write unit_price=0\.0012, or unit_price=1\.20/1000\."):
            price_of(wrong, "EUR")


@pytest.mark.parametrize(
    ("value", "exact", "close"),
    [
        (Fraction(3, 8), "0.375", "0.375000000000"),
        (Fraction(-12), "-12", "-12.000000000000"),
        (Fraction(1, 10**12), "0.000000000001", "0.000000000001"),
        (Fraction(1, 10**13), None, "0.000000000000"),
        (Fraction(2, 3), None, "0.666666666667"),
        (Fraction(-2, 3), None, "-0.666666666667"),
    ],
)
def test_a_number_is_written_exactly_where_twelve_decimals_are_enough_and_nearly_elsewhere(value, exact, close):
    assert (exactly(value), nearly(value)) == (exact, close)


def test_a_tier_may_be_free():
    assert [tier_price(words, "EUR") for words in ("0", "1.20/1000", "2")] == [0, Fraction(12, 100), 200]


@pytest.mark.parametrize(
    ("value", "whole"), [("1/2", 1), ("-1/2", -1), ("2/3", 1), ("1/3", 0), ("-1/3", 0), ("0", 0), ("-3/2", -2)]
)
def test_a_half_is_rounded_away_from_0(value, whole):
    assert rounded(Fraction(value)) == whole


def test_a_price_is_of_so_many_requests_in_plain_digits():
    assert price_of("1.20/1000", "EUR") == Fraction(120, 1_000)
    with pytest.raises(QuestionError, match=r"^unit_price is the price of one request, or of so many, above 0; write "):
        price_of("1.20/1\u0660\u0660", "EUR")


@pytest.mark.parametrize(
    ("words", "currency", "meant"),
    [
        ("\u20ac5", "EUR", "5"),
        ("\u20ac123456789012345", "EUR", "123456789012345"),
        ("\u20ac1234567890123456", "EUR", "1200.00"),
        ("5" + " EUR" * 5 + "   ", "EUR", "5"),
        ("-1,200", "EUR", "-1200"),
        ("1,200,300", "EUR", "1200300"),
        (",500", "JPY", "0"),
        ("5 euros and nothing more", "EUR", "5"),
        ("5 euros and nothing more.", "EUR", "1200.00"),  # too long to be read
    ],
)
def test_an_amount_is_refused_with_what_was_probably_meant(words, currency, meant):
    with pytest.raises(QuestionError) as raised:
        minor_units(words, currency)
    assert str(raised.value).endswith(f"; write amount={meant}.")


def test_a_price_is_refused_in_one_sentence():
    with pytest.raises(QuestionError) as raised:
        price_of("free", "EUR")
    assert str(raised.value) == (
        "unit_price is the price of one request, or of so many, above 0; "
        "write unit_price=0.0012, or unit_price=1.20/1000."
    )


def test_a_currency_that_is_none_is_shown_as_far_as_it_fits():
    with pytest.raises(QuestionError, match="no currency '" + "x" * 21 + r"\.\.\.';"):
        currency_of("x" * 50)
