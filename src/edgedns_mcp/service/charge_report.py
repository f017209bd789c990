"""The report of a chargeback: its lines, its sums, and what must be said beside them."""

from collections.abc import Mapping
from typing import Any

from edgedns_mcp import __version__
from edgedns_mcp.domain import bounds, charges
from edgedns_mcp.domain.chargeback import tiered
from edgedns_mcp.domain.charges import UNATTRIBUTED, Account, Owed
from edgedns_mcp.domain.correcting import correction_lines, summed_amounts
from edgedns_mcp.domain.naming import PATH_LENGTH, visible
from edgedns_mcp.domain.periods import floor_hour
from edgedns_mcp.domain.preceding import runs_on
from edgedns_mcp.domain.report import percent
from edgedns_mcp.models import ChargebackReport, ChargeLine, Coverage, Note, PricedTier
from edgedns_mcp.render.chargeback import chargeback_summary
from edgedns_mcp.service.charge_notes import Told, notes, said
from edgedns_mcp.service.charged import Charged, days_of
from edgedns_mcp.service.filters import UNTOLD
from edgedns_mcp.service.sharing import Asked, Shared
from edgedns_mcp.sources.base import UsageView

TERMS = ("fixed_fee", "unit_price", "shares", "weights", "teams", "unattributed")


def report_of(view: UsageView, asked: Asked, shared: Shared, limit: int) -> ChargebackReport:
    """Tell what was shared, with at most so many lines."""
    asked_for, found, coverage = asked.whole, shared.charged, shared.charged.coverage
    owed = Owed(shared.charges.total, asked.currency if asked.has_amount else None)
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
        terms=terms_words(named_terms(asked), asked.whole.taken),
        weights={visible(path, PATH_LENGTH): weight for path, weight in asked_for.weights.items()},
        tiers=_tiers(asked, found),
        **_sums(shared, owed),
        request_count=whole.requests + found.beside.requests,
        test_request_count=sum(one.tested for one in shared.accounts),
        unattributed_request_count=None if coverage.active_only else found.beside.requests,
        rows=len(shared.accounts),
        lines=(*(owed.line(one, shared.owed[charges.label_of(one)]) for one in listed), *_beside(asked, shared, owed)),
        rest=owed.rest(shared.accounts[limit:], shared.owed),
        **_days(view, asked, coverage),
        **_corrections(asked, shared, limit),
        **_closing(asked, shared),
        notes=tuple(map(said, notes_of(asked, shared))),
        file="",
        command="",
    )
    return answer.model_copy(update={"summary": chargeback_summary(answer, is_running=is_running(asked))})


def _closing(asked: Asked, shared: Shared) -> dict[str, Any]:
    by = __version__ if asked.closed_at else None
    return {"closed_at": asked.closed_at, "closed_by": by, "is_what_if": shared.is_what_if}


def _days(view: UsageView, asked: Asked, coverage: Coverage) -> dict[str, Any]:
    seen, days = days_of(view, coverage, asked.window, asked.zone, now=asked.now)
    return {"days": days, "observed_days": seen, "coverage_percent": percent(seen, days or 0)}


def _corrections(asked: Asked, shared: Shared, limit: int) -> dict[str, Any]:
    owed = shared.owed if asked.has_amount else None
    lines = correction_lines(shared.corrections, asked.whole.group_by, asked.currency, owed)
    return {
        "corrections": tuple(lines[:limit]),
        "correction_rows": len(lines),
        "corrected": summed_amounts(lines),
    }


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


def is_running(asked: Asked) -> bool:
    """Tell whether the period is not over."""
    return runs_on(asked.window, floor_hour(asked.now))


def _shown(account: Account) -> str:
    return visible(charges.label_of(account))


def notes_of(asked: Asked, shared: Shared) -> tuple[Note, ...]:
    """List what must be said beside the lines, and about closed periods."""
    told = Told(asked.whole, shared.charged, shared.teams, asked.patterns, shared.accounts, shared.owed)
    return (*notes(told), *map(Note, shared.said))


def named_terms(asked: Asked) -> dict[str, str]:
    """Give what was asked beyond the defaults."""
    words = asked.query.model_dump(include={*TERMS}, exclude_defaults=True)
    return {name: value for name, value in words.items() if value.strip()}


def terms_words(named: Mapping[str, str], taken: Mapping[str, str]) -> str:
    """Write what was asked beyond the defaults, then what holds because edgedns.toml says so."""
    words = [f"{name}={visible(value)}" for name, value in named.items()]
    standing = ", ".join(f"{name}={visible(value)}" for name, value in taken.items())
    return ", ".join([*words, *([f"from edgedns.toml: {standing}"] if standing else [])]) or "none"
