"""Whom budgets are for, and what counts towards them: one answer for the forecast, findings and the key audit."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from edgedns_mcp.domain import budgets, lifetimes
from edgedns_mcp.domain.budgets import Covered
from edgedns_mcp.domain.naming import visible
from edgedns_mcp.domain.usages import roster_of
from edgedns_mcp.models import Budget, Key, Window
from edgedns_mcp.sources.base import UsageView

UNKNOWN = "The budget of {who} in edgedns.toml is of no key and no team here, so no use is held against it."


class Held(NamedTuple):
    """A budget that is held against use, and whom it is for."""

    budget: Budget
    covered: Covered

    def is_about(self, asked: Collection[str], present: Iterable[str]) -> bool:
        """Tell whether filters that leave the keys `asked` of those `present` leave all whom it is for."""
        mine = {*self.covered.key_ids} & {*present}
        return self.covered.kind != "all" and bool(mine) and mine <= {*asked}


class Counted(NamedTuple):
    """What was used in a billing period, by key id, "" being no key's."""

    requests: Mapping[str, int]
    beyond: int = 0  # what EdgeDNS counted for the account beyond that: use of keys revoked before they were read
    told_at: datetime | None = None  # when EdgeDNS told of that

    @property
    def whole(self) -> int:
        """Give all that counts towards the quota, and towards a budget of all keys."""
        return sum(self.requests.values()) + self.beyond

    def towards(self, whom: Covered) -> int:
        """Give what counts towards a budget."""
        if whom.kind == "all":
            return self.whole
        return sum(self.requests.get(key_id, 0) for key_id in whom.key_ids)


def held(every: Sequence[Budget], keys: Iterable[Key]) -> list[Held]:
    """Give the budgets that are for somebody: keys that are revoked count, those that no inventory lists do not."""
    members = roster_of(keys).members
    pairs = ((budget, budgets.covered(budget, members)) for budget in every)
    return [Held(budget, whom) for budget, whom in pairs if whom]


def unknown_notes(every: Sequence[Budget], known: Collection[Held]) -> Iterator[str]:
    """Name the budgets that are for nobody."""
    somebodys = {one.budget for one in known}
    return (UNKNOWN.format(who=visible(one.who)) for one in every if one not in somebodys)


def counted(view: UsageView, period: Window) -> Counted:
    """Count what a billing period has so far."""
    tallies, account = view.totals(period), view.account_total(period)
    requests = {key_id: tally.requests for key_id, tally in tallies.items()}
    if account is None:
        return Counted(requests)
    known = account.gone_requests + lifetimes.unknown(view.keys(), tallies).requests
    return Counted(requests, max((account.unattributed or 0) - known, 0), account.taken_at)
