"""The question `forecast_quota`: where the billing period ends, when the quota is crossed, and which keys drive it."""

from collections.abc import Sequence
from datetime import datetime
from fractions import Fraction
from functools import partial
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from edgedns_mcp.domain import bounds, lifetimes, report
from edgedns_mcp.domain.naming import shown_name, visible
from edgedns_mcp.domain.periods import DAY
from edgedns_mcp.domain.quota import percent_of
from edgedns_mcp.domain.usages import Usages
from edgedns_mcp.models import (
    DEMO_PLAN,
    PLAN_QUOTAS,
    THRESHOLDS,
    BudgetRow,
    Coverage,
    Driver,
    ForecastQuery,
    ForecastReport,
    Key,
    KeyUsage,
    QuotaSource,
    RestOfForecast,
    Tally,
    Window,
)
from edgedns_mcp.render.forecast import forecast_summary, forecast_words
from edgedns_mcp.service.billing import billing_of
from edgedns_mcp.service.budget_rows import budget_rows
from edgedns_mcp.service.budgeted import counted, held, unknown_notes
from edgedns_mcp.service.desk import Desk, as_recorded
from edgedns_mcp.service.filters import MOST_CHARACTERS, UNTOLD, check_team, filter_words, selects_keys, size_of
from edgedns_mcp.service.forecast_notes import SHORTENED, UNCOUNTED, notes
from edgedns_mcp.service.projection import Projection, Use
from edgedns_mcp.service.prospects import period_of, prospect
from edgedns_mcp.sources.base import UsageView


class Quota(NamedTuple):
    """How many requests a billing period may have, and who says so."""

    requests: int | None
    source: QuotaSource


class Asked(NamedTuple):
    """A question ready to be answered."""

    query: ForecastQuery
    desk: Desk
    window: Window  # the billing period so far
    now: datetime
    zone: ZoneInfo


class Read(NamedTuple):
    """What an answer is made of."""

    coverage: Coverage
    used: Usages
    beside: Tally | None  # of unknown keys and of none; None where filters select keys or nobody knows
    projection: Projection
    quota: Quota
    budgets: tuple[BudgetRow, ...]
    told: Sequence[str]  # what must be said of budgets, and of the account


async def forecast_quota(desk: Desk, query: ForecastQuery) -> ForecastReport:
    """Answer `forecast_quota`, shortened where it would not fit a host.

    Raises:
        UsageError: the question cannot be asked like this, or the source has no answer.
    """
    now = desk.now().replace(microsecond=0)
    window = desk.window("current", "", "")
    asked = Asked(query, desk, window, now, desk.zone)
    return await desk.ask(lambda view: _fitting(view, asked), window, as_recorded(window))


def _fitting(view: UsageView, asked: Asked) -> ForecastReport:
    read, limit = _read(view, asked), asked.query.limit
    answer = _answer(view, asked, read, limit)
    while limit > 1 and size_of(answer, forecast_words(answer)) > MOST_CHARACTERS:
        limit = limit * 3 // 4
        answer = _answer(view, asked, read, limit)
        answer = answer.model_copy(update={"notes": (*answer.notes, SHORTENED)})
    return answer


def _read(view: UsageView, asked: Asked) -> Read:
    query, window = asked.query, asked.window
    coverage, keys, tallies = _coverage(view, asked), view.keys(), view.totals(window)
    billing = billing_of(asked.desk, view, window)
    start, end = billing.stated or billing.around(asked.now)
    every = lifetimes.present(keys, tallies, start, max(window.end, asked.now))
    check_team(query.team, every)
    used, is_filtered = report.select(every, query), selects_keys(query)
    beside = None if coverage.active_only else lifetimes.unknown(keys, tallies)
    period = period_of(coverage, start, end, asked.zone)
    before = prospect(view, period, has_gaps=view.source != "edgedns")
    whole, known = counted(view, window), held(asked.desk.budgets, keys)
    nobodys = before.counted.key_ids - before.keys.keys() if before and beside else set[str]()
    everybody = {*every.key_ids, *nobodys}
    use = Use(used.total.requests, used.key_ids) if is_filtered else Use(whole.whole, everybody)
    mine = [one for one in known if not is_filtered or one.is_about(used.key_ids, every.key_ids)]
    return Read(
        coverage,
        used,
        None if is_filtered else beside,
        Projection(period, before, use),
        _quota(view, asked),
        tuple(budget_rows(mine, whole, everybody, partial(Projection, period, before))),
        [
            *filter(None, [billing.note()]),
            *unknown_notes(asked.desk.budgets, known),
            *([UNCOUNTED.format(count=whole.beyond)] if whole.beyond and not is_filtered else []),
        ],
    )


def _coverage(view: UsageView, asked: Asked) -> Coverage:
    """Take a period of which no full hour has passed as one that is all to come, where there is a history."""
    window, observed = asked.window, view.observed()
    if window.start < window.end or view.source == "edgedns" or not observed:
        return view.coverage(window)
    day_before = Window(start=window.start - DAY, end=window.start, period=window.period)
    found = view.coverage(day_before)
    return found.model_copy(update={"window_start": window.start, "window_end": window.end, "complete": True})


def _quota(view: UsageView, asked: Asked) -> Quota:
    if asked.query.monthly_quota:
        return Quota(asked.query.monthly_quota, "argument")
    if asked.desk.monthly_quota:
        return Quota(asked.desk.monthly_quota, "setting")
    told = view.account_total(asked.window)
    if told and told.quota:
        return Quota(told.quota, "edgedns")
    if asked.desk.plan:
        return Quota(PLAN_QUOTAS[asked.desk.plan], "plan")
    return Quota(PLAN_QUOTAS[DEMO_PLAN], "demo") if view.source == "demo" else Quota(None, "none")


def _answer(view: UsageView, asked: Asked, read: Read, limit: int) -> ForecastReport:
    seen, quota, coverage = read.projection, read.quota, read.coverage
    whole, drivers = seen.whole(), _drivers(read)
    projected = whole.projected_count
    answer = ForecastReport(
        summary="",
        source=view.source,
        period=asked.window.period,
        **coverage.model_dump(exclude=UNTOLD),
        timezone=asked.zone.key,
        now=asked.now,
        bounds=bounds.bounds(read.used.total, read.beside, {}),
        **whole.model_dump(),
        filters=filter_words(asked.query, "monthly_quota"),
        period_start=seen.period.start,
        period_end=seen.period.end,
        days=round((seen.period.end - seen.period.start) / DAY, 1),
        days_left=round(seen.days_left, 1),
        unobserved_days=round(seen.unobserved_days, 1),
        estimated_request_count=seen.estimated,
        method=seen.method,
        history_days=seen.prospect.observed_days if seen.prospect else 0,
        pace_count=seen.pace(seen.use.requests),
        month_end_factor=seen.month_end_factor,
        quota=quota.requests,
        quota_source=quota.source,
        used_percent=_percent(whole.request_count, quota),
        projected_percent=_percent(projected, quota),
        thresholds=seen.crossings(Fraction(quota.requests), THRESHOLDS) if quota.requests else (),
        budgets=read.budgets,
        keys=len(read.used),
        drivers=tuple(drivers[:limit]),
        rest=_rest(read, drivers[:limit]),
        notes=(*notes(asked.query, quota.source, coverage, seen, read.used), *read.told),
    )
    return answer.model_copy(update={"summary": forecast_summary(answer, asked.query)})


def _percent(requests: int | None, quota: Quota) -> float | None:
    return None if requests is None or not quota.requests else percent_of(requests, Fraction(quota.requests))


def _drivers(read: Read) -> list[Driver]:
    """List the keys that are judged one by one, the largest projection first."""
    found = [driver for usage in read.used if (driver := _driver(read, usage))]
    return sorted(found, key=lambda one: (-(one.projected_count or 0), -one.request_count, one.name, one.key_id))


def _driver(read: Read, usage: KeyUsage) -> Driver | None:
    seen, key = read.projection, usage.key
    own, whole = seen.of_key(key.key_id, usage.requests), seen.whole().projected_count
    if own is None or not (usage.requests or own.projected_count):
        return None
    more = None if own.projected_count is None else own.projected_count - usage.requests
    without = None if whole is None or more is None else max(whole - more, seen.use.requests)
    return Driver(
        **own.model_dump(),
        **_identity(key, usage.team),
        share_percent=report.percent(min(own.projected_count or 0, whole), whole) if whole else None,
        without_count=without,
        without_percent=_percent(without, read.quota),
    )


def _identity(key: Key, team: str) -> dict[str, Any]:
    return {
        "key_id": visible(key.key_id),
        "name": shown_name(key),
        "environment": key.environment,
        "team": visible(team),
    }


def _rest(read: Read, listed: Sequence[Driver]) -> RestOfForecast:
    whole, counts = read.projection.whole(), [one.projected_count for one in listed]
    known = whole.projected_count is not None
    return RestOfForecast(
        keys=len(read.used) - len(listed),
        request_count=whole.request_count - sum(one.request_count for one in listed),
        projected_count=(whole.projected_count or 0) - sum(count or 0 for count in counts) if known else None,
    )
