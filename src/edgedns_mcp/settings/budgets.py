"""What a [[budget]] may say, beyond what each of its keys may hold: requests or money, and a price for money."""

from collections.abc import Iterator, Sequence

from edgedns_mcp.models import BudgetTerms, StandingTerms
from edgedns_mcp.models.currencies import DECIMALS
from edgedns_mcp.settings.terms import PRICE, Wrong

ALLOWED_BUDGET = {
    "who": "a team or a key_id, or leave it out for all keys",
    "requests": "a whole number of requests a month, such as 100000",
    "amount": 'a plain number above 0 in quotes, such as "500.00"',
    "unit_price": PRICE,
    "thresholds": "percentages, such as [70, 80, 90, 100]",
}


def wrong_budgets(budgets: Sequence[BudgetTerms], terms: StandingTerms, currency: str) -> Wrong | None:
    """Give the place, within the budgets, of the first thing that is wrong, and what is."""
    return next(
        (((at, *place), what) for at, one in enumerate(budgets) for place, what in _wrong(one, terms, currency)), None
    )


def _wrong(one: BudgetTerms, terms: StandingTerms, currency: str) -> Iterator[Wrong]:
    most = DECIMALS[currency]
    if one.requests is None and one.amount is None:
        yield (), "this [[budget]] has neither requests nor an amount; write one of them, such as requests = 100000."
    if one.requests is not None and one.amount is not None:
        yield ("amount",), "this [[budget]] has requests and an amount; keep one of them."
    if one.amount is None:
        if one.unit_price is not None:
            yield (
                ("unit_price",),
                "unit_price of [[budget]] belongs to an amount; write one, or leave unit_price out.",
            )
        return
    if one.unit_price is None and terms.unit_price is None:
        yield ("amount",), 'amount of [[budget]] needs a unit_price, here or in [chargeback], such as "1.20/1000".'
    if one.amount.startswith("-") or not any(digit in one.amount for digit in "123456789"):
        yield ("amount",), f"amount of [[budget]] is not valid; set it to {ALLOWED_BUDGET['amount']}."
    if len(one.amount.partition(".")[2]) > most:
        example = f"500.{'0' * most}".rstrip(".")
        yield (
            ("amount",),
            (
                f"amount of [[budget]] has more decimals than {currency}, which has {most or 'none'}; "
                f'set it to a number such as "{example}".'
            ),
        )
