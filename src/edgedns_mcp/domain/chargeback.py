"""Who owes what: an amount shared to the minor unit, at the finest level, so that every sum upward agrees.

What holds: the parts sum to the total, whatever the method and the order of rows; the figures of keys, teams, cost
centres and environments are sums of the same parts. Money is in minor units, prices and weights are exact fractions.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise
from math import lcm
from typing import NamedTuple, TypeAlias, TypeVar

from edgedns_mcp.domain.money import rounded
from edgedns_mcp.models import ChargeMethod

Part: TypeAlias = tuple[str, str, str]  # the finest level: key_id, endpoint, month
Name = TypeVar("Name", str, Part)

NOBODY: Part = ("", "", "")  # who is charged where there is no key at all
WHOLE_PERCENT = 100


class Tier(NamedTuple):
    """A price in minor units for each request of a month up to `up_to`; without it, for all that come after."""

    up_to: int | None
    price: Fraction


class Terms(NamedTuple):
    """How an amount is shared; with `spread`, nobody's use is no part of its own, and the others bear its cost."""

    method: ChargeMethod = "proportional"
    total: int = 0
    fixed_fee: int = 0
    percents: Mapping[str, Fraction] = {}  # of each group
    tiers: Sequence[Tier] = ()
    weights: Mapping[str, Fraction] = {}  # of endpoints; others weigh 1
    spread: bool = False


class Pot(NamedTuple):
    """An amount, and the weights it is shared by; `moved` units went to groups by the largest remainders before."""

    amount: int
    weights: Mapping[Part, int]
    moved: int = 0


class Charges(NamedTuple):
    """What each part costs; `moved` minor units were left over of whole ones, and went to the largest remainders."""

    parts: Mapping[Part, int]
    total: int
    moved: int
    pots: Sequence[Pot] = ()  # what was shared


def charge(requests: Mapping[Part, int], groups: Mapping[str, str], terms: Terms) -> Charges:
    """Share the total of `terms` over what was used.

    `groups` names the group of each key that may be charged, used or not; use of any other key is unattributed.
    """
    uses = {**{(key_id, "", ""): 0 for key_id in groups.keys() - {part[0] for part in requests}}, **requests}
    pots = [pot._replace(weights=_borne(pot.weights)) for pot in _pots(uses, groups, terms)]
    parts: dict[Part, int] = dict.fromkeys(uses, 0)
    for pot in pots:
        for part, units in allocate(pot.amount, pot.weights).items():
            parts[part] = parts.get(part, 0) + units
    moved = sum(pot.moved + _left_over(pot.amount, pot.weights) for pot in pots)
    return Charges(parts, sum(pot.amount for pot in pots), moved, pots)


def allocate(total: int, weights: Mapping[Name, int]) -> dict[Name, int]:
    """Split `total` minor units so that the parts sum to it exactly (largest remainder).

    Ties go to the larger weight, then to the smaller name, so the order of `weights` does not matter. Without any
    weight the split is even; a negative total is split as its opposite.
    """
    if not any(weights.values()):
        weights = dict.fromkeys(weights, 1)
    whole = sum(weights.values())
    parts = {name: divmod(abs(total) * weight, whole) for name, weight in weights.items()}
    left = abs(total) - sum(part for part, _ in parts.values())
    lucky = set(sorted(parts, key=lambda name: (-parts[name][1], -weights[name], name))[:left])
    sign = -1 if total < 0 else 1
    return {name: sign * (part + (name in lucky)) for name, (part, _) in parts.items()}


def graduated(requests: int, tiers: Sequence[Tier]) -> Fraction:
    """Give the price of a month's requests, each at the price of the tier it falls into; tiers ascend."""
    prices = (count * tier.price for count, tier in zip(_in_tiers(requests, tiers), tiers, strict=True))
    return sum(prices, Fraction(0))


def tiered(uses: Mapping[Part, int], tiers: Sequence[Tier]) -> list[int]:
    """Count the requests that fall into each tier, over all months."""
    every = [_in_tiers(count, tiers) for count in _by_month(uses).values()]
    return [sum(counts) for counts in zip(*every, strict=True)] or [0] * len(tiers)


def summed(parts: Mapping[Part, int], named: Callable[[str], str]) -> dict[str, int]:
    """Sum parts upward, by the name that their key goes by."""
    sums: dict[str, int] = defaultdict(int)
    for part, units in parts.items():
        sums[named(part[0])] += units
    return dict(sums)


def exact_shares(charges: Charges, named: Callable[[Part], Hashable]) -> dict[Hashable, Fraction]:
    """Give the part of the total that each name bears before anything is rounded; none of a total of 0."""
    shares: dict[Hashable, Fraction] = defaultdict(Fraction)
    for pot in charges.pots if charges.total else ():
        sums: dict[Hashable, int] = defaultdict(int)
        for part, weight in pot.weights.items():
            sums[named(part)] += weight
        whole = sum(sums.values()) * charges.total
        for name, weight in sums.items():
            shares[name] += Fraction(pot.amount * weight, whole)
    return dict(shares)


def _pots(uses: Mapping[Part, int], groups: Mapping[str, str], terms: Terms) -> list[Pot]:
    own = {part: weight for part, weight in uses.items() if part[0] in groups}
    is_borne_by_keys = own and (terms.spread or not any(uses.values()))
    charged = _weighed(own if is_borne_by_keys else uses, terms.weights)
    members: dict[str, dict[Part, int]] = defaultdict(dict)
    for part, weight in _weighed(own, terms.weights).items():
        members[groups[part[0]]][part] = weight
    match terms.method:
        case "proportional":
            return [Pot(terms.total, charged)]
        case "even":
            return _by_group(terms.total, dict.fromkeys(members, 1), members)
        case "fixed":
            return _by_group(terms.total, integers(terms.percents), members)
        case "hybrid":
            used = {name: 1 for name, parts in members.items() if any(parts.values())}
            fee = _by_group(terms.fixed_fee, used or dict.fromkeys(members, 1), members)
            return [*fee, Pot(terms.total - terms.fixed_fee, charged)]
        case "price":
            return _priced(uses, charged, terms.tiers)


def _by_group(amount: int, weights: Mapping[str, int], members: Mapping[str, Mapping[Part, int]]) -> list[Pot]:
    """Share an amount between groups first, then within each by use."""
    if not members:
        return [Pot(amount, {NOBODY: 1})]
    pots = [Pot(share, members[name]) for name, share in allocate(amount, weights).items()]
    return [pots[0]._replace(moved=_left_over(amount, weights)), *pots[1:]]


def _priced(uses: Mapping[Part, int], charged: Mapping[Part, int], tiers: Sequence[Tier]) -> list[Pot]:
    """Price the requests of each month together, and share that by use."""
    return [
        Pot(rounded(graduated(count, tiers)), _of_month(charged, month))
        for month, count in _by_month(uses).items()
        if count
    ]


def _in_tiers(requests: int, tiers: Sequence[Tier]) -> list[int]:
    """Count the requests of a month that fall into each tier."""
    ends = [0, *(requests if tier.up_to is None else min(requests, tier.up_to) for tier in tiers)]
    return [end - begin for begin, end in pairwise(ends)]


def _by_month(uses: Mapping[Part, int]) -> Mapping[str, int]:
    months: dict[str, int] = defaultdict(int)
    for (_, _, month), count in uses.items():
        months[month] += count
    return months


def _of_month(charged: Mapping[Part, int], month: str) -> Mapping[Part, int]:
    """Give the parts of a month; where nobody who is charged used anything in it, all of them."""
    return {part: weight for part, weight in charged.items() if part[2] == month and weight} or charged


def _weighed(uses: Mapping[Part, int], weights: Mapping[str, Fraction]) -> Mapping[Part, int]:
    """Weigh requests by their endpoint, in whole numbers that keep the ratio."""
    if not weights:
        return uses
    scale = _scale(weights.values())
    whole = {path: int(weight * scale) for path, weight in weights.items()}
    return {part: count * whole.get(part[1], scale) for part, count in uses.items()}


def integers(fractions: Mapping[str, Fraction]) -> dict[str, int]:
    """Give whole numbers in the ratio of these fractions."""
    scale = _scale(fractions.values())
    return {name: int(one * scale) for name, one in fractions.items()}


def _scale(fractions: Iterable[Fraction]) -> int:
    return lcm(*(one.denominator for one in fractions))


def _borne(weights: Mapping[Part, int]) -> Mapping[Part, int]:
    """Let each key bear as much as any other where nothing was used, and nobody where there is no key."""
    if any(weights.values()):
        return weights
    first = {part[0]: part for part in sorted(weights, reverse=True)}
    return dict.fromkeys(first.values(), 1) or {NOBODY: 1}


def _left_over(amount: int, weights: Mapping[Name, int]) -> int:
    """Count the units that whole parts leave over."""
    whole = sum(weights.values())
    return abs(amount) - sum(abs(amount) * weight // whole for weight in weights.values())
