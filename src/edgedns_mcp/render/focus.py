"""A chargeback as FOCUS 1.2, the FinOps Foundation's format of cost and usage: a row for each key and month.

https://focus.finops.org/focus-specification/v1-2/
"""

import json
from collections.abc import Mapping, Sequence
from zoneinfo import ZoneInfo

from edgedns_mcp.models import Charge, ChargebackReport
from edgedns_mcp.render.charge_csv import table_csv, unrun
from edgedns_mcp.render.phrases import demo_words, instant, within_day

COLUMNS = (
    "BilledCost", "EffectiveCost", "ListCost", "ContractedCost",
    "BillingCurrency", "BillingAccountId", "BillingAccountName", "BillingAccountType",
    "BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd",
    "ChargeCategory", "ChargeClass", "ChargeDescription", "ChargeFrequency",
    "InvoiceId", "InvoiceIssuerName", "ProviderName", "PublisherName",
    "ServiceCategory", "ServiceSubcategory", "ServiceName",
    "SubAccountId", "SubAccountName", "SubAccountType", "ResourceId", "ResourceName", "ResourceType",
    "ConsumedQuantity", "ConsumedUnit", "PricingQuantity", "PricingUnit", "PricingCategory", "CommitmentDiscountStatus",
    "ListUnitPrice", "ContractedUnitPrice", "SkuId", "SkuMeter", "SkuPriceId", "SkuPriceDetails", "Tags",
    "x_AllocationMethod", "x_AllocationWeight", "x_DataCoverage",
)  # fmt: skip
UNIT = "Requests"
OURS = ("Integration", "API Management", "API")  # category, subcategory and name of the service that keys open
EDGEDNS = ("Networking", "Other (Networking)", "EdgeDNS API")
PRICED, SHARED = "Standard", "Other"  # how FOCUS calls a price that was agreed on, and what it has no word for

Row = Mapping[str, str | None]


def focus_csv(rows: Sequence[Row]) -> str:
    """Write rows; empty is null."""
    return table_csv(COLUMNS, ([row.get(column) for column in COLUMNS] for row in rows))


def focus_rows(report: ChargebackReport, charges: Sequence[Charge], account: str) -> list[Row]:
    """Give the rows of a report whose window has dates and whose total is money; they sum to it."""
    return [_row(report, charge, account) for charge in charges]


def _row(report: ChargebackReport, charge: Charge, account: str) -> Row:
    cost = dict.fromkeys(("BilledCost", "EffectiveCost", "ListCost", "ContractedCost"), _decimal(charge.amount))
    is_credit = (report.total or "").startswith("-") and not charge.is_correction
    return {
        **cost,
        **_invoice(report, account),
        "ChargePeriodStart": instant(charge.start),
        "ChargePeriodEnd": instant(charge.end),
        "ChargeCategory": "Credit" if is_credit else "Usage",
        "ChargeClass": "Correction" if charge.is_correction else None,
        "ChargeDescription": _description(report, charge),
        "ChargeFrequency": "Usage-Based",
        **_key(charge),
        **_quantities(charge, is_counted=not is_credit and not charge.is_correction),
        "Tags": _tags(charge),
        "x_AllocationMethod": report.method,
        "x_AllocationWeight": charge.weight,
        "x_DataCoverage": None if report.coverage_percent is None else str(report.coverage_percent),
    }


def _invoice(report: ChargebackReport, account: str) -> Row:
    """Say whose invoice it is, and of what; only of EdgeDNS is the provider known by name."""
    start, end = report.window_start, report.window_end
    assert start  # noqa: S101 - without dates there are no rows
    assert end  # noqa: S101 - one is never without the other
    is_edgedns = report.source == "edgedns"
    category, subcategory, service = EDGEDNS if is_edgedns else OURS
    provider = "EdgeDNS" if is_edgedns else f"{demo_words(report)}{account or 'Internal'}"
    hours = f"{start:%Y%m%dT%HZ}-{end:%Y%m%dT%HZ}"
    return {
        "BillingCurrency": report.currency,
        "BillingAccountId": account or report.source,
        "BillingAccountName": account or provider,
        "BillingAccountType": "Organisation",
        "BillingPeriodStart": instant(start),
        "BillingPeriodEnd": instant(end),
        "InvoiceId": f"chargeback-{hours}-{report.currency}{_sort(report)}",
        "InvoiceIssuerName": provider,
        "ProviderName": provider,
        "PublisherName": provider,
        "ServiceCategory": category,
        "ServiceSubcategory": subcategory,
        "ServiceName": service,
    }


def _sort(report: ChargebackReport) -> str:
    """Keep apart what has no place on the invoice: a credit note, and what would be."""
    is_credit = report.total is not None and report.total.startswith("-")
    return f"{'-what-if' if report.is_what_if else ''}{'-credit' if is_credit else ''}"


def _description(report: ChargebackReport, charge: Charge) -> str:
    who = f"API key {charge.name}" if charge.key_id else "Use by unknown keys or by none"
    what = "Correction: " if charge.is_correction else ""
    return f"{demo_words(report)}{what}{who}, {within_day(charge.start, ZoneInfo(report.timezone)):%B %Y}"


def _key(charge: Charge) -> Row:
    key_id, team = charge.key_id and unrun(charge.key_id), unrun(charge.team) or None
    return {
        "SubAccountId": team,
        "SubAccountName": team,
        "SubAccountType": team and "Team",
        "ResourceId": key_id,
        "ResourceName": unrun(charge.name) if key_id and charge.name != charge.key_id else None,
        "ResourceType": key_id and "API Key",
    }


def _quantities(charge: Charge, *, is_counted: bool) -> Row:
    """Give what was used and at which price; the price stands only where it makes the cost to the minor unit."""
    requests = _decimal(str(charge.request_count)) if is_counted else None
    unit, price = requests and UNIT, charge.unit_price and _decimal(charge.unit_price) if is_counted else None
    return {
        "ConsumedQuantity": requests,
        "ConsumedUnit": unit,
        "PricingQuantity": requests,
        "PricingUnit": unit,
        "PricingCategory": PRICED if price else SHARED,
        "ListUnitPrice": price,
        "ContractedUnitPrice": price,
        "SkuId": price and "requests",
        "SkuMeter": price and UNIT,
        "SkuPriceId": price and f"requests-{charge.unit_price}",
    }


def _decimal(number: str) -> str:
    """Write a number with a point, by which readers of CSV tell a decimal from a whole number."""
    return number if "." in number else f"{number}.0"


def _tags(charge: Charge) -> str | None:
    every = {"team": charge.team, "cost_center": charge.cost_center, "environment": charge.environment}
    known = {name: value for name, value in every.items() if value and value != "unknown"}
    return json.dumps(known, ensure_ascii=False) if known and charge.key_id else None
