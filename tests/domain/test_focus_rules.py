"""The rules of FOCUS 1.2 that we check ourselves: each broken one is named."""

from decimal import Decimal

import pytest

from edgedns_mcp.domain.focus_rules import MANDATORY, broken_rules

ROW = {
    "BilledCost": "12.50",
    "EffectiveCost": "12.50",
    "ListCost": "12.50",
    "ContractedCost": "12.50",
    "BillingCurrency": "EUR",
    "BillingAccountId": "acme",
    "BillingAccountName": "acme",
    "BillingPeriodStart": "2026-10-01T00:00:00Z",
    "BillingPeriodEnd": "2026-11-01T00:00:00Z",
    "ChargePeriodStart": "2026-10-01T00:00:00Z",
    "ChargePeriodEnd": "2026-11-01T00:00:00Z",
    "ChargeCategory": "Usage",
    "ChargeClass": None,
    "ChargeDescription": "API key checkout, October 2026",
    "ChargeFrequency": "Usage-Based",
    "InvoiceId": "october",
    "InvoiceIssuerName": "acme",
    "ProviderName": "acme",
    "PublisherName": "acme",
    "ServiceCategory": "Integration",
    "ServiceSubcategory": "API Management",
    "ServiceName": "API",
    "SubAccountId": "payments",
    "SubAccountName": "payments",
    "SubAccountType": "Team",
    "ResourceId": "key_1",
    "ResourceName": "checkout",
    "ResourceType": "API Key",
    "ConsumedQuantity": "1250.0",
    "ConsumedUnit": "Requests",
    "PricingQuantity": "1250.0",
    "PricingUnit": "Requests",
    "PricingCategory": "Standard",
    "ListUnitPrice": "0.01",
    "ContractedUnitPrice": "0.01",
    "SkuId": "requests",
    "SkuMeter": "Requests",
    "SkuPriceId": "requests-0.01",
    "Tags": '{"team": "payments"}',
}
UNPRICED = dict.fromkeys(("ListUnitPrice", "ContractedUnitPrice", "SkuId", "SkuMeter", "SkuPriceId"))
UNCOUNTED = dict.fromkeys(("ConsumedQuantity", "ConsumedUnit", "PricingQuantity", "PricingUnit"))


def broken(*changes, **invoices) -> list[str]:
    rows = [{**ROW, **change} for change in changes or ({},)]
    return broken_rules(rows, invoices or {"october": Decimal("12.50") * len(rows)})


@pytest.mark.parametrize(
    "change",
    [
        {},
        UNPRICED,
        {**UNPRICED, **UNCOUNTED, "ChargeCategory": "Credit", "BilledCost": "-12.50", "InvoiceId": "credit"},
        {"ChargeClass": "Correction", "ChargePeriodStart": "2026-09-01T00:00:00Z", "ListUnitPrice": "7"},
        {**dict.fromkeys(("SubAccountId", "SubAccountName", "SubAccountType", "ResourceId", "ResourceType")),
         "ResourceName": None, "Tags": None},
    ],
    ids=["a priced row", "an allocated one", "a credit", "a correction", "use by nobody"],
)  # fmt: skip
def test_a_row_as_it_should_be_breaks_nothing(change):
    row = {**ROW, **change}
    assert broken_rules([row], {row["InvoiceId"]: Decimal(row["BilledCost"])}) == []


@pytest.mark.parametrize("column", MANDATORY)
def test_a_mandatory_column_that_is_absent_is_named(column):
    row = {name: value for name, value in ROW.items() if name != column}
    assert f"{column} must be there, row 1" in broken_rules([row], {"october": Decimal("12.50")})


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"BillingAccountId": None}, "BillingAccountId must not be null"),
        ({"ChargeDescription": ""}, "ChargeDescription must be null rather than empty"),
        ({"ListCost": "12,50"}, "ListCost must be a plain decimal"),
        ({"ConsumedQuantity": "1e3"}, "ConsumedQuantity must be a plain decimal"),
        ({"BillingPeriodEnd": "2026-11-01"}, "BillingPeriodEnd must be a time in UTC"),
        ({"ChargePeriodEnd": "2026-11-01T00:00:00+01:00"}, "ChargePeriodEnd must be a time in UTC"),
        ({"ChargePeriodEnd": "2026-12-01T00:00:00Z"}, "ChargePeriod must lie within BillingPeriod"),
        ({"ChargePeriodEnd": "2026-10-01T00:00:00Z"}, "ChargePeriod must lie within BillingPeriod"),
        ({"BillingCurrency": "Euro"}, "BillingCurrency must be a code of ISO 4217"),
        ({"ChargeCategory": "Use"}, "ChargeCategory must be one that FOCUS knows"),
        ({"ChargeClass": "Refund"}, "ChargeClass must be null or Correction"),
        ({"ChargeCategory": "Credit"}, "a credit must not be above 0"),
        ({"ChargeCategory": "Credit"}, "ConsumedQuantity is for usage alone"),
        ({"ResourceType": None}, "ResourceId and ResourceType must both be null, or neither"),
        ({"SubAccountId": None}, "SubAccountId and SubAccountName must both be null, or neither"),
        ({"PricingUnit": None}, "PricingQuantity and PricingUnit must both be null, or neither"),
        ({"SkuPriceId": None}, "SkuPriceId and ListUnitPrice must both be null, or neither"),
        ({"PricingCategory": None}, "usage must have ConsumedQuantity, PricingQuantity and PricingCategory"),
        ({"ContractedUnitPrice": "0.011"}, "quantity x unit price must be the cost"),
        ({"ListUnitPrice": "-0.01"}, "unit prices must not be negative"),
        ({"ResourceName": "key_1"}, "ResourceName must not repeat ResourceId"),
        ({"Tags": "team=payments"}, "Tags must be an object of texts"),
        ({"Tags": '{"team": ["payments"]}'}, "Tags must be an object of texts"),
    ],
)
def test_a_broken_rule_is_named_with_its_row(change, words):
    assert f"{words}, row 2" in broken({}, change)


def test_rows_that_miss_their_invoice_are_told():
    assert broken({}, {"BilledCost": "12.51"}, october=Decimal(25)) == [
        "BilledCost of october sums to 25.01, not to 25"
    ]
    assert broken(september=Decimal(0)) == ["BilledCost of october sums to 12.50, not to nothing"]
    assert broken({"InvoiceId": "other"}, october=Decimal(9), other=Decimal("12.50")) == [
        "BilledCost of october sums to 0, not to 9"
    ]


def test_columns_that_are_not_there_are_listed():
    columns = ", ".join(column for column in MANDATORY if column not in ("BilledCost", "InvoiceId"))
    told = broken_rules([{"BilledCost": "1", "InvoiceId": "one"}], {"one": Decimal(1)})
    assert told == [f"{columns} must be there, row 1"]
