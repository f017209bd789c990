"""The question `chargeback_report`: who owes what of an invoice, to the minor unit."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from edgedns_mcp.domain import bounds, charges
from edgedns_mcp.domain.chargeback import Charges, Terms, charge, summed, tiered
from edgedns_mcp.domain.charges import UNATTRIBUTED, Account, Owed
from edgedns_mcp.domain.money import currency_of
from edgedns_mcp.domain.naming import PATH_LENGTH, visible
from edgedns_mcp.domain.periods import floor_hour
from edgedns_mcp.domain.preceding import runs_on
from edgedns_mcp.domain.report import percent
from edgedns_mcp.domain.standing import Fit, Settled, billing_month, settled
from edgedns_mcp.domain.terms import TeamPattern, groups_of_percents, team_patterns, teams_of, terms_of, weights_of
from edgedns_mcp.models import ChargebackQuery, ChargebackReport, ChargeLine, PricedTier, Window
from edgedns_mcp.render.chargeback import chargeback_summary, chargeback_words
from edgedns_mcp.service.charge_notes import SHORTENED, Told, notes
from edgedns_mcp.service.charged import Charged, charged, months_of
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.filters import MOST_CHARACTERS, UNTOLD, size_of
from edgedns_mcp.sources.base import UsageView

KINDS = {"team": "team", "key": "key", "cost_center": "cost centre", "environment": "environment"}
TERMS = ("fixed_fee", "unit_price", "shares", "weights", "teams", "unattributed")


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


class Shared(NamedTuple):
    """What was used, by whom, and what each owes."""

    charged: Charged
    teams: Mapping[str, str]  # of keys that a pattern matches
    accounts: Sequence[Account]  # ranked
    charges: Charges
    owed: Mapping[str, int]  # by label, UNATTRIBUTED being nobody's


async def chargeback_report(desk: Desk, query: ChargebackQuery, *, fits_a_host: bool = True) -> ChargebackReport:
    """Answer `chargeback_report`, shortened where it would not fit a host.

    Raises:
        UsageError: the question cannot be asked like this, or the source has no answer.
    """
    asked = _asked(desk, query)
    windows = asked.window, *months_of(asked.window, desk.zone)
    return await desk.ask(lambda view: _fitting(view, asked, fits_a_host=fits_a_host), *windows)


def _asked(desk: Desk, query: ChargebackQuery) -> Asked:
    currency, now = currency_of(query.currency or desk.currency), desk.now()
    window = desk.window(query.period, query.start, query.end)
    month = billing_month(window, now, desk.zone, desk.billing_day)
    whole = settled(query, desk.terms, Fit(month, currency == desk.currency))
    terms, patterns = terms_of(query, whole, currency), team_patterns(query.teams)
    return Asked(query, whole, window, currency, terms, patterns, now.replace(microsecond=0), desk.zone)


def _fitting(view: UsageView, asked: Asked, *, fits_a_host: bool) -> ChargebackReport:
    shared, limit = _shared(view, asked), asked.query.limit
    answer = _answer(view, asked, shared, limit)
    while fits_a_host and limit > 1 and size_of(answer, chargeback_words(answer)) > MOST_CHARACTERS:
        limit = limit * 3 // 4
        answer = _answer(view, asked, shared, limit)
        answer = answer.model_copy(update={"notes": (*answer.notes, SHORTENED)})
    return answer


def _shared(view: UsageView, asked: Asked) -> Shared:
    """Read what was used, and share the amount over it."""
    by, found = asked.whole.group_by, charged(view, asked.window, asked.zone)
    teams = teams_of((one.key for one in found.keys.members), asked.patterns)
    labels = charges.labels(found.keys.members, by, teams)
    accounts = charges.accounts(found.keys, labels, by)
    whose = ", as in edgedns.toml" if "shares" in asked.whole.taken else ""
    called = charges.callable_by(accounts.values())
    percents = groups_of_percents(asked.terms.percents, called, KINDS[by], whose=whose)
    weights = weights_of(asked.whole.weights, {path for _, path, _ in found.parts})
    done = charge(found.parts, labels, asked.terms._replace(percents=percents, weights=weights))
    owed = {
        **dict.fromkeys((*accounts, UNATTRIBUTED), 0),
        **summed(done.parts, lambda key: labels.get(key, UNATTRIBUTED)),
    }
    return Shared(found, teams, charges.ranked(accounts.values(), owed), done, owed)


def _answer(view: UsageView, asked: Asked, shared: Shared, limit: int) -> ChargebackReport:
    asked_for, found, coverage = asked.whole, shared.charged, shared.charged.coverage
    owed = Owed(shared.charges.total, asked.currency if _has_amount(asked_for) else None)
    listed, whole = shared.accounts[:limit], found.keys.total
    answer = ChargebackReport(
        summary="",
        source=view.source,
        period=asked.window.period,
        **coverage.model_dump(exclude=UNTOLD),
        timezone=asked.zone.key,
        now=asked.now,
        bounds=bounds.bounds(
            whole, None if coverage.active_only else found.beside, {_shown(one): one.used for one in listed}
        ),
        currency=asked.currency,
        group_by=asked_for.group_by,
        method=asked_for.method,
        terms=_terms_words(asked),
        weights={visible(path, PATH_LENGTH): weight for path, weight in asked_for.weights.items()},
        tiers=_tiers(asked, found),
        **_sums(shared, owed),
        request_count=whole.requests + found.beside.requests,
        test_request_count=sum(one.tested for one in shared.accounts),
        unattributed_request_count=None if coverage.active_only else found.beside.requests,
        rows=len(shared.accounts),
        lines=(*(owed.line(one, shared.owed[charges.label_of(one)]) for one in listed), *_beside(asked, shared, owed)),
        rest=owed.rest(shared.accounts[limit:], shared.owed),
        days=found.days,
        observed_days=found.observed_days,
        coverage_percent=percent(found.observed_days, found.days or 0),
        is_closed=_is_closed(asked, shared),
        notes=notes(Told(asked_for, found, shared.teams, asked.patterns, shared.accounts, shared.owed)),
    )
    return answer.model_copy(update={"summary": chargeback_summary(answer, is_running=_is_running(asked))})


def _sums(shared: Shared, owed: Owed) -> dict[str, Any]:
    beside, parts = shared.owed[UNATTRIBUTED], sum(shared.charges.parts.values())
    return {
        "total": owed.written(owed.total),
        "allocated": owed.written(parts - beside),
        "unattributed": owed.written(beside),
        "difference": owed.written(owed.total - parts),
        "rounded_units": None if owed.currency is None else shared.charges.moved,
    }


def _beside(asked: Asked, shared: Shared, owed: Owed) -> list[ChargeLine]:
    """Make the line of what is unattributed, unless there is none or the others bear it."""
    units, found = shared.owed[UNATTRIBUTED], shared.charged
    if not units and (not found.beside.requests or asked.terms.spread):
        return []
    known = sum(1 for key_id in found.unknown if key_id)
    return [owed.line(Account(UNATTRIBUTED, known, found.beside, 0), units)]


def _tiers(asked: Asked, found: Charged) -> tuple[PricedTier, ...]:
    """Count the requests of each tier; a plain price has none."""
    counts = zip(asked.whole.tiers, tiered(found.parts, asked.terms.tiers), strict=False)
    return tuple(PricedTier(up_to=one.up_to, unit_price=one.price, request_count=count) for one, count in counts)


def _has_amount(whole: Settled) -> bool:
    return bool(whole.amount) or whole.method == "price"


def _is_running(asked: Asked) -> bool:
    return runs_on(asked.window, floor_hour(asked.now))


def _is_closed(asked: Asked, shared: Shared) -> bool:
    reached = shared.charged.coverage.data_to
    return not _is_running(asked) and reached is not None and reached >= asked.window.end


def _shown(account: Account) -> str:
    return visible(charges.label_of(account))


def _terms_words(asked: Asked) -> str:
    """Write what was asked beyond the defaults, then what holds because edgedns.toml says so."""
    words = asked.query.model_dump(include={*TERMS}, exclude_defaults=True)
    said = [f"{name}={visible(value)}" for name, value in words.items() if value.strip()]
    taken = ", ".join(f"{name}={visible(value)}" for name, value in asked.whole.taken.items())
    return ", ".join([*said, *([f"from edgedns.toml: {taken}"] if taken else [])]) or "none"
