"""Where questions are asked: the source, the clock and the calendar, under one deadline."""

from collections.abc import Awaitable, Callable, Hashable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TypeVar
from zoneinfo import ZoneInfo

import anyio

from edgedns_mcp.domain.money import minor_units, price_of
from edgedns_mcp.domain.periods import resolve
from edgedns_mcp.errors import UnavailableError
from edgedns_mcp.models import (
    NO_TERMS,
    SEVERITY,
    Budget,
    BudgetTerms,
    Plan,
    PlanName,
    SeverityTable,
    StandingTerms,
    Window,
)
from edgedns_mcp.models.work import Tell, tell_nobody
from edgedns_mcp.service.memory import Memory
from edgedns_mcp.settings import PlannedTime, Settings, SeverityPoints
from edgedns_mcp.sources.base import Answered, UsageSource, UsageView
from edgedns_mcp.sources.factory import open_source

Given = TypeVar("Given")

DEADLINE_S = 3.8  # two clients give up at 5 s; a source that asks a network keeps 3.5 s itself


@dataclass(frozen=True)
class Desk:
    """What every question needs."""

    source: UsageSource
    now: Callable[[], datetime]
    zone: ZoneInfo
    billing_day: int
    deadline_s: float = DEADLINE_S
    record_every: timedelta = timedelta()
    plans: Sequence[Plan] = ()
    severity: SeverityTable = SEVERITY
    config: str = ""
    currency: str = "EUR"
    terms: StandingTerms = NO_TERMS
    account: str = ""
    budgets: Sequence[Budget] = ()
    monthly_quota: int = 0
    plan: PlanName | None = None
    memory: Memory = field(default_factory=Memory)
    tell: Tell = tell_nobody

    async def ask(
        self,
        question: Callable[[UsageView], Answered],
        *windows: Window,
        known: Callable[[Hashable], Answered | None] | None = None,
    ) -> Answered:
        """Put `question` to the source, unless the answer is `known` for its state, and give up in time.

        Raises:
            UsageError: the source has no answer.
        """
        return await self.in_time(self.source.read(question, windows, known))

    async def in_time(self, answer: Awaitable[Given]) -> Given:
        """Wait for `answer`, but not for ever.

        Raises:
            UnavailableError: it took too long.
        """
        try:
            with anyio.fail_after(self.deadline_s):
                return await answer
        except TimeoutError as exc:
            raise UnavailableError(
                f"The figures could not be read within {self.deadline_s} s; ask again, or for a shorter period."
            ) from exc

    def window(self, period: str, start: str, end: str) -> Window:
        """Turn the words for a period into a window.

        Raises:
            QuestionError: the words are not in the grammar.
        """
        return resolve(period, start, end, now=self.now(), zone=self.zone, billing_day=self.billing_day)


def as_recorded(window: Window) -> Window:
    """Name a window so that it is answered from what was recorded: counters of EdgeDNS know no times."""
    return window.model_copy(update={"period": f"the history of {window.period}"})


def open_desk(settings: Settings, tell: Tell = tell_nobody) -> Desk:
    """Make the desk that the settings describe; its clock is the system's, or stands at EDGEDNS_AS_OF.

    `tell` hears how far long work is.
    """
    as_of = settings.as_of and settings.as_of.astimezone(UTC)

    def now() -> datetime:
        return as_of or datetime.now(UTC)

    return Desk(
        open_source(settings, now, tell),
        now,
        settings.timezone,
        settings.billing_day,
        record_every=settings.record_every,
        plans=tuple(_plan(one, settings.timezone) for one in settings.planned),
        severity=_severity(settings.severity),
        config=str(settings.config or ""),
        currency=settings.currency,
        terms=settings.chargeback,
        account=settings.account,
        budgets=tuple(_budget(one, settings) for one in settings.budget),
        monthly_quota=settings.monthly_quota,
        plan=settings.plan,
        tell=tell,
    )


def _plan(planned: PlannedTime, zone: ZoneInfo) -> Plan:
    start, end = planned.between(zone)
    return Plan(int(start.timestamp()), int(end.timestamp()), planned.who or "", planned.what)


def _budget(terms: BudgetTerms, settings: Settings) -> Budget:
    who = (terms.who or "").strip()
    if terms.amount is None:
        return Budget(who, Fraction(terms.requests or 0), terms.thresholds)
    amount = minor_units(terms.amount, settings.currency)
    price = price_of(terms.unit_price or settings.chargeback.unit_price or "", settings.currency)
    return Budget(who, amount / price, terms.thresholds, amount, price, settings.currency)


def _severity(points: SeverityPoints) -> SeverityTable:
    """Put the points that are set into the table that holds without them."""
    given = points.model_dump(exclude_none=True)
    kinds = {kind: given.pop(kind, usual) for kind, usual in SEVERITY.kind.items()}
    return SEVERITY._replace(kind=kinds, **given)
