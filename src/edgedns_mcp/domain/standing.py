"""What was asked, with what edgedns.toml says filled in where the question says nothing; the question always wins."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal, NamedTuple, TypeAlias
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.periods import billing_date, day_of, floor_hour, midnight, year_month
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import (
    NO_TERMS,
    ChargebackQuery,
    ChargeGroup,
    ChargeMethod,
    StandingTerms,
    StandingTier,
    UnattributedChoice,
    Window,
)
from edgedns_mcp.models.numbers import SHARE, WEIGHT, named_numbers

NONE = "none"  # a question's word for: nothing, whatever edgedns.toml says
CONFIGURED = "configured"
GROUPS = {"team": "teams", "key": "keys", "cost_center": "cost centres", "environment": "environments"}
Withheld: TypeAlias = Literal["", "currency", "period", "month"]
WITHHELD: Mapping[Withheld, str] = {
    "currency": "the amounts of edgedns.toml are in another currency: pass amount",
    "period": "each amount of edgedns.toml is for one billing period: ask one, such as period=previous, or pass amount",
    "month": "edgedns.toml has no amount for this billing period: add it to [chargeback.amounts], or pass amount",
}


class Settled(NamedTuple):
    """The whole question: `taken` is what edgedns.toml said, in words; `withheld` why its amounts are not taken."""

    method: ChargeMethod
    group_by: ChargeGroup
    unattributed: UnattributedChoice
    amount: str = ""
    fixed_fee: str = ""
    unit_price: str = ""
    tiers: Sequence[StandingTier] = ()
    shares: Mapping[str, str] = {}
    weights: Mapping[str, str] = {}
    taken: Mapping[str, str] = {}
    withheld: Withheld = ""
    lost: str = ""  # what to say where something is missing that stands in edgedns.toml, in another currency


class Fit(NamedTuple):
    """What standing money has to fit: the billing period asked about ("" where it is none), and the currency."""

    month: str = ""
    is_ours: bool = True  # the currency asked is the one that standing money is in


def settled(query: ChargebackQuery, standing: StandingTerms, fit: Fit) -> Settled:
    """Fill in what stands, as far as it belongs to the method.

    Raises:
        QuestionError: shares or weights are not written as they should be, or standing shares are of other groups.
    """
    method = standing.method or "proportional" if query.method == CONFIGURED else query.method
    group_by = standing.group_by or "team" if query.group_by == CONFIGURED else query.group_by
    beside = standing.unattributed or "separate" if query.unattributed == CONFIGURED else query.unattributed
    money = standing if fit.is_ours else NO_TERMS
    amount, withheld = _amount(query, standing, method, fit)
    price = query.unit_price.strip()
    whole = Settled(
        method,
        group_by,
        beside,
        amount,
        query.fixed_fee.strip() or (method == "hybrid" and money.fixed_fee) or "",
        price or (method == "price" and money.unit_price) or "",
        money.tiers if method == "price" and not price else (),
        _shares(query, standing, group_by) if method == "fixed" else {},
        _weights(query, standing),
        withheld=withheld,
        lost="" if fit.is_ours or standing == NO_TERMS else "; money in edgedns.toml is in another currency",
    )
    return whole._replace(taken=_taken(query, standing, whole))


def billing_month(window: Window, now: datetime, zone: ZoneInfo, billing_day: int) -> str:
    """Name the month in which the billing period begins that a window is, whole or up to now; "" where it is none."""
    begins = day_of(window.start, zone)
    index = begins.year * 12 + begins.month - 1
    start, after = (
        floor_hour(midnight(billing_date(*year_month(one), billing_day), zone)) for one in (index, index + 1)
    )
    is_whole = window.end == after or window.end == floor_hour(now) < after
    return f"{begins:%Y-%m}" if window.start == start and is_whole else ""


def _amount(query: ChargebackQuery, standing: StandingTerms, method: ChargeMethod, fit: Fit) -> tuple[str, Withheld]:
    """Give the amount, and why a standing one is not for this question."""
    asked = query.amount.strip()
    if asked.casefold() == NONE:
        return "", ""
    if asked or method == "price" or not (standing.amount or standing.amounts):
        return asked, ""
    if not fit.is_ours:
        return "", "currency"
    if not fit.month:
        return "", "period"
    found = standing.amounts.get(fit.month, standing.amount)
    return (found, "") if found else ("", "month")


def _shares(query: ChargebackQuery, standing: StandingTerms, group_by: ChargeGroup) -> Mapping[str, str]:
    if query.shares.strip():
        return _named(
            query.shares, SHARE, 'shares gives each group a percentage once; write shares="payments=60,growth=40".'
        )
    own = standing.group_by or "team"
    if standing.shares and group_by != own:
        raise QuestionError(
            f"The shares of edgedns.toml are of {GROUPS[own]}; "
            f"ask group_by={own}, or pass shares of {GROUPS[group_by]}."
        )
    return standing.shares


def _weights(query: ChargebackQuery, standing: StandingTerms) -> Mapping[str, str]:
    asked = query.weights.strip()
    if not asked:
        return standing.weights
    if asked.casefold() == NONE:
        return {}
    return _named(asked, WEIGHT, 'weights gives each endpoint or pattern a number once; write weights="/v1/export=10".')


def _named(words: str, number: str, advice: str) -> Mapping[str, str]:
    try:
        return named_numbers(words, number)
    except ValueError as exc:
        raise QuestionError(advice) from exc


def _taken(query: ChargebackQuery, standing: StandingTerms, whole: Settled) -> dict[str, str]:
    """Write what holds because edgedns.toml says so."""
    choices = standing.model_dump(include={"method", "group_by", "unattributed"}, exclude_none=True)
    asked = query.model_dump()
    said = {name: value for name, value in choices.items() if asked[name] == CONFIGURED}
    terms = {
        "amount": whole.amount,
        "fixed_fee": whole.fixed_fee,
        "unit_price": whole.unit_price,
        "tiers": ", ".join(f"{tier.price} up to {tier.up_to}" if tier.up_to else tier.price for tier in whole.tiers),
        "shares": _written(whole.shares),
        "weights": _written(whole.weights),
    }
    return said | {name: words for name, words in terms.items() if words and not asked.get(name, "")}


def _written(numbers: Mapping[str, str]) -> str:
    return ",".join(f"{name}={number}" for name, number in numbers.items())
