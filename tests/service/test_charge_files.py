"""What stands in the files of a chargeback, whether they fit an answer, and the command that writes them."""

import asyncio
import csv
import json
import shlex
from decimal import Decimal
from fractions import Fraction

import pytest
from charged_usage import a_use, add, an_owner, desk_at
from faces import a_desk, command

from edgedns_mcp.errors import UsageError
from edgedns_mcp.models import ChargebackQuery
from edgedns_mcp.render.chargeback import chargeback_words
from edgedns_mcp.service.chargeback import chargeback_report

KEYS = (an_owner("alpha", cost_center="CC-1"), an_owner("beta", environment="test", team=""))
OCTOBER = (
    a_use("2026-10-05", 60),
    a_use("2026-10-05", 30, "beta", "/v1/dns"),
    a_use("2026-10-06", 8, "who"),
    a_use("2026-10-06", 2, ""),
)


def of_demo(**query):
    asking = ChargebackQuery(**{"format": "focus", **query})
    return asyncio.run(chargeback_report(a_desk(), asking, fits_a_host=False))


def rows_of(answer) -> list[dict[str, str]]:
    return list(csv.DictReader(answer.file.splitlines()))


@pytest.fixture
def asked(tmp_path):
    """Ask for a FOCUS file of an organisation with these cells."""

    def ask(some=OCTOBER, keys=KEYS, zone="UTC", desk=None, **query):
        add(tmp_path / "usage.db", some, keys)
        with desk_at(tmp_path / "usage.db", zone=zone, **desk or {}) as asked_at:
            asking = ChargebackQuery(**{"period": "2026-10", "amount": "10", "format": "focus", **query})
            return asyncio.run(chargeback_report(asked_at, asking))

    return ask


def test_a_row_of_focus_says_who_what_when_and_how_much(asked):
    rows = rows_of(asked(desk={"account": "acme"}))
    assert rows[0] == {
        **dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), "6.00"),
        "BillingCurrency": "EUR",
        "BillingAccountId": "acme",
        "BillingAccountName": "acme",
        "BillingAccountType": "Organisation",
        "BillingPeriodStart": "2026-10-01T00:00:00Z",
        "BillingPeriodEnd": "2026-11-01T00:00:00Z",
        "ChargePeriodStart": "2026-10-01T00:00:00Z",
        "ChargePeriodEnd": "2026-11-01T00:00:00Z",
        "ChargeCategory": "Usage",
        "ChargeClass": "",
        "ChargeDescription": "API key alpha, October 2026",
        "ChargeFrequency": "Usage-Based",
        "InvoiceId": "chargeback-20261001T00Z-20261101T00Z-EUR",
        **dict.fromkeys(("InvoiceIssuerName", "ProviderName", "PublisherName"), "acme"),
        "ServiceCategory": "Integration",
        "ServiceSubcategory": "API Management",
        "ServiceName": "API",
        "SubAccountId": "alpha",
        "SubAccountName": "alpha",
        "SubAccountType": "Team",
        "ResourceId": "id_alpha",
        "ResourceName": "alpha",
        "ResourceType": "API Key",
        "ConsumedQuantity": "60.0",
        "ConsumedUnit": "Requests",
        "PricingQuantity": "60.0",
        "PricingUnit": "Requests",
        "PricingCategory": "Other",
        **dict.fromkeys(("CommitmentDiscountStatus", "ListUnitPrice", "ContractedUnitPrice"), ""),
        **dict.fromkeys(("SkuId", "SkuMeter", "SkuPriceId", "SkuPriceDetails"), ""),
        "Tags": '{"team": "alpha", "cost_center": "CC-1", "environment": "live"}',
        "x_AllocationMethod": "proportional",
        "x_AllocationWeight": "0.600000000000",
        "x_DataCoverage": "100.0",
    }


def test_use_by_nobody_is_one_row_without_a_resource(asked):
    *_, beta, nobody = rows_of(asked())
    assert (beta["ResourceId"], beta["BilledCost"], json.loads(beta["Tags"])["team"]) == ("id_beta", "3.00", "beta")
    assert (nobody["BilledCost"], nobody["ConsumedQuantity"]) == ("1.00", "10.0")
    assert {nobody[name] for name in nobody if name.startswith(("Resource", "SubAccount", "Tags"))} == {""}
    assert nobody["ChargeDescription"] == "Use by unknown keys or by none, October 2026"


@pytest.mark.parametrize("period", ["2026-10", "2026-09..2026-11", "2026-09-15..2026-10-20"])
@pytest.mark.parametrize(
    "terms",
    [
        {"amount": "1200"},
        {"amount": "-0.07"},
        {"amount": "1200", "currency": "JPY", "method": "even", "group_by": "key"},
        {"amount": "9.999", "currency": "KWD", "method": "hybrid", "fixed_fee": "3"},
        {"amount": "100", "method": "fixed", "shares": "payments=60,growth=40"},
        {"method": "price", "unit_price": "1.20/1000"},
    ],
)
def test_the_rows_sum_to_the_invoice_and_the_weights_to_1(terms, period):
    answer = of_demo(**terms, period=period)
    rows = rows_of(answer)
    assert len({row["InvoiceId"] for row in rows}) == 1
    assert sum(Decimal(row["BilledCost"]) for row in rows) == Decimal(answer.total)
    assert abs(sum(Fraction(row["x_AllocationWeight"]) for row in rows) - 1) < Fraction(len(rows), 10**12)
    quantities = [Decimal(row["ConsumedQuantity"] or 0) for row in rows]
    assert sum(quantities) == (0 if answer.total.startswith("-") else answer.request_count)
    cut = {row["ChargePeriodEnd"] for row in rows}
    assert len(cut) == {"2026-10": 1, "2026-09..2026-11": 3, "2026-09-15..2026-10-20": 2}[period]


def test_a_credit_note_is_rows_of_credit_without_quantities():
    rows = rows_of(of_demo(amount="-35.10"))
    assert {row["InvoiceId"] for row in rows} == {"chargeback-20261001T00Z-20261101T00Z-EUR-credit"}
    assert {(row["ChargeCategory"], row["ConsumedQuantity"], row["PricingUnit"]) for row in rows} == {
        ("Credit", "", "")
    }


def test_a_price_stands_where_it_makes_the_cost_and_nowhere_else(asked):
    some = (a_use("2026-10-05", 150), a_use("2026-10-05", 25, "beta"))
    rows = rows_of(asked(some, amount="", method="price", unit_price="0.03"))
    assert [(row["BilledCost"], row["ListUnitPrice"], row["SkuPriceId"]) for row in rows] == [
        ("4.50", "0.03", "requests-0.03"),
        ("0.75", "0.03", "requests-0.03"),
    ]
    uneven = rows_of(asked((), amount="", method="price", unit_price="0.0303"))
    assert [(row["BilledCost"], row["ContractedUnitPrice"], row["PricingCategory"]) for row in uneven] == [
        ("4.54", "", "Other"),
        ("0.76", "", "Other"),
    ]
    third = rows_of(asked((), amount="", method="price", unit_price="1/25"))
    assert {row["ListUnitPrice"] for row in third} == {"0.04"}
    endless = rows_of(asked((), amount="", method="price", unit_price="1.00/3"))
    assert (endless[0]["BilledCost"], endless[0]["ListUnitPrice"]) == ("50.00", "")


def test_months_and_their_names_are_those_of_the_zone(asked):
    rows = rows_of(asked(zone="Europe/Berlin"))
    assert (rows[0]["ChargePeriodStart"], rows[0]["ChargePeriodEnd"]) == (
        "2026-09-30T22:00:00Z",
        "2026-10-31T23:00:00Z",
    )
    assert rows[0]["ChargeDescription"] == "API key alpha, October 2026"


def test_a_name_from_outside_runs_in_no_spreadsheet(asked):
    keys = (an_owner("alpha", name="=1+1", team="@sum"), an_owner("beta"))
    (row, *_) = rows_of(asked(keys=keys))
    assert (row["ResourceName"], row["SubAccountId"], row["ResourceId"]) == ("'=1+1", "'@sum", "id_alpha")


def test_a_key_without_a_name_of_its_own_has_no_resource_name(asked):
    (row, *_) = rows_of(asked(keys=(an_owner("alpha", name="id_alpha"), an_owner("beta"))))
    assert (row["ResourceId"], row["ResourceName"]) == ("id_alpha", "")


def test_the_same_usage_is_the_same_file_whatever_is_grouped_or_listed():
    assert of_demo(amount="5", group_by="key", limit=1).file == of_demo(amount="5", group_by="environment").file


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({}, "name the amount, for example amount=1200.00, or take format=csv for shares."),
        ({"amount": "1", "period": "2019-01"}, "ask period=2026-07."),
    ],
)
def test_what_makes_no_focus_file_is_one_sentence(query, said):
    with pytest.raises(UsageError) as failure:
        of_demo(**query)
    assert str(failure.value).endswith(said)


@pytest.mark.parametrize("layout", ["csv", "focus"])
def test_the_command_writes_the_very_file(layout, tmp_path):
    answer = of_demo(amount="1200", group_by="key", teams="core: *check*; rest: *", format=layout)
    assert answer.file in chargeback_words(answer)
    assert f"File: {answer.command}" in chargeback_words(answer)
    program, *options = shlex.split(answer.command)
    assert (program, options[0], options[-2]) == ("edgedns-mcp", "chargeback", "--output")
    path = tmp_path / options[-1]
    done = command(*options[:-1], str(path), EDGEDNS_AS_OF="2026-11-22T15:00:00Z")
    assert done.returncode == 0, done.stderr
    assert path.read_text(encoding="utf-8") == answer.file


def test_the_command_means_the_same_window_tomorrow(asked):
    answer = asked(period="previous", zone="Europe/Berlin", amount="-10", teams="it's: al*")
    assert answer.command == (
        "EDGEDNS_TIMEZONE=Europe/Berlin edgedns-mcp chargeback --source local --period 2026-11 --amount=-10 "
        """--currency EUR --teams 'it'"'"'s: al*' --format focus --output focus-2026-11-01.csv"""
    )
    other = asked((), period="2026-10-05..2026-10-06")
    assert "--start 2026-10-05T00:00:00Z --end 2026-10-07T00:00:00Z --amount 10 " in other.command


def test_a_file_that_does_not_fit_an_answer_is_left_to_the_command(asked):
    keys = [an_owner(f"key-{number}") for number in range(120)]
    answer = asked([a_use("2026-10-05", 1, f"key-{number}") for number in range(120)], keys=keys)
    assert answer.file == ""
    assert answer.command.endswith("--format focus --output focus-2026-10-01.csv")
    assert "The file is too long for an answer; the command writes it." in answer.notes
    assert max(len(chargeback_words(answer)), len(answer.model_dump_json())) <= 40_000


def test_without_a_file_asked_for_there_is_none():
    answer = of_demo(amount="5", format="table")
    assert (answer.file, answer.command) == ("", "")
