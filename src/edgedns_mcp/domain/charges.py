"""The lines of a chargeback: what each group used, and what it owes; lines + rest = total."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from edgedns_mcp.domain import money
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.report import share
from edgedns_mcp.domain.teams import UNASSIGNED
from edgedns_mcp.domain.usages import Member, Usages
from edgedns_mcp.models import ChargeGroup, ChargeLine, ChargeRest, Tally

UNATTRIBUTED = "unattributed"


class Account(NamedTuple):
    """Some keys that are charged together, and what they used; `member` is the key where it is one alone."""

    name: str
    keys: int
    used: Tally
    tested: int
    member: Member | None = None


class Owed(NamedTuple):
    """What is shared: minor units of the currency; without one they are parts of a whole that nobody named."""

    total: int
    currency: str | None

    def written(self, units: int) -> str | None:
        """Write a part; None where no amount was named."""
        return None if self.currency is None else money.written(units, self.currency)

    def line(self, account: Account, units: int) -> ChargeLine:
        """Make the line of an account that owes these units."""
        requests = account.used.requests
        return ChargeLine(
            name=account.name,
            key_id=visible(account.member.key_id) if account.member else None,
            keys=account.keys,
            request_count=requests,
            test_request_count=account.tested,
            share_percent=share(abs(units), abs(self.total)),
            amount=self.written(units),
            cost_per_1000=None if self.currency is None else money.per_thousand(units, requests, self.currency),
        )

    def rest(self, accounts: Sequence[Account], owed: Mapping[str, int]) -> ChargeRest:
        """Sum what is not listed."""
        return ChargeRest(
            rows=len(accounts),
            request_count=sum(one.used.requests for one in accounts),
            amount=self.written(sum(owed[label_of(one)] for one in accounts)),
        )


def labels(members: Iterable[Member], by: ChargeGroup, teams: Mapping[str, str]) -> dict[str, str]:
    """Say under which label each key is charged; `teams` overrides the team of some keys."""
    return {one.key_id: _label(one, by, teams) for one in members}


def accounts(used: Usages, label_by_key: Mapping[str, str], by: ChargeGroup) -> dict[str, Account]:
    """Put the keys of each label together."""
    places: dict[str, list[int]] = defaultdict(list)
    for at, key_id in enumerate(used.key_ids):
        places[label_by_key[key_id]].append(at)
    return {label: _account(used.at(some), label, by) for label, some in places.items()}


def ranked(every: Iterable[Account], owed: Mapping[str, int]) -> list[Account]:
    """Order accounts by what they owe, then by what they used; ties go by name."""
    return sorted(every, key=lambda one: (-abs(owed[label_of(one)]), -one.used.requests, one.name, label_of(one)))


def label_of(account: Account) -> str:
    """Give the label that an account goes by: the key's id, or the group's name."""
    return account.member.key_id if account.member else account.name


def callable_by(every: Iterable[Account]) -> dict[str, str]:
    """Say which label is meant by a name in small letters: a label, or a name that only one key has."""
    known = list(every)
    names: dict[str, list[str]] = defaultdict(list)
    for one in known:
        names[one.name.casefold()].append(label_of(one))
    alone = {name: some[0] for name, some in names.items() if len(some) == 1}
    return alone | {label_of(one).casefold(): label_of(one) for one in known}


def _label(one: Member, by: ChargeGroup, teams: Mapping[str, str]) -> str:
    match by:
        case "key":
            return one.key_id
        case "team":
            return visible(teams.get(one.key_id, one.team))
        case "cost_center":
            return visible(one.key.cost_center) or UNASSIGNED
        case "environment":
            return one.environment


def _account(used: Usages, label: str, by: ChargeGroup) -> Account:
    tested = sum(usage.requests for usage in used if usage.key.environment == "test")
    if by == "key":
        return Account(used.members[0].shown, 1, used.total, tested, used.members[0])
    return Account(label, len(used), used.total, tested)
