"""Rank, share, total, rest: the arithmetic of `usage_by_key`.

What holds: listed rows + rest = totals, whatever the page; unattributed requests stand beside them, never inside.
"""

import heapq
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import TypeAlias

from edgedns_mcp.domain.cells import DAY_S, NOTHING, add
from edgedns_mcp.domain.naming import PATH_LENGTH, shown_name, visible
from edgedns_mcp.domain.teams import team_of
from edgedns_mcp.models import (
    Coverage,
    Environment,
    Filters,
    GroupRow,
    Highlights,
    Key,
    KeyRow,
    KeyUsage,
    Rest,
    SortBy,
    Standing,
    Tally,
    Totals,
    Unattributed,
)

SortValue: TypeAlias = tuple[int | str, ...]

LEADERS = 3
WORTH_ERRORS = 20  # below this, an error share says little
WORTH_ERROR_PERCENT = 5.0


def is_active(key: Key, now: datetime, window_end: datetime | None = None) -> bool:
    """Tell whether the key existed before the window's end and is not revoked at `now`."""
    until = min(window_end, now) if window_end else now
    born = key.created_at is None or key.created_at <= until
    return born and not _is_revoked(key, now)


def next_change(keys: Iterable[Key], now: datetime) -> datetime | None:
    """Give the next moment at which a key becomes active or is revoked."""
    moments = (moment for key in keys for moment in (key.created_at, key.revoked_at) if moment and moment > now)
    return min(moments, default=None)


def attribute(
    keys: Iterable[Key], tallies: Mapping[str, Tally], now: datetime, window_end: datetime | None = None
) -> tuple[list[KeyUsage], Unattributed]:
    """Give each active key its tally, zero-request keys included; what is left belongs to no active key.

    A key that made requests in the window is active, whenever the inventory says that it was created.
    """
    every = {key.key_id: key for key in keys}
    pairs = ((key, tallies.get(key.key_id, NOTHING)) for key in every.values())
    used = [
        usage_of(key, tally)
        for key, tally in pairs
        if is_active(key, now, window_end) or (tally.requests and not _is_revoked(key, now))
    ]
    active = {usage.key.key_id for usage in used}
    left = {key_id: tally.requests for key_id, tally in tallies.items() if key_id not in active}
    no_key = left.pop("", 0)
    revoked = sum(requests for key_id, requests in left.items() if key_id in every)
    unattributed = Unattributed(
        request_count=sum(left.values()) + no_key,
        revoked=revoked,
        unknown_key=sum(left.values()) - revoked,
        no_key=no_key,
    )
    return used, unattributed


def usage_of(key: Key, tally: Tally) -> KeyUsage:
    """Put a key and its tally together."""
    return KeyUsage(key, team_of(key), tally.requests, tally.errors, moment(tally.last_activity), tally.slack)


def tally_of(usage: KeyUsage) -> Tally:
    """Give the sum alone."""
    last = int(usage.last_activity.timestamp()) if usage.last_activity else None
    return Tally(usage.requests, usage.errors, last, usage.slack)


def select(usages: Iterable[KeyUsage], filters: Filters) -> list[KeyUsage]:
    """Keep the keys that the filters ask for."""
    team, part = filters.team.casefold(), filters.name_contains.casefold()
    return [
        usage
        for usage in usages
        if filters.environment in ("all", usage.key.environment)
        and team in ("", usage.team.casefold())
        and (not part or part in f"{shown_name(usage.key)}\n{usage.key.name}".casefold())
    ]


def total(usages: Sequence[KeyUsage]) -> Totals:
    """Sum over keys."""
    whole = sum_of(usages)
    by_environment: Counter[Environment] = Counter()
    for usage in usages:
        by_environment[usage.key.environment] += usage.requests
    return Totals(
        keys=len(usages),
        request_count=whole.requests,
        error_count=whole.errors,
        error_percent=percent(whole.errors, whole.requests),
        live_requests=by_environment["live"],
        test_requests=by_environment["test"],
        unknown_requests=by_environment["unknown"],
        idle_keys=sum(not usage.requests and usage.slack == 0 for usage in usages),
    )


def rank_keys(usages: Iterable[KeyUsage], by: SortBy) -> list[KeyUsage]:
    """Order keys, most first; ties go by name, then by id, so the order is always the same."""
    return sorted(usages, key=lambda usage: _key_order(usage, by))


def key_row(usage: KeyUsage, whole: int, endpoints: Mapping[str, Tally], top: int) -> KeyRow:
    """Make a key's line; `whole` is the total that its share is a part of."""
    return KeyRow(
        key_id=visible(usage.key.key_id),
        name=shown_name(usage.key),
        environment=usage.key.environment,
        team=visible(usage.team),
        request_count=usage.requests,
        share_percent=share(usage.requests, whole),
        error_count=usage.errors,
        error_percent=percent(usage.errors, usage.requests),
        last_activity=usage.last_activity,
        endpoint_distribution=distribution(endpoints, top),
    )


def distribution(endpoints: Mapping[str, Tally], top: int) -> dict[str, int]:
    """List the `top` endpoints, most requests first, names as they may be shown."""
    shown: dict[str, int] = defaultdict(int)
    for path, tally in endpoints.items():
        shown[visible(path, PATH_LENGTH)] += tally.requests
    return dict(sorted(shown.items(), key=lambda item: (-item[1], item[0]))[:top])


def rest(totals: Totals, rows: Sequence[KeyRow] | Sequence[GroupRow], ranked: int) -> Rest:
    """Give what the rows leave out of `ranked` rows, so that rows + rest = totals."""
    listed = add(Tally(row.request_count, row.error_count, None) for row in rows)
    errors = None if totals.error_count is None or listed.errors is None else totals.error_count - listed.errors
    return Rest(rows=ranked - len(rows), request_count=totals.request_count - listed.requests, error_count=errors)


def highlights(standings: Sequence[Standing]) -> Highlights:
    """Find who leads, who fails most, and whether a test key or group is among the leaders.

    `standings` stand in the order that was asked for; the leaders are always those with most requests.
    """
    used = sorted((one for one in standings if one.requests), key=lambda one: (-one.requests, one.name))
    leaders = tuple(used[:LEADERS])
    whole = sum(one.requests for one in used)
    failing = [one for one in used if _fails(one.errors, one.error_percent)]
    busy_live = any(one.environment == "live" for one in used)
    return Highlights(
        first=standings[0] if standings else None,
        leaders=leaders,
        ranked=len(standings),
        tied=sum(one.requests == leaders[0].requests for one in used) if leaders else 0,
        leaders_share_percent=share(sum(one.requests for one in leaders), whole),
        worst=max(failing, key=lambda one: one.errors or 0, default=None),
        test_leader=next((one for one in leaders if one.environment == "test" and busy_live), None),
    )


def outstanding(rows: Sequence[KeyUsage] | Sequence[GroupRow], whole: int) -> Highlights:
    """Find what `highlights` finds among the standings of all rows, from those of the few that can be part of it."""
    figures = [
        (row.requests, row.errors) if isinstance(row, KeyUsage) else (row.request_count, row.error_count)
        for row in rows
    ]
    counts = [requests for requests, _ in figures]
    least = heapq.nlargest(LEADERS, counts)[-1] if rows else 0
    worst = max((errors or 0 for requests, errors in figures if _fails(errors, percent(errors, requests))), default=-1)
    keys = ((at, row) for at, row in enumerate(rows) if isinstance(row, KeyUsage))
    live = next((at for at, row in keys if row.requests and row.key.environment == "live"), 0)
    chosen = {at for at, (requests, errors) in enumerate(figures) if requests >= max(least, 1) or errors == worst}
    names = Counter(shown_name(row.key) for row in rows if isinstance(row, KeyUsage))
    found = highlights([_standing(rows[at], whole, names) for at in sorted(chosen | {0, live}) if rows])
    leading = share(sum(one.requests for one in found.leaders), sum(counts))
    return found.model_copy(update={"ranked": len(rows), "leaders_share_percent": leading})


def standings(rows: Sequence[KeyUsage] | Sequence[GroupRow], whole: int) -> list[Standing]:
    """See keys or groups as places in the ranking; keys that share a name are told apart by their environment."""
    names = Counter(shown_name(row.key) for row in rows if isinstance(row, KeyUsage))
    return [_standing(row, whole, names) for row in rows]


def _is_revoked(key: Key, now: datetime) -> bool:
    return key.revoked_at is not None and key.revoked_at <= now


def _standing(row: KeyUsage | GroupRow, whole: int, names: Mapping[str, int]) -> Standing:
    if isinstance(row, GroupRow):
        name, requests, errors, environment = row.name, row.request_count, row.error_count, "unknown"
    else:
        name, requests, errors, environment = shown_name(row.key), row.requests, row.errors, row.key.environment
        name = f"{name} ({environment})" if names[name] > 1 else name
    return Standing(
        name=name,
        environment=environment,
        requests=requests,
        share_percent=share(requests, whole),
        errors=errors,
        error_percent=percent(errors, requests),
    )


def per_day(requests: int, coverage: Coverage, key: Key) -> float | None:
    """Give the mean per day over the observed part of the window in which the key lived, one decimal.

    None where nobody knows that part, or where it is shorter than a day: nobody should extrapolate from minutes.
    """
    if not (coverage.window_start and coverage.window_end and coverage.data_from and coverage.data_to):
        return None
    starts = (coverage.window_start, coverage.data_from, key.created_at or coverage.window_start)
    ends = (coverage.window_end, coverage.data_to, key.revoked_at or coverage.window_end)
    lived_s = (min(ends) - max(starts)).total_seconds()
    return round(requests * DAY_S / lived_s, 1) if lived_s >= DAY_S else None


def percent(part: int | None, whole: int) -> float | None:
    """Give `part` of `whole` in percent, one decimal, half up; None where there is no whole or no part known."""
    return None if part is None or not whole else (part * 2000 + whole) // (2 * whole) / 10


def share(part: int, whole: int) -> float:
    """Give `part` of `whole` in percent; of nothing, everything is 0."""
    return percent(part, whole) or 0.0


def moment(epoch_s: int | None) -> datetime | None:
    """Turn epoch seconds into UTC."""
    return None if epoch_s is None else datetime.fromtimestamp(epoch_s, UTC)


def _key_order(usage: KeyUsage, by: SortBy) -> SortValue:
    first = order(by, usage.key.name, usage.requests, usage.errors, usage.last_activity)
    return (*first, usage.key.name, usage.key.key_id)


def sum_of(usages: Sequence[KeyUsage]) -> Tally:
    """Add keys up, without their last activity."""
    errors = [usage.errors for usage in usages if usage.errors is not None]
    slack = [usage.slack for usage in usages if usage.slack is not None]
    return Tally(
        sum(usage.requests for usage in usages),
        sum(errors) if len(errors) == len(usages) else None,
        None,
        sum(slack) if len(slack) == len(usages) else None,
    )


def order(by: SortBy, name: str, requests: int, errors: int | None, last: datetime | None) -> SortValue:
    """Give what a row is sorted by: most first, names in their own order."""
    match by:
        case "requests":
            return (-requests,)
        case "errors":
            return -(errors or 0), -requests
        case "error_percent":
            return -int((percent(errors, requests) or 0) * 10), -requests
        case "last_activity":
            return -int(last.timestamp()) if last else 0, -requests
        case "name":
            return (name.casefold(),)


def _fails(errors: int | None, error_percent: float | None) -> bool:
    return (errors or 0) >= WORTH_ERRORS and (error_percent or 0) >= WORTH_ERROR_PERCENT
