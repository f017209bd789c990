"""The rows of a chargeback at the level of a FOCUS file: one for each key and month, and one for nobody's use."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from fractions import Fraction
from typing import NamedTuple, TypeAlias

from edgedns_mcp.domain import money
from edgedns_mcp.domain.chargeback import Charges, Part, Tier, exact_shares
from edgedns_mcp.domain.charges import UNATTRIBUTED
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.teams import on_record
from edgedns_mcp.domain.usages import Member
from edgedns_mcp.models import Charge, Correction, Window

LONGEST_ID = 1_000  # characters: an id that is cut names no key

Place: TypeAlias = tuple[str, str]  # month and key_id, "" being nobody


class Ledger(NamedTuple):
    """What rows are made of."""

    members: Iterable[Member]
    teams: Mapping[str, str]  # of keys that a pattern matches
    uses: Mapping[Part, int]
    charges: Charges
    currency: str
    tiers: Sequence[Tier]
    windows: Mapping[str, Window]  # by month; "" is the whole one
    corrections: Sequence[Correction] = ()


def charge_rows(ledger: Ledger) -> list[Charge]:
    """Give a row for each key and month that made requests or owes something; they sum to the total.

    Months come in their order, in each the largest amount first, and nobody's use last.
    """
    members = {one.key_id: one for one in ledger.members}

    def place(part: Part) -> Place:
        return part[2], part[0] if part[0] in members else ""

    units, requests = _summed(ledger.charges.parts, place), _summed(ledger.uses, place)
    shares = exact_shares(ledger.charges, place)
    places = (one for one in {**units, **requests} if units[one] or requests[one])
    ranked = sorted(places, key=lambda one: (one[0], not one[1], -abs(units[one]), one[1]))
    return [
        _row(
            ledger,
            one,
            members.get(one[1]),
            (units[one], requests[one], shares.get(one, Fraction(0)) if shares else None),
        )
        for one in ranked
    ]


def _summed(parts: Mapping[Part, int], place: Callable[[Part], Place]) -> defaultdict[Place, int]:
    sums: defaultdict[Place, int] = defaultdict(int)
    for part, count in parts.items():
        sums[place(part)] += count
    return sums


def _row(ledger: Ledger, place: Place, member: Member | None, figures: tuple[int, int, Fraction | None]) -> Charge:
    window, (units, requests, share) = ledger.windows[place[0]], figures
    return Charge(
        key_id=visible(member.key_id, LONGEST_ID) if member else None,
        name=member.shown if member else UNATTRIBUTED,
        environment=member.environment if member else "unknown",
        team=on_record(visible(ledger.teams.get(member.key_id, member.team))) if member else "",
        cost_center=visible(member.key.cost_center) if member else "",
        start=window.start,
        end=window.end,
        request_count=requests,
        amount=money.written(units, ledger.currency),
        weight=None if share is None else money.nearly(share),
        unit_price=_price(ledger, units, requests),
    )


def _price(ledger: Ledger, units: int, requests: int) -> str | None:
    """Give the one price that all requests have, if the amount is exactly what they cost at it."""
    if len(ledger.tiers) != 1 or requests * ledger.tiers[0].price != units:
        return None
    return money.exactly(ledger.tiers[0].price / money.unit_of(ledger.currency))
