"""From the words of a question to the terms of a chargeback: amounts, prices, shares and teams."""

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from fnmatch import translate
from fractions import Fraction
from typing import NamedTuple

from edgedns_mcp.domain import money
from edgedns_mcp.domain.chargeback import WHOLE_PERCENT, Terms, Tier
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.standing import CONFIGURED, WITHHELD, Settled
from edgedns_mcp.domain.team_lines import WILD
from edgedns_mcp.errors import QuestionError
from edgedns_mcp.models import ChargebackQuery, ChargeMethod, Key
from edgedns_mcp.models.secrets import cut

NOMINAL = 10**15  # what is shared where no amount is given: fine enough for percents
OWN: Mapping[str, tuple[ChargeMethod, str]] = {
    "fixed_fee": ("hybrid", "500"),
    "unit_price": ("price", "0.0012"),
    "shares": ("fixed", '"payments=60,growth=40"'),
}
MOST_NAMED = 20


class TeamPattern(NamedTuple):
    """Keys whose name or id matches belong to the team."""

    team: str
    pattern: str


def terms_of(query: ChargebackQuery, whole: Settled, currency: str) -> Terms:
    """Read what was asked, and what stands; the percents are still under the names that they were asked with.

    Raises:
        QuestionError: an amount, a price or a share is not understood, or does not belong to the method.
    """
    _check_arguments(query, whole)
    amount = money.minor_units(whole.amount, currency) if whole.amount else None
    terms = Terms(whole.method, NOMINAL if amount is None else amount, spread=whole.unattributed == "spread")
    match whole.method:
        case "fixed":
            return terms._replace(percents=_percents(whole.shares))
        case "hybrid":
            return terms._replace(fixed_fee=_fixed_fee(query, whole, amount, currency))
        case "price":
            if amount is not None:
                raise QuestionError(
                    "With method=price the amount follows from the price; leave amount out, or share it with "
                    "method=proportional."
                )
            return terms._replace(tiers=_tiers(whole, currency))
        case "proportional" | "even":
            return terms


def groups_of_percents(
    percents: Mapping[str, Fraction], called: Mapping[str, str], kind: str, *, whose: str = ""
) -> dict[str, Fraction]:
    """Give each group its percent; `called` has the group for what it may be called, in small letters.

    Raises:
        QuestionError: there is no such group, or it is named twice.
    """
    found: dict[str, Fraction] = {}
    for name, percent in percents.items():
        group = called.get(name.casefold())
        if group is None:
            known = ", ".join(sorted(set(called.values()))[:MOST_NAMED]) or "none in this period"
            raise QuestionError(f"There is no {kind} {visible(name)!r} to take a share{whose}; there are {known}.")
        if group in found:
            raise QuestionError(f"shares names {visible(group)!r} twice; write each {kind} once.")
        found[group] = percent
    return found


def team_patterns(words: str) -> list[TeamPattern]:
    """Read teams and the patterns of their keys: `payments: checkout*, billing*; growth: news*`.

    Raises:
        QuestionError: it is not written like this.
    """
    found: list[TeamPattern] = []
    for part in filter(str.strip, re.split(r"[;\n]", cut(words))):
        team, colon, patterns = part.partition(":")
        every = [one.strip() for one in patterns.split(",") if one.strip()]
        if not (colon and team.strip() and every):
            raise QuestionError(
                'teams lists each team with patterns of its keys; write teams="payments: checkout*, billing*; growth: '
                'news*".'
            )
        found += (TeamPattern(team.strip(), pattern) for pattern in every)
    return found


def teams_of(keys: Iterable[Key], patterns: Sequence[TeamPattern]) -> dict[str, str]:
    """Give the team of each key that a pattern matches, by id or name, whatever the case; the first one counts."""
    matchers = [(one.team, re.compile(translate(one.pattern.casefold()))) for one in patterns]
    found: dict[str, str] = {}
    for key in keys:
        words = key.name.casefold(), key.key_id.casefold()
        team = next((team for team, matcher in matchers if any(map(matcher.match, words))), None)
        if team is not None:
            found[key.key_id] = team
    return found


def weights_of(weights: Mapping[str, str], paths: Iterable[str]) -> dict[str, Fraction]:
    """Give each endpoint the weight of its own path, else that of the first pattern that matches; others weigh 1."""
    patterns = [(re.compile(translate(one)), Fraction(weight)) for one, weight in weights.items() if WILD.search(one)]
    found: dict[str, Fraction] = {}
    for path in filter(None, paths):
        own = Fraction(weights[path]) if path in weights else None
        weight = own if own is not None else next((one for pattern, one in patterns if pattern.match(path)), None)
        if weight is not None:
            found[path] = weight
    return found


def idle_weights(weights: Iterable[str], paths: Collection[str]) -> list[str]:
    """List the endpoints and patterns that match none of these paths."""
    return [
        one
        for one in weights
        if one not in paths and not (WILD.search(one) and any(map(re.compile(translate(one)).match, paths)))
    ]


def _check_arguments(query: ChargebackQuery, whole: Settled) -> None:
    for name, (method, example) in OWN.items():
        if getattr(query, name).strip() and whole.method != method:
            raise QuestionError(f"{name} belongs to method={method}; write method={method}, or leave {name} out.")
        has_one = getattr(whole, name) or (name == "unit_price" and whole.tiers)
        if whole.method == method and not has_one:
            raise QuestionError(
                f"method={method}{_whose(query)} needs {name}, for example {name}={example}{whole.lost}."
            )


def _whose(query: ChargebackQuery) -> str:
    return ", as in edgedns.toml," if query.method == CONFIGURED else ""


def _percents(shares: Mapping[str, str]) -> dict[str, Fraction]:
    found = {name: Decimal(percent) for name, percent in shares.items()}
    if sum(found.values()) != WHOLE_PERCENT:
        raise QuestionError(
            f"The shares sum to {_plain(sum(found.values(), Decimal()))}, not to 100; "
            f'write for example shares="{_to_hundred(found)}".'
        )
    return {name: Fraction(percent) for name, percent in found.items()}


def _to_hundred(found: Mapping[str, Decimal]) -> str:
    """Write the shares with another last one, so that they sum to 100; where that cannot be, an example."""
    before = dict([*found.items()][:-1])
    missing = WHOLE_PERCENT - sum(before.values(), Decimal())
    if not found or missing < 0:
        return "payments=60,growth=40"
    every = {**before, [*found][-1]: missing}
    return ",".join(f"{visible(name)}={_plain(percent)}" for name, percent in every.items())


def _plain(percent: Decimal) -> str:
    return f"{percent.normalize():f}"


def _fixed_fee(query: ChargebackQuery, whole: Settled, amount: int | None, currency: str) -> int:
    if amount is None:
        why = f"; {WITHHELD[whole.withheld]}" if whole.withheld else ", for example amount=1200"
        raise QuestionError(f"method=hybrid{_whose(query)} needs the amount that fixed_fee is a part of{why}.")
    fee = money.minor_units(whole.fixed_fee, currency, "fixed_fee")
    if fee * amount < 0 or abs(fee) > abs(amount):
        whose = "" if query.fixed_fee.strip() else " of edgedns.toml"
        raise QuestionError(
            f"fixed_fee{whose} is a part of the amount, so it lies between 0 and {money.written(amount, currency)}."
        )
    return fee


def _tiers(whole: Settled, currency: str) -> tuple[Tier, ...]:
    """Give the graduated prices, or the one price of all requests."""
    if whole.tiers:
        return tuple(Tier(one.up_to, money.tier_price(one.price, currency)) for one in whole.tiers)
    return (Tier(None, money.price_of(whole.unit_price, currency)),)
