"""What a FOCUS 1.2 file of ours must hold, checked before it leaves: mandatory columns, nulls, formats, sums, prices.

The official validator does not look at two of them: that rows sum to their invoice, and that quantity x price is cost.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, TypeAlias, cast

from edgedns_mcp.models.currencies import DECIMALS

Row: TypeAlias = Mapping[str, str | None]

COSTS = ("BilledCost", "EffectiveCost", "ListCost", "ContractedCost")
MOMENTS = ("BillingPeriodStart", "BillingPeriodEnd", "ChargePeriodStart", "ChargePeriodEnd")
NEVER_NULL = (
    *COSTS, *MOMENTS, "BillingAccountId", "BillingCurrency", "ChargeCategory", "InvoiceIssuerName", "ProviderName",
    "PublisherName", "ServiceCategory", "ServiceName", "ServiceSubcategory", "ChargeFrequency", "InvoiceId",
)  # fmt: skip
MANDATORY = (
    *NEVER_NULL, "BillingAccountName", "ChargeClass", "ChargeDescription", "PricingQuantity", "PricingUnit",
)  # fmt: skip
NUMBERS = (*COSTS, "ConsumedQuantity", "PricingQuantity", "ListUnitPrice", "ContractedUnitPrice")
PRICES = {"ListUnitPrice": "ListCost", "ContractedUnitPrice": "ContractedCost"}
TOGETHER = (
    ("ConsumedQuantity", "ConsumedUnit"),
    ("PricingQuantity", "PricingUnit"),
    ("SubAccountId", "SubAccountName"),
    ("SubAccountId", "SubAccountType"),
    ("ResourceId", "ResourceType"),
    ("SkuId", "SkuMeter"),
    ("SkuPriceId", "ListUnitPrice"),
    ("SkuPriceId", "ContractedUnitPrice"),
)
CATEGORIES = ("Usage", "Purchase", "Tax", "Credit", "Adjustment")
NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}Z", re.ASCII)


def broken_rules(rows: Sequence[Row], invoices: Mapping[str, Decimal]) -> list[str]:
    """List what is wrong with rows, each once; `invoices` has the total of each by its id."""
    per_row = (f"{words}, row {number}" for number, row in enumerate(rows, 1) for words in _broken(row))
    return [*per_row, *_sums(rows, invoices)]


def _broken(row: Row) -> Iterator[str]:
    absent = [column for column in MANDATORY if column not in row]
    if absent:
        yield f"{', '.join(absent)} must be there"
        return
    yield from (f"{column} must not be null" for column in NEVER_NULL if row[column] is None)
    yield from (f"{column} must be null rather than empty" for column, value in row.items() if value == "")
    yield from (f"{column} must be a plain decimal" for column in NUMBERS if _is_not(NUMBER, row.get(column)))
    yield from (f"{column} must be a time in UTC" for column in MOMENTS if _is_not(MOMENT, row[column]))
    yield from (
        f"{one} and {other} must both be null, or neither"
        for one, other in TOGETHER
        if (row.get(one) is None) != (row.get(other) is None)
    )
    yield from (words for words, holds in RULES.items() if not holds(row))


def _is_not(pattern: re.Pattern[str], value: str | None) -> bool:
    return value is not None and not pattern.fullmatch(value)


def _sums(rows: Sequence[Row], invoices: Mapping[str, Decimal]) -> Iterator[str]:
    found: dict[str | None, Decimal] = {}
    for row in rows:
        found[row.get("InvoiceId")] = found.get(row.get("InvoiceId"), Decimal()) + _decimal(row, "BilledCost")
    for invoice in sorted({*invoices, *filter(None, found)}):
        if found.get(invoice, Decimal()) != invoices.get(invoice):
            yield f"BilledCost of {invoice} sums to {found.get(invoice, 0)}, not to {invoices.get(invoice, 'nothing')}"


def _decimal(row: Row, column: str) -> Decimal:
    value = row.get(column)
    return Decimal(value) if value and NUMBER.fullmatch(value) else Decimal()


def _is_ordered(row: Row) -> bool:
    """Tell whether the charge lies in a period, and, unless it corrects another one, in the billing period."""
    begun, ended, first, last = (_moment(row[column]) for column in MOMENTS)
    inside = begun <= first and last <= ended
    return begun < ended and first < last and (inside or row["ChargeClass"] == "Correction")


def _moment(value: str | None) -> datetime:
    return datetime.fromisoformat(value) if value and MOMENT.fullmatch(value) else datetime.min.replace(tzinfo=UTC)


def _multiplies(row: Row) -> bool:
    return row["ChargeClass"] == "Correction" or all(
        row.get(price) is None or _decimal(row, price) * _decimal(row, "PricingQuantity") == _decimal(row, cost)
        for price, cost in PRICES.items()
    )


def _is_used(row: Row) -> bool:
    return row["ChargeCategory"] == "Usage" and row["ChargeClass"] is None


def _are_tags(row: Row) -> bool:
    try:
        tags = json.loads(row.get("Tags") or "{}")
    except ValueError:
        return False
    return isinstance(tags, dict) and all(isinstance(value, str) for value in cast("dict[str, Any]", tags).values())


RULES: Mapping[str, Callable[[Row], bool]] = {
    "BillingCurrency must be a code of ISO 4217": lambda row: row["BillingCurrency"] in DECIMALS,
    "ChargeCategory must be one that FOCUS knows": lambda row: row["ChargeCategory"] in CATEGORIES,
    "ChargeClass must be null or Correction": lambda row: row["ChargeClass"] in (None, "Correction"),
    "ChargePeriod must lie within BillingPeriod": _is_ordered,
    "ConsumedQuantity is for usage alone": lambda row: (
        row["ChargeCategory"] == "Usage" or row.get("ConsumedQuantity") is None
    ),
    "usage must have ConsumedQuantity, PricingQuantity and PricingCategory": lambda row: (
        not _is_used(row) or None not in map(row.get, ("ConsumedQuantity", "PricingQuantity", "PricingCategory"))
    ),
    "unit prices must not be negative": lambda row: all(_decimal(row, price) >= 0 for price in PRICES),
    "quantity x unit price must be the cost": _multiplies,
    "a credit must not be above 0": lambda row: row["ChargeCategory"] != "Credit" or _decimal(row, "BilledCost") <= 0,
    "ResourceName must not repeat ResourceId": lambda row: (
        row.get("ResourceName") is None or row.get("ResourceName") != row.get("ResourceId")
    ),
    "Tags must be an object of texts": _are_tags,
}
