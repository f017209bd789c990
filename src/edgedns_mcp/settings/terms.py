"""What the table [chargeback] may say, beyond what each of its keys may hold: sums, orders and currencies."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from itertools import pairwise

from edgedns_mcp.models import StandingTerms
from edgedns_mcp.models.currencies import DECIMALS

PRICE = 'a price of a request such as "0.0012", or "1.20/1000" for 1,000'
ALLOWED_TERMS = {
    "method": "proportional, even, fixed, hybrid or price",
    "group_by": "team, key, cost_center or environment",
    "unattributed": "separate or spread",
    "amount": 'a plain number in quotes, such as "1200.00"',
    "amounts": 'a table of months with plain numbers, such as 2026-10 = "1200.00"',
    "fixed_fee": 'a plain number in quotes, such as "500.00"',
    "unit_price": PRICE,
    "shares": "a table of percentages that sum to 100, such as { payments = 60, growth = 40 }",
    "weights": 'a table of endpoints with numbers from 0 on, such as "/v1/export" = 10',
    "tiers": "tables of up_to and price, each as [[chargeback.tiers]]",
}
ALLOWED_TIER = {"up_to": "a whole number of requests, such as 1000000", "price": PRICE}
WHOLE = 100
Wrong = tuple[tuple[str | int, ...], str]


def wrong_terms(terms: StandingTerms, currency: str) -> Wrong | None:
    """Give the place, within the table, of the first thing that is wrong, and what is."""
    return next((wrong for check in (_decimals, _sum, _prices) for wrong in check(terms, currency)), None)


def _decimals(terms: StandingTerms, currency: str) -> Iterator[Wrong]:
    most = DECIMALS[currency]
    single: Mapping[str, str | None] = {"amount": terms.amount, "fixed_fee": terms.fixed_fee}
    places: dict[tuple[str | int, ...], str | None] = {(name,): money for name, money in single.items()}
    places |= {("amounts", month): money for month, money in terms.amounts.items()}
    for place, money in places.items():
        if money and len(money.partition(".")[2]) > most:
            example = f"1200.{'0' * most}".rstrip(".")
            yield (
                place,
                (
                    f"{place[-1]} of [chargeback] has more decimals than {currency}, which has {most or 'none'}; "
                    f'set it to a number such as "{example}".'
                ),
            )


def _sum(terms: StandingTerms, currency: str) -> Iterator[Wrong]:
    del currency  # percentages have none
    whole = sum(map(Decimal, terms.shares.values()), Decimal())
    if terms.shares and whole != WHOLE:
        said = f"shares of [chargeback] sum to {whole.normalize():f}, not to 100"
        yield ("shares",), f"{said}; set them to {ALLOWED_TERMS['shares']}."


def _prices(terms: StandingTerms, currency: str) -> Iterator[Wrong]:
    del currency  # a price may be finer than any
    if terms.unit_price and terms.tiers:
        yield ("unit_price",), "[chargeback] has unit_price and tiers, which are two prices; keep one of them."
    ends = [tier.up_to for tier in terms.tiers]
    for at, (end, after) in enumerate(pairwise(ends)):
        if end is None:
            yield ("tiers", at), "a [[chargeback.tiers]] without up_to is for all that come after, so it stands last."
        elif after is not None and after <= end:
            yield (
                ("tiers", at + 1, "up_to"),
                (
                    "up_to of this [[chargeback.tiers]] is not above that of the one before; "
                    "write the tiers in their order, as in up_to = 100000, then up_to = 1000000."
                ),
            )
    if ends and ends[-1] is not None:
        yield (
            ("tiers", len(ends) - 1, "up_to"),
            ("the last [[chargeback.tiers]] has up_to, so what comes after has no price; leave up_to out of it."),
        )
