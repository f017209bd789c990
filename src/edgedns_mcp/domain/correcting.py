"""What later usage changes in a closed charge: the same terms over what is known now, less what was charged before."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from hashlib import sha256
from typing import Any, TypeAlias

from edgedns_mcp.domain import money
from edgedns_mcp.domain.chargeback import Part, Terms, Tier, charge, summed
from edgedns_mcp.domain.charges import UNATTRIBUTED
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.teams import UNASSIGNED
from edgedns_mcp.domain.terms import weights_of
from edgedns_mcp.models import Charge, ChargeCorrection, ChargeGroup, Closed, ClosedTerms, Correction, Owner

Place: TypeAlias = tuple[str, str]  # a closed period, and the label of a group
NOBODY = Owner(key_id="", name=UNATTRIBUTED, environment="unknown", team="", cost_center="")


def digest(requests: Mapping[str, int]) -> bytes:
    """Give what tells usage by key from any other."""
    words = "".join(f"{key_id}\t{count}\n" for key_id, count in sorted(requests.items()) if count)
    return sha256(words.encode()).digest()


def is_less(closed: Closed, requests: Mapping[str, int]) -> bool:
    """Tell whether usage that was charged is known no more."""
    had = {**{one.key_id: one.request_count for one in closed.keys}, **closed.unknown}
    return any(requests.get(key_id, 0) < count for key_id, count in had.items())


def corrections(
    closed: Closed, newcomers: Iterable[Owner], uses: Mapping[Part, int], corrected: Mapping[str, int]
) -> list[Correction]:
    """Give what the usage known now changes for each key, less what was `corrected` before.

    Who a key belonged to was closed with the period; `newcomers` are keys that had no use then. With a given total
    the corrections sum to 0, at a price to what the later usage costs.
    """
    owners = {one.key_id: one for one in (*newcomers, *closed.keys)}
    labels = {key_id: label_of(owner, closed.terms.group_by) for key_id, owner in owners.items()}
    now = charge(uses, labels, terms_of(closed.terms, {path for _, path, _ in uses}))
    owed = defaultdict(int, summed(now.parts, lambda key_id: key_id if key_id in labels else ""))
    for key_id, units in _charged(closed, corrected):
        owed[key_id] -= units
    return [
        Correction(
            **owners.get(key_id, NOBODY).model_dump(include={*Owner.model_fields}),
            period=closed.period,
            start=closed.window.start,
            end=closed.window.end,
            units=units,
        )
        for key_id, units in sorted(owed.items())
        if units
    ]


def label_of(owner: Owner, by: ChargeGroup) -> str:
    """Say under which label a key was charged."""
    match by:
        case "key":
            return owner.key_id
        case "team":
            return owner.team or UNASSIGNED
        case "cost_center":
            return owner.cost_center or UNASSIGNED
        case "environment":
            return owner.environment


def correction_lines(
    every: Iterable[Correction], by: ChargeGroup, currency: str, owed: Mapping[str, int] | None
) -> list[ChargeCorrection]:
    """Sum corrections for each period and group, the largest of a period first; what sums to 0 is no line.

    `owed` has what each group owes beside them, where that is money.
    """
    every = list(every)
    sums, names = _summed_by(every, by), {_label(one, by): one.name for one in every}
    due = defaultdict(int, owed or {})
    for (_, label), units in sums.items():
        due[label] += units
    return [
        ChargeCorrection(
            period=period,
            name=names[label] if by == "key" else label,
            key_id=visible(label) if by == "key" and label != UNATTRIBUTED else None,
            amount=money.written(sums[period, label], currency),
            due=None if owed is None else money.written(due[label], currency),
        )
        for period, label in _ranked(sums)
    ]


def corrected_ids(every: Iterable[Correction]) -> list[str]:
    """Give the ids of the keys that the lines of corrections are of, uncut."""
    return [label for _, label in _ranked(_summed_by(every, "key"))]


def _label(one: Correction, by: ChargeGroup) -> str:
    return label_of(one, by) if one.key_id else UNATTRIBUTED


def _summed_by(every: Iterable[Correction], by: ChargeGroup) -> dict[Place, int]:
    sums: dict[Place, int] = defaultdict(int)
    for one in every:
        sums[one.period, _label(one, by)] += one.units
    return sums


def _ranked(sums: Mapping[Place, int]) -> list[Place]:
    places = (place for place, units in sums.items() if units)
    return sorted(places, key=lambda one: (one[0], -abs(sums[one]), one[1]))


def correction_rows(every: Iterable[Correction], currency: str) -> list[Charge]:
    """Give a row of a FOCUS file for each correction."""
    return [
        Charge(
            key_id=one.key_id or None,
            name=one.name,
            environment=one.environment,
            team=one.team,
            cost_center=one.cost_center,
            start=one.start,
            end=one.end,
            request_count=0,
            amount=money.written(one.units, currency),
            weight=None,
            unit_price=None,
            is_correction=True,
        )
        for one in every
    ]


def closed_terms(terms: Terms, weights: Mapping[str, str]) -> dict[str, Any]:
    """Write terms so that they can be kept; `weights` are by endpoint or pattern."""
    return {
        "method": terms.method,
        "total": terms.total,
        "fixed_fee": terms.fixed_fee,
        "percents": {name: str(percent) for name, percent in terms.percents.items()},
        "tiers": tuple((tier.up_to, str(tier.price)) for tier in terms.tiers),
        "weights": dict(weights),
        "spread": terms.spread,
    }


def terms_of(kept: ClosedTerms, paths: Iterable[str]) -> Terms:
    """Read terms that were kept, for usage of these endpoints."""
    return Terms(
        kept.method,
        kept.total,
        kept.fixed_fee,
        {name: Fraction(percent) for name, percent in kept.percents.items()},
        [Tier(up_to, Fraction(price)) for up_to, price in kept.tiers],
        weights_of(kept.weights, {*paths}),
        kept.spread,
    )


def summed_amounts(lines: Sequence[ChargeCorrection]) -> str | None:
    """Sum amounts of one currency; None without any."""
    return money.summed([one.amount for one in lines]) if lines else None


def _charged(closed: Closed, corrected: Mapping[str, int]) -> Iterable[tuple[str, int]]:
    yield from ((one.key_id, one.units) for one in closed.keys)
    yield "", closed.unattributed_units
    yield from corrected.items()
