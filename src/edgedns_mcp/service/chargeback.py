"""The question `chargeback_report`: who owes what of an invoice, to the minor unit."""

from collections.abc import Callable
from typing import Any

from edgedns_mcp.domain import bounds, charges
from edgedns_mcp.domain.chargeback import tiered
from edgedns_mcp.domain.charges import UNATTRIBUTED, Account, Owed
from edgedns_mcp.domain.naming import PATH_LENGTH, visible
from edgedns_mcp.domain.periods import floor_hour
from edgedns_mcp.domain.preceding import runs_on
from edgedns_mcp.domain.report import percent
from edgedns_mcp.domain.standing import Settled
from edgedns_mcp.models import EVERY_LINE, ChargebackQuery, ChargebackReport, ChargeLine, PricedTier
from edgedns_mcp.render.chargeback import chargeback_summary, chargeback_words
from edgedns_mcp.service.charge_files import TOO_LONG, command_for, file_of, writing
from edgedns_mcp.service.charge_notes import SHORTENED, Told, notes
from edgedns_mcp.service.charged import Charged, months_of
from edgedns_mcp.service.desk import Desk
from edgedns_mcp.service.filters import MOST_CHARACTERS, UNTOLD, size_of
from edgedns_mcp.service.sharing import Asked, Shared, asked_of, ledger_of, shared_of
from edgedns_mcp.sources.base import UsageView

TERMS = ("fixed_fee", "unit_price", "shares", "weights", "teams", "unattributed")


async def chargeback_report(desk: Desk, query: ChargebackQuery, *, fits_a_host: bool = True) -> ChargebackReport:
    """Answer `chargeback_report`, shortened where it would not fit a host.

    Raises:
        UsageError: the question cannot be asked like this, or the source has no answer.
    """
    asked = asked_of(desk, query)
    windows = asked.window, *months_of(asked.window, desk.zone)

    def answered(view: UsageView) -> ChargebackReport:
        shared = shared_of(view, asked)
        filed = _filed(desk, view, asked, shared)
        return _fitting(view, asked, shared, filed) if fits_a_host else filed(_answer(view, asked, shared, query.limit))

    return await desk.ask(answered, *windows)


def _filed(desk: Desk, view: UsageView, asked: Asked, shared: Shared) -> Callable[[ChargebackReport], ChargebackReport]:
    """Give what puts the file that was asked for into an answer."""
    query = asked.query
    if query.format == "table":
        return lambda answer: answer
    whole = _answer(view, asked, shared, EVERY_LINE)
    file = file_of(whole, ledger_of(asked, shared), desk.account)[query.format]()
    command = writing(command_for(desk, asked, whole), query, whole)
    return lambda answer: answer.model_copy(update={"file": file, "command": command})


def _fitting(
    view: UsageView, asked: Asked, shared: Shared, filed: Callable[[ChargebackReport], ChargebackReport]
) -> ChargebackReport:
    """Give the answer without what a host would cut: first the file goes, then lines."""
    limit = asked.query.limit
    answer = filed(_answer(view, asked, shared, limit))
    if answer.file and _is_too_long(answer):
        answer = answer.model_copy(update={"file": "", "notes": (*answer.notes, TOO_LONG)})
    kept = answer.model_dump(include={"file", "command", "notes"})
    while limit > 1 and _is_too_long(answer):
        limit = limit * 3 // 4
        shorter = _answer(view, asked, shared, limit)
        answer = shorter.model_copy(update={**kept, "notes": (*kept["notes"], SHORTENED)})
    return answer


def _is_too_long(answer: ChargebackReport) -> bool:
    return size_of(answer, chargeback_words(answer)) > MOST_CHARACTERS


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
        file="",
        command="",
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
