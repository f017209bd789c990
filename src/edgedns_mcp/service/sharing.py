"""From a question to what everybody owes: its terms, what was used, and the amount shared over it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

from edgedns_mcp.domain import charges
from edgedns_mcp.domain.charge_rows import Ledger
from edgedns_mcp.domain.chargeback import Charges, Terms, charge, summed
from edgedns_mcp.domain.charges import UNATTRIBUTED, Account
from edgedns_mcp.domain.money import currency_of
from edgedns_mcp.domain.standing import Fit, Settled, billing_month, settled
from edgedns_mcp.domain.terms import TeamPattern, groups_of_percents, team_patterns, teams_of, terms_of, weights_of
from edgedns_mcp.models import ChargebackQuery, ChargeGroup, Correction, Window
from edgedns_mcp.render.chargeback import GROUPS
from edgedns_mcp.service.charged import Charged, charged, months_of
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.sources.base import UsageView


class Placed(NamedTuple):
    """A question of which it is known what it is about, but not by which terms: what is closed has terms of its own."""

    query: ChargebackQuery
    window: Window
    currency: str
    now: datetime
    zone: ZoneInfo


class Asked(NamedTuple):
    """A question ready to be answered."""

    query: ChargebackQuery
    whole: Settled
    window: Window
    currency: str
    terms: Terms
    patterns: Sequence[TeamPattern]
    now: datetime
    zone: ZoneInfo
    month: str = ""  # in which the billing period begins that is asked about
    closed_at: datetime | None = None  # when it is being closed

    @property
    def has_amount(self) -> bool:
        """Tell whether there is money to share."""
        return bool(self.whole.amount) or self.whole.method == "price"


class Shared(NamedTuple):
    """What was used, by whom, and what each owes."""

    charged: Charged
    teams: Mapping[str, str]  # of keys that a pattern matches
    accounts: Sequence[Account]  # ranked
    charges: Charges
    owed: Mapping[str, int]  # by label, UNATTRIBUTED being nobody's
    terms: Terms  # with the percents of groups and the weights of endpoints
    corrections: Sequence[Correction] = ()  # of closed periods, charged in this one
    said: tuple[str, ...] = ()  # about closed periods
    is_what_if: bool = False  # the period is closed, with other terms


def placed_of(desk: Desk, query: ChargebackQuery) -> Placed:
    """Understand what a question is about.

    Raises:
        QuestionError: its period or its currency is not understood.
    """
    window = desk.window(query.period, query.start, query.end)
    return Placed(query, window, currency_of(query.currency or desk.currency), desk.now(), desk.zone)


def asked_of(desk: Desk, placed: Placed) -> Asked:
    """Understand by which terms a question is to be answered, with what edgedns.toml says where it says nothing.

    Raises:
        QuestionError: it cannot be asked like this.
    """
    query, window, currency, now, zone = placed
    month = billing_month(window, now, zone, desk.billing_day)
    whole = settled(query, desk.terms, Fit(month, currency == desk.currency))
    terms, patterns = terms_of(query, whole, currency), team_patterns(query.teams)
    return Asked(query, whole, window, currency, terms, patterns, now.replace(microsecond=0), zone, month)


def shared_of(view: UsageView, asked: Asked) -> Shared:
    """Read what was used, and share the amount over it."""
    by, found = asked.whole.group_by, charged(view, asked.window, asked.zone)
    teams = teams_of((one.key for one in found.keys.members), asked.patterns)
    labels = charges.labels(found.keys.members, by, teams)
    terms = asked.terms._replace(
        percents=_percents(asked, charges.accounts(found.keys, labels, by)),
        weights=weights_of(asked.whole.weights, {path for _, path, _ in found.parts}),
    )
    return grouped(Shared(found, teams, (), charge(found.parts, labels, terms), {}, terms), by)


def grouped(shared: Shared, by: ChargeGroup) -> Shared:
    """Sum what was shared by group; whatever the group, the parts are the same."""
    keys = shared.charged.keys
    labels = charges.labels(keys.members, by, shared.teams)
    accounts = charges.accounts(keys, labels, by)
    owed = {
        **dict.fromkeys((*accounts, UNATTRIBUTED), 0),
        **summed(shared.charges.parts, lambda key: labels.get(key, UNATTRIBUTED)),
    }
    return shared._replace(accounts=charges.ranked(accounts.values(), owed), owed=owed)


def _percents(asked: Asked, accounts: Mapping[str, Account]) -> Mapping[str, Fraction]:
    whose = ", as in edgedns.toml" if "shares" in asked.whole.taken else ""
    called = charges.callable_by(accounts.values())
    return groups_of_percents(asked.terms.percents, called, GROUPS[asked.whole.group_by], whose=whose)


def ledger_of(asked: Asked, shared: Shared) -> Ledger:
    """Give what the rows by key and month are made of."""
    found, windows = shared.charged, {"": asked.window}
    windows |= {one.period: one for one in months_of(asked.window, asked.zone)}
    return Ledger(
        found.keys.members,
        shared.teams,
        found.parts,
        shared.charges,
        asked.currency,
        shared.terms.tiers,
        windows,
        shared.corrections,
    )
