"""The planned times in a window: told in every answer that leaves them out, so that nothing is hidden in silence."""

from collections.abc import Collection, Iterator
from datetime import UTC, timedelta
from zoneinfo import ZoneInfo

from edgedns_mcp.domain.naming import PATH_LENGTH, visible
from edgedns_mcp.domain.usages import Usages, moment
from edgedns_mcp.models import Plan
from edgedns_mcp.render.phrases import inert
from edgedns_mcp.service.watching import Asked, Watch

MOST_NAMED = 10
SECOND = timedelta(seconds=1)


def planned_notes(seen: Watch, asked: Asked, used: Usages) -> Iterator[str]:
    """Name the planned times that touch the window and may concern the keys that are asked about."""
    start, end = seen.epochs[seen.first], seen.epochs[seen.end]
    concerned = {"", *used.key_ids, *(one.team for one in used.members)}
    known = {*seen.keys, *seen.search.keys.teams} if asked.plans else ()
    plans = sorted(
        plan
        for plan in asked.plans
        if plan.start < end and plan.end > start and (plan.who in concerned or plan.who not in known)
    )
    for plan in plans[:MOST_NAMED]:
        what = inert(visible(plan.what, PATH_LENGTH))
        yield f"Planned: {what}, {_when(plan, asked.zone)}, {_whose(plan, seen, known)}."
    if len(plans) > MOST_NAMED:
        yield f"Planned times that are not named here: {len(plans) - MOST_NAMED}."


def _when(plan: Plan, zone: ZoneInfo) -> str:
    """Say days where a plan begins and ends at midnight, both included; else times."""
    start, end = (moment(at).astimezone(zone) for at in (plan.start, plan.end))
    if any(moment.hour or moment.minute for moment in (start, end)):
        return f"{start:%Y-%m-%d %H:%M} to {end:%Y-%m-%d %H:%M} {zone.key}"
    last = (end.astimezone(UTC) - SECOND).astimezone(zone)
    return f"{start:%Y-%m-%d}" if start.date() == last.date() else f"{start:%Y-%m-%d} to {last:%Y-%m-%d}"


def _whose(plan: Plan, seen: Watch, known: Collection[str]) -> str:
    who = inert(visible(plan.who))
    if not plan.who:
        return "every key"
    if plan.who not in known:
        return f"{who}, which is no key and no team here"
    return f"key {who}" if plan.who in seen.keys else f"team {who}"
